-- All tables as the first release has them, by subject: the team, signing in, who may see what, queries and runs,
-- alerts, what runs found, targets, what queries of BigQuery cost, history.


-- The team ---------------------------------------------------------------------------------------

-- People. In local mode there is exactly one, with no e-mail address. Those who sign in are known by the provider's key
-- of their account, never by their address.
create table member (
    id bigint generated always as identity primary key,
    name text not null,
    email text,
    is_local boolean not null default false,
    issuer text,
    subject text,
    role text not null default 'member'
        constraint member_role_known check (role in ('viewer', 'member', 'admin')),
    -- The Google Cloud project that their runs use and pay for; null: the deployment's.
    google_project text,
    -- With whom they share what they make, unless they say otherwise: ids of groups.
    default_readers bigint[] not null default '{0}',
    created timestamptz not null default now(),
    last_sign_in timestamptz,
    -- When they left or were removed; what they made stays theirs.
    removed timestamptz,
    constraint member_account_whole check ((issuer is null) = (subject is null))
);
create unique index member_local_key on member (is_local) where is_local;
create unique index member_account_key on member (issuer, subject);
create index member_email on member (email);

-- Groups of members. The group 0, of everybody, stands in lists of groups only.
create table team_group (
    id bigint generated always as identity primary key,
    name text not null,
    description text not null default '',
    created_by bigint not null references member,
    created timestamptz not null default now()
);
create unique index team_group_name_key on team_group (lower(name));

-- Who is in which group.
create table team_group_member (
    group_id bigint not null references team_group on delete cascade,
    member_id bigint not null references member on delete cascade,
    -- May put others in and take them out.
    is_leader boolean not null default false,
    added timestamptz not null default now(),
    primary key (group_id, member_id)
);
create index team_group_member_of on team_group_member (member_id);

-- Who may come in, until they have: an invitation is for an address or for whoever has its link.
create table invitation (
    id bigint generated always as identity primary key,
    -- in lower case
    email text constraint invitation_email_key unique,
    -- SHA-256 of what the link holds
    link_hash bytea constraint invitation_link_key unique,
    role text not null constraint invitation_role_known check (role in ('viewer', 'member', 'admin')),
    invited_by bigint references member on delete set null,
    created timestamptz not null default now(),
    expires timestamptz,
    constraint invitation_for_somebody check ((email is null) <> (link_hash is null))
);


-- Signing in -------------------------------------------------------------------------------------

-- Somebody on the way to the provider and back. Kept for a while after use, so that a second use is told from nonsense.
create table sign_in_attempt (
    -- SHA-256 of the parameter state
    state_hash bytea primary key,
    -- SHA-256 of the cookie that ties it to one browser
    browser_hash bytea not null,
    -- The nonce and the PKCE verifier, encrypted.
    key_id text not null,
    secrets bytea not null,
    -- Where to go afterwards: a path of ours.
    next text not null,
    -- Whose grant is asked for, and what; null and empty for a sign-in.
    member_id bigint references member on delete cascade,
    scopes text[] not null default '{}',
    -- SHA-256 of what the link holds by which its bearer was invited.
    invitation_hash bytea,
    created timestamptz not null default now(),
    used timestamptz
);
create index sign_in_attempt_of_browser on sign_in_attempt (browser_hash, created);
create index sign_in_attempt_by_age on sign_in_attempt (created);

-- A browser in which a member is signed in.
create table session (
    id bigint generated always as identity primary key,
    -- SHA-256 of what the cookie holds: a copy of this table signs nobody in.
    token_hash bytea not null constraint session_token_key unique,
    member_id bigint not null references member on delete cascade,
    -- "Firefox on Linux"
    browser text not null,
    created timestamptz not null default now(),
    last_seen timestamptz not null default now(),
    -- However busy it is, it ends then.
    expires timestamptz not null
);
create index session_of_member on session (member_id);
create index session_by_end on session (expires);

