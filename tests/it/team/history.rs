//! The history: each action writes its line, in the transaction of what it tells of; lines are only ever added.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tom_alerts::domain::history::{Action, Kind};

use super::people::{Person, Program, enter, lines, link_in, query, unsaved};
use crate::{
    google_double::Account,
    sign_in::{Deployment, PROJECT},
};

async fn team() -> (Deployment, Person, Person) {
    let deployment = Deployment::start().await;
    let admin = enter(&deployment, "boss", "admin").await;
    let ada = enter(&deployment, "ada", "member").await;
    (deployment, admin, ada)
}

/// What was added to the history by something.
struct Watch<'d> {
    deployment: &'d Deployment,
    n_before: usize,
}

impl<'d> Watch<'d> {
    async fn new(deployment: &'d Deployment) -> Self {
        Self { deployment, n_before: lines(&deployment.pool).await.len() }
    }

    /// Demands that these lines, and no others, were added since the last time.
    #[track_caller]
    fn added(&mut self, expected: &[(&str, &str, &str, &str)]) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let all = lines(&self.deployment.pool).await;
            let added: Vec<_> = all[self.n_before..]
                .iter()
                .map(|(a, b, c, d)| (a.as_str(), b.as_str(), c.as_str(), d.as_str()))
                .collect();
            assert_eq!(added, expected, "at {at}");
            self.n_before = all.len();
        }
    }
}

#[tokio::test]
async fn what_is_done_to_subscriptions_is_told() {
    let deployment = Deployment::start().await;
    let _stream = deployment.stream(PROJECT).await;
    let ada = deployment.connected("ada@obs.example").await;
    let mut told = Watch::new(&deployment).await;
    let form = [("subscription_name", "loop-2"), ("topic", "loop-1"), ("project", PROJECT)];
    ada.post("/subscriptions/", &form).await.expect(303);
    told.added(&[("ada", "created", "subscription", "loop-2")]).await;
    ada.post("/subscriptions/loop-1/delete/", &[]).await.expect(303);
    told.added(&[("ada", "deleted", "subscription", "loop-1")]).await;
}

#[tokio::test]
async fn what_is_done_to_queries_and_runs_is_told() {
    let (deployment, admin, ada) = team().await;
    crate::support::write_night(&deployment.app.archive, 1, 2);
    let bob = enter(&deployment, "bob", "member").await;
    let mut told = Watch::new(&deployment).await;
    let id = ada.make_query("q").await;
    told.added(&[("ada", "created", "query", "q")]).await;
    let path = format!("/api/queries/{id}/");
    ada.json("PUT", &path, &query("q2")).await.expect(200);
    told.added(&[("ada", "changed", "query", "q2")]).await;
    bob.json("PUT", &path, &query("q3")).await.expect(403);
    bob.json("DELETE", &path, &json!({})).await.expect(403);
    bob.json("PUT", &format!("{path}sharing/"), &json!({"readers": []})).await.expect(403);
    told.added(&[("bob", "refused", "query", "q2"); 3]).await;
    admin
        .json("PUT", &format!("{path}sharing/"), &json!({"readers": ["team"], "writers": ["team"]}))
        .await
        .expect(200);
    told.added(&[("boss", "shared", "query", "q2")]).await;
    ada.post(&format!("/alerts/query/{id}/copy/"), &[]).await.expect(303);
    told.added(&[("ada", "created", "query", "Copy of q2")]).await;
    let run = bob.json("POST", &format!("{path}runs/"), &json!({})).await.expect(202).json()["id"]
        .as_i64()
        .unwrap();
    told.added(&[("bob", "ran", "run", "q2")]).await;
    deployment.ended(&bob.browser, run).await;
    let live = format!("update run set state = 'running', instance = 'x' where id = {run}");
    deployment.execute(&live).await;
    ada.post(&format!("/runs/{run}/cancel/"), &[]).await.expect(403);
    bob.post(&format!("/runs/{run}/cancel/"), &[]).await.expect(303);
    told.added(&[("ada", "refused", "run", "q2"), ("bob", "stopped", "run", "q2")]).await;
    bob.post(&format!("/runs/{run}/share/"), &[]).await.expect(303);
    told.added(&[("bob", "shared", "run", "q2")]).await;
    deployment
        .execute(&format!(
            "insert into unreadable (run_id, origin, error, bytes) values ({run}, 'x', 'x', 'x')"
        ))
        .await;
    let set_aside = deployment.count("select id from unreadable").await;
    bob.get(&format!("/runs/{run}/unreadable/{set_aside}/")).await.expect(200);
    told.added(&[("bob", "exported", "run", &format!("unreadable message {set_aside}"))]).await;
    bob.post(&format!("/runs/{run}/unreadable/retry/"), &[]).await.expect(303);
    told.added(&[("bob", "tried again", "run", "q2")]).await;
    ada.json("DELETE", &path, &json!({})).await.expect(204);
    told.added(&[("ada", "deleted", "query", "q2")]).await;
    // What is hidden is refused as if it were absent; the history tells admins of the attempt.
    ada.post(&format!("/runs/{run}/share/"), &[]).await.expect(404);
    let parameters: Value = sqlx::query_scalar("select detail from history where action = 'ran'")
        .fetch_one(&deployment.pool)
        .await
        .unwrap();
    assert_eq!(
        (&parameters["broker"], &parameters["parameters"]["folder"]),
        (&json!("archive"), &json!("night"))
    );
}

