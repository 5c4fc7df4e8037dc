//! Lists that are longer than a page: each row is on one of the pages, and each page says which rows of how many it has.

use std::collections::BTreeSet;

use serde_json::json;
use tom_alerts::google::pubsub::{Sieve, SubscriptionPath};

use crate::{subscriptions::Ground, support::TestApp};

/// A statement put together for a test.
async fn execute(app: &TestApp, statement: String) {
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&app.pool().await).await.unwrap();
}

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
    let target = json!({"name": "nova", "ra": 1, "dec": 2});
    let id = app.post_json("/api/targets/", &target).await.expect(201).json()["id"].clone();
    let insert = format!(
        "insert into history (actor, action, kind, object_id, name)
         select 'rex', 'changed', 'target', {id}, 'line-' || n || '-' from generate_series(1, 249) n"
    );
    execute(&app, insert).await;
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
    execute(&app, insert).await;
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

/// A target that was made from one alert and has 619 others, observed and saved later.
async fn target_of_620(app: &TestApp) -> (i64, String) {
    let run = app.run(json!({"max_results": 1})).await;
    let alert = app.results(&run, "name").await[0].clone();
    let save = json!({"alerts": [alert["id"]]});
    let path = format!("/api/runs/{}/targets/", run["id"]);
    let saved = app.post_json(&path, &save).await.expect(200).json();
    let target = saved["created"][0]["target"].as_i64().unwrap();
    let insert = format!(
        "with more as (
             insert into alert (survey, source_id, object_id, object_key, jd, ra, dec, healpix)
             -- Two of each moment.
             select survey, 7000000000000000000 + n, object_id, object_key, jd + (n + 1) / 2, ra, dec, healpix
             from alert, generate_series(1, 619) n where id = {0}
             returning id
         )
         insert into target_alert (target_id, alert_id, run_id, saved_by, saved_at)
         select {target}, more.id, null, t.created_by, now() + interval '1 hour' from more, target t where t.id = {target}",
        alert["id"]
    );
    execute(app, insert).await;
    (target, alert["source_id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn every_alert_of_a_target_is_on_a_page_and_the_first_saved_is_its_origin() {
    let app = TestApp::start().await;
    let (target, origin) = target_of_620(&app).await;
    let path = format!("/targets/{target}/");
    let summaries = [
        "1–100 of 620",
        "101–200 of 620",
        "201–300 of 620",
        "301–400 of 620",
        "401–500 of 620",
        "501–600 of 620",
        "601–620 of 620",
    ];
    let is_alert = |line: &str| line.contains("href=\"/alerts/ztf/");
    let rows = walk(&app, &path, &summaries, is_alert).await;
    let ids: Vec<_> = rows
        .iter()
        .map(|row| quoted(row, "/alerts/ztf/").unwrap().split('/').next().unwrap().to_owned())
        .collect();
    assert_each_once(&ids, 620);
    assert_eq!(ids.last(), Some(&origin));
    let first = app.get(&path).await.shows("620 alerts stored").hides("discovery alert");
    // Through the pages and back again.
    let link = |page: &str, relation: &str| {
        let line = page.lines().find(|line| line.contains(&format!("rel=\"{relation}\"")))?;
        Some(quoted(line, "href=\"").unwrap().replace("&#38;", "&"))
    };
    let mut pages = vec![first.body];
    while let Some(next) = link(pages.last().unwrap(), "next") {
        pages.push(app.get(&next).await.expect(200).body);
    }
    assert_eq!(pages.len(), 7);
    let discovery = pages[6].split_once("discovery alert").unwrap().0;
    assert!(discovery.rsplit_once("href=").unwrap().1.contains(&origin), "{discovery}");
    let shown = |page: &str| page.lines().filter(|line| is_alert(line)).count();
    let mut page = pages[6].clone();
    for summary in summaries[..6].iter().rev() {
        page = app.get(&link(&page, "prev").unwrap()).await.expect(200).shows(summary).body;
        assert_eq!(shown(&page), 100);
    }
    assert_eq!(link(&page, "prev"), None);
    let beyond = app.get(&format!("{path}?alerts_before=999999999")).await.expect(200);
    beyond.shows("None here, 620 in all").shows("rel=\"first\"").hides("No alert is stored");
}

#[tokio::test]
async fn the_api_tells_every_alert_of_a_target_page_by_page() {
    let app = TestApp::start().await;
    let (target, origin) = target_of_620(&app).await;
    let whole = app.get(&format!("/api/targets/{target}/")).await.expect(200).json();
    assert_eq!((&whole["n_alerts"], whole["alerts"].as_array().unwrap().len()), (&json!(620), 500));
    let mut told = whole["alerts"].as_array().unwrap().clone();
    let mut next = whole["alerts_next"].clone();
    while let Some(path) = next.as_str() {
        let page = app.get(path).await.expect(200).json();
        assert_eq!(page["count"], 620);
        told.extend(page["results"].as_array().unwrap().clone());
        next = page["next"].clone();
    }
    let ids: Vec<_> = told.iter().map(|alert| alert["source_id"].to_string()).collect();
    assert_each_once(&ids, 620);
    assert!(told.is_sorted_by(|a, b| a["jd"].as_f64() >= b["jd"].as_f64()));
    let origins: Vec<_> = told.iter().filter(|alert| alert["is_origin"] == true).collect();
    assert_eq!((origins.len(), &origins[0]["source_id"]), (1, &json!(origin)));

    let path = format!("/api/targets/{target}/alerts/");
    let page = app.get(&format!("{path}?page_size=7")).await.expect(200).json();
    assert_eq!(page["results"].as_array().unwrap().len(), 7);
    let next = app.get(page["next"].as_str().unwrap()).await.expect(200).json();
    assert_eq!(next["results"].as_array().unwrap().len(), 7, "as large as the one before");
    for odd in ["page_size=0", "page_size=x", "page_size=99999999999", "before=x", "before=-1"] {
        app.get(&format!("{path}?{odd}")).await.expect(422);
    }
    let last = told.last().unwrap()["id"].clone();
    let beyond = app.get(&format!("{path}?before={last}")).await.expect(200).json();
    assert_eq!((&beyond["count"], &beyond["results"]), (&json!(620), &json!([])));
}

#[tokio::test]
async fn every_run_that_found_an_alert_is_on_a_page() {
    let app = TestApp::start().await;
    let run = app.run(json!({"max_results": 1})).await;
    let alert = app.results(&run, "name").await[0].clone();
    let path = alert["url"].as_str().unwrap();
    app.get(path).await.expect(200).shows(">1 run<").hides("Pages of runs");
    let insert = format!(
        "with more as (
             insert into run (query_name, broker, parameters, started_by, state, instance)
             select 'again-' || n || '-', broker, parameters, started_by, state, instance
             from run, generate_series(1, 44) n where id = {0}
             returning id
         )
         insert into run_alert (run_id, alert_id, jd, object_id, ra, dec)
         select more.id, l.alert_id, l.jd, l.object_id, l.ra, l.dec from more, run_alert l where l.run_id = {0}",
        run["id"]
    );
    execute(&app, insert).await;
    let summaries = ["1–20 of 45", "21–40 of 45", "41–45 of 45"];
    let is_run = |line: &str| line.contains("class=\"strong\" href=\"/runs/");
    let home = format!("{path}?run={}&order=name", run["id"]);
    assert_each_once(&walk(&app, &home, &summaries, is_run).await, 45);
    let last = app.get(&format!("{home}&found_before=2")).await.expect(200).shows(">45 runs<");
    // The way back stays what it was.
    last.shows(&format!("/runs/{}/?order=name", run["id"])).shows("rel=\"first\"");
    let beyond = app.get(&format!("{path}?found_before=1")).await.expect(200);
    beyond.shows("None here, 45 in all").hides("No stored run found it.");
}

