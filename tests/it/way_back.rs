//! The way back: what is opened from a list leads back to the same page of it in the same order, and never elsewhere.

use serde_json::json;

use crate::support::TestApp;

/// Where the first link goes that follows some words of a page.
fn href_after(page: &str, words: &str) -> String {
    let rest = page.split_once(words).unwrap_or_else(|| panic!("no {words} in {page}")).1;
    let rest = rest.split_once("href=\"").unwrap().1;
    rest.split('"').next().unwrap().replace("&#38;", "&")
}

/// Where the crumb of a page leads.
async fn way_back(app: &TestApp, path: &str) -> String {
    href_after(&app.get(path).await.expect(200).body, "class=\"crumbs\"")
}

/// The place of the table on a page of results.
fn at_table(results: &str) -> String {
    format!("{results}#results")
}

#[tokio::test]
async fn an_alert_leads_back_to_the_page_of_results_that_it_was_opened_from() {
    let app = TestApp::start_empty().await;
    crate::support::write_night(&app.archive, 3, 60);
    let old = app.run(json!({})).await["id"].clone();
    let new = app.run(json!({})).await["id"].clone();
    let first = format!("/runs/{old}/?order=-mag&page_size=25");
    let page = app.get(&first).await.expect(200).body;
    let (before_next, _) = page.split_once("rel=\"next\"").unwrap();
    let second = before_next.rsplit_once("href=\"").unwrap().1;
    let second = second.split('"').next().unwrap().replace("&#38;", "&");
    let second = second.trim_end_matches("#results");
    for results in [&*format!("/runs/{old}/"), &*first, second] {
        let page = app.get(results).await.expect(200).body;
        let alert = href_after(&page, "<th scope=\"row\"");
        assert_eq!(way_back(&app, &alert).await, at_table(results));
    }
    let alert = href_after(&page, "<th scope=\"row\"");
    let plain = alert.split('?').next().unwrap();
    assert_eq!(way_back(&app, plain).await, format!("/runs/{new}/"), "where nobody says more");
    for odd in ["run=999999", "run=-1", "run=", "target=999999", "run=9223372036854775807"] {
        let back = way_back(&app, &format!("{plain}?{odd}")).await;
        assert_eq!(back, format!("/runs/{new}/"), "{odd}");
    }
    for odd in [
        "run=x",
        "run=//evil.example/",
        "target=x",
        "order=//evil.example/",
        "after=//evil.example/",
    ] {
        app.get(&format!("{plain}?run={old}&{odd}")).await.expect(422).hides("href=\"//evil");
    }
}

#[tokio::test]
async fn a_run_that_did_not_find_the_alert_is_no_way_back() {
    let app = TestApp::start().await;
    let few = app.run(json!({"max_results": 3})).await;
    let all = app.run(json!({})).await;
    let found = app.results(&few, "name").await;
    let results = app.results(&all, "name").await;
    let other = results.iter().find(|row| found.iter().all(|it| it["id"] != row["id"])).unwrap();
    let path = format!("{}?run={}", other["url"].as_str().unwrap(), few["id"]);
    assert_eq!(way_back(&app, &path).await, format!("/runs/{}/", all["id"]));
}

#[tokio::test]
async fn a_target_leads_back_to_the_search_or_the_results_that_it_was_opened_from() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let alert = app.results(&run, "-time").await[0].clone();
    let save = json!({"alerts": [alert["id"]]});
    app.post_json(&format!("/api/runs/{}/targets/", run["id"]), &save).await.expect(200);
    let name = alert["object_id"].as_str().unwrap();
    let cone = format!("{}, {}, 30", alert["ra"], alert["dec"]);
    let searches = [
        String::new(),
        format!("?name={name}&whose=mine&before=9000"),
        format!("?cone_search={}", cone.replace(", ", "%2C+")),
    ];
    for search in searches {
        let list = format!("/targets/{search}");
        let target = href_after(&app.get(&list).await.expect(200).body, "<th scope=\"row\"");
        assert_eq!(way_back(&app, &target).await, list);
        // From there on to the alert, and all the way back.
        let alert = href_after(&app.get(&target).await.body, "<th scope=\"row\"");
        assert_eq!(way_back(&app, &alert).await, target);
    }
    let results = format!("/runs/{}/?order=name", run["id"]);
    let target = href_after(&app.get(&results).await.body, "<a class=\"chip is-good\"");
    assert_eq!(way_back(&app, &target).await, at_table(&results));
    // From the alert to its target, as from the results.
    let alert = format!("{}?run={}&order=name", alert["url"].as_str().unwrap(), run["id"]);
    let target = href_after(&app.get(&alert).await.body, "<a class=\"chip is-good\"");
    assert_eq!(way_back(&app, &target).await, at_table(&results));
}

#[tokio::test]
async fn a_run_leads_back_to_the_list_that_it_was_opened_from_over_its_pages_too() {
    let app = TestApp::start_empty().await;
    crate::support::write_night(&app.archive, 3, 60);
    app.run(json!({})).await;
    for list in ["/runs/", "/runs/?state=finished", "/runs/?state=finished&whose=mine&before=9000"]
    {
        let run = href_after(&app.get(list).await.expect(200).body, "<th scope=\"row\"");
        assert_eq!(way_back(&app, &run).await, list);
        let page = app.get(&run).await.body;
        let (before_next, _) = page.split_once("rel=\"next\"").unwrap();
        let next = before_next.rsplit_once("href=\"").unwrap().1.split('"').next().unwrap();
        let next = next.replace("&#38;", "&");
        assert_eq!(way_back(&app, &next).await, list);
        // From an alert of that page back to it, and on to the list.
        let alert = href_after(&app.get(&next).await.body, "<th scope=\"row\"");
        assert_eq!(way_back(&app, &alert).await, next);
    }
}

#[tokio::test]
async fn the_runs_of_one_query_are_a_list_of_their_own() {
    let app = TestApp::start().await;
    let query = json!({"name": "bright", "broker": "archive", "parameters": {"folder": "night", "max_results": 1}});
    let query = app.post_json("/api/queries/", &query).await.expect(201).json()["id"].clone();
    let path = format!("/api/queries/{query}/runs/");
    let of_it = app.post_json(&path, &json!({})).await.expect(202).json()["id"].clone();
    app.wait(of_it.as_i64().unwrap()).await;
    let other = app.run(json!({"max_results": 1})).await["id"].clone();
    let list = format!("/runs/?query={query}");
    let page = app.get(&list).await.expect(200).shows(">bright</a>");
    page.shows(&format!("/runs/{of_it}/?runs_query={query}\"")).hides(&format!("/runs/{other}/"));
    app.get("/runs/?query=999999").await.expect(200).shows("number 999999").shows("No run matches");
}
