//! Lists are alike: how many there are, where the next ones are, and some of them. What a limit cuts off is counted.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tom_alerts::web;

use super::described::schema_of;
use crate::support::TestApp;

#[test]
fn every_list_is_described_with_a_count_and_a_way_to_the_next_page() {
    let description = web::api_description();
    let mut lists = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let Some(schema) = schema_of(&item["get"]["responses"]["200"]) else { continue };
        assert_ne!(schema["type"], "array", "{path} has no place for a count");
        let name = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        let named = &description["components"]["schemas"][name.unwrap_or_default()];
        if named["properties"].get("results").is_some() {
            assert_eq!(named["required"], json!(["count", "next", "results"]), "{path}");
            lists.push(path.as_str());
        }
    }
    assert_eq!(
        lists,
        [
            "/api/brokers/",
            "/api/queries/",
            "/api/runs/",
            "/api/runs/{id}/alerts/",
            "/api/runs/{id}/unreadable/",
            "/api/targets/",
            "/api/targets/{id}/alerts/",
        ]
    );
}

/// Numbers of all rows, page by page; each page counts them all.
async fn walk(app: &TestApp, first: &str) -> Vec<i64> {
    let (mut ids, mut next) = (Vec::new(), json!(first));
    let mut counts = BTreeSet::new();
    while let Some(path) = next.as_str() {
        let page = app.get(path).await.expect(200).json();
        let rows = page["results"].as_array().unwrap();
        assert!(!rows.is_empty(), "{path} leads nowhere");
        ids.extend(rows.iter().map(|row| row["id"].as_i64().unwrap()));
        counts.insert(page["count"].as_u64().unwrap());
        next = page["next"].clone();
    }
    assert_eq!(counts, BTreeSet::from([ids.len() as u64]), "{first}");
    ids
}

async fn execute(app: &TestApp, sql: String) {
    sqlx::query(AssertSqlSafe(sql)).execute(&app.pool().await).await.unwrap();
}

#[tokio::test]
async fn every_row_of_every_list_is_on_one_page_of_it() {
    let app = TestApp::start().await;
    let run = app.run(json!({"max_results": 7})).await["id"].clone();
    execute(
        &app,
        format!(
            "insert into run (query_name, broker, parameters, started_by, state, instance, readers)
             select 'old', 'archive', '{{}}', started_by, case when n % 2 = 0 then 'failed' else 'finished' end, 'x', '{{0}}'
             from run, generate_series(1, 6) n where run.id = {run}"
        ),
    )
    .await;
    execute(
        &app,
        "insert into saved_query (name, broker, parameters, owner_id, readers)
         select 'q' || n, 'archive', '{}', id, '{0}' from member, generate_series(1, 201) n"
            .to_owned(),
    )
    .await;
    execute(
        &app,
        format!(
            "insert into unreadable (run_id, origin, error, bytes)
             select {run}, 'it-' || n, 'no packet', 'x' from generate_series(1, 7) n"
        ),
    )
    .await;
    for n in 0..7 {
        let target = json!({"name": format!("nova {n}"), "ra": n, "dec": 2});
        app.post_json("/api/targets/", &target).await.expect(201);
    }
    for (path, n) in [
        ("/api/runs/?page_size=3", 7),
        ("/api/runs/?page_size=7", 7),
        ("/api/runs/?state=failed&page_size=2&whose=mine", 3),
        ("/api/queries/?name=q", 201),
        ("/api/targets/?page_size=3&name=nova", 7),
        (&format!("/api/runs/{run}/alerts/?page_size=3&order=-mag"), 7),
        (&format!("/api/runs/{run}/unreadable/?page_size=3"), 7),
    ] {
        let ids = walk(&app, path).await;
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), n, "{path}: {ids:?}");
        assert_eq!(ids.len(), n, "{path}: {ids:?}");
    }
    let brokers = app.get("/api/brokers/").await.expect(200).json();
    assert_eq!((&brokers["count"], &brokers["next"]), (&json!(4), &Value::Null));
    let beyond = app.get("/api/runs/?before=1").await.expect(200).json();
    assert_eq!(beyond, json!({"count": 7, "next": null, "results": []}));
}

#[tokio::test]
async fn a_log_that_is_cut_says_how_many_lines_it_has_in_the_api_and_on_the_page() {
    let app = TestApp::start().await;
    let run = app.run(json!({"max_results": 1})).await;
    let (id, n_own) = (&run["id"], run["log_count"].as_u64().unwrap());
    assert_eq!(run["log"].as_array().unwrap().len() as u64, n_own);
    app.get(&format!("/runs/{id}/")).await.shows(&format!("Log ({n_own})"));
    execute(
        &app,
        format!(
            "insert into run_log (run_id, level, message)
             select {id}, 'info', 'line ' || n from generate_series(1, 1000) n"
        ),
    )
    .await;
    let run = app.get(&format!("/api/runs/{id}/")).await.expect(200).json();
    let log = run["log"].as_array().unwrap();
    assert_eq!((run["log_count"].as_u64().unwrap(), log.len()), (1_000 + n_own, 200));
    assert_eq!(log[199]["message"], "line 1000");
    app.get(&format!("/runs/{id}/")).await.shows(&format!(
        "Log (the latest 200 of {})",
        match n_own {
            n if n < 1_000 => format!("1,{n:03}"),
            n => panic!("a run that wrote {n} lines"),
        }
    ));
}
