//! Who is excused from a rule, and why. An excuse that nobody needs is one too many.

/// Public functions of the team's files that take no `Asker`: file, name, and why none is needed.
pub(super) const WITHOUT_AN_ASKER: &[(&str, &str, &str)] = &[
    ("admissions", "admit", "finds out who asks"),
    ("alerts", "list_sources", "an alert is the survey's: its address is no secret in the team"),
    ("alerts", "prune_alerts", "nobody asks for it: it tidies up"),
    ("api_tokens", "bearer_of", "finds out who asks"),
    ("form_drafts", "prune_drafts", "nobody asks for it: it tidies up"),
    ("history", "record_event_of", "tells of somebody who is not in"),
    ("invitations", "find_invitation", "is asked before sign-in, by whoever has the link"),
    ("kept_answers", "prune_answers", "nobody asks for it: it tidies up"),
    ("members", "google_project", "a run's, who acts as whoever started it"),
    ("members", "has_grant_of", "of an account that the provider has just vouched for"),
    ("members", "local_member", "finds out who asks where there is one user"),
    ("members", "local_asker", "finds out who asks where there is one user"),
    ("query_lists", "from_id", "reads a word, and no table"),
    ("query_lists", "id", "writes a word, and reads no table"),
    ("results", "parse", "reads a word, and no table"),
    ("askers", "asker", "finds out who asks"),
    ("save_reports", "prune_save_reports", "nobody asks for it: it tidies up"),
    ("sessions", "prune_sessions", "nobody asks for it: it tidies up"),
    ("sessions", "asker_of_session", "finds out who asks"),
    ("sessions", "sessions", "finds out who asks, by what their cookie holds"),
    ("sessions", "visitor_of_session", "finds out who asks"),
    ("unreadable", "size_bytes", "reads a number, and no table"),
];

/// Functions that take an `Asker` and look at nothing of it: that somebody is in is enough.
pub(super) const FOR_WHOEVER_IS_IN: &[(&str, &str)] =
    &[("groups", "list_groups"), ("groups", "find_group"), ("members", "list_members")];

/// Functions of the service's files that others call than the rest of the file: file, name, callers, and why they may.
pub(super) const CALLED_BY_OTHERS: &[(&str, &str, &[&str], &str)] = &[
    ("credentials", "count_foreign_credentials", &["app/accounts"], "only counts, at the start"),
    (
        "credentials",
        "forget_foreign_credentials",
        &["app/accounts"],
        "whoever starts the program asks for it",
    ),
    ("listener_work", "queries_named", &["app/ingest"], "the command line finds queries by name"),
    (
        "run_queue",
        "runs_ahead",
        &["web/screens/shared/run_waiting"],
        "tells what a run waits for that its reader has found",
    ),
    ("sign_in_attempts", "prune_attempts", &["app"], "nobody asks for it: it tidies up"),
];

