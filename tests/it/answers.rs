//! What is sent from a page ends in an address: reloading it sends nothing again, and going back finds it.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tom_alerts::brokers::database::BigQueryService;

use crate::{
    bigquery_double::BigQueryDouble,
    sign_in::{SignInSetup, setup::ADA},
    support::{Answer, TestApp},
};

/// Sends a form as a browser does that is on its way to a page.
pub(crate) async fn send_as_browser(app: &TestApp, path: &str, form: &[(&str, &str)]) -> Answer {
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
async fn reports_are_of_so_many_alerts_keep_their_choice_and_are_the_last_hundred() {
    let app = TestApp::start().await;
    let (run, _) = run_with_alerts(&app).await;
    let run_id = run["id"].to_string();
    let numbers: Vec<String> = (1..=450).map(|n| (987_000_000 + n).to_string()).collect();
    let mut many = vec![("run_id", run_id.as_str())];
    many.extend(numbers.iter().map(|number| ("alerts", number.as_str())));
    let report = app.post("/alerts/alert/create/", &many).await.expect(303).location().to_owned();
    let mut told = 0;
    for (page, rows) in [("", "1–200 of 450"), ("?page=2", "201–400"), ("?page=3", "401–450")]
    {
        let page = app.get(&format!("{report}{page}")).await.expect(200).shows(rows);
        told += page.body.matches(">alert 987000").count();
    }
    assert_eq!(told, 450);
    app.get(&format!("{report}?page=4")).await.expect(200).hides(">alert 987");
    app.get(&format!("{report}?page=0")).await.expect(422);
    let mut form = vec![("run_id", run_id.as_str()), ("on_existing", "skip")];
    form.push(("alerts", "987654321"));
    let mut places = Vec::new();
    for _ in 0..103 {
        let sent = app.post("/alerts/alert/create/", &form).await.expect(303);
        places.push(sent.location().to_owned());
    }
    app.get(&places[2]).await.expect(404);
    app.get(&places[3]).await.expect(200);
    // Who tries again asks for the same.
    app.get(&places[102]).await.expect(200).shows("name=\"on_existing\" value=\"skip\"");
    form.extend(std::iter::repeat_n(("alerts", "1"), 2_000));
    let refused = app.post("/alerts/alert/create/", &form).await.expect(422);
    refused.shows("At most 2,000 alerts can be saved at once.");
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
async fn a_page_that_was_kept_has_the_colours_of_today_and_leaves_a_note_to_the_next_page() {
    let app = TestApp::start_empty().await;
    let form = [("name", "<html lang=\"en\" data-theme=\"red\">"), ("ra", "400"), ("dec", "5")];
    let with_cookies = |request: reqwest::RequestBuilder, theme: &str| {
        request.header("cookie", format!("theme={theme}; note=target-deleted.0"))
    };
    let sent = app.http.post(format!("{}/targets/create/", app.base)).form(&form);
    let sent = sent.header("sec-fetch-site", "same-origin").header("sec-fetch-mode", "navigate");
    let sent = app.send(with_cookies(sent, "dark")).await.expect(303);
    assert!(!sent.headers.contains_key("set-cookie"), "the note is still to be told");
    let place = sent.location().to_owned();
    for theme in ["light", "red", "dark"] {
        let request = app.http.get(format!("{}{place}", app.base));
        let page = app.send(with_cookies(request, theme)).await.expect(422);
        let page = page
            .shows(&format!("<html lang=\"en\" data-theme=\"{theme}\">"))
            .shows(&format!("<input type=\"hidden\" name=\"next\" value=\"{place}\">"))
            .shows("&#60;html lang=")
            .hides("Target deleted.");
        let pressed = page.body.split("aria-pressed=\"true\"").next().unwrap();
        assert!(pressed.trim_end().ends_with(&format!("value=\"{theme}\"")), "{pressed}");
        assert_eq!(page.body.matches("action=\"/theme/\"").count(), 1);
        assert!(!page.headers.contains_key("set-cookie"));
    }
    let request = app.http.get(format!("{}/targets/", app.base));
    app.send(with_cookies(request, "dark")).await.expect(200).shows("Target deleted.");
}

#[tokio::test]
async fn a_browser_that_does_not_say_what_it_wants_is_known_by_asking_for_html() {
    let app = TestApp::start_empty().await;
    let form = [("name", ""), ("ra", "400"), ("dec", "5")];
    for (accepted, status) in [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 303),
        ("*/*", 422),
        ("application/json", 422),
    ] {
        let request = app.http.post(format!("{}/targets/create/", app.base)).form(&form);
        let request = request.header("origin", &app.base).header("accept", accepted);
        app.send(request).await.expect(status);
    }
}

#[tokio::test]
async fn a_page_that_was_kept_is_not_there_for_who_has_another_role_or_other_groups() {
    let deployment = SignInSetup::default().start().await;
    let ada = deployment.signed_in(ADA).await;
    let changes = [
        "update member set role = 'viewer'",
        "insert into team_group_member (group_id, member_id, is_leader)
         select g.id, m.id, true from team_group g, member m",
        "delete from team_group_member",
    ];
    deployment
        .execute("insert into team_group (name, created_by) select 'new', id from member")
        .await;
    for change in changes {
        deployment.execute("update member set role = 'admin'").await;
        let request = ada.request("POST", "/team/").form(&[("email", "nobody")]);
        let request =
            request.header("sec-fetch-site", "same-origin").header("sec-fetch-mode", "navigate");
        let sent = ada.send(request).await.expect(303);
        ada.get(sent.location()).await.expect(422).shows("Invite somebody");
        deployment.execute(change).await;
        ada.get(sent.location()).await.expect(404);
    }
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

#[tokio::test]
async fn run_and_listen_lead_to_what_says_that_the_service_was_started_without_it() {
    let app = TestApp::start_empty().await;
    let parameters = json!({"subscription_name": "my-loop", "topic": "ztf-loop", "timeout": 5});
    let query = json!({"name": "loop", "broker": "stream-rest", "parameters": parameters});
    let query = app.post_json("/api/queries/", &query).await.expect(201).json()["id"].clone();
    // A script starts one all the same.
    let path = format!("/api/queries/{query}/runs/");
    let started = app.post_json(&path, &json!({})).await.expect(202).json();
    let run = app.wait(started["id"].as_i64().unwrap()).await["id"].clone();
    let (form, listener) =
        (format!("/alerts/query/{query}/update/"), format!("/alerts/query/{query}/listener/"));
    let anew = format!("/alerts/query/create/?broker=stream-rest&from_run={run}");
    for (button, told_at) in [
        (format!("/alerts/query/{query}/run/"), form),
        (format!("/runs/{run}/run/"), anew),
        (format!("{listener}start/"), listener.clone()),
    ] {
        let led = app.post(&button, &[]).await.expect(303);
        let (page, place) = led.location().split_once('#').unwrap_or((led.location(), "not-yet"));
        assert_eq!((page, place), (&*told_at, "not-yet"), "{button}");
        let page = app.get(page).await.expect(200).shows("id=\"not-yet\"");
        page.shows("It cannot be run yet.").shows("--google-project").shows("loop");
    }
    app.get(&listener).await.expect(200).hides("listener/start/");
    assert_eq!(app.get("/api/runs/").await.json()["count"], 1);
    app.get(&listener).await.shows("Not listening");
}

/// A form that is answered by a page: where it is sent, its fields, and what the page has and says.
type Sending<'s> = (&'s str, Vec<(&'s str, &'s str)>, u16, &'s str);

#[tokio::test]
async fn every_page_that_answers_a_form_has_an_address_and_loading_it_sends_nothing_again() {
    let tables = BigQueryDouble::start().await;
    let mut bigquery = BigQueryService::at(Some(tables.host()), &crate::timing::short()).unwrap();
    bigquery.is_emulator = false;
    let setup = SignInSetup { bigquery: Some(bigquery), ..SignInSetup::default() };
    let deployment = setup.start().await;
    let ada = deployment.signed_in(ADA).await;
    ada.connect("bigquery", "/").await.expect(303);
    deployment.execute("update member set role = 'admin'").await;
    let target = json!({"name": "nova", "ra": 1, "dec": 2});
    let target = ada.post_json("/api/targets/", &target).await.expect(201).json()["id"].clone();
    let share = format!("/targets/{target}/share/");
    let role = format!("/team/members/{}/role/", deployment.member_id(ADA).await);
    let database = vec![
        ("broker", "database"),
        ("table", "ardent-cycling-243415.ztf.alerts_v4_02"),
        ("objectId", "ZTF21abcdefg"),
        ("max_results", "5"),
    ];
    let look = vec![
        ("broker", "stream-rest"),
        ("subscription_name", "loop-1"),
        ("topic", "loop-1"),
        ("max_results", "10"),
        ("timeout", "5"),
        ("classtar_gt_lt", "lt"),
        ("acknowledge", "keep"),
        ("action", "look"),
    ];
    let refused =
        vec![("broker", "archive"), ("folder", "night"), ("max_results", "0"), ("action", "run")];
    let stale = r#"{"readers":[],"writers":[],"sharers":[]}"#;
    let sendings: [Sending<'_>; 8] = [
        ("/alerts/query/preview/", database, 200, "billed to the project"),
        ("/alerts/query/create/", look, 200, "Nothing was run."),
        ("/alerts/query/create/", refused, 422, "Enter a whole number from 1 to 1,000,000."),
        (&share, vec![("seen", stale), ("readers", "0")], 409, "changed the sharing meanwhile"),
        ("/team/", vec![("email", "nobody")], 422, "Enter an e-mail address"),
        ("/team/groups/", vec![("name", ""), ("description", "late")], 422, "value=\"late\""),
        (&role, vec![("role", "viewer")], 422, "This is the last admin"),
        ("/accounts/test/", vec![], 200, "BigQuery answers"),
    ];
    let sent = async || {
        let written = "select (select count(*) from history) + (select count(*) from kept_answer)
                           + (select count(*) from run)";
        let written = deployment.count(written).await;
        (tables.journal().len(), written)
    };
    let mut answers = Vec::new();
    for (path, form, status, told) in sendings {
        let request = ada.request("POST", path).form(&form);
        answers.push((path, request, status, told));
    }
    let file = Form::new().part("files", Part::bytes(b"x".as_slice()).file_name("notes.txt"));
    let upload = "/alerts/archive/upload/";
    let request = ada.request("POST", upload).multipart(file);
    answers.push((upload, request, 422, "is not a .avro, .avro.gz or .tar.gz file."));
    for (path, request, status, told) in answers {
        let before = sent().await;
        let request =
            request.header("sec-fetch-site", "same-origin").header("sec-fetch-mode", "navigate");
        let answer = ada.send(request).await;
        assert_eq!(answer.status.as_u16(), 303, "{path}: {}", answer.body);
        let address = answer.location();
        assert!(address.starts_with("/answers/"), "{path} leads to {address}");
        let after = sent().await;
        assert_ne!(before, after, "{path}: what is sent is counted");
        let first = ada.get(address).await.expect(status).shows(told);
        let second = ada.get(address).await.expect(status);
        assert_eq!(first.body, second.body, "{path}");
        assert_eq!(sent().await, after, "{path} is sent again");
    }
}
