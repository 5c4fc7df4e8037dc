//! "Query a Broker": what TOM users do with queries (cases A1 to A7 and A12), and what TOM answers with a 500.

use scraper::{ElementRef, Html, Selector};
use serde_json::json;

use crate::support::TestApp;

const GOOD: [(&str, &str); 5] = [
    ("broker", "archive"),
    ("folder", "night"),
    ("max_results", "10"),
    ("classtar_gt_lt", "lt"),
    ("query_name", "Is it dust?"),
];

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<_> = GOOD
        .into_iter()
        .filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name))
        .collect();
    form.extend(changes);
    form
}

#[tokio::test]
async fn the_form_of_a_broker_is_shown() {
    let app = TestApp::start().await;
    app.get("/alerts/query/create/?broker=archive")
        .await
        .expect(200)
        .shows("Alert archive Query Form")
        .shows("Good to know");
}

#[tokio::test]
async fn a_query_is_saved_listed_filtered_changed_copied_and_deleted() {
    let app = TestApp::start().await;
    let saved = app.post("/alerts/query/create/", &with(&[("action", "save")])).await.expect(303);
    assert_eq!(saved.location(), "/alerts/query/list/");
    app.get("/alerts/query/list/").await.expect(200).shows("Query saved.").shows("Is it dust?");
    app.get("/alerts/query/list/").await.hides("Query saved.");
    app.post("/alerts/query/create/", &with(&[("action", "save"), ("query_name", "find hoth")]))
        .await
        .expect(303);

    app.get("/alerts/query/list/?name=DUST").await.shows("Is it dust?").hides("find hoth");
    app.get("/alerts/query/list/?name=%25").await.shows("No saved query matches");
    app.get("/alerts/query/list/?broker=other").await.hides("find hoth");

    let id = app.get("/api/queries/?name=dust").await.json()["results"][0]["id"].as_i64().unwrap();
    app.get(&format!("/alerts/query/{id}/update/")).await.expect(200).shows("Is it dust?");
    let unread = with(&[("action", "save"), ("rb_min", "0.9"), ("query_name", "another place")]);
    app.post(&format!("/alerts/query/{id}/update/"), &unread).await.expect(400);
    let changed = [unread, vec![("version", "1")]].concat();
    app.post(&format!("/alerts/query/{id}/update/"), &changed).await.expect(303);
    let query = app.get(&format!("/api/queries/{id}/")).await.json();
    assert_eq!(
        (&query["name"], &query["parameters"]["rb_min"]),
        (&json!("another place"), &json!(0.9))
    );

    app.post(&format!("/alerts/query/{id}/copy/"), &[]).await.expect(303);
    app.get("/alerts/query/list/").await.shows("Copy of another place");
    app.get(&format!("/alerts/query/{id}/delete/")).await.expect(200).shows("Delete the query");
    app.post(&format!("/alerts/query/{id}/delete/"), &[]).await.expect(303);
    app.get(&format!("/alerts/query/{id}/update/")).await.expect(404);
    app.post(&format!("/alerts/query/{id}/delete/"), &[]).await.expect(404);
}

