//! What is sent from a page ends in an address: reloading it sends nothing again, and going back finds it.

use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// Sends a form as a browser does that is on its way to a page.
async fn send_as_browser(app: &TestApp, path: &str, form: &[(&str, &str)]) -> Answer {
    let request = app
        .http
        .post(format!("{}{path}", app.base))
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "navigate");
    app.send(request.form(form)).await
}

async fn run_with_alerts(app: &TestApp) -> (Value, Vec<Value>) {
    let run = app.run(json!({})).await;
    let rows = app.results(&run, "name").await;
    (run, rows)
}

#[tokio::test]
async fn a_report_on_saved_alerts_is_the_same_each_time_it_is_loaded() {
    let app = TestApp::start().await;
    let (run, rows) = run_with_alerts(&app).await;
    let (run_id, alert) = (run["id"].to_string(), rows[0]["id"].to_string());
    let form = [("run_id", run_id.as_str()), ("alerts", &alert), ("alerts", "987654321")];
    let sent = app.post("/alerts/alert/create/", &form).await.expect(303);
    assert!(sent.location().starts_with(&format!("/runs/{run_id}/saves/")), "{}", sent.location());
    for _ in 0..2 {
        app.get(sent.location())
            .await
            .expect(200)
            .shows("1 target created, 1 failed")
            .shows("This run has no such alert.")
            .shows("Retry failed");
    }
    let other = app.run(json!({"max_results": 1})).await["id"].to_string();
    let elsewhere = sent.location().replace(&format!("/{run_id}/"), &format!("/{other}/"));
    app.get(&elsewhere).await.expect(404);
    app.get(&format!("/runs/{run_id}/saves/987654321/")).await.expect(404);
}

#[tokio::test]
async fn an_alert_that_is_saved_from_its_page_leads_back_there() {
    let app = TestApp::start().await;
    let (run, rows) = run_with_alerts(&app).await;
    let (run_id, alert) = (run["id"].to_string(), rows[0]["id"].to_string());
    let page = rows[0]["url"].as_str().unwrap();
    app.get(page).await.expect(200).shows(&format!("name=\"next\" value=\"{page}\""));
    let came_by = format!("{page}?run={run_id}");
    let form = |next| [("run_id", run_id.as_str()), ("alerts", alert.as_str()), ("next", next)];
    for (next, note) in
        [(page, "Target created."), (came_by.as_str(), "the alert was added to it.")]
    {
        let saved = app.post("/alerts/alert/create/", &form(next)).await.expect(303);
        assert_eq!(saved.location(), next);
        app.get(page).await.expect(200).shows(note);
    }
    for elsewhere in ["/targets/", "https://evil.example/", &format!("//evil.example{page}")] {
        let saved = app.post("/alerts/alert/create/", &form(elsewhere)).await.expect(303);
        assert!(saved.location().starts_with("/runs/"), "{}", saved.location());
    }
}

#[tokio::test]
async fn a_form_that_is_refused_keeps_what_was_typed_at_an_address() {
    let app = TestApp::start_empty().await;
    let form = [("name", "SN 2026abc"), ("ra", "400"), ("dec", "5")];
    app.post("/targets/create/", &form).await.expect(422).shows("SN 2026abc");
    let sent = send_as_browser(&app, "/targets/create/", &form).await.expect(303);
    assert!(sent.location().starts_with("/answers/"), "{}", sent.location());
    for _ in 0..2 {
        app.get(sent.location())
            .await
            .expect(422)
            .shows("value=\"SN 2026abc\"")
            .shows("value=\"400\"")
            .shows("action=\"/targets/create/\"");
    }
    // What is no answer of a form has none, and what fails of itself is tried again by loading it again.
    let made = [("name", "SN 2026abc"), ("ra", "40"), ("dec", "5")];
    let made = send_as_browser(&app, "/targets/create/", &made).await.expect(303);
    assert!(made.location().starts_with("/targets/"), "{}", made.location());
    app.get("/answers/987654321/").await.expect(404);
}

