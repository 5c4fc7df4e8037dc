//! Secrets in what everybody may read: logs at their most talkative, and answers.

use serde_json::json;

use super::{
    ADA, BOB, Deployment, PROJECT,
    browser::parameter,
    setup::{KEY, hex},
};
use crate::{
    google_double::{Account, CLIENT_SECRET, Consent, Ending, Endpoint, Fault, IdTokenFlaw},
    log_lines::LogLines,
};

/// Does everything once that has to do with a secret, well and badly; the secrets that are not Google's.
async fn live(deployment: &Deployment, seen: &mut String) -> Vec<String> {
    let mut secrets = vec![CLIENT_SECRET.to_owned()];
    let stream = deployment.stream(PROJECT).await;
    stream.publish(1, 2);
    let google = &deployment.google;
    google.rotate_refresh_tokens(true);
    for email in [ADA, BOB] {
        let browser = deployment.connected(email).await;
        secrets.extend(["sid", "login"].map(|name| browser.cookie(name).unwrap()));
        let way = browser.depart_to_connect("bigquery", "/").await;
        secrets.extend(["state", "nonce"].map(|name| parameter(&way, name).unwrap()));
        let back = browser.visit(&way).await;
        browser.get(&back).await.expect(303);
        browser.get(&back).await.expect(400);
        google.expire_access_tokens(email);
        let id = deployment.begin_run(&browser, json!({})).await;
        deployment.ended(&browser, id).await;
        for path in [format!("/runs/{id}/"), "/".to_owned(), "/accounts/profile/".to_owned()] {
            browser.get(&path).await.expect(200);
        }
        browser.get("/metrics").await;
        browser.post("/accounts/test/", &[]).await.expect(200);
        for fault in [Fault::Status(503), Fault::Cut, Fault::Html, Fault::Lost] {
            deployment.expire_here().await;
            // As if they had been granted anew: the failure before this one is of no account.
            deployment.execute("update google_credential set version = version + 1").await;
            let failed = google.faults(Endpoint::Token);
            google.fail_next(Endpoint::Token, fault, 1);
            let _trouble = deployment.tokens_of(email).await.token(None).await;
            assert_eq!(google.faults(Endpoint::Token), failed + 1);
        }
        deployment.execute("update google_credential set version = version + 1").await;
        google.end_grants(email, Ending::SessionControl);
        deployment.expire_here().await;
        let _trouble = deployment.tokens_of(email).await.token(None).await;
        browser.get("/accounts/profile/").await.expect(200);
        google.account(Account::new(email));
        browser.connect("pubsub", "/").await.expect(303);
        google.fail_next(Endpoint::Revoke, Fault::Status(503), 1);
        browser.post("/accounts/disconnect/", &[]).await.expect(303);
        browser.post("/accounts/logout/", &[]).await.expect(303);
        seen.push_str(&browser.seen.lock().unwrap());
    }
    for flaw in [IdTokenFlaw::NonceWrong, IdTokenFlaw::PayloadNotJson, IdTokenFlaw::TwoParts] {
        google.flaw(Some(flaw));
        let browser = deployment.browser();
        browser.sign_in("/").await.expect(400);
        seen.push_str(&browser.seen.lock().unwrap());
    }
    google.flaw(None);
    for fault in [Fault::Huge, Fault::NoTokenType, Fault::IdTokenNoJwt, Fault::InvalidClient] {
        google.fail_next(Endpoint::Token, fault, 1);
        let browser = deployment.browser();
        browser.sign_in("/").await;
        seen.push_str(&browser.seen.lock().unwrap());
    }
    google.consent(Consent::Decline);
    deployment.browser().sign_in("/").await;
    secrets
}

#[tokio::test]
async fn no_secret_is_in_any_log_or_answer() {
    let lines = LogLines::keep(tracing::Level::TRACE);
    let deployment = Deployment::start().await;
    let mut seen = String::new();
    let mut secrets = live(&deployment, &mut seen).await;
    secrets.extend(deployment.google.secrets());
    let calls = deployment.google.calls(Endpoint::Token).into_iter();
    secrets.extend(calls.filter_map(|call| call.params.get("code_verifier").map(str::to_owned)));
    secrets.push(hex(&KEY));
    secrets.push(format!("{KEY:?}"));
    assert!(secrets.len() >= 60, "{}", secrets.len());
    let logged = lines.text();
    assert!(logged.contains("TRACE") && logged.contains("signed in"), "the log is a log");
    assert!(logged.contains("Renewed the token"), "{}", logged.len());
    assert!(seen.contains("Google: connected"));
    for secret in &secrets {
        for (where_, text) in [("the log", &logged), ("an answer", &seen)] {
            if let Some(at) = text.find(secret.as_str()) {
                let around: String = text[..at].chars().rev().take(300).collect();
                let around: String = around.chars().rev().collect();
                panic!("{secret} is in {where_}, behind: {around}");
            }
        }
    }
}
