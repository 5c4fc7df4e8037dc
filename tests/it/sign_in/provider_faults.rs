//! A provider that fails, lies, or is another one: nobody is in, and the page says what to do.

use std::time::Duration;

use super::{ADA, Deployment, SignInSetup};
use crate::google_double::{Endpoint, Fault, IdTokenFlaw};

const SHORT: Duration = Duration::from_millis(400);

/// A deployment that waits for its provider no longer than that.
async fn impatient() -> Deployment {
    let mut setup = SignInSetup::default();
    setup.timing.provider.answer = SHORT;
    setup.start().await
}

/// Tries to sign in; nobody is in, and the answer has this status.
async fn assert_nobody_in(deployment: &Deployment, what: &str, status: u16) {
    let sessions = deployment.sessions().await;
    let browser = deployment.browser();
    let answer = browser.sign_in("/runs/").await;
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.body);
    assert!(browser.cookie("sid").is_none(), "{what}");
    assert_eq!(deployment.sessions().await, sessions, "{what}: a session was made");
    assert!(answer.body.contains("value=\"/runs/\""), "{what}: the way on is lost");
}

#[tokio::test]
async fn an_id_token_that_fails_a_check_lets_nobody_in() {
    let deployment = Deployment::start().await;
    assert!(IdTokenFlaw::REFUSED.len() >= 40);
    for flaw in IdTokenFlaw::REFUSED {
        deployment.google.flaw(Some(*flaw));
        let status = if *flaw == IdTokenFlaw::EmailMissing { 403 } else { 400 };
        assert_nobody_in(&deployment, flaw.name(), status).await;
    }
    assert_eq!(deployment.count("select count(*) from member").await, 0);
}

#[tokio::test]
async fn an_id_token_with_one_other_character_lets_nobody_in() {
    let deployment = Deployment::start().await;
    for at in (0..700).step_by(23) {
        let flaw = IdTokenFlaw::CharacterChanged(at);
        deployment.google.flaw(Some(flaw));
        assert_nobody_in(&deployment, &format!("character {at}"), 400).await;
    }
}

#[tokio::test]
async fn an_id_token_that_only_looks_odd_lets_its_owner_in() {
    let deployment = Deployment::start().await;
    for flaw in IdTokenFlaw::ACCEPTED {
        deployment.google.flaw(Some(*flaw));
        let browser = deployment.browser();
        let answer = browser.sign_in("/runs/").await;
        assert_eq!(answer.status.as_u16(), 303, "{}: {}", flaw.name(), answer.body);
        assert!(browser.is_in().await, "{}", flaw.name());
    }
}