#[tokio::test]
async fn every_run_and_every_saved_query_of_a_long_list_is_on_a_page() {
    let app = TestApp::start_empty().await;
    add_runs_and_queries(&app, 119).await;
    let summaries = ["1–50 of 120", "51–100 of 120", "101–120 of 120"];
    let is_row = |line: &str| line.contains("scope=\"row\"");
    for path in [
        "/runs/",
        "/runs/?whose=mine",
        "/alerts/query/list/",
        "/alerts/query/list/?order=name",
        "/alerts/query/list/?order=-last_run",
    ] {
        assert_each_once(&walk(&app, path, &summaries, is_row).await, 120);
    }
    // A filter counts what it shows.
    let odd = ["1–12 of 12"];
    assert_each_once(&walk(&app, "/alerts/query/list/?name=-9-", &odd, is_row).await, 12);
    for beyond in ["/runs/?before=1", "/alerts/query/list/?page=9"] {
        let page = app.get(beyond).await.expect(200).shows("None here, 120 in all");
        page.shows("rel=\"first\"").hides("No runs yet").hides("No saved queries yet");
    }
    app.get("/alerts/query/list/?name=zzz").await.expect(200).shows("No saved query matches");
}

/// One run and one saved query, and so many more of each.
async fn add_runs_and_queries(app: &TestApp, n: i64) {
    app.run(json!({})).await;
    let query = json!({"name": "q-0-0-", "broker": "archive", "parameters": {"folder": "night"}});
    app.post_json("/api/queries/", &query).await.expect(201);
    let insert = format!(
        "with runs as (
             insert into run (query_name, broker, parameters, started_by, state, instance)
             select 'again', broker, parameters, started_by, state, instance from run, generate_series(1, {n})
         )
         insert into saved_query (name, broker, parameters, owner_id)
         select 'q-' || n || '-' || n % 10 || '-', broker, parameters, owner_id
         from saved_query, generate_series(1, {n}) n"
    );
    execute(app, insert).await;
}