#[tokio::test]
async fn what_is_done_to_targets_and_alerts_is_told() {
    let (deployment, _admin, ada) = team().await;
    let night = crate::support::write_night(&deployment.app.archive, 1, 1);
    let bob = enter(&deployment, "bob", "member").await;
    let mut told = Watch::new(&deployment).await;
    let id = ada.make_target("nova").await;
    told.added(&[("ada", "created", "target", "nova")]).await;
    let path = format!("/api/targets/{id}/");
    let body = |name: &str| json!({"name": name, "ra": 1, "dec": 1});
    bob.json("PUT", &path, &body("nova 2")).await.expect(200);
    told.added(&[("bob", "changed", "target", "nova 2")]).await;
    bob.json("DELETE", &path, &json!({})).await.expect(403);
    told.added(&[("bob", "refused", "target", "nova 2")]).await;
    ada.json("PUT", &path, &json!({"name": "", "ra": 1, "dec": 1})).await.expect(422);
    ada.json("PUT", &path, &json!({"name": "n", "ra": 1, "dec": 1, "version": 1}))
        .await
        .expect(409);
    ada.json("POST", "/api/targets/", &body("NOVA-2")).await.expect(422);
    told.added(&[]).await;
    ada.json("PUT", &format!("{path}sharing/"), &json!({"readers": []})).await.expect(200);
    told.added(&[("ada", "shared", "target", "nova 2")]).await;
    bob.json("DELETE", &path, &json!({})).await.expect(404);
    told.added(&[("bob", "refused", "target", "nova 2")]).await;
    ada.json("DELETE", &path, &json!({})).await.expect(204);
    told.added(&[("ada", "deleted", "target", "nova 2")]).await;
    let run =
        ada.json("POST", "/api/runs/", &unsaved()).await.expect(202).json()["id"].as_i64().unwrap();
    deployment.ended(&ada.browser, run).await;
    told.added(&[("ada", "ran", "run", "")]).await;
    let alert = deployment.count("select id from alert").await;
    let save = format!("/api/runs/{run}/targets/");
    let (object, source) = &night[0];
    ada.json("POST", &save, &json!({"alerts": [alert]})).await.expect(200);
    told.added(&[("ada", "created", "target", object)]).await;
    let id = deployment.count("select max(id) from target").await;
    let named = format!("alert: {object}, {source}");
    let page = ada.get(&format!("/targets/{id}/history/")).await.expect(200).shows(&named);
    page.shows(&format!("run: {run}")).hides(&format!("alert: {alert}"));
    bob.json("POST", &save, &json!({"alerts": [alert]})).await.expect(200);
    told.added(&[]).await;
    deployment.execute("delete from target_alert").await;
    bob.json("POST", &save, &json!({"alerts": [alert]})).await.expect(200);
    told.added(&[("bob", "saved", "target", object)]).await;
    // Which alert is put to something private is its owner's alone.
    let own = "update target set readers = '{}', writers = '{}', sharers = '{}'";
    for statement in ["delete from target_alert", own] {
        deployment.execute(statement).await;
    }
    ada.json("POST", &save, &json!({"alerts": [alert]})).await.expect(200);
    told.added(&[("ada", "saved", "target", object)]).await;
    let silent = "select count(*) from history where action = 'saved' and detail is null";
    assert_eq!(deployment.count(silent).await, 1);
    for whole in ["packet", "json"] {
        bob.get(&format!("/alerts/ztf/{source}/{whole}/")).await.expect(200);
        told.added(&[("bob", "exported", "alert", object)]).await;
    }
}

