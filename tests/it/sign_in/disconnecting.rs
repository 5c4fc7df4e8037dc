//! Ending a grant from here: the tokens are gone at once, and at Google as soon as it answers.

use std::time::Duration;

use serde_json::json;

use super::{ADA, BOB, Deployment, PROJECT, SignInSetup};
use crate::{
    google_double::{Endpoint, Fault},
    log_lines::LogLines,
};

const SECRETS: &str = "select count(*) from google_credential";

#[tokio::test]
async fn who_disconnects_is_forgotten_here_and_revoked_at_google() {
    let deployment = Deployment::start().await;
    let bob = deployment.connected(BOB).await;
    let ada = deployment.connected(ADA).await;
    ada.get("/accounts/disconnect/").await.expect(200).shows("Disconnect from Google?");
    assert_eq!(deployment.count(SECRETS).await, 2, "looking changes nothing");
    let answer = ada.post("/accounts/disconnect/", &[]).await.expect(303);
    ada.get(answer.location()).await.expect(200).shows("deleted here and revoked at Google");
    assert_eq!(deployment.google.revocations(), [ADA]);
    assert!(deployment.google.live_refresh_tokens(ADA).is_empty());
    assert_eq!(deployment.count(SECRETS).await, 1);
    ada.get("/").await.shows("Google: not connected");
    bob.get("/").await.shows("Google: connected");
    ada.post("/accounts/disconnect/", &[]).await.expect(303);
    assert_eq!(deployment.google.requests(Endpoint::Revoke), 1);
}

#[tokio::test]
async fn who_disconnects_is_forgotten_also_when_google_does_not_answer() {
    for fault in [Fault::Status(503), Fault::Cut, Fault::Busy { retry_after_s: 9 }] {
        let deployment = Deployment::start().await;
        let browser = deployment.connected(ADA).await;
        deployment.google.fail_always(Endpoint::Revoke, fault);
        let answer = browser.post("/accounts/disconnect/", &[]).await.expect(303);
        assert_eq!(deployment.count(SECRETS).await, 0, "{fault:?}");
        let page = browser.get(answer.location()).await.expect(200);
        page.shows("Google has not confirmed that it revoked them");
        browser.get("/").await.shows("Google: not connected");
    }
}

#[tokio::test]
async fn google_is_asked_again_to_revoke_as_soon_and_for_as_long_as_is_set() {
    const REVOKED: &str = "A grant was revoked at Google at last";
    const GIVEN_UP: &str = "its owner can do so in their account";
    let (soon, hour, day) =
        (Duration::from_millis(10), Duration::from_hours(1), Duration::from_hours(24));
    for (again, in_all, n_asked, told) in [
        (soon, hour, 4, Some(REVOKED)),
        (soon, Duration::ZERO, 1, Some(GIVEN_UP)),
        (hour, day, 1, None),
    ] {
        let mut setup = SignInSetup::default();
        setup.timing.grants.revoke_again = again;
        setup.timing.grants.revoke_for = in_all;
        let deployment = setup.start().await;
        let browser = deployment.connected(ADA).await;
        deployment.google.fail_next(Endpoint::Revoke, Fault::Status(503), 3);
        let lines = LogLines::keep(tracing::Level::INFO);
        browser.post("/accounts/disconnect/", &[]).await.expect(303);
        match told {
            Some(sentence) => lines.until(sentence).await,
            None => tokio::time::sleep(soon * 50).await,
        }
        for sentence in [REVOKED, GIVEN_UP] {
            assert_eq!(lines.has(sentence), told == Some(sentence), "{sentence}");
        }
        assert_eq!(deployment.google.requests(Endpoint::Revoke), n_asked);
    }
}

#[tokio::test]
async fn a_grant_that_google_has_ended_already_is_disconnected_without_a_warning() {
    let deployment = Deployment::start().await;
    let browser = deployment.connected(ADA).await;
    deployment.google.revoke_all(ADA);
    let answer = browser.post("/accounts/disconnect/", &[]).await.expect(303);
    assert_eq!(deployment.count(SECRETS).await, 0);
    let page = browser.get(answer.location()).await.expect(200);
    page.hides("did not confirm").shows("Disconnected.");
}

#[tokio::test]
async fn a_run_that_goes_on_stops_when_its_member_disconnects() {
    let deployment = Deployment::start().await;
    let stream = deployment.stream(PROJECT).await;
    stream.publish(1, 3);
    let browser = deployment.connected(ADA).await;
    let id = deployment.begin_run(&browser, json!({"timeout": 60})).await;
    for _ in 0..2_400 {
        let run = browser.get(&format!("/api/runs/{id}/")).await.json();
        if run["counts"]["acknowledged"] == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    browser.post("/accounts/disconnect/", &[]).await.expect(303);
    let run = deployment.ended(&browser, id).await;
    assert_eq!((&run["state"], &run["counts"]["stored"]), (&json!("failed"), &json!(3)), "{run}");
    assert_eq!(deployment.run_row(id).await.1.as_deref(), Some("pubsub"));
    assert!(deployment.google.refreshes().is_empty());
}

#[tokio::test]
async fn what_stands_on_the_profile_is_tried_when_asked() {
    let deployment = Deployment::start().await;
    let browser = deployment.connected(ADA).await;
    let answer = browser.post("/accounts/test/", &[]).await.expect(200);
    answer.shows("Works.").shows("Pub/Sub answers");
    deployment.google.fail_always(Endpoint::Api, Fault::Status(403));
    let answer = browser.post("/accounts/test/", &[]).await.expect(200);
    answer.shows("Does not work.").shows("may not use");
}