-- Keys for programs. What the token is nobody can read here.
create table api_token (
    id bigint generated always as identity primary key,
    member_id bigint not null references member on delete cascade,
    name text not null,
    -- SHA-256 of the token
    token_hash bytea not null constraint api_token_key unique,
    may_write boolean not null,
    created timestamptz not null default now(),
    expires timestamptz not null,
    last_used timestamptz,
    revoked timestamptz
);
create index api_token_of_member on api_token (member_id, id desc);

-- A member's grant at Google: tokens are encrypted under a key that is not here, bound to member and column.
create table google_credential (
    member_id bigint primary key references member on delete cascade,
    email text not null,
    key_id text not null,
    refresh_token bytea,
    access_token bytea,
    access_obtained timestamptz,
    access_expires timestamptz,
    -- google scopes by our words: pubsub, bigquery
    scopes text[] not null,
    needs_sign_in boolean not null default false,
    granted timestamptz not null default now(),
    last_refresh timestamptz,
    last_error text,
    last_error_at timestamptz,
    -- Rises with each change of the tokens.
    version bigint not null default 1,
    -- Who is renewing the tokens just now, and until when that is believed.
    lease_holder text,
    lease_until timestamptz
);

-- A form that waits while its author is at Google.
create table form_draft (
    id bigint generated always as identity primary key,
    member_id bigint not null references member on delete cascade,
    broker text not null,
    query_name text not null,
    parameters jsonb not null,
    created timestamptz not null default now()
);
create index form_draft_by_age on form_draft (created);


-- Who may see what -------------------------------------------------------------------------------

-- Queries, runs and targets have an owner and three lists: who sees it (`readers`), who of them may change it
-- (`writers`) and who may share it further (`sharers`), as ids of groups, in order.
--
-- The rule who may see and change, in one place. `me` is the member, `mine` the groups for which they may look.
create function may_read(owner bigint, readers bigint[], me bigint, mine bigint[]) returns boolean
    language sql immutable parallel safe
    as $$ select owner = me or readers && mine $$;

-- `holders` are those who have the right in question: writers, sharers, or nobody (to delete).
create function may_change(
    owner bigint, readers bigint[], holders bigint[], me bigint, mine bigint[], is_admin boolean
) returns boolean
    language sql immutable parallel safe
    as $$ select owner = me or (readers && mine and (is_admin or holders && mine)) $$;

-- Whether a list of "mine", "groups" or "all" shows a thing.
create function is_of(whose text, owner bigint, readers bigint[], me bigint, own bigint[]) returns boolean
    language sql immutable parallel safe
    as $$ select case whose when 'mine' then owner = me when 'groups' then readers && own else true end $$;


-- Queries and runs -------------------------------------------------------------------------------

-- A query under a name.
create table saved_query (
    id bigint generated always as identity primary key,
    name text not null,
    broker text not null,
    -- The form as it was typed; it is validated again whenever it is loaded.
    parameters jsonb not null,
    owner_id bigint not null references member,
    readers bigint[] not null default '{0}',
    writers bigint[] not null default '{}',
    sharers bigint[] not null default '{}',
    created timestamptz not null default now(),
    modified timestamptz not null default now(),
    -- Two who change one saved query at once: the second must learn of the first.
    version bigint not null default 1
);
create index saved_query_created on saved_query (created, id);
create index saved_query_name on saved_query (lower(name), id);
create index saved_query_owner on saved_query (owner_id, id desc);

-- A saved query that is kept running: while it is on there is one run of it after the other. Who has its live run has
-- it.
create table listener (
    id bigint generated always as identity primary key,
    saved_query_id bigint not null constraint listener_of_query unique references saved_query on delete cascade,
    -- As whom its runs act.
    started_by bigint not null references member,
    state text not null default 'on' constraint listener_state_known check (state in ('on', 'paused')),
    -- Since when it is on, or paused.
    since timestamptz not null default now(),
    -- What stands in its way; of a paused one, why the service paused it; null: nothing, or paused by hand.
    trouble text,
    -- The right at Google whose lack that is.
    lacks_scope text,
    -- Runs that have failed one after the other, and when the next may begin.
    failures integer not null default 0,
    next_try timestamptz
);
create index listener_of_member on listener (started_by);