#[tokio::test]
async fn the_leeway_goes_by_our_clock_and_is_a_minute() {
    let deployment = Deployment::start().await;
    for (ahead, is_let_in) in [(40, true), (90, false), (-3_630, true), (-3_700, false)] {
        deployment.google.clock_ahead(ahead);
        let status = deployment.browser().sign_in("/").await.status.as_u16();
        assert_eq!(status == 303, is_let_in, "{ahead} s ahead: {status}");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_fails_lets_nobody_in_and_is_asked_once() {
    let deployment = impatient().await;
    let faults = [
        (Fault::Status(500), 503),
        (Fault::Status(503), 503),
        (Fault::Busy { retry_after_s: 7 }, 503),
        (Fault::Late(SHORT * 3), 503),
        (Fault::Cut, 503),
        (Fault::Lost, 503),
        (Fault::Huge, 503),
        (Fault::Html, 503),
        (Fault::InvalidGrant, 400),
        (Fault::InvalidRapt, 400),
        (Fault::InvalidClient, 400),
        (Fault::NoTokenType, 400),
        (Fault::MacToken, 400),
        (Fault::NoIdToken, 400),
        (Fault::IdTokenNoJwt, 400),
    ];
    for (fault, status) in faults {
        let asked = deployment.google.requests(Endpoint::Token);
        deployment.google.fail_next(Endpoint::Token, fault, 1);
        let sessions = deployment.sessions().await;
        let browser = deployment.browser();
        let answer = browser.sign_in("/runs/").await;
        let found = answer.status.as_u16();
        // An answer with a token in it that cannot be read may count as either.
        let is_right = found == status || (matches!(fault, Fault::MacToken) && found == 503);
        assert!(is_right, "{fault:?}: {found} {}", answer.body);
        assert_eq!(deployment.sessions().await, sessions, "{fault:?}");
        assert!(!browser.is_in().await, "{fault:?}");
        assert!(answer.body.contains("Sign in again"), "{fault:?}");
        assert_eq!(deployment.google.requests(Endpoint::Token), asked + 1, "{fault:?}");
    }
    deployment.signed_in(ADA).await;
}

#[tokio::test]
async fn a_provider_that_does_not_describe_itself_is_a_page_and_not_a_crash() {
    let faults = [
        Fault::Status(503),
        Fault::Status(404),
        Fault::Busy { retry_after_s: 7 },
        Fault::Late(SHORT * 3),
        Fault::Cut,
        Fault::Huge,
        Fault::Html,
        Fault::WrongIssuer,
    ];
    let deployment = impatient().await;
    for fault in faults {
        deployment.google.fail_next(Endpoint::Discovery, fault, 1);
        let browser = deployment.browser();
        let answer = browser.post("/accounts/login/", &[("next", "/runs/")]).await.expect(503);
        answer.shows("Try again later").shows("Sign in again").shows("value=\"/runs/\"");
    }
    assert!(deployment.google.authorisations().is_empty());
    // The description also holds where the keys are.
    deployment.google.fail_next(Endpoint::Jwks, Fault::Status(503), 1);
    deployment.browser().post("/accounts/login/", &[]).await.expect(503);
    deployment.signed_in(ADA).await;
}

#[tokio::test]
async fn new_keys_are_looked_for_once_and_not_for_every_unknown_one() {
    let deployment = Deployment::start().await;
    deployment.signed_in(ADA).await;
    assert_eq!(deployment.google.requests(Endpoint::Jwks), 1);
    deployment.google.rotate_keys();
    deployment.signed_in(ADA).await;
    assert_eq!(deployment.google.requests(Endpoint::Jwks), 2, "one look for the new key");
    deployment.signed_in(ADA).await;
    assert_eq!(deployment.google.requests(Endpoint::Jwks), 2);
    deployment.google.flaw(Some(IdTokenFlaw::KeyUnknown));
    for _ in 0..5 {
        assert_nobody_in(&deployment, "an unknown key", 400).await;
    }
    assert_eq!(deployment.google.requests(Endpoint::Jwks), 2, "not more than once a minute");

    let mut setup = SignInSetup::default();
    setup.timing.provider.keys_again = Duration::ZERO;
    let deployment = setup.start().await;
    deployment.google.flaw(Some(IdTokenFlaw::KeyUnknown));
    for _ in 0..3 {
        assert_nobody_in(&deployment, "an unknown key", 400).await;
    }
    assert_eq!(deployment.google.requests(Endpoint::Jwks), 4, "with each, as it is set to");
}

#[tokio::test]
async fn new_keys_that_cannot_be_had_let_nobody_in_until_they_can() {
    let deployment = Deployment::start().await;
    deployment.signed_in(ADA).await;
    deployment.google.rotate_keys();
    for fault in [Fault::Status(503), Fault::Cut, Fault::Html, Fault::Huge] {
        deployment.google.fail_next(Endpoint::Jwks, fault, 1);
        assert_nobody_in(&deployment, &format!("{fault:?}"), 503).await;
    }
    deployment.signed_in(ADA).await;
}

#[tokio::test]
async fn keys_of_somebody_else_let_nobody_in() {
    let deployment = Deployment::start().await;
    deployment.google.fail_always(Endpoint::Jwks, Fault::OtherKeys);
    for _ in 0..3 {
        assert_nobody_in(&deployment, "other keys", 400).await;
    }
}