#[tokio::test]
async fn a_saved_query_runs_only_by_post_and_its_last_run_is_listed() {
    let app = TestApp::start().await;
    let run =
        app.post("/alerts/query/create/", &with(&[("action", "save_and_run")])).await.expect(303);
    let id: i64 = run.location().trim_matches('/').rsplit('/').next().unwrap().parse().unwrap();
    app.wait(id).await;
    app.get("/alerts/query/list/").await.shows("10 alerts").shows(&format!("/runs/{id}/"));
    let query = app.get("/api/queries/").await.json()["results"][0]["id"].as_i64().unwrap();
    app.get(&format!("/alerts/query/{query}/run/")).await.expect(405);
    assert_eq!(app.get("/api/runs/").await.json()["results"].as_array().unwrap().len(), 1);
    app.post(&format!("/alerts/query/{query}/run/"), &[]).await.expect(303);
    assert_eq!(app.get("/api/runs/").await.json()["results"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn wrong_values_come_back_with_a_message_by_the_field_and_nothing_is_lost() {
    let app = TestApp::start().await;
    let wrong = with(&[
        ("action", "save"),
        ("max_results", "0"),
        ("rb_min", "high"),
        ("mag_min", "20"),
        ("mag_max", "10"),
        ("cone", "10 00 24"),
        ("observed_after", "03/04/2026"),
        ("folder", "/etc"),
        ("query_name", ""),
    ]);
    app.post("/alerts/query/create/", &wrong)
        .await
        .expect(422)
        .shows("This field is required.")
        .shows("Enter a whole number from 1 to 1,000,000.")
        .shows("Enter a number from 0 to 1.")
        .shows("The faintest magnitude must not be brighter than the brightest.")
        .shows("Cone search parameters must be in the format")
        .shows("Is that day or month first?")
        .shows("/etc is not one of the available choices.")
        .shows("value=\"high\"")
        .shows("value=\"10 00 24\"")
        .shows("value=\"03/04/2026\"");
    assert_eq!(app.get("/api/queries/").await.json()["count"], 0);
    app.post("/alerts/query/create/", &with(&[("action", "run"), ("query_name", "")]))
        .await
        .expect(303);
}

#[tokio::test]
async fn saved_queries_are_listed_in_every_order() {
    let app = TestApp::start().await;
    for name in ["beta", "Alpha", "gamma"] {
        app.post("/alerts/query/create/", &with(&[("action", "save"), ("query_name", name)]))
            .await
            .expect(303);
    }
    let run = app.post("/alerts/query/1/run/", &[]).await.expect(303).location().to_owned();
    app.wait(run.trim_matches('/').rsplit('/').next().unwrap().parse().unwrap()).await;
    for (order, expected) in [
        ("created", ["beta", "Alpha", "gamma"]),
        ("-created", ["gamma", "Alpha", "beta"]),
        ("name", ["Alpha", "beta", "gamma"]),
        ("-name", ["gamma", "beta", "Alpha"]),
        ("broker", ["Alpha", "beta", "gamma"]),
        ("-broker", ["Alpha", "beta", "gamma"]),
        ("owner", ["Alpha", "beta", "gamma"]),
        ("-owner", ["Alpha", "beta", "gamma"]),
        ("-last_run", ["beta", "gamma", "Alpha"]),
        // Who never ran is last in both.
        ("last_run", ["beta", "Alpha", "gamma"]),
    ] {
        let page = app.get(&format!("/alerts/query/list/?order={order}")).await.expect(200).body;
        let places = expected.map(|name| page.find(&format!("/\">{name}</a></th>")).unwrap());
        assert!(places.is_sorted(), "{order}");
    }
    app.storage.refresh_statistics().await.unwrap();
}

#[tokio::test]
async fn positions_and_times_are_echoed_as_they_are_read() {
    let app = TestApp::start().await;
    let echo = |field: &str, value: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("broker", "archive"), ("field", field), ("value", value)])
            .finish();
        format!("/alerts/query/echo/?{query}")
    };
    let read = app.get(&echo("cone", "10 00 24.12 +02 12 00.4, 2'")).await.expect(200);
    assert_eq!(read.body, "read as 10 00 24.12 +02 12 00.4 → 150.100500 +2.200111, radius 2′");
    app.get(&echo("observed_after", "MJD 61295.5"))
        .await
        .expect(200)
        .shows("2026-09-12 12:00:00 UTC");
    assert_eq!(app.get(&echo("cone", "here")).await.expect(200).body, "");
    assert_eq!(app.get(&echo("rb_min", "1")).await.expect(200).body, "");
    assert_eq!(app.get(&echo("rb_min", "5e-1")).await.expect(200).body, "read as 0.5");
    app.get(&echo("positive_only", "true")).await.expect(404);
}