-- A query at work, or done: what it was asked, what became of it, and what it counted.
create table run (
    id bigint generated always as identity primary key,
    saved_query_id bigint references saved_query on delete set null,
    query_name text not null,
    broker text not null,
    parameters jsonb not null,
    started_by bigint not null references member,
    readers bigint[] not null default '{0}',
    writers bigint[] not null default '{}',
    sharers bigint[] not null default '{}',
    -- Of a listener that may be gone: whoever ends one must not have to wait for its runs.
    listener_id bigint,
    -- The day (UTC) of a listener's run; null for runs that somebody started.
    day date,
    state text not null default 'queued'
        constraint run_state_known
        check (state in ('queued', 'running', 'finished', 'failed', 'cancelled', 'interrupted')),
    cancel_requested boolean not null default false,
    -- The number of the last batch that was kept: a batch sent twice is kept once.
    batch_number bigint not null default 0,
    received bigint not null default 0,
    passed bigint not null default 0,
    rejected bigint not null default 0,
    duplicates bigint not null default 0,
    unreadable bigint not null default 0,
    stored bigint not null default 0,
    acknowledged bigint not null default 0,
    received_bytes bigint not null default 0,
    -- {rule: number of alerts it rejected}
    rejected_by jsonb not null default '{}',
    feedback text not null default '',
    -- As whom it acted towards Google, in words; null where it needed nobody, or did not come so far.
    acts_as text,
    -- The right whose lack ended it (pubsub, bigquery): its owner can grant it and run again.
    lacks_scope text,
    created timestamptz not null default now(),
    started timestamptz,
    -- When messages were last kept.
    last_received timestamptz,
    finished timestamptz,
    -- Which process works on it, and when that process last said so.
    instance text not null,
    heartbeat timestamptz not null default now()
);
create index run_by_query on run (saved_query_id, id desc);
create index run_by_state on run (state, id desc);
create index run_starter on run (started_by, id desc);
create index run_alive on run (heartbeat) where state in ('queued', 'running');
-- Never two at once, whatever processes believe.
create unique index run_of_listener_live on run (listener_id) where state in ('queued', 'running');
create index run_of_listener on run (listener_id) where listener_id is not null;
create index run_of_listener_by_day on run (saved_query_id, day) where day is not null;

-- What a run tells of itself, line by line.
create table run_log (
    id bigint generated always as identity primary key,
    run_id bigint not null references run on delete cascade,
    at timestamptz not null default now(),
    level text not null,
    message text not null
);
create index run_log_by_run on run_log (run_id, id);

-- Whoever looks at a run that goes on is told of each change, on whichever replica they are.
create function tell_of_run() returns trigger language plpgsql
    as $$ begin perform pg_notify('run_news', new.id::text); return null; end $$;
create function tell_of_run_log() returns trigger language plpgsql
    as $$ begin perform pg_notify('run_news', new.run_id::text); return null; end $$;
-- Not with each heartbeat.
create trigger run_is_told after update of
    state, cancel_requested, batch_number, acknowledged, feedback, acts_as, readers on run
    for each row execute function tell_of_run();
create trigger run_log_is_told after insert on run_log
    for each row execute function tell_of_run_log();


-- Alerts -----------------------------------------------------------------------------------------

-- An alert of a survey, whichever runs found it.
create table alert (
    id bigint generated always as identity primary key,
    survey text not null,
    source_id bigint not null,
    object_id text not null,
    -- object_id as names are compared: finds the target that bears it.
    object_key text not null,
    jd double precision not null,
    ra double precision not null,
    dec double precision not null,
    -- Nested HEALPix cell at depth 29.
    healpix bigint not null,
    mag double precision,
    mag_err double precision,
    band text,
    classtar double precision,
    rb double precision,
    drb double precision,
    is_positive boolean,
    ndethist bigint,
    sgscore1 double precision,
    distpsnr1 double precision,
    ssdistnr double precision,
    received timestamptz not null default now(),
    constraint alert_source_key unique (survey, source_id)
);
create index alert_by_object on alert (survey, object_id, jd);
create index alert_by_position on alert (healpix);
create index alert_by_arrival on alert using brin (received);

