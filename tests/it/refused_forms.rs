//! Forms that cannot be taken: what they are about is gone, or too much was asked for. What was typed is on the page that says so.

use std::num::NonZeroU32;

use reqwest::multipart::{Form, Part};
use scraper::{Html, Selector};
use serde_json::json;

use crate::{
    databases::set_open,
    sign_in::{SignInSetup, setup::ADA},
    support::{Answer, TestApp},
};

/// Where the form of a page leads, and all that it sends along with its only button.
fn kept_form(page: &Answer) -> (String, Vec<(String, String)>) {
    let html = Html::parse_document(&page.body);
    let forms = Selector::parse("main form").unwrap();
    let form = html.select(&forms).next().unwrap_or_else(|| panic!("{}", page.body));
    let fields = Selector::parse("input[type=hidden], button[name]").unwrap();
    let sent = form.select(&fields).map(|field| {
        let value = |name| field.value().attr(name).unwrap_or_default().to_owned();
        (value("name"), value("value"))
    });
    (form.value().attr("action").unwrap().to_owned(), sent.collect())
}

async fn send(app: &TestApp, (action, fields): &(String, Vec<(String, String)>)) -> Answer {
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    app.post(action, &fields).await
}

#[tokio::test]
async fn a_query_that_was_deleted_while_it_was_edited_can_be_saved_as_a_new_one() {
    let app = TestApp::start().await;
    let saved = json!({"name": "old", "broker": "archive", "parameters": {"folder": "night"}});
    let id = app.post_json("/api/queries/", &saved).await.expect(201).json()["id"].clone();
    app.post(&format!("/alerts/query/{id}/delete/"), &[]).await.expect(303);
    let typed = [
        ("broker", "archive"),
        ("version", "1"),
        ("folder", "night"),
        ("max_results", "7"),
        ("query_name", "an hour <b>of</b> work"),
        ("action", "run"),
    ];
    let page = app.post(&format!("/alerts/query/{id}/update/"), &typed).await.expect(404);
    let page = page
        .shows("Nothing that you typed is lost")
        .shows("an hour &#60;b&#62;of&#60;/b&#62; work");
    let form = kept_form(&page);
    assert_eq!(form.0, "/alerts/query/create/");
    send(&app, &form).await.expect(303);
    let queries = app.get("/api/queries/").await.expect(200).json();
    assert_eq!(queries["results"][0]["name"], "an hour <b>of</b> work", "{queries}");
    assert_eq!(queries["results"][0]["parameters"]["max_results"], 7, "{queries}");
    assert_eq!(app.get("/api/runs/").await.json()["results"], json!([]), "nothing is run");
    // Without anything typed there is nothing to give back.
    let bare = app.post(&format!("/alerts/query/{id}/delete/"), &[]).await.expect(404);
    bare.hides("Nothing that you typed is lost").hides("Save as a new one");
}

#[tokio::test]
async fn a_target_that_was_deleted_while_it_was_edited_can_be_saved_as_a_new_one() {
    let app = TestApp::start_empty().await;
    let made = json!({"name": "a", "ra": 1, "dec": 2});
    let id = app.post_json("/api/targets/", &made).await.expect(201).json()["id"].clone();
    app.post(&format!("/targets/{id}/delete/"), &[]).await.expect(303);
    let typed =
        [("version", "1"), ("name", "b"), ("ra", "10"), ("dec", "20"), ("note", "an hour of work")];
    let page = app.post(&format!("/targets/{id}/update/"), &typed).await.expect(404);
    let form = kept_form(&page.shows("an hour of work"));
    let saved = send(&app, &form).await.expect(303);
    app.get(saved.location()).await.expect(200).shows("an hour of work");
}

#[tokio::test]
async fn a_form_that_was_sent_too_often_can_be_sent_again_as_it_was_typed() {
    let requests_a_minute = NonZeroU32::new(40);
    let deployment = SignInSetup { requests_a_minute, ..SignInSetup::default() }.start().await;
    let ada = deployment.signed_in(ADA).await;
    let typed = [("name", "b"), ("ra", "10"), ("dec", "20"), ("note", "an hour of work")];
    let mut n_sent = 0;
    let refused = loop {
        n_sent += 1;
        assert!(n_sent < 60, "no form is refused");
        ada.get("/runs/").await;
        let request = ada.request("POST", "/targets/create/").form(&typed);
        let request = request.header("sec-fetch-site", "same-origin");
        let answer = ada.send(request.header("sec-fetch-mode", "navigate")).await;
        if answer.status.as_u16() == 429 {
            break answer;
        }
    };
    assert!(refused.headers.contains_key("retry-after"));
    let kept = "select count(*) from kept_answer where status = 429";
    assert_eq!(deployment.count(kept).await, 0);
    let refused = refused.shows("Nothing that you typed is lost").shows("an hour of work");
    let (action, fields) = kept_form(&refused);
    assert_eq!(action, "/targets/create/");
    let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(fields, typed);
    // Who only looks has nothing to send again.
    let looked = loop {
        let answer = ada.get("/runs/").await;
        if answer.status.as_u16() == 429 {
            break answer;
        }
    };
    looked.hides("Send again");
}

const TYPED: [(&str, &str); 4] =
    [("name", "b"), ("ra", "10"), ("dec", "20"), ("note", "an hour of <b>work</b>")];

/// A page that could not be reached for a moment has the form in it, and nothing else that was sent.
fn kept_whole(refused: Answer) -> (String, Vec<(String, String)>) {
    let refused = refused.expect(503).shows("Nothing that you typed is lost");
    let form =
        kept_form(&refused.shows("an hour of &#60;b&#62;work&#60;/b&#62;").shows("Send again"));
    let typed = TYPED.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!((form.0.as_str(), &*form.1), ("/targets/create/", &typed[..]));
    form
}

#[tokio::test]
async fn a_form_that_the_database_does_not_answer_can_be_sent_again_as_it_was_typed() {
    let app = TestApp::start_empty().await;
    set_open(&app.database_url, false).await;
    let form = kept_whole(app.post("/targets/create/", &TYPED).await);
    let button = app.post("/targets/1/delete/", &[]).await.expect(503).shows("Send again");
    assert_eq!(kept_form(&button), ("/targets/1/delete/".to_owned(), Vec::new()));
    // Who only looks loads the page again.
    app.get("/targets/").await.expect(503).hides("Send again");
    set_open(&app.database_url, true).await;
    let mut saved = send(&app, &form).await;
    while saved.status.as_u16() == 503 {
        saved = send(&app, &kept_whole(saved)).await;
    }
    app.get(saved.expect(303).location()).await.expect(200).shows("an hour of");
}

#[tokio::test]
async fn a_form_of_somebody_who_cannot_be_known_for_a_moment_is_kept_too() {
    let deployment = SignInSetup::default().start().await;
    let ada = deployment.signed_in(ADA).await;
    deployment.execute("alter table session rename to session_away").await;
    let (action, fields) = kept_whole(ada.post("/targets/create/", &TYPED).await);
    let files = Form::new().part("files", Part::bytes(b"x".as_slice()).file_name("one.avro"));
    let upload = ada.request("POST", "/alerts/archive/upload/").multipart(files);
    let upload = ada.send(upload.header("sec-fetch-site", "same-origin")).await;
    // Files are too large to be given back.
    upload.expect(503).hides("Send again");
    deployment.execute("alter table session_away rename to session").await;
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let saved = ada.post(&action, &fields).await.expect(303);
    ada.get(saved.location()).await.expect(200).shows("an hour of");
}