#[tokio::test]
async fn what_is_done_in_the_team_is_told() {
    let (deployment, admin, ada) = team().await;
    let bob = enter(&deployment, "bob", "member").await;
    let mut told = Watch::new(&deployment).await;
    let (ada_id, bob_id) = (ada.id.to_string(), bob.id.to_string());
    let group = ada.make_group("novae").await;
    ada.put_into(group, bob.id).await;
    told.added(&[("ada", "created", "group", "novae"), ("ada", "added", "group", "novae")]).await;
    let path = format!("/team/groups/{group}/");
    bob.post(&format!("{path}add/"), &[("member", &ada_id)]).await.expect(403);
    bob.post(&format!("{path}remove/"), &[("member", &bob_id)]).await.expect(303);
    told.added(&[("bob", "left", "group", "novae")]).await;
    ada.put_into(group, bob.id).await;
    admin.post(&format!("{path}remove/"), &[("member", &bob_id)]).await.expect(303);
    told.added(&[("ada", "added", "group", "novae"), ("boss", "removed", "group", "novae")]).await;
    let page = admin.get("/team/history/?kind=group&action=removed").await.expect(200);
    page.shows("member: bob").hides(&format!("id: {bob_id}"));
    ada.post(&format!("{path}delete/"), &[]).await.expect(303);
    told.added(&[("ada", "deleted", "group", "novae")]).await;
    admin.post("/team/", &[("email", "guest@mail.example"), ("role", "viewer")]).await.expect(303);
    told.added(&[("boss", "created", "invitation", "guest@mail.example")]).await;
    let link =
        admin.post_to_page("/team/", &[("by", "link"), ("role", "viewer")]).await.expect(200);
    assert!(link_in(&link.body).is_some());
    told.added(&[("boss", "created", "invitation", "a link")]).await;
    let id = deployment.count("select max(id) from invitation").await;
    admin.post(&format!("/team/invitations/{id}/delete/"), &[]).await.expect(303);
    told.added(&[("boss", "revoked", "invitation", "a link")]).await;
    admin.get("/team/history/export/").await.expect(200);
    told.added(&[("boss", "exported", "history", "the history")]).await;
    let role = format!("/team/members/{}/role/", bob.id);
    admin.post(&role, &[("role", "viewer")]).await.expect(303);
    admin.post(&role, &[("role", "viewer")]).await.expect(303);
    told.added(&[("boss", "role changed", "member", "bob")]).await;
    admin.post(&format!("/team/members/{}/remove/", bob.id), &[]).await.expect(303);
    told.added(&[("boss", "removed", "member", "bob")]).await;
    ada.post(&format!("/team/members/{}/remove/", ada.id), &[]).await.expect(303);
    told.added(&[("ada", "left", "member", "ada")]).await;
}

#[tokio::test]
async fn who_comes_in_and_what_they_hold_is_told() {
    let (deployment, _admin, _ada) = team().await;
    let mut told = Watch::new(&deployment).await;
    let carl = deployment.connected("carl@obs.example").await;
    told.added(&[
        ("carl", "joined", "member", "carl"),
        ("carl", "connected", "grant", "carl@obs.example"),
    ])
    .await;
    carl.post("/accounts/disconnect/", &[]).await.expect(303);
    carl.post("/accounts/disconnect/", &[]).await.expect(303);
    told.added(&[("carl", "disconnected", "grant", "carl@obs.example")]).await;
    let form = [("name", "a script"), ("access", "read"), ("days", "9")];
    carl.post_to_page("/accounts/tokens/", &form).await.expect(200);
    told.added(&[("carl", "created", "token", "a script")]).await;
    let id = deployment.count("select id from api_token").await;
    carl.post(&format!("/accounts/tokens/{id}/revoke/"), &[]).await.expect(303);
    told.added(&[("carl", "revoked", "token", "a script")]).await;
    carl.post("/accounts/logout/", &[]).await.expect(303);
    told.added(&[("carl", "signed out", "member", "carl")]).await;
    deployment.signed_in("carl@obs.example").await;
    told.added(&[("carl", "signed in", "member", "carl")]).await;
    deployment.google.account(Account::new("lena@evil.example"));
    deployment.browser().sign_in("/").await.expect(403);
    told.added(&[("lena@evil.example", "refused", "member", "sign-in")]).await;
}