-- An Avro container begins with its schema, a fifth of a packet's bytes, the same in all packets of a night: it is kept
-- once.
create table packet_head (
    id bigint generated always as identity primary key,
    bytes bytea not null
);
create unique index packet_head_once on packet_head (sha256(bytes));

-- An alert's packet as it came.
create table alert_packet (
    alert_id bigint primary key references alert on delete cascade,
    format text not null,
    schema_version text not null,
    -- What stands before `bytes` in the packet; null where `bytes` is all of it. Rows of packet_head are never removed,
    -- and a batch makes sure that those it names are there. A foreign key would lock the one row that all packets name,
    -- once for each of them.
    head_id bigint,
    bytes bytea not null
);
-- Packets are compressed images for the most part: compressing them again costs time and gains nothing.
alter table alert_packet alter column bytes set storage external;


-- What runs found --------------------------------------------------------------------------------

-- What a run found. The columns are those that a results page sorts by, so that a page of a long run is one index
-- range.
create table run_alert (
    run_id bigint not null references run on delete cascade,
    alert_id bigint not null references alert on delete cascade,
    jd double precision not null,
    object_id text not null,
    ra double precision not null,
    dec double precision not null,
    mag double precision,
    classtar double precision,
    rb double precision,
    -- What the transport said of the message; null where the backend has no messages.
    attributes jsonb,
    primary key (run_id, alert_id)
);
create index run_alert_of_alert on run_alert (alert_id);
create index run_alert_jd on run_alert (run_id, jd, alert_id);
create index run_alert_object on run_alert (run_id, object_id, alert_id);
create index run_alert_ra on run_alert (run_id, ra, alert_id);
create index run_alert_dec on run_alert (run_id, dec, alert_id);
-- Absent values come last in either direction: hence two indexes for each column that may be absent.
create index run_alert_mag_up on run_alert (run_id, coalesce(mag, 'infinity'::float8), alert_id);
create index run_alert_mag_down on run_alert (run_id, coalesce(mag, '-infinity'::float8), alert_id);
create index run_alert_classtar_up on run_alert (run_id, coalesce(classtar, 'infinity'::float8), alert_id);
create index run_alert_classtar_down on run_alert (run_id, coalesce(classtar, '-infinity'::float8), alert_id);
create index run_alert_rb_up on run_alert (run_id, coalesce(rb, 'infinity'::float8), alert_id);
create index run_alert_rb_down on run_alert (run_id, coalesce(rb, '-infinity'::float8), alert_id);

-- Rows that a member has ticked, over the pages of a run.
create table run_selection (
    run_id bigint not null,
    member_id bigint not null references member on delete cascade,
    alert_id bigint not null,
    primary key (run_id, member_id, alert_id),
    foreign key (run_id, alert_id) references run_alert on delete cascade
);
create index run_selection_of_row on run_selection (run_id, alert_id);

-- Quarantine: what came and could not be read, as it came.
create table unreadable (
    id bigint generated always as identity primary key,
    run_id bigint not null references run on delete cascade,
    origin text not null,
    -- The transport's id of a message: one that comes again is set aside once. Files have none.
    message_id text,
    error text not null,
    attributes jsonb,
    bytes bytea not null,
    at timestamptz not null default now()
);
create index unreadable_by_run on unreadable (run_id, id);
create unique index unreadable_message_key on unreadable (run_id, message_id);


-- Targets ----------------------------------------------------------------------------------------

-- Names are unique among those who see the same targets: nobody learns from a refusal what others keep to themselves.
create function realm_of(owner bigint, readers bigint[]) returns text
    language sql immutable parallel safe
    as $$
        select case
            when 0 = any (readers) then 'team'
            when readers = '{}' then 'member ' || owner
            else 'groups ' || array_to_string(readers, ',')
        end
    $$;