/// Statements that ask for no right: file, how they begin, and why they need none.
pub(super) const WITHOUT_A_RIGHT: &[(&str, &str, &str)] = &[
    ("alerts", "select a.id from alert a where a.received <", "alerts that are pruned"),
    (
        "alerts",
        "delete from alert a where a.id = any(",
        "tidies up: what a run of today found stays",
    ),
    (
        "groups",
        "update saved_query set owner_id = $2",
        "its owner has left, who asks leads the group",
    ),
    ("groups", "update target set created_by = $2", "its owner has left, who asks leads the group"),
    ("groups", "update saved_query set readers = array_remove", "takes a group away that is gone"),
    ("groups", "update run set readers = array_remove", "takes a group away that is gone"),
    ("groups", "update target set readers = array_remove", "takes a group away that is gone"),
    (
        "listener_changes",
        "insert into listener (",
        "of a query that they may change, which is locked",
    ),
    (
        "listener_changes",
        "update listener set state = 'paused', since = now(), trouble = null",
        "of a query that they may change, which is locked",
    ),
    (
        "listener_changes",
        "update listener set state = 'paused', since = now(), trouble = $3",
        "of a query that they have just changed, in the same transaction",
    ),
    (
        "listener_changes",
        "delete from listener where saved_query_id",
        "of a query that they may change, which is locked",
    ),
    (
        "listener_changes",
        "update listener set next_try = null where saved_query_id",
        "of a query that they may change, which is locked",
    ),
    ("listener_changes", "select count(*) from listener where started_by = $1", "one's own"),
    (
        "listener_changes",
        "update listener l set state = 'paused'",
        "of a run that they may change, in the same transaction",
    ),
    (
        "listener_changes",
        "update listener set next_try = null where started_by",
        "of one who has just mended what they lacked",
    ),
    ("run_alerts", "insert into run_alert (", "the run that is being worked on"),
    ("runs", "insert into run (", "makes one's own"),
    ("saved_queries", "insert into saved_query (", "makes one's own"),
    (
        "saved_queries",
        "update saved_query q set name = $2",
        "follows the question in the same transaction, with the row locked",
    ),
    (
        "selections",
        "insert into run_selection (run_id, member_id, alert_id) select run_id, $2, alert_id from run_alert where run_id = $1 and alert_id",
        "one's own ticks, of a run that they see",
    ),
    (
        "selections",
        "insert into run_selection (run_id, member_id, alert_id) select run_id, $2, alert_id from run_alert where run_id = $1 and (select may_read(",
        "one's own ticks, of a run that they see",
    ),
    ("selections", "analyze run_selection", "tells the planner"),
    (
        "owned",
        "update saved_query set readers = $2",
        "follows the question in the same transaction, with the row locked",
    ),
    (
        "owned",
        "update run set readers = $2",
        "follows the question in the same transaction, with the row locked",
    ),
    (
        "owned",
        "update target set readers = $2",
        "follows the question in the same transaction, with the row locked",
    ),
    (
        "target_names",
        "select name_key, is_primary from target_name where target_id = $1",
        "of a target that is locked",
    ),
    ("target_names", "delete from target_name where target_id = $1", "of a target that is locked"),
    (
        "target_names",
        "select exists ( select from target t join target_name n",
        "of a target that is locked",
    ),
    ("target_saves", "insert into target_alert (", "of a target that was just made, or asked for"),
    ("targets", "insert into target (", "makes one's own"),
    (
        "targets",
        "update target set ra = $2",
        "follows the question in the same transaction, with the row locked",
    ),
    (
        "team",
        "update run set cancel_requested = true where started_by = $1",
        "the runs of one who is out",
    ),
    ("unreadable", "insert into unreadable (", "the run that is being worked on"),
    (
        "unreadable",
        "select id, octet_length(bytes)::bigint as n_bytes from unreadable where run_id = $1",
        "of a run that they may change, asked in the same transaction",
    ),
    (
        "read_again",
        "delete from unreadable where run_id = $1",
        "of a run that they may change, which is locked",
    ),
    (
        "read_again",
        "update unreadable u set error = t.error",
        "of a run that they may change, which is locked",
    ),
    (
        "read_again",
        "update run set passed = passed + $2",
        "follows the question in the same transaction, with the row locked",
    ),
    ("api_tokens", "with used as ( update api_token set last_used", "finds out who asks"),
    ("api_tokens", "from api_token t join member m", "finds out who asks"),
    ("credentials", "insert into google_credential", "what a member has just granted"),
    (
        "credentials",
        "select count(*) from google_credential where key_id",
        "only counts, at the start",
    ),
    (
        "credentials",
        "delete from google_credential where key_id",
        "whoever starts the program asks for it",
    ),
    ("form_drafts", "insert into form_draft", "makes one's own"),
    ("form_drafts", "delete from form_draft where created <", "tidies up"),
    ("kept_answers", "delete from kept_answer where created <", "tidies up"),
    ("save_reports", "delete from save_report where created <", "tidies up"),
    ("groups", "insert into team_group (", "makes a group that its maker leads"),
    ("groups", "insert into team_group_member (", "its maker, of a group that was just made"),
    (
        "groups",
        "insert into team_group_member as m (",
        "of a group that they lead, which is locked",
    ),
    (
        "groups",
        "delete from team_group_member where group_id = $1 and member_id = $2",
        "oneself, or of a group that they lead, which is locked",
    ),
    (
        "groups",
        "update member set default_readers = array_remove",
        "takes a group away that is gone",
    ),
    ("groups", "delete from team_group where id = $1", "they lead it, and it is locked"),
    ("history", "insert into history (", "tells of what was done, in the same transaction"),
    (
        "history",
        "select id, at, actor_id, actor, token_id, action, kind, object_id, name, detail from history where id < coalesce($1",
        "the function is for admins",
    ),
    (
        "history",
        "select count(*), count(*) filter (where id >= $1) from (select id from history where",
        "the function is for admins",
    ),
    (
        "history",
        "select id, at, actor_id, actor, token_id, action, kind, object_id, name, detail from history where id < coalesce($6",
        "asks for the thing itself, by is_of_thing",
    ),
    (
        "history",
        "select count(*), count(*) filter (where id >= $6) from (select id from history where",
        "asks for the thing itself, by is_of_thing",
    ),
    ("invitations", "insert into invitation (email, role", "the function is for admins"),
    ("invitations", "insert into invitation (link_hash, role", "the function is for admins"),
    (
        "invitations",
        "select i.id, i.email, i.role, m.name as invited_by, i.created, i.expires from invitation i left join member m on m.id = i.invited_by where i.link_hash = $1",
        "whoever has the link",
    ),
    ("invitations", "delete from invitation where id = $1", "the function is for admins"),
    (
        "invitations",
        "select i.id, i.email, i.role, m.name as invited_by, i.created, i.expires from invitation i left join member m on m.id = i.invited_by where i.expires is null",
        "the function is for admins",
    ),
    ("members", "insert into member (name, is_local, role)", "the one user of local mode"),
    (
        "members",
        "select exists ( select from google_credential c join member m",
        "only whether there is one",
    ),
    ("members", "update member set google_project = $2 where id = $1", "one's own"),
    ("admissions", "update member set name = $3, email", "what the provider says of who signs in"),
    ("admissions", "insert into member (name, email, issuer", "lets somebody in"),
    (
        "admissions",
        "delete from invitation where (email = $1 or link_hash = $2)",
        "uses up what let them in",
    ),
    ("sessions", "with live as ( select * from session where", "finds out who asks"),
    ("sessions", "delete from session where expires < now()", "tidies up"),
    ("sessions", "insert into session (", "of one who has just signed in"),
    (
        "sessions",
        "update session set last_seen = now() where token_hash = $1",
        "whoever has the cookie",
    ),
    (
        "sessions",
        "from live s join member m on m.id = s.member_id and m.removed is null left join google_credential",
        "finds out who asks",
    ),
    ("sessions", "select expires from session where token_hash = $1", "whoever has the cookie"),
    ("sessions", "delete from session where token_hash = $1", "whoever has the cookie"),
    ("standing", "select m.role, exists ( select from team_group g", "finds out who asks"),
    ("team", "update member set role = $2 where id = $1", "the function is for admins"),
    (
        "team",
        "update member set removed = now() where id = $1",
        "oneself, or the function is for admins",
    ),
    ("team", "delete from team_group_member where member_id = $1", "of one who is out"),
    ("team", "update member set default_readers = $2 where id = $1", "one's own"),
    (
        "team",
        "delete from invitation where invited_by = $1",
        "of one who is out, or no admin any more",
    ),
];
