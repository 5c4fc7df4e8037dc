//! Where somebody stands while things change: requests that are held open, forms that are out of date, rights that are lost
//! in between, and things whose owners have left.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::people::{Person, at_browser, enter, link_in, query, token_in, unsaved};
use crate::{sign_in::Deployment, support::write_night};

/// A form whose head and first bytes are sent, and not the rest.
struct HeldForm {
    stream: TcpStream,
    rest: String,
}

impl HeldForm {
    async fn begin(deployment: &Deployment, person: &Person, path: &str, body: &str) -> Self {
        let host = deployment.app.base.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).await.unwrap();
        let (begun, rest) = body.split_at(3);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{begun}",
            person.browser.cookie_header(),
            body.len(),
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // Long enough for the service to have asked who this is.
        tokio::time::sleep(Duration::from_millis(300)).await;
        Self { stream, rest: rest.to_owned() }
    }

    /// Sends the rest; the status and the page.
    async fn end(mut self) -> (u16, String) {
        self.stream.write_all(self.rest.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        self.stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_default(), answer)
    }
}

#[tokio::test]
async fn a_form_that_is_held_open_does_nothing_for_who_is_out_by_then() {
    let deployment = Deployment::start().await;
    write_night(&deployment.app.archive, 1, 3);
    let boss = enter(&deployment, "boss", "admin").await;
    let rex = enter(&deployment, "rex", "admin").await;
    let run = "broker=archive&folder=night&max_results=2&classtar_gt_lt=lt&action=run";
    let forms = [
        ("/team/", "by=link&role=admin"),
        ("/alerts/query/create/", run),
        ("/accounts/tokens/", "name=late&access=write&days=9"),
        ("/targets/create/", "name=nova&ra=1&dec=1"),
        ("/team/groups/", "name=late"),
    ];
    let mut held = Vec::new();
    for (path, body) in forms {
        held.push((path, HeldForm::begin(&deployment, &rex, path, body).await));
    }
    boss.post(&format!("/team/members/{}/remove/", rex.id), &[]).await.expect(303);
    for (path, form) in held {
        let (status, page) = form.end().await;
        assert_eq!(status, 401, "{path}: {page}");
        assert!(link_in(&page).is_none() && token_in(&page).is_none(), "{page}");
    }
    for table in ["invitation", "run", "api_token", "target", "team_group"] {
        let rows = deployment.count(&format!("select count(*) from {table}")).await;
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test]
async fn a_form_that_is_held_open_counts_for_the_role_and_the_groups_that_its_author_has_by_then() {
    let deployment = Deployment::start().await;
    let boss = enter(&deployment, "boss", "admin").await;
    let ada = enter(&deployment, "ada", "member").await;
    let bob = enter(&deployment, "bob", "member").await;
    let group = boss.make_group("novae").await;
    boss.put_into(group, bob.id).await;
    let made = HeldForm::begin(&deployment, &ada, "/targets/create/", "name=a&ra=1&dec=1").await;
    boss.post(&format!("/team/members/{}/role/", ada.id), &[("role", "viewer")]).await.expect(303);
    assert_eq!(made.end().await.0, 403);
    let made = HeldForm::begin(&deployment, &bob, "/targets/create/", "name=b&ra=1&dec=1").await;
    let out = [("member", bob.id.to_string())];
    let out: Vec<_> = out.iter().map(|(name, value)| (*name, value.as_str())).collect();
    boss.post(&format!("/team/groups/{group}/remove/"), &out).await.expect(303);
    assert_eq!(made.end().await.0, 403);
    assert_eq!(deployment.count("select count(*) from target").await, 0);
    bob.post("/targets/create/", &[("name", "b"), ("ra", "1"), ("dec", "1")]).await.expect(303);
}

#[tokio::test]
async fn who_is_no_admin_any_more_has_invited_nobody() {
    let deployment = Deployment::start().await;
    let boss = enter(&deployment, "boss", "admin").await;
    for (n, change) in ["role", "remove"].into_iter().enumerate() {
        let rex = enter(&deployment, &format!("rex{n}"), "admin").await;
        let page =
            rex.post_to_page("/team/", &[("by", "link"), ("role", "admin")]).await.expect(200);
        let link = link_in(&page.body).unwrap();
        let address = format!("guest{n}@mail.example");
        rex.post("/team/", &[("email", &address), ("role", "member")]).await.expect(303);
        deployment.browser().get(&link).await.expect(200);
        let path = format!("/team/members/{}/{change}/", rex.id);
        boss.post(&path, &[("role", "member")]).await.expect(303);
        deployment.browser().get(&link).await.expect(404);
        boss.get("/team/").await.expect(200).hides(&address);
    }
    assert_eq!(deployment.count("select count(*) from invitation").await, 0);
    let told = deployment
        .count("select count(*) from history where action = 'revoked' and kind = 'invitation'")
        .await;
    assert_eq!(told, 4);
    let page = boss.post_to_page("/team/", &[("by", "link"), ("role", "member")]).await.expect(200);
    deployment.browser().get(&link_in(&page.body).unwrap()).await.expect(200);
}

#[tokio::test]
async fn a_run_that_waits_is_not_begun_for_who_may_only_look_by_then() {
    let deployment = Deployment::start().await;
    let boss = enter(&deployment, "boss", "admin").await;
    let ada = enter(&deployment, "ada", "member").await;
    // As if her four places were taken on another replica.
    deployment
        .execute(&format!(
            "insert into run (query_name, broker, parameters, started_by, state, instance, heartbeat)
             select 'busy', 'archive', '{{}}', {}, 'running', 'elsewhere', now() from generate_series(1, 4)",
            ada.id
        ))
        .await;
    let id = ada.json("POST", "/api/runs/", &unsaved()).await.expect(202).json()["id"].clone();
    let path = format!("/api/runs/{id}/");
    assert_eq!(ada.get(&path).await.json()["state"], "queued");
    boss.post(&format!("/team/members/{}/role/", ada.id), &[("role", "viewer")]).await.expect(303);
    deployment.execute("update run set state = 'finished' where instance = 'elsewhere'").await;
    tokio::spawn(deployment.app.runner.clone().watch());
    let run = deployment.ended(&ada.browser, id.as_i64().unwrap()).await;
    assert_eq!(run["state"], "cancelled", "{run}");
    assert!(run["feedback"].as_str().unwrap().contains("may only look now"), "{run}");
}

fn sharing(readers: &[&Value], writers: &[&Value], sharers: &[&Value]) -> Value {
    json!({"readers": readers, "writers": writers, "sharers": sharers})
}

#[tokio::test]
async fn the_right_to_share_lets_more_people_in_and_gives_or_takes_nothing_else() {
    let deployment = Deployment::start().await;
    let ada = enter(&deployment, "ada", "member").await;
    let bob = enter(&deployment, "bob", "member").await;
    let group = bob.make_group("novae").await;
    let (team, group) = (json!("team"), json!(group));
    let id = ada.make_target("nova").await;
    let path = format!("/api/targets/{id}/sharing/");
    let first = sharing(&[&team], &[], &[&team]);
    ada.json("PUT", &path, &first).await.expect(200);
    for wanted in [
        sharing(&[&team], &[&team], &[&team]),
        sharing(&[], &[], &[]),
        sharing(&[&team], &[], &[]),
        sharing(&[&group], &[], &[&group]),
    ] {
        bob.json("PUT", &path, &wanted).await.expect(403);
        assert_eq!(ada.get(&path).await.json(), first);
    }
    let change = json!({"name": "bob's", "ra": 1, "dec": 1});
    bob.json("PUT", &format!("/api/targets/{id}/"), &change).await.expect(403);
    let page = bob.get(&format!("/targets/{id}/share/")).await.expect(200);
    page.shows("You can add groups");
    let form = [("readers", "0"), ("writers", "0"), ("sharers", "0")];
    let refused = bob.post(&format!("/targets/{id}/share/"), &form).await.expect(403);
    refused.shows("Only its owner or an admin");
    // What he may: let a group in that did not see it, and hand on that right.
    let in_group = ada.make_group("inside").await;
    ada.put_into(in_group, bob.id).await;
    let in_group = json!(in_group);
    let narrow = sharing(&[&in_group], &[], &[&in_group]);
    ada.json("PUT", &path, &narrow).await.expect(200);
    let both = [&in_group, &group];
    let wider = sharing(&both, &[], &both);
    bob.json("PUT", &path, &wider).await.expect(200);
    assert_eq!(ada.get(&path).await.json()["sharers"].as_array().unwrap().len(), 2);
    ada.json("PUT", &path, &sharing(&[], &[], &[])).await.expect(200);
    bob.get(&path).await.expect(404);
    // A body that forgets who sees it must not hide it.
    ada.json("PUT", &path, &json!({})).await.expect(422).shows("readers");
}

/// The value of a hidden field of a page.
fn hidden_value(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let at = page.find(&start).unwrap_or_else(|| panic!("no {name} in {page}")) + start.len();
    page[at..].split('"').next().unwrap().replace("&#34;", "\"")
}

#[tokio::test]
async fn of_two_who_change_one_query_at_once_the_second_learns_of_the_first() {
    let deployment = Deployment::start().await;
    let (ada, bob) =
        (enter(&deployment, "ada", "member").await, enter(&deployment, "bob", "member").await);
    let id = ada.make_query("one").await;
    let path = format!("/api/queries/{id}/");
    let team = sharing(&[&json!("team")], &[&json!("team")], &[]);
    ada.json("PUT", &format!("{path}sharing/"), &team).await.expect(200);
    let page = format!("/alerts/query/{id}/update/");
    let version = hidden_value(&bob.get(&page).await.body, "version");
    ada.json("PUT", &path, &query("two")).await.expect(200);
    let form = [
        ("broker", "archive"),
        ("folder", "night"),
        ("max_results", "7"),
        ("classtar_gt_lt", "lt"),
        ("query_name", "bob's"),
        ("version", &version),
        ("action", "save"),
    ];
    let refused = bob.post(&page, &form).await.expect(409);
    let refused = refused
        .shows("This query was changed while you were editing")
        .shows("two")
        .shows("bob&#39;s");
    assert_eq!(ada.get(&path).await.json()["name"], "two");
    // With what the page says now it is his to overwrite.
    let version = hidden_value(&refused.body, "version");
    let mut again = form;
    again[5] = ("version", &version);
    bob.post(&page, &again).await.expect(303);
    assert_eq!(ada.get(&path).await.json()["name"], "bob's");
    let mut stale = query("three");
    stale["version"] = json!(1);
    ada.json("PUT", &path, &stale).await.expect(409);
    for missing in [json!(null), json!("1"), json!(1.5)] {
        stale["version"] = missing;
        ada.json("PUT", &path, &stale).await.expect(422).shows("version");
    }
    let target = ada.make_target("nova").await;
    let body = json!({"name": "nova 2", "ra": 1, "dec": 1, "version": null});
    ada.json("PUT", &format!("/api/targets/{target}/"), &body).await.expect(422).shows("version");
}

#[tokio::test]
async fn a_sharing_form_that_is_out_of_date_does_not_undo_what_was_narrowed_since() {
    let deployment = Deployment::start().await;
    let boss = enter(&deployment, "boss", "admin").await;
    let ada = enter(&deployment, "ada", "member").await;
    let group = ada.make_group("novae").await.to_string();
    let id = ada.make_query("mine").await;
    let page = format!("/alerts/query/{id}/share/");
    let seen = hidden_value(&boss.get(&page).await.body, "seen");
    ada.post(&page, &[("readers", &group)]).await.expect(303);
    let stale = boss.post(&page, &[("readers", "0"), ("sharers", "0"), ("seen", &seen)]).await;
    let stale = stale.expect(409).shows("Somebody else changed the sharing");
    let readers = "select count(*) from saved_query where readers = array[0]::bigint[]";
    assert_eq!(deployment.count(readers).await, 0);
    let seen = hidden_value(&stale.body, "seen");
    boss.post(&page, &[("readers", "0"), ("seen", &seen)]).await.expect(303);
    assert_eq!(deployment.count(readers).await, 1);
    boss.post(&page, &[("readers", "0"), ("seen", "nonsense")]).await.expect(400);
}

#[tokio::test]
async fn what_departed_owners_shared_with_a_group_alone_is_not_lost_with_the_group() {
    let deployment = Deployment::start().await;
    let boss = enter(&deployment, "boss", "admin").await;
    let rex = enter(&deployment, "rex", "member").await;
    let ada = enter(&deployment, "ada", "member").await;
    let group = ada.make_group("doomed").await;
    ada.put_into(group, rex.id).await;
    let (target, saved) = (rex.make_target("nova").await, rex.make_query("his").await);
    let (kept, stays) = (ada.make_target("ada's").await, rex.make_target("for all").await);
    let own = sharing(&[&json!(group)], &[], &[]);
    for path in [format!("targets/{target}"), format!("queries/{saved}")] {
        rex.json("PUT", &format!("/api/{path}/sharing/"), &own).await.expect(200);
    }
    boss.post(&format!("/team/members/{}/remove/", rex.id), &[]).await.expect(303);
    ada.post(&format!("/team/groups/{group}/delete/"), &[]).await.expect(303);
    for path in [format!("targets/{target}"), format!("queries/{saved}"), format!("targets/{kept}")]
    {
        ada.get(&format!("/api/{path}/")).await.expect(200).shows("ada");
    }
    boss.get(&format!("/api/targets/{stays}/")).await.expect(200).shows("rex");
    boss.get(&format!("/api/targets/{target}/")).await.expect(404);
}

#[tokio::test]
async fn a_name_that_is_taken_out_of_sight_is_said_by_its_field_and_not_for_ever_a_change_by_others()
 {
    let deployment = Deployment::start().await;
    let (ada, bob) =
        (enter(&deployment, "ada", "member").await, enter(&deployment, "bob", "member").await);
    let group = ada.make_group("novae").await;
    ada.put_into(group, bob.id).await;
    let shared = sharing(&[&json!(group)], &[], &[]);
    let theirs = bob.make_target("bob's").await;
    bob.json("PUT", &format!("/api/targets/{theirs}/sharing/"), &shared).await.expect(200);
    let out = [("member", bob.id.to_string())];
    let out: Vec<_> = out.iter().map(|(name, value)| (*name, value.as_str())).collect();
    ada.post(&format!("/team/groups/{group}/remove/"), &out).await.expect(303);
    let secret = ada.make_target("Secret").await;
    ada.json("PUT", &format!("/api/targets/{secret}/sharing/"), &shared).await.expect(200);
    let path = format!("/api/targets/{theirs}/");
    let alias = json!({"name": "bob's", "ra": 1, "dec": 1, "aliases": ["secret"]});
    let errors = bob.json("PUT", &path, &alias).await.expect(422).json();
    assert!(errors["errors"]["aliases"][0].as_str().unwrap().contains("which you do not"));
    let renamed = json!({"name": "SECRET", "ra": 1, "dec": 1});
    bob.json("PUT", &path, &renamed).await.expect(422).shows("\"name\"");
    let free = json!({"name": "free", "ra": 1, "dec": 1});
    bob.json("PUT", &path, &free).await.expect(200);
}

#[tokio::test]
async fn a_group_cannot_be_named_to_be_taken_for_another_thing() {
    let deployment = Deployment::start().await;
    let ada = enter(&deployment, "ada", "member").await;
    for name in ["The whole team", "private", "TEAM", "G\u{200b}", "\u{202e}G", "G\u{7}"] {
        ada.post("/team/groups/", &[("name", name)]).await.expect(422);
    }
    assert_eq!(deployment.count("select count(*) from team_group").await, 0);
    let group = ada.make_group("private eyes").await;
    // Put in again, a leader stays one; only who says so makes them a member.
    ada.put_into(group, ada.id).await;
    let leads = "select count(*) from team_group_member where is_leader";
    assert_eq!(deployment.count(leads).await, 1);
    let me = ada.id.to_string();
    let form = [("member", me.as_str()), ("leader", "no")];
    ada.post(&format!("/team/groups/{group}/add/"), &form).await.expect(303);
    assert_eq!(deployment.count(leads).await, 0);
}

#[tokio::test]
async fn the_history_keeps_its_first_lines_in_reach_and_those_who_have_left() {
    let deployment = Deployment::start().await;
    let boss = enter(&deployment, "boss", "admin").await;
    let rex = enter(&deployment, "rex", "member").await;
    let ada = enter(&deployment, "ada", "member").await;
    let id = rex.make_target("nova").await;
    deployment
        .execute(&format!(
            "insert into history (actor_id, actor, action, kind, object_id, name, detail)
             select {}, 'rex', 'changed', 'target', {id}, 'nova', '{{}}' from generate_series(1, 105)",
            rex.id
        ))
        .await;
    let first = ada.get(&format!("/targets/{id}/history/")).await.expect(200);
    let first = first.hides("created");
    let at = first.body.find("history/?before=").expect("a way to older lines");
    let href: String = first.body[at + 8..].chars().take_while(|c| *c != '"').collect();
    let older = ada.get(&format!("/targets/{id}/history/{href}")).await.expect(200);
    older.shows("created").hides("rel=\"next\"");
    boss.post(&format!("/team/members/{}/remove/", rex.id), &[]).await.expect(303);
    let told = boss.get(&format!("/team/history/?who={}", rex.id)).await.expect(200);
    told.shows("rex (has left)");
    for unknown in ["who=abc", "action=zzz", "kind=zzz"] {
        let refused = boss.get(&format!("/team/history/?{unknown}")).await.expect(422);
        refused.shows("There is no such filter");
        boss.get(&format!("/team/history/export/?{unknown}")).await.expect(422);
    }
}

#[tokio::test]
async fn who_holds_very_many_requests_open_leaves_the_others_theirs() {
    let deployment = Deployment::start().await;
    let ada = enter(&deployment, "ada", "member").await;
    let bob = enter(&deployment, "bob", "viewer").await;
    let run = deployment
        .count(&format!(
            "insert into run (query_name, broker, parameters, started_by, state, instance, heartbeat, readers)
             values ('live', 'archive', '{{}}', {}, 'running', 'elsewhere', now(), array[0]::bigint[]) returning id",
            ada.id
        ))
        .await;
    let path = format!("/runs/{run}/events/");
    let mut held = Vec::new();
    for n in 0..100 {
        let answer = bob.browser.request("GET", &path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{n}");
        held.push(answer);
    }
    let refused = bob.get("/runs/").await.expect(429).shows("of your requests are open");
    assert!(refused.headers.contains_key("retry-after"));
    let another = at_browser(&deployment, bob.id).await;
    another.get("/api/runs/").await.expect(429);
    another.get("/readyz").await.expect(200);
    ada.get("/runs/").await.expect(200);
    drop(held);
    for _ in 0..100 {
        if bob.get("/runs/").await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("places are not given back");
}