-- What a member wants to observe.
create table target (
    id bigint generated always as identity primary key,
    ra double precision,
    dec double precision,
    -- Nested HEALPix cell at depth 29.
    healpix bigint,
    note text not null default '',
    created_by bigint not null references member,
    readers bigint[] not null default '{0}',
    writers bigint[] not null default '{0}',
    sharers bigint[] not null default '{}',
    realm text not null generated always as (realm_of(created_by, readers)) stored,
    created timestamptz not null default now(),
    modified timestamptz not null default now(),
    -- Rises with each change: an edit of an older version is refused.
    version bigint not null default 1,
    constraint target_realm_key unique (id, realm),
    constraint target_position_whole check ((ra is null) = (dec is null) and (ra is null) = (healpix is null)),
    constraint target_position_real check (ra >= 0 and ra < 360 and dec between -90 and 90)
);
create index target_by_position on target (healpix);
create index target_creator on target (created_by, id desc);
-- Few things are not the team's: those who look for them need not walk over all others.
create index target_of_groups on target using gin (readers) where readers <> '{0}';

-- Names and aliases alike, so that one constraint keeps all of them apart.
create table target_name (
    id bigint generated always as identity primary key,
    target_id bigint not null,
    name text not null,
    -- name in lower case without spaces, '-', '_', '(' and ')'
    name_key text not null,
    is_primary boolean not null,
    -- Follows the target's.
    realm text not null,
    constraint target_name_key unique (name_key, realm),
    constraint target_name_of_target foreign key (target_id, realm)
        references target (id, realm) on delete cascade on update cascade
);
create index target_name_of_target on target_name (target_id);
create unique index target_name_one_primary on target_name (target_id) where is_primary;

-- The alerts that a target was saved from. They and their packets stay for ever.
create table target_alert (
    target_id bigint not null references target on delete cascade,
    alert_id bigint not null references alert,
    run_id bigint references run on delete set null,
    saved_by bigint not null references member,
    saved_at timestamptz not null default now(),
    primary key (target_id, alert_id)
);
create index target_alert_of_alert on target_alert (alert_id);


-- What queries of BigQuery cost ------------------------------------------------------------------

-- What queries of BigQuery may cost and did, by day (UTC), for the daily budgets.
create table bigquery_spending (
    id bigint generated always as identity primary key,
    run_id bigint references run on delete set null,
    member_id bigint not null references member,
    day date not null default (now() at time zone 'utc')::date,
    at timestamptz not null default now(),
    -- What the dry run said.
    estimated_bytes bigint not null,
    -- What BigQuery was told to bill at most.
    reserved_bytes bigint not null,
    -- What it billed; null while that is not known: then what was reserved counts.
    billed_bytes bigint,
    -- A job holds one of the places of its member and of the team until it is known to have ended, or must have: also
    -- when its run was stopped before it.
    holds_place_until timestamptz not null default now()
);
create index bigquery_spending_by_day on bigquery_spending (day, member_id);
create index bigquery_spending_places on bigquery_spending (holds_place_until) where billed_bytes is null;

-- How often a member looked at queries (dry runs) in the minute that began then.
create table bigquery_check (
    member_id bigint primary key references member,
    begun timestamptz not null default now(),
    n integer not null default 1
);


-- History ----------------------------------------------------------------------------------------

-- What was done, by whom, to what: rows are added and never changed.
create table history (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor_id bigint references member,
    actor text not null,
    -- The token by which it was done; null for the pages.
    token_id bigint,
    action text not null,
    kind text not null,
    object_id bigint,
    name text not null,
    detail jsonb
);
create index history_of_object on history (kind, object_id, id desc);
create index history_of_actor on history (actor_id, id desc);
create index history_of_action on history (action, id desc);
create function history_stays() returns trigger language plpgsql
    as $$ begin raise exception 'the history is only added to'; end $$;
create trigger history_is_append_only before update or delete or truncate on history
    for each statement execute function history_stays();