#[tokio::test]
async fn listening_is_told() {
    let (deployment, _admin, ada) = team().await;
    let carl = deployment.connected("carl@obs.example").await;
    let form = json!({"subscription_name": "loop-1", "timeout": 1});
    let body = json!({"name": "young", "broker": "stream-rest", "parameters": form});
    let id = carl.post_json("/api/queries/", &body).await.expect(201).json()["id"].clone();
    let path = format!("/alerts/query/{id}/listener/");
    let mut told = Watch::new(&deployment).await;
    carl.post(&format!("{path}pause/"), &[]).await.expect(303);
    carl.post(&format!("{path}stop/"), &[]).await.expect(303);
    told.added(&[]).await;
    for _ in 0..2 {
        carl.post(&format!("{path}start/"), &[]).await.expect(303);
    }
    told.added(&[("carl", "started listening", "query", "young")]).await;
    for button in ["start", "pause", "stop"] {
        ada.post(&format!("{path}{button}/"), &[]).await.expect(403);
        told.added(&[("ada", "refused", "query", "young")]).await;
    }
    for _ in 0..2 {
        carl.post(&format!("{path}pause/"), &[]).await.expect(303);
    }
    told.added(&[("carl", "paused listening", "query", "young")]).await;
    carl.post(&format!("{path}stop/"), &[]).await.expect(303);
    told.added(&[("carl", "stopped listening", "query", "young")]).await;
}

#[tokio::test]
async fn every_word_of_the_history_is_used_and_nothing_is_told_in_others() {
    // Each action and kind stands in one of the tests above; whoever adds one adds a line there.
    let here = include_str!("history.rs");
    for (_, word) in Action::ALL {
        assert!(here.contains(&format!(", \"{word}\", \"")), "no test tells of \"{word}\"");
    }
    for (_, word) in Kind::ALL {
        assert!(
            here.contains(&format!("\", \"{word}\", ")),
            "no test tells of the kind \"{word}\""
        );
    }
}

#[tokio::test]
async fn a_line_and_what_it_tells_of_are_kept_together_or_not_at_all() {
    let (deployment, admin, ada) = team().await;
    let id = ada.make_query("q").await;
    let target = ada.make_target("nova").await;
    let group = ada.make_group("novae").await;
    // Whoever cannot be told of does nothing.
    deployment
        .execute(
            "create function refuse() returns trigger language plpgsql
             as $$ begin raise exception 'no line is taken'; end $$",
        )
        .await;
    deployment
        .execute(
            "create trigger refuse before insert on history for each row execute function refuse()",
        )
        .await;
    let before = crate::sign_in::stolen::dump(&deployment).await;
    let (team, bob) = (json!({"readers": []}), ada.id.to_string());
    let new = json!({"name": "new", "ra": 1, "dec": 1});
    for (person, method, path, body) in [
        (&ada, "POST", "/api/queries/".to_owned(), query("new")),
        (&ada, "PUT", format!("/api/queries/{id}/"), query("new")),
        (&ada, "DELETE", format!("/api/queries/{id}/"), json!({})),
        (&ada, "PUT", format!("/api/queries/{id}/sharing/"), team.clone()),
        (&ada, "POST", format!("/api/queries/{id}/runs/"), json!({})),
        (&ada, "POST", "/api/targets/".to_owned(), new.clone()),
        (&ada, "PUT", format!("/api/targets/{target}/"), new),
        (&ada, "DELETE", format!("/api/targets/{target}/"), json!({})),
        (&ada, "PUT", format!("/api/targets/{target}/sharing/"), team),
    ] {
        let answer = person.json(method, &path, &body).await;
        assert_eq!(answer.status.as_u16(), 500, "{method} {path}: {}", answer.body);
    }
    for (person, path, form) in [
        (&ada, "/team/groups/".to_owned(), vec![("name", "another")]),
        (&ada, format!("/team/groups/{group}/delete/"), Vec::new()),
        (&ada, format!("/team/groups/{group}/remove/"), vec![("member", bob.as_str())]),
        (
            &ada,
            "/accounts/tokens/".to_owned(),
            vec![("name", "x"), ("access", "read"), ("days", "9")],
        ),
        (&ada, format!("/team/members/{bob}/remove/"), Vec::new()),
        (&admin, "/team/".to_owned(), vec![("email", "new@mail.example")]),
        (&admin, "/team/".to_owned(), vec![("by", "link")]),
        (&admin, format!("/team/members/{bob}/role/"), vec![("role", "viewer")]),
        (&admin, format!("/team/members/{bob}/remove/"), Vec::new()),
    ] {
        let answer = person.post(&path, &form).await;
        assert_eq!(answer.status.as_u16(), 500, "{path}: {}", answer.body);
    }
    assert_eq!(crate::sign_in::stolen::dump(&deployment).await, before);
}