#[tokio::test]
async fn very_long_lists_are_counted_as_far_as_it_is_worth_the_wait() {
    let app = TestApp::start_empty().await;
    add_runs_and_queries(&app, 10_100).await;
    let insert = "insert into unreadable (run_id, origin, error, bytes)
                  select (select min(id) from run), 'broken-' || n, 'no packet', 'x' from generate_series(1, 10100) n";
    execute(&app, insert.to_owned()).await;
    let ids = |table: &str| format!("select id from {table} order by id");
    let ids = async |table| -> Vec<i64> {
        let select = sqlx::AssertSqlSafe(ids(table));
        sqlx::query_scalar(select).fetch_all(&app.pool().await).await.unwrap()
    };
    let (runs, messages) = (ids("run").await, ids("unreadable").await);
    let unreadable = format!("/runs/{}/unreadable/", runs[0]);
    for (path, beyond) in [
        ("/runs/", format!("/runs/?before={}", runs[50])),
        ("/alerts/query/list/", "/alerts/query/list/?page=202".to_owned()),
        (&*unreadable, format!("{unreadable}?after={}", messages[10_050])),
    ] {
        app.get(path).await.expect(200).shows(" of more than 10,000");
        app.get(&beyond).await.expect(200).shows("Beyond the first 10,000");
    }
    // Programs are told the whole number.
    assert_eq!(app.get("/api/runs/").await.json()["count"], 10_101);
}

#[tokio::test]
async fn a_very_long_history_is_counted_as_far_as_it_is_worth_the_wait() {
    let app = TestApp::start_empty().await;
    let insert = "insert into history (actor, action, kind, name)
                  select 'rex', 'changed', 'target', 'x' from generate_series(1, 10100)";
    execute(&app, insert.to_owned()).await;
    let path = "/team/history/?kind=target";
    app.get(path).await.expect(200).shows("1–100 of more than 10,000");
    let ids: Vec<i64> =
        sqlx::query_scalar("select id from history where kind = 'target' order by id")
            .fetch_all(&app.pool().await)
            .await
            .unwrap();
    app.get(&format!("{path}&before={}", ids[50]))
        .await
        .expect(200)
        .shows("Beyond the first 10,000");
    app.get(&format!("{path}&before={}", ids[150])).await.shows("9,951–10,050 of more than 10,000");
}
