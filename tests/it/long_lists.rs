//! Lists that are longer than a page: each row is on one of the pages, and each page says which rows of how many it has.

use std::collections::BTreeSet;

use serde_json::json;
use tom_alerts::google::pubsub::{Sieve, SubscriptionPath};

use crate::{subscriptions::Ground, support::TestApp};

/// Reads a list from page to page; on every page it demands the next of `summaries`, and it gives the lines that are a `row`.
async fn walk(
    app: &TestApp,
    path: &str,
    summaries: &[&str],
    row: impl Fn(&str) -> bool,
) -> Vec<String> {
    let (mut rows, mut path) = (Vec::new(), path.to_owned());
    for (n, summary) in summaries.iter().enumerate() {
        let page = app.get(&path).await.expect(200).shows(summary);
        rows.extend(page.body.lines().filter(|line| row(line)).map(str::to_owned));
        let next = page.body.lines().find(|line| line.contains("rel=\"next\""));
        let Some(next) = next else {
            assert_eq!(n + 1, summaries.len(), "{path} is the last page");
            return rows;
        };
        path = quoted(next, "href=\"").unwrap().replace("&#38;", "&");
    }
    panic!("{path} comes after {summaries:?}");
}

/// What stands between some words and the next quotation mark.
fn quoted<'l>(line: &'l str, before: &str) -> Option<&'l str> {
    line.split_once(before)?.1.split('"').next()
}

fn assert_each_once(rows: &[String], n: usize) {
    assert_eq!((rows.len(), rows.iter().collect::<BTreeSet<_>>().len()), (n, n), "{rows:?}");
}

#[tokio::test]
async fn every_line_of_a_long_history_is_on_a_page() {
    let app = TestApp::start().await;
    let pool = app.pool().await;
    let target = json!({"name": "nova", "ra": 1, "dec": 2});
    let id = app.post_json("/api/targets/", &target).await.expect(201).json()["id"].clone();
    let insert = format!(
        "insert into history (actor, action, kind, object_id, name)
         select 'rex', 'changed', 'target', {id}, 'line-' || n || '-' from generate_series(1, 249) n"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert)).execute(&pool).await.unwrap();
    let line = |line: &str| line.contains("line-");
    let summaries = ["1–100 of 250", "101–200 of 250", "201–250 of 250"];
    for path in
        [format!("/targets/{id}/history/"), format!("/team/history/?kind=target&object={id}")]
    {
        assert_each_once(&walk(&app, &path, &summaries, line).await, 249);
    }
    for path in [format!("/targets/{id}/history/?before=1"), "/team/history/?before=1".to_owned()] {
        app.get(&path).await.expect(200).shows("None here, ").shows("rel=\"first\"");
    }
}

#[tokio::test]
async fn every_unreadable_message_of_a_long_list_is_on_a_page() {
    let app = TestApp::start().await;
    let run = app.run(json!({"max_results": 1})).await;
    let insert = format!(
        "insert into unreadable (run_id, origin, error, bytes)
         select {}, 'broken-' || n || '-', 'no packet', 'x' from generate_series(1, 201) n",
        run["id"]
    );
    sqlx::query(sqlx::AssertSqlSafe(insert)).execute(&app.pool().await).await.unwrap();
    let home = format!("/runs/{}/unreadable/", run["id"]);
    let summaries = ["1–100 of 201", "101–200 of 201", "201–201 of 201"];
    let is_row = |line: &str| line.contains("scope=\"row\"");
    assert_each_once(&walk(&app, &home, &summaries, is_row).await, 201);
    let beyond = app.get(&format!("{home}?after=999999999")).await.expect(200);
    beyond.shows("None here, 201 in all").shows("rel=\"first\"").hides("could be read.");
}

#[tokio::test]
async fn every_subscription_of_a_long_list_is_on_a_page() {
    let ground = Ground::lay().await;
    let every = Sieve::default();
    for n in 0..120 {
        let path = SubscriptionPath::new(&*ground.project, format!("loop-{n:03}"));
        ground.pubsub.create_sieving_subscription(&path, &ground.topic, 60, &every).await.unwrap();
    }
    let summaries = ["1–50 of 120", "51–100 of 120", "101–120 of 120"];
    let name = |line: &str| line.contains("scope=\"row\"") && line.contains("loop-");
    assert_each_once(&walk(&ground.app, "/subscriptions/", &summaries, name).await, 120);
    let beyond = ground.app.get("/subscriptions/?page=9").await.expect(200);
    beyond.shows("None here, 120 in all").shows("rel=\"first\"").hides("None yet");
}