#[tokio::test]
async fn lines_are_neither_changed_nor_taken_out() {
    let (deployment, _admin, ada) = team().await;
    ada.make_query("q").await;
    let before = lines(&deployment.pool).await;
    for sql in [
        "update history set actor = 'nobody'",
        "update history set detail = null where id = 0",
        "delete from history",
        "delete from history where action = 'created'",
        "truncate history",
        "truncate history cascade",
        "with gone as (delete from history returning 1) select * from gone",
        "insert into history (id, actor, action, kind, name) overriding system value values (1, 'x', 'x', 'x', 'x')
         on conflict (id) do update set actor = 'x'",
    ] {
        let refused = sqlx::query(sql).execute(&deployment.pool).await.unwrap_err().to_string();
        assert!(refused.contains("the history is only added to"), "{sql}: {refused}");
    }
    // A member whose row would go is kept by what they did.
    sqlx::query("delete from member where name = 'ada'")
        .execute(&deployment.pool)
        .await
        .unwrap_err();
    assert_eq!(lines(&deployment.pool).await, before);
}

#[tokio::test]
async fn the_page_and_the_export_show_what_the_filter_says() {
    let (deployment, admin, ada) = team().await;
    for n in 0..130 {
        deployment
            .execute(&format!(
                "insert into history (at, actor_id, actor, action, kind, object_id, name, detail)
                 values ('2026-11-{day:02} 12:00Z', {actor}, 'x', '{action}', '{kind}', {n}, 'line \"{n}\"\\n\u{2028}<b>', '{{\"n\": {n}}}')",
                day = n % 28 + 1,
                actor = if n % 2 == 0 { ada.id } else { admin.id },
                action = ["created", "shared", "refused"][n % 3],
                kind = ["query", "target"][n % 2],
            ))
            .await;
    }
    let export = async |filter: &str| -> Vec<Value> {
        let answer = admin.get(&format!("/team/history/export/{filter}")).await.expect(200);
        let kind = answer.headers["content-type"].to_str().unwrap().to_owned();
        assert!(kind.starts_with("application/x-ndjson"), "{kind}");
        assert!(answer.body.is_empty() || answer.body.ends_with('\n'));
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = export("").await;
    let n = usize::try_from(deployment.count("select count(*) from history").await).unwrap();
    assert_eq!(all.len(), n, "every line, that of the export itself among them");
    let ids: Vec<i64> = all.iter().map(|line| line["id"].as_i64().unwrap()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once");
    let about = |line: &Value, key: &str, value: Value| line[key] == value;
    for (filter, is_shown) in [
        (
            format!("?who={}", ada.id),
            Box::new(move |line: &Value| about(line, "actor_id", json!(ada.id)))
                as Box<dyn Fn(&Value) -> bool>,
        ),
        ("?action=shared".to_owned(), Box::new(move |line| about(line, "action", json!("shared")))),
        (
            "?kind=target&action=refused".to_owned(),
            Box::new(move |line| {
                about(line, "action", json!("refused")) && about(line, "kind", json!("target"))
            }),
        ),
        ("?object=7".to_owned(), Box::new(move |line| about(line, "object_id", json!(7)))),
        (
            "?since=2026-11-05&until=2026-11-06&action=created".to_owned(),
            Box::new(move |line| {
                let at = line["at"].as_str().unwrap();
                (at.starts_with("2026-11-05") || at.starts_with("2026-11-06"))
                    && about(line, "action", json!("created"))
            }),
        ),
    ] {
        let shown: BTreeSet<i64> =
            export(&filter).await.iter().map(|line| line["id"].as_i64().unwrap()).collect();
        let expected: BTreeSet<i64> = all
            .iter()
            .filter(|line| is_shown(line))
            .map(|line| line["id"].as_i64().unwrap())
            .collect();
        assert!(!expected.is_empty(), "{filter}");
        assert_eq!(shown, expected, "{filter}");
    }
    admin.get("/team/history/?since=tomorrow").await.expect(422).shows("Enter days as");
    for (wrong, told) in
        [("since=tomorrow", "Enter days as 2026-11-25."), ("kind=zzz", "kind “zzz”"), ("x=1", "x")]
    {
        let refused = admin.get(&format!("/team/history/export/?{wrong}")).await.expect(422);
        refused.shows("Not understood").shows(told);
    }
    let first = admin.get("/team/history/").await.expect(200).hides("<b>");
    assert!(first.body.contains("before="), "an older page");
    ada_sees_none(&deployment).await;
}

async fn ada_sees_none(deployment: &Deployment) {
    let viewer = enter(deployment, "vera", "viewer").await;
    for path in ["/team/history/", "/team/history/export/", "/team/history/?who=1"] {
        viewer.get(path).await.expect(403).hides("line");
    }
}

#[tokio::test]
async fn a_long_history_is_exported_whole_and_by_token_told_as_by_token() {
    let (deployment, admin, ada) = team().await;
    deployment
        .execute(
            "insert into history (actor, action, kind, name) select 'x', 'created', 'query', n::text from generate_series(1, 2500) n",
        )
        .await;
    let export = admin.get("/team/history/export/?kind=query").await.expect(200);
    let names: BTreeSet<String> = export
        .body
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["name"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!((names.len(), export.body.lines().count()), (2_500, 2_500));
    let token = ada.make_token("a script", "write").await;
    let id = deployment.count("select id from api_token").await;
    let program = Program::new(&deployment, &token);
    let target = json!({"name": "by program", "ra": 1, "dec": 1});
    let target =
        program.json("POST", "/api/targets/", &target).await.expect(201).json()["id"].clone();
    ada.get(&format!("/targets/{target}/history/"))
        .await
        .expect(200)
        .shows(&format!("by token {id}"));
}

#[tokio::test]
async fn what_private_things_hold_is_not_in_the_history_that_admins_read() {
    let (deployment, admin, ada) = team().await;
    ada.share_by_default(&[]).await;
    let mut body = query("private query");
    body["parameters"]["rb_min"] = json!(0.625);
    let id = ada.json("POST", "/api/queries/", &body).await.expect(201).json()["id"].clone();
    ada.json("PUT", &format!("/api/queries/{id}/"), &body).await.expect(200);
    let run =
        ada.json("POST", &format!("/api/queries/{id}/runs/"), &json!({})).await.expect(202).json();
    deployment.ended(&ada.browser, run["id"].as_i64().unwrap()).await;
    let target = ada.make_target("private nova").await;
    let noted = json!({"name": "private nova", "ra": 1, "dec": 1, "note": "my discovery"});
    ada.json("PUT", &format!("/api/targets/{target}/"), &noted).await.expect(200);
    let told =
        admin.get("/team/history/export/").await.expect(200).hides("0.625").hides("my discovery");
    let told = told.shows("private query").shows("private nova");
    assert_eq!(told.body.matches("\"actor\":\"ada\"").count(), 5, "{}", told.body);
    // What is shared is told with what it holds.
    ada.share_by_default(&[0]).await;
    ada.json("POST", "/api/queries/", &body).await.expect(201);
    admin.get("/team/history/export/").await.expect(200).shows("0.625");
}

#[tokio::test]
async fn the_history_holds_no_secret() {
    let deployment = Deployment::start().await;
    let browser = deployment.connected("ada@obs.example").await;
    let mut secrets = vec![browser.cookie("sid").unwrap(), browser.cookie("login").unwrap()];
    let form = [("name", "a script"), ("access", "read"), ("days", "9")];
    let page = browser.post_to_page("/accounts/tokens/", &form).await.expect(200);
    secrets.push(super::people::token_in(&page.body).unwrap());
    let page =
        browser.post_to_page("/team/", &[("by", "link"), ("role", "member")]).await.expect(200);
    let link = link_in(&page.body).unwrap();
    secrets.push(link.trim_matches('/').rsplit('/').next().unwrap().to_owned());
    browser.post("/accounts/disconnect/", &[]).await.expect(303);
    browser.post("/accounts/logout/", &[]).await.expect(303);
    secrets.extend(deployment.google.secrets());
    let told: Vec<String> = sqlx::query_scalar("select h::text from history h")
        .fetch_all(&deployment.pool)
        .await
        .unwrap();
    assert!(told.len() >= 4 && secrets.len() >= 6, "{told:?}");
    for secret in secrets {
        assert!(!told.iter().any(|line| line.contains(&secret)), "{secret}");
    }
}
