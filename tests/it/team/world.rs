//! A small team with a thing of each kind, the same before each request of the matrix; and a picture of every row.

use reqwest::multipart::{Form as Multipart, Part};
use serde_json::json;
use sqlx::AssertSqlSafe;
use tom_alerts::actions::run_limits::RunLimits;
use tower_sessions::session::Id;

use super::{
    people::at_browser,
    rules::{Actor, Body, Kind, Rule},
};
use crate::{
    google_double::Account,
    sign_in::{Browser, Deployment, SignInSetup},
    support::{Answer, write_night},
};

const VIEWER: i64 = 9001;
const MEMBER: i64 = 9002;
const OWNER: i64 = 9003;
const ADMIN: i64 = 9004;
const REMOVED: i64 = 9005;
/// Whom the others change; of no group.
const OTHER: i64 = 9006;
/// In the group, and not its leader.
const INSIDE: i64 = 9008;
const GROUP: i64 = 880_201;
/// Of the member alone.
const MEMBERS_GROUP: i64 = 880_202;
const INVITATION: i64 = 880_401;
/// Nothing has this id.
const NOTHING: i64 = 880_999;

/// The team, and somebody who has been refused.
pub(super) struct World {
    pub(super) deployment: Deployment,
    picture: String,
    stranger: Browser,
    alert: i64,
    candid: i64,
}

/// What a request is about, in the place of `{id}` and `{run_id}`.
#[derive(Clone, Copy)]
struct Ids {
    id: i64,
    run: i64,
}

impl World {
    pub(super) async fn start() -> Self {
        // The runs of the world go on for ever, and must not keep others waiting.
        let limits = RunLimits { at_once: 100, ..RunLimits::default() };
        let deployment = SignInSetup { limits, ..SignInSetup::default() }.start().await;
        write_night(&deployment.app.archive, 1, 1);
        for (id, name) in [
            (VIEWER, "viewer"),
            (MEMBER, "member"),
            (OWNER, "owner"),
            (ADMIN, "admin"),
            (REMOVED, "removed"),
            (OTHER, "other"),
            (9007, "admin2"),
            (INSIDE, "inside"),
        ] {
            let sql = format!(
                "insert into member (id, name, email, issuer, subject) overriding system value
                 values ({id}, '{name}', '{name}@obs.example', 'https://double', '{name}')"
            );
            deployment.execute(&sql).await;
        }
        let owner = at_browser(&deployment, OWNER).await;
        let run = json!({"broker": "archive", "parameters": {"folder": "night", "max_results": 1}});
        let run = owner.post_json("/api/runs/", &run).await.expect(202).json();
        deployment.ended(&owner, run["id"].as_i64().unwrap()).await;
        let (alert, candid) = sqlx::query_as("select id, source_id from alert")
            .fetch_one(&deployment.pool)
            .await
            .unwrap();
        deployment.google.account(Account::new("lena@evil.example"));
        let stranger = deployment.browser();
        stranger.sign_in("/").await.expect(403);
        stranger.put_cookie("sid", &Id::default().to_string());
        let picture = picture_sql(&deployment).await;
        Self { deployment, picture, stranger, alert, candid }
    }

