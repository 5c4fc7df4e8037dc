//! Renewals that go wrong on their way: nothing is lost that can be kept, and nobody asks for ever.

use std::time::Duration;

use tom_alerts::{
    domain::grant::GoogleRight,
    google::{AccessError, Token},
};

use super::{ADA, Deployment};
use crate::google_double::{Endpoint, Fault};

/// Longer than the first pause after a renewal that failed.
const A_PAUSE: Duration = Duration::from_millis(1_200);

#[tokio::test]
async fn an_answer_that_is_lost_costs_nothing_where_refresh_tokens_stay() {
    let deployment = Deployment::start().await;
    deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    for n in 1..=2 {
        deployment.expire_here().await;
        deployment.google.fail_next(Endpoint::Token, Fault::Lost, 1);
        let lost = tokens.token(None).await;
        assert!(matches!(lost, Err(AccessError::Passing(_))), "{lost:?}");
        tokio::time::sleep(A_PAUSE).await;
        tokens.token(None).await.unwrap();
        assert_eq!(deployment.google.refreshes().len(), 2 * n);
    }
    assert_eq!(deployment.google.invalid_grants(), 0);
}

#[tokio::test]
async fn an_answer_that_is_lost_costs_one_sign_in_where_refresh_tokens_rotate_and_no_loop() {
    let deployment = Deployment::start().await;
    deployment.google.rotate_refresh_tokens(true);
    let browser = deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    deployment.expire_here().await;
    deployment.google.fail_next(Endpoint::Token, Fault::Lost, 1);
    assert!(matches!(tokens.token(None).await, Err(AccessError::Passing(_))));
    tokio::time::sleep(A_PAUSE).await;
    for _ in 0..20 {
        assert!(matches!(tokens.token(None).await, Err(AccessError::NeedsSignIn(_))));
    }
    assert_eq!(deployment.google.invalid_grants(), 1, "a dead token is tried once");
    browser.connect("pubsub", "/").await.expect(303);
    tokens.token(None).await.unwrap();
}

#[tokio::test]
async fn what_google_answered_is_kept_also_when_nobody_waits_for_it_any_more() {
    let deployment = Deployment::start().await;
    deployment.google.rotate_refresh_tokens(true);
    deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    for n in 1..=5 {
        deployment.expire_here().await;
        deployment.google.fail_next(Endpoint::Token, Fault::Late(Duration::from_millis(200)), 1);
        let wanted = deployment.google.requests(Endpoint::Token) + 1;
        tokio::select! {
            _ = tokens.token(None) => panic!("it came too soon"),
            () = deployment.google.called(Endpoint::Token, wanted) => {}
        }
        let token = tokens.token(None).await.unwrap();
        let newest = deployment.google.live_access_tokens(ADA).pop().unwrap();
        assert_eq!(token, Token::new(newest));
        assert_eq!(deployment.google.refreshes().len(), n);
    }
    assert_eq!(deployment.google.invalid_grants(), 0);
}

#[tokio::test]
async fn a_provider_that_fails_is_not_asked_by_each_who_wants_a_token() {
    let deployment = Deployment::start().await;
    deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    for fault in [Fault::Status(503), Fault::Busy { retry_after_s: 60 }] {
        deployment.expire_here().await;
        deployment.google.fail_always(Endpoint::Token, fault);
        let before = deployment.google.requests(Endpoint::Token);
        let got = futures::future::join_all((0..100).map(|_| tokens.token(None))).await;
        assert!(got.iter().all(|token| matches!(token, Err(AccessError::Passing(_)))), "{got:?}");
        let asked = deployment.google.requests(Endpoint::Token) - before;
        assert_eq!(asked, 1, "{fault:?}: for a hundred callers");
        deployment.google.heal(Endpoint::Token);
        tokio::time::sleep(A_PAUSE).await;
        tokens.token(None).await.unwrap();
    }
    let needs_sign_in = "select count(*) from google_credential where needs_sign_in";
    assert_eq!(deployment.count(needs_sign_in).await, 0, "passing trouble is no end");
}

#[tokio::test]
async fn the_present_token_is_used_while_it_lives_and_cannot_be_renewed() {
    let deployment = Deployment::start().await;
    let browser = deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    let present = tokens.token(None).await.unwrap();
    deployment
        .execute(
            "update google_credential set access_obtained = now() - interval '59 minutes',
                                          access_expires = now() + interval '1 minute'",
        )
        .await;
    deployment.google.fail_always(Endpoint::Token, Fault::Status(503));
    for _ in 0..20 {
        assert_eq!(tokens.token(None).await.unwrap(), present);
    }
    // Nobody has waited for the renewal.
    while !browser.get("/accounts/profile/").await.expect(200).body.contains("Last error") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(deployment.google.token_requests("refresh_token"), 1);
    browser.get("/accounts/profile/").await.expect(200).shows("connected");
}

#[tokio::test]
async fn a_client_that_google_refuses_is_no_fault_of_the_member() {
    let deployment = Deployment::start().await;
    deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    deployment.expire_here().await;
    deployment.google.fail_always(Endpoint::Token, Fault::InvalidClient);
    for _ in 0..3 {
        let refused = tokens.token(None).await;
        assert!(matches!(refused, Err(AccessError::BadClient(_))), "{refused:?}");
    }
    deployment.google.heal(Endpoint::Token);
    tokio::time::sleep(A_PAUSE).await;
    tokens.token(None).await.unwrap();
}

#[tokio::test]
async fn a_process_that_died_while_it_renewed_holds_nobody_up_for_ever() {
    let deployment = Deployment::start().await;
    deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    deployment.expire_here().await;
    deployment
        .execute(
            "update google_credential set lease_holder = 'dead',
                                          lease_until = now() + interval '1 second'",
        )
        .await;
    tokens.token(None).await.unwrap();
    assert_eq!(deployment.google.refreshes(), [ADA]);
    // Who has disconnected meanwhile gets nothing, however long it took.
    deployment.expire_here().await;
    deployment.google.fail_next(Endpoint::Token, Fault::Late(Duration::from_millis(300)), 1);
    let id = deployment.member_id(ADA).await;
    let (late, gone) = tokio::join!(tokens.token(None), async {
        deployment.google.called(Endpoint::Token, 4).await;
        deployment.sign_in.grants().disconnect(id).await
    });
    gone.unwrap();
    assert!(late.is_err(), "{late:?}");
    assert_eq!(tokens.token(None).await, Err(AccessError::NotGranted(GoogleRight::PubSub)));
}