#[tokio::test]
async fn of_one_who_sends_on_and_on_the_last_hundred_answers_are_kept() {
    let app = TestApp::start_empty().await;
    let form = [("name", ""), ("ra", ""), ("dec", "")];
    let mut places = Vec::new();
    for _ in 0..103 {
        let sent = send_as_browser(&app, "/targets/create/", &form).await.expect(303);
        places.push(sent.location().to_owned());
    }
    app.get(&places[2]).await.expect(404);
    app.get(&places[3]).await.expect(422);
    app.get(&places[102]).await.expect(422);
    let pool = app.pool().await;
    sqlx::query("update kept_answer set created = now() - interval '25 hours'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(app.storage.prune_answers().await.unwrap(), 100);
}

#[tokio::test]
async fn enter_looks_at_a_form_whose_run_takes_something_away() {
    let app = TestApp::start_empty().await;
    let page = app.get("/alerts/query/create/?broker=stream-rest").await.expect(200).body;
    let first =
        page.split("<form method=\"post\" action=\"/alerts/query/create/\"").nth(1).unwrap();
    let first = first.split("<button").nth(1).unwrap();
    assert!(first.contains("value=\"look\""), "{first}");
    app.get("/alerts/query/create/?broker=archive").await.expect(200).hides("value=\"look\"");
    let form = [
        ("broker", "stream-rest"),
        ("subscription_name", "my-loop"),
        ("topic", "ztf-loop"),
        ("max_results", "10"),
        ("timeout", "5"),
        ("classtar_gt_lt", "lt"),
        ("acknowledge", "keep"),
        ("action", "look"),
    ];
    app.post("/alerts/query/create/", &form)
        .await
        .expect(200)
        .shows("Nothing was run.")
        .shows("value=\"my-loop\"");
    let wrong = form.map(|(name, value)| (name, if name == "timeout" { "-1" } else { value }));
    app.post("/alerts/query/create/", &wrong).await.expect(422);
    assert_eq!(app.get("/api/runs/").await.json()["results"], json!([]));
}

#[tokio::test]
async fn a_form_of_googles_says_before_it_is_run_what_the_service_was_started_without() {
    let app = TestApp::start_empty().await;
    for broker in ["stream-rest", "stream-client", "database"] {
        let page = app.get(&format!("/alerts/query/create/?broker={broker}")).await.expect(200);
        page.shows("It cannot be run yet.")
            .shows("tom-alerts serve --google-project MY-PROJECT --google-credentials KEY.json")
            .shows("value=\"run\" disabled")
            .hides("profile page");
    }
    app.get("/alerts/query/create/?broker=archive").await.expect(200).hides("cannot be run yet");
    // Whoever runs it all the same is told so, and not that there was nothing.
    let parameters = json!({"subscription_name": "my-loop", "topic": "ztf-loop", "timeout": 5});
    let query = json!({"broker": "stream-rest", "parameters": parameters});
    let started = app.post_json("/api/runs/", &query).await.expect(202).json();
    let run = app.wait(started["id"].as_i64().unwrap()).await;
    assert_eq!(run["state"], "failed", "{run}");
    app.get(&format!("/runs/{}/", run["id"]))
        .await
        .expect(200)
        .shows("--google-project")
        .shows("The run ended before anything was received.")
        .hides("The source had nothing");
}

type Sent = Vec<(String, String)>;

fn select(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

/// What a browser sends of a field that nobody has touched.
fn untouched(field: ElementRef<'_>) -> Option<String> {
    let value = |element: ElementRef<'_>| element.value().attr("value").map(str::to_owned);
    match (field.value().name(), field.value().attr("type")) {
        ("select", _) => {
            let (marked, any) = (select("option[selected]"), select("option"));
            let option = field.select(&marked).next().or_else(|| field.select(&any).next());
            option.and_then(value)
        }
        ("textarea", _) => Some(field.text().collect()),
        (_, Some("radio" | "checkbox")) if field.value().attr("checked").is_none() => None,
        _ => value(field),
    }
}

/// Where the form of a query goes and what it holds, without a button and with the one that Enter presses: the first.
fn by_enter(page: &Answer, typed: &[(&str, &str)]) -> [(String, Sent); 2] {
    let html = Html::parse_document(&page.body);
    let form = html.select(&select("form[method=post][novalidate]")).next().unwrap();
    let attribute = |element: ElementRef<'_>, name| element.value().attr(name).map(str::to_owned);
    let action = attribute(form, "action").unwrap();
    let mut sent = Sent::new();
    for field in form.select(&select("input[name], select[name], textarea[name]")) {
        let name = attribute(field, "name").unwrap();
        let typed = typed.iter().find(|(typed, _)| *typed == name);
        let value = typed.map(|(_, value)| (*value).to_owned()).or_else(|| untouched(field));
        sent.extend(value.map(|value| (name, value)));
    }
    let button = form.select(&select("button:not([type=button])")).next().unwrap();
    assert!(button.value().attr("disabled").is_none(), "{}", page.body);
    let mut pressed = sent.clone();
    let name = attribute(button, "name");
    pressed.extend(name.map(|name| (name, attribute(button, "value").unwrap_or_default())));
    let place = attribute(button, "formaction").unwrap_or_else(|| action.clone());
    [(action, sent), (place, pressed)]
}

async fn n_runs(app: &TestApp) -> u64 {
    app.get("/api/runs/").await.expect(200).json()["count"].as_u64().unwrap()
}

#[tokio::test]
async fn enter_runs_a_query_only_where_that_takes_nothing_away_and_costs_nothing() {
    let app = TestApp::start_empty().await;
    let stream = [("subscription_name", "my-loop"), ("topic", "ztf-loop"), ("timeout", "5")];
    for (broker, typed, is_run) in [
        ("archive", &[("folder", "night")][..], true),
        ("stream-rest", &stream, false),
        ("stream-client", &stream, false),
        ("database", &[("cone", "150.1, 2.2, 30"), ("observed_after", "24h")], false),
    ] {
        let parameters: Value = typed.iter().map(|(name, value)| (*name, json!(value))).collect();
        let mut saved = json!({"name": "q", "broker": broker, "parameters": parameters});
        if broker == "database" {
            saved["parameters"]["max_results"] = json!(10);
            saved["parameters"]["table"] = json!("ardent-cycling-243415.ztf.alerts_v4_02");
        }
        let id = app.post_json("/api/queries/", &saved).await.expect(201).json()["id"].clone();
        for path in [
            format!("/alerts/query/create/?broker={broker}"),
            format!("/alerts/query/{id}/update/"),
        ] {
            let page = app.get(&path).await.expect(200);
            for ((action, form), expected) in
                by_enter(&page, typed).into_iter().zip([false, is_run])
            {
                let form: Vec<_> =
                    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let n_before = n_runs(&app).await;
                let answer = app.post(&action, &form).await;
                let status = answer.status.as_u16();
                assert!([200, 303, 422].contains(&status), "{path}: {}", answer.body);
                let is_looked_at = form.contains(&("action", "look"));
                assert!(!is_looked_at || status == 200, "{path}: {}", answer.body);
                assert_eq!(n_runs(&app).await > n_before, expected, "{path}: {form:?}");
            }
        }
    }
}
