//! `/api/docs/`: the description as a page, and its lines for a shell.

use std::{collections::BTreeSet, process::Command};

use scraper::{ElementRef, Html, Selector};
use serde_json::json;
use tom_alerts::web;

use crate::{
    sign_in::{Deployment, setup::ADA},
    support::TestApp,
};

fn all<'h>(page: &'h Html, selector: &str) -> Vec<ElementRef<'h>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn attributes<'h>(page: &'h Html, selector: &str, name: &str) -> Vec<&'h str> {
    all(page, selector).iter().filter_map(|element| element.attr(name)).collect()
}

#[tokio::test]
async fn the_page_tells_of_every_operation_and_every_type() {
    let app = TestApp::start_empty().await;
    let page = Html::parse_document(&app.get("/api/docs/").await.expect(200).body);
    let ids = attributes(&page, "[id]", "id");
    let places: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), places.len(), "an id comes twice");
    let description = web::api_description();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(places.contains(id), "{id}");
            let part = &all(&page, &format!(".operation:has(#{id})"))[0];
            let told = part.text().collect::<String>();
            let summary = operation["summary"].as_str().unwrap();
            let statuses = operation["responses"].as_object().unwrap().keys().map(String::as_str);
            let own = statuses.filter(|status| status.starts_with('2'));
            for word in [&*method.to_uppercase(), path, summary].into_iter().chain(own) {
                assert!(told.contains(word), "{id} does not tell {word}");
            }
        }
    }
    for name in description["components"]["schemas"].as_object().unwrap().keys() {
        assert!(places.contains(&*format!("type-{name}")), "{name}");
    }
    let ways = attributes(&page, "main a[href^='#']", "href");
    assert!(ways.len() > 100, "{}", ways.len());
    for way in ways {
        assert!(places.contains(&way[1..]), "{way} leads nowhere");
    }
}

#[tokio::test]
async fn what_every_request_may_come_to_stands_there_once() {
    let app = TestApp::start_empty().await;
    let page = Html::parse_document(&app.get("/api/docs/").await.expect(200).body);
    let refusals = all(&page, "section[aria-labelledby=refusals] tbody th");
    let told: Vec<String> = refusals.iter().map(|cell| cell.text().collect()).collect();
    assert_eq!(told, ["401", "421", "429", "500", "503"]);
    let elsewhere = all(&page, ".operation tbody th").into_iter();
    let elsewhere: Vec<String> = elsewhere.map(|cell| cell.text().collect()).collect();
    assert!(elsewhere.contains(&"404".to_owned()));
    assert!(elsewhere.iter().all(|cell| !told.contains(cell)), "{elsewhere:?}");
}

/// What a shell makes of a line: the status of the answer.
fn status_of(line: &str) -> u16 {
    let quiet = "curl -s --noproxy '*' -o /dev/null -w '%{http_code}' ";
    let line = line.replacen("curl ", quiet, 1);
    let done = Command::new("sh").args(["-c", &line]).output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    told.parse().unwrap_or_else(|_| panic!("{line}: {done:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_for_a_shell_is_taken_as_it_stands() {
    let app = TestApp::start().await;
    let query = json!({"name": "q", "broker": "archive", "parameters": {"folder": "night"}});
    app.post_json("/api/queries/", &query).await.expect(201);
    app.post_json("/api/targets/", &json!({"name": "t", "ra": 1, "dec": 1})).await.expect(201);
    assert_eq!(app.run(json!({"max_results": 1})).await["id"], 1);
    sqlx::query("insert into unreadable (run_id, origin, error, bytes) values (1, 'x', 'x', 'x')")
        .execute(&app.pool().await)
        .await
        .unwrap();
    sqlx::query("update alert set source_id = 1").execute(&app.pool().await).await.unwrap();
    let body = app.get("/api/docs/").await.expect(200).body;
    let page = Html::parse_document(&body);
    let mut lines = attributes(&page, ".operation [data-copy^='curl ']", "data-copy");
    assert_eq!(lines.len(), all(&page, ".operation .method").len());
    assert!(lines.len() >= 28, "{}", lines.len());
    // What is deleted is asked for before.
    lines.sort_by_key(|line| line.contains("-X DELETE"));
    for line in lines {
        let status = status_of(line);
        // No archive can be listened to, so nothing listens that could be stopped.
        let changes = |method| line.contains("/listener/") && line.contains(method);
        let is_taken = if changes("-X PUT") {
            status == 422
        } else if changes("-X DELETE") {
            status == 404
        } else {
            (200..300).contains(&status)
        };
        assert!(is_taken, "{status}: {line}");
    }
}

#[tokio::test]
async fn where_people_sign_in_lines_show_a_token_and_the_page_is_theirs_alone() {
    let deployment = Deployment::start().await;
    let ada = deployment.signed_in(ADA).await;
    let body = ada.get("/api/docs/").await.expect(200).shows("/accounts/tokens/").body;
    let page = Html::parse_document(&body);
    let lines = attributes(&page, "[data-copy^='curl ']", "data-copy");
    assert!(
        lines.iter().all(|line| line.contains("\"Authorization: Bearer $TOKEN\"")),
        "{lines:?}"
    );
    ada.get("/accounts/tokens/").await.expect(200).shows("href=\"/api/docs/\"");
    let nobody = deployment.browser();
    let sent = nobody.get("/api/docs/").await.expect(303);
    assert!(sent.location().starts_with("/accounts/login/"), "{}", sent.location());
}