    /// Brings everything back to how it was; what is [`Kind::Own`] is the actor's.
    pub(super) async fn restore(&self, actor: Actor, rule: &Rule) {
        // The events of a run that goes on do not end.
        let state = if rule.1.ends_with("/events/") { "finished" } else { "running" };
        let own = member_of(actor).unwrap_or(OTHER);
        // Only streams are listened to, by who has granted what that needs.
        let (broker, form, listener) = match listener_of(rule) {
            Some(state) => ("stream-rest", r#"{"subscription_name": "loop", "timeout": 1}"#, state),
            None => ("archive", r#"{"folder": "night", "max_results": 10}"#, ""),
        };
        let sql = format!(
            "delete from target; delete from run; delete from saved_query; delete from team_group;
             delete from invitation; delete from api_token; delete from session; delete from sign_in_attempt;
             delete from form_draft; delete from kept_answer; delete from google_credential;
             update member set
                 role = case when id = {VIEWER} then 'viewer' when id in ({ADMIN}, 9007) then 'admin' else 'member' end,
                 removed = case when id = {REMOVED} then now() end, default_readers = '{{0}}', google_project = null;
             insert into team_group (id, name, created_by) overriding system value
                 values ({GROUP}, 'the group', {OWNER}), ({MEMBERS_GROUP}, 'the member''s', {MEMBER});
             insert into team_group_member (group_id, member_id, is_leader)
                 values ({GROUP}, {OWNER}, true), ({GROUP}, {INSIDE}, false), ({MEMBERS_GROUP}, {MEMBER}, true);
             create temporary table thing on commit drop as
                 select * from (values
                     (880101::bigint, {OWNER}::bigint, '{{0}}'::bigint[], '{{}}'::bigint[], '{{}}'::bigint[]),
                     (880102, {OWNER}, '{{0}}', '{{0}}', '{{}}'),
                     (880103, {OWNER}, '{{{GROUP}}}', '{{{GROUP}}}', '{{}}'),
                     (880104, {OWNER}, '{{}}', '{{}}', '{{}}'),
                     (880105, {own}, '{{}}', '{{}}', '{{}}'),
                     (880106, {OWNER}, '{{0}}', '{{}}', '{{{MEMBERS_GROUP}}}')) v (id, owner, readers, writers, sharers);
             insert into saved_query (id, name, broker, parameters, owner_id, readers, writers, sharers) overriding system value
                 select id, 'a query', '{broker}', '{form}', owner, readers, writers, sharers from thing;
             insert into listener (saved_query_id, started_by, state)
                 select id, owner, '{listener}' from thing where '{listener}' <> '';
             insert into google_credential (member_id, email, key_id, scopes)
                 select id, email, 'a key', '{{pubsub}}' from member where '{listener}' <> '';
             insert into run (id, query_name, broker, parameters, started_by, state, instance, started, stored,
                              unreadable, readers, writers, sharers) overriding system value
                 select id, 'a query', 'archive', '{{\"folder\": \"night\", \"max_results\": 10}}', owner, '{state}',
                        'of the world', now(), 1, 1, readers, writers, sharers
                 from thing;
             insert into run_alert (run_id, alert_id, jd, object_id, ra, dec)
                 select thing.id, a.id, a.jd, a.object_id, a.ra, a.dec from thing, alert a;
             insert into unreadable (id, run_id, origin, error, bytes) overriding system value
                 select id + 400, id, 'a message', 'it is a number', '\\x4f626a0102166176726f2e736368656d610a22696e7422003031323334353637383961626364656602020230313233343536373839616263646566' from thing;
             insert into save_report (id, run_id, member_id, on_existing, outcomes, left_selected) overriding system value
                 values (880104, 880104, {OTHER}, 'update', '[]', 0), (880105, 880105, {own}, 'update', '[]', 0);
             insert into kept_answer (id, member_id, status, html, role, group_ids) overriding system value
                 select answer.id, m.id, 200, '<html><head><title>t</title></head><body><a class=\"skip\" href=\"#main\">s</a><main id=\"main\"><h1>h</h1></main></body></html>',
                        m.role, array(select group_id from team_group_member where member_id = m.id order by 1)
                 from (values (880104, {OTHER}::bigint), (880105, {own})) answer (id, member), member m
                 where m.id = answer.member;
             insert into target (id, ra, dec, healpix, created_by, readers, writers, sharers) overriding system value
                 select id, 10, 10, 1, owner, readers, writers, sharers from thing;
             insert into target_name (target_id, realm, name, name_key, is_primary)
                 select id, realm, 'nova ' || id, 'nova' || id, true from target;
             insert into api_token (id, member_id, name, token_hash, may_write, expires, revoked) overriding system value
                 values (880104, {OTHER}, 'theirs', sha256('theirs'), true, now() + interval '1 day', null),
                        (880105, {own}, 'own', sha256('own'), true, now() + interval '1 day', null),
                        (880301, {MEMBER}, 'r', sha256('read'), false, now() + interval '1 day', null),
                        (880302, {MEMBER}, 'w', sha256('write'), true, now() + interval '1 day', null),
                        (880303, {ADMIN}, 'a', sha256('admins read'), false, now() + interval '1 day', null),
                        (880304, {MEMBER}, 'e', sha256('expired'), true, now() - interval '1 second', null),
                        (880305, {MEMBER}, 'v', sha256('revoked'), true, now() + interval '1 day', now()),
                        (880306, {REMOVED}, 'g', sha256('of removed'), true, now() + interval '1 day', null);
             insert into invitation (id, email, link_hash, role, invited_by, expires) overriding system value
                 values ({INVITATION}, 'guest@mail.example', null, 'member', {ADMIN}, null),
                        (880402, null, sha256('matrix-link'), 'member', {ADMIN}, now() + interval '7 days');"
        );
        let mut transaction = self.deployment.pool.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// A digest of every row but those of history and sessions, and but when a token was used.
    pub(super) async fn picture(&self) -> String {
        let sql = AssertSqlSafe(self.picture.clone());
        sqlx::query_scalar(sql).fetch_one(&self.deployment.pool).await.unwrap()
    }

    /// Waits until the runs that were started have ended: they write rows of their own.
    pub(super) async fn settle(&self) {
        let live = "select count(*) from run where instance <> 'of the world' and state in ('queued', 'running')";
        while self.deployment.count(live).await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Sends what a rule says about a thing of this kind; or, without one, about what is not there.
    pub(super) async fn ask(&self, actor: Actor, rule: &Rule, kind: Option<Kind>) -> Answer {
        let (method, pattern, _, send) = *rule;
        let ids = ids_of(pattern, kind);
        let path = self.filled(pattern, ids);
        let mut request = match self.browser_of(actor).await {
            Some(browser) => browser.request(method, &path),
            None => self.stranger.request(method, &path),
        };
        if let Some(token) = token_of(actor) {
            let browser = self.deployment.browser();
            request =
                browser.request(method, &path).header("authorization", format!("Bearer {token}"));
        }
        let site = if method == "GET" { "none" } else { "same-origin" };
        if token_of(actor).is_none() || !path.starts_with("/api/") {
            request = request.header("sec-fetch-site", site);
        }
        let request = match send {
            Body::Nothing => request,
            Body::Form(fields) => {
                let fields = fields.iter().map(|(name, value)| (*name, self.filled(value, ids)));
                request.form(&fields.collect::<Vec<_>>())
            }
            Body::Json(text) => {
                request.header("content-type", "application/json").body(self.filled(text, ids))
            }
            Body::File => {
                let part = Part::bytes(b"Obj".to_vec()).file_name("a.avro");
                request.multipart(Multipart::new().part("files", part))
            }
        };
        self.deployment.browser().send(request).await
    }

    /// The answer's text without the ids that were asked for.
    pub(super) fn without_ids(pattern: &str, kind: Option<Kind>, answer: &Answer) -> String {
        let Ids { id, run } = ids_of(pattern, kind);
        answer.body.replace(&id.to_string(), "ID").replace(&run.to_string(), "ID")
    }

    async fn browser_of(&self, actor: Actor) -> Option<Browser> {
        match actor {
            Actor::Anonymous => Some(self.deployment.browser()),
            Actor::Stranger => None,
            _ => Some(at_browser(&self.deployment, member_of(actor).unwrap()).await),
        }
    }

    fn filled(&self, text: &str, ids: Ids) -> String {
        let values = [
            ("{survey}", "ztf".to_owned()),
            ("{broker}", "archive".to_owned()),
            ("{source_id}", self.candid.to_string()),
            ("{hash}", "0123abcd".to_owned()),
            ("{name}", "app.css".to_owned()),
            ("{token}", "matrix-link".to_owned()),
            ("{run_id}", ids.run.to_string()),
            ("{id}", ids.id.to_string()),
            ("$alert", self.alert.to_string()),
            ("$other", OTHER.to_string()),
            ("$inside", INSIDE.to_string()),
        ];
        values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// How the queries are listened to that a rule is tried on, where it is about that.
fn listener_of(rule: &Rule) -> Option<&'static str> {
    let (_, pattern, _, send) = *rule;
    if !pattern.contains("/listener/") {
        return None;
    }
    let starts = match send {
        Body::Json(text) => text.contains("\"on\""),
        _ => pattern.ends_with("/start/"),
    };
    Some(if starts { "paused" } else { "on" })
}

/// The member behind an actor.
fn member_of(actor: Actor) -> Option<i64> {
    Some(match actor {
        Actor::Anonymous | Actor::Stranger => return None,
        Actor::Viewer => VIEWER,
        Actor::Owner => OWNER,
        Actor::Admin | Actor::AdminsReadToken => ADMIN,
        Actor::Removed | Actor::TokenOfRemoved => REMOVED,
        Actor::Member
        | Actor::ReadToken
        | Actor::WriteToken
        | Actor::ExpiredToken
        | Actor::RevokedToken => MEMBER,
    })
}

fn token_of(actor: Actor) -> Option<&'static str> {
    Some(match actor {
        Actor::ReadToken => "read",
        Actor::WriteToken => "write",
        Actor::AdminsReadToken => "admins read",
        Actor::ExpiredToken => "expired",
        Actor::RevokedToken => "revoked",
        Actor::TokenOfRemoved => "of removed",
        _ => return None,
    })
}

fn ids_of(pattern: &str, kind: Option<Kind>) -> Ids {
    let Some(kind) = kind else { return Ids { id: NOTHING, run: NOTHING } };
    let run = match kind {
        Kind::Team => 880_101,
        Kind::Kept => 880_102,
        Kind::Group => 880_103,
        Kind::Private => 880_104,
        Kind::Own => 880_105,
        Kind::Handed => 880_106,
    };
    let id = if pattern.starts_with("/team/members/") {
        OTHER
    } else if pattern.starts_with("/team/groups/") {
        GROUP
    } else if pattern.starts_with("/team/invitations/") {
        INVITATION
    } else if pattern.contains("unreadable/{id}") {
        run + 400
    } else {
        run
    };
    Ids { id, run }
}

async fn picture_sql(deployment: &Deployment) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(table_name) from information_schema.tables
         where table_schema = 'public' and table_type = 'BASE TABLE'
           and table_name not in ('history', 'session', '_sqlx_migrations')
         order by 1",
    )
    .fetch_all(&deployment.pool)
    .await
    .unwrap();
    assert!(tables.len() >= 18, "{tables:?}");
    let digests = tables.iter().map(|table| {
        format!(
            "'{table} ' || (select md5(coalesce(string_agg(row, ',' order by row), '')) || count(*)
              from (select (to_jsonb(t) - 'last_used')::text as row from {table} t) rows)"
        )
    });
    format!("select concat_ws(' ', {})", digests.collect::<Vec<_>>().join(", "))
}