#[tokio::test]
async fn unknown_brokers_queries_and_pages_are_not_found_and_never_a_fault() {
    let app = TestApp::start().await;
    for path in [
        "/alerts/query/999/update/",
        "/alerts/query/x/update/",
        "/alerts/query/999/delete/",
        "/runs/999/",
        "/runs/x/",
        "/runs/99999999999999999999/",
        "/targets/999/",
        "/targets/-/",
        "/alerts/ztf/1/",
        "/alerts/mars/1/",
        "/alerts/ztf/abc/",
        "/nothing/",
        "/runs/1/unreadable/1/",
        "/static/0/app.css",
        "/%00",
        "/alerts/query/%FF/update/",
    ] {
        app.get(path).await.expect(404);
    }
    app.get("/alerts/query/create/?broker=MARS").await.expect(422).shows("Give one of: archive, ");
    assert_eq!(app.get("/runs?state=failed").await.expect(308).location(), "/runs/?state=failed");
    assert_eq!(
        app.get("/alerts/query/create/").await.expect(303).location(),
        "/alerts/query/list/"
    );
    app.post("/alerts/query/create/", &[("broker", "MARS")]).await.expect(404);
    app.post("/alerts/query/999/run/", &[]).await.expect(404);
}

#[tokio::test]
async fn a_saved_query_that_no_longer_fits_comes_back_as_a_form_with_errors() {
    let app = TestApp::start().await;
    let saved = json!({"name": "old", "broker": "archive", "parameters": {"folder": "night"}});
    let id =
        app.post_json("/api/queries/", &saved).await.expect(201).json()["id"].as_i64().unwrap();
    sqlx::query(
        "update saved_query set parameters = '{\"folder\": \"gone\", \"flavour\": \"up\"}'",
    )
    .execute(&app.pool().await)
    .await
    .unwrap();
    let refused = app.post(&format!("/alerts/query/{id}/run/"), &[]).await.expect(303);
    app.get(refused.location())
        .await
        .expect(200)
        .shows("gone is not one of the available choices.");
    app.post_json(&format!("/api/queries/{id}/runs/"), &json!({}))
        .await
        .expect(422)
        .shows("flavour");
}

#[tokio::test]
async fn hostile_names_are_shown_as_text() {
    let app = TestApp::start().await;
    for name in
        ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{7*7}}", "' or 1=1 --"]
    {
        app.post("/alerts/query/create/", &with(&[("action", "save"), ("query_name", name)]))
            .await
            .expect(303);
    }
    app.get("/alerts/query/list/")
        .await
        .expect(200)
        .hides("<script>alert")
        .hides("<img src=x")
        .shows("{{7*7}}");
    for name in ["a\0b", "a\u{202e}b", "\u{200b}"] {
        app.post("/alerts/query/create/", &with(&[("action", "save"), ("query_name", name)]))
            .await
            .expect(422);
    }
}

/// What the buttons in the middle of a page are called.
async fn names_of_buttons(app: &TestApp, path: &str) -> Vec<String> {
    let page = Html::parse_document(&app.get(path).await.expect(200).body);
    let buttons = Selector::parse("main button:not([aria-hidden])").unwrap();
    let name = |button: ElementRef<'_>| {
        let text: String = button.text().collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    page.select(&buttons).map(name).collect()
}

#[tokio::test]
async fn a_button_is_called_by_what_it_does_and_to_what() {
    let app = TestApp::start().await;
    let query = json!({"name": "young", "broker": "archive", "parameters": {"folder": "night"}});
    let query = app.post_json("/api/queries/", &query).await.expect(201).json()["id"].clone();
    let run = app.run(json!({"max_results": 1})).await["id"].clone();
    let again = format!("Run again the query of run {run}");
    for (path, names) in [
        ("/", &["Run young"][..]),
        ("/alerts/query/list/", &["Run young", "Copy young"]),
        ("/alerts/query/create/?broker=archive", &["Run", "Save", "Save and run"]),
        (&*format!("/alerts/query/{query}/update/"), &["Run", "Save", "Save and run"]),
        (&*format!("/runs/{run}/"), &[&*again]),
    ] {
        let there = names_of_buttons(&app, path).await;
        for name in names {
            assert!(there.iter().any(|it| it == name), "no {name} on {path}: {there:?}");
        }
    }
}
