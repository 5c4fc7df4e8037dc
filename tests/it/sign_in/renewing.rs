//! How patiently tokens are renewed: as is set.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tom_alerts::{
    domain::{grant::GoogleRight, timing::Timing},
    google::AccessError,
};

use super::{ADA, Deployment, SignInSetup};
use crate::google_double::{Endpoint, Fault};

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_hours(1);
/// Much longer than what is waited for may take.
const LIMIT: Duration = Duration::from_secs(20);

/// A deployment that is so patient, where Ada's token is over.
async fn with_a_token_that_is_over(change: impl FnOnce(&mut Timing)) -> Deployment {
    let mut setup = SignInSetup::default();
    change(&mut setup.timing);
    let deployment = setup.start().await;
    deployment.connected(ADA).await;
    deployment.expire_here().await;
    deployment
}

#[tokio::test]
async fn who_waits_for_another_process_looks_as_often_as_is_set_what_it_has_done() {
    for (look, is_noticed) in [(SHORT, true), (LONG, false)] {
        let deployment = with_a_token_that_is_over(|timing| timing.grants.look = look).await;
        let other = "update google_credential set lease_holder = 'another process',
                         lease_until = now() + interval '1 hour'";
        deployment.execute(other).await;
        let tokens = deployment.tokens_of(ADA).await;
        let waiting = tokio::spawn(async move { tokens.token(None).await });
        sleep(SHORT * 10).await;
        assert!(!waiting.is_finished());
        let renewed = "update google_credential set access_expires = now() + interval '1 hour'";
        deployment.execute(renewed).await;
        deployment.tokens_of(ADA).await.token(None).await.unwrap();
        if is_noticed {
            timeout(LIMIT, waiting).await.expect("nobody looks").unwrap().unwrap();
        } else {
            sleep(SHORT * 10).await;
            assert!(!waiting.is_finished());
        }
    }
}

#[tokio::test]
async fn a_renewal_is_left_to_the_process_that_began_it_as_long_as_is_set() {
    let soon = Duration::from_secs(1);
    for (lease, answered, n_renewals) in [(SHORT, LONG, 2), (LONG, soon, 1)] {
        let deployment = with_a_token_that_is_over(|timing| {
            timing.grants.lease = lease;
            timing.provider.answer = LONG * 2;
        })
        .await;
        let google = &deployment.google;
        google.fail_next(Endpoint::Token, Fault::Late(answered), 1);
        let n_before = google.requests(Endpoint::Token);
        let here = deployment.tokens_of(ADA).await;
        let slow = tokio::spawn(async move { here.token(None).await });
        google.called(Endpoint::Token, n_before + 1).await;
        let other = deployment.other_process().await;
        let there =
            other.source(deployment.member_id(ADA).await, ADA.to_owned(), GoogleRight::PubSub);
        let got = timeout(LIMIT, there.token(None)).await.expect("it waits on");
        assert!(got.is_ok(), "{got:?}");
        assert_eq!(google.refreshes().len(), n_renewals);
        slow.abort();
    }
}

#[tokio::test]
async fn after_a_renewal_that_failed_nobody_asks_for_as_long_as_is_set() {
    for (first_pause, n_asked) in [(LONG, 1), (Duration::ZERO, 5)] {
        let deployment =
            with_a_token_that_is_over(|timing| timing.grants.first_pause = first_pause).await;
        let google = &deployment.google;
        google.fail_always(Endpoint::Token, Fault::Status(503));
        let n_before = google.requests(Endpoint::Token);
        let tokens = deployment.tokens_of(ADA).await;
        for _ in 0..5 {
            let refused = tokens.token(None).await;
            assert!(matches!(refused, Err(AccessError::Passing(_))), "{refused:?}");
        }
        assert_eq!(google.requests(Endpoint::Token), n_before + n_asked);
    }
}

#[tokio::test]
async fn nobody_waits_for_a_renewal_whose_token_lives() {
    let mut setup = SignInSetup::default();
    (setup.timing.provider.answer, setup.timing.grants.lease) = (LONG * 2, LONG * 2);
    let deployment = setup.start().await;
    deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    let present = tokens.token(None).await.unwrap();
    // Old enough to be renewed.
    let ends_soon = "update google_credential set access_obtained = now() - interval '58 minutes',
                         access_expires = now() + interval '2 minutes'";
    deployment.execute(ends_soon).await;
    let google = &deployment.google;
    google.fail_always(Endpoint::Token, Fault::Late(LONG));
    let n_before = google.requests(Endpoint::Token);
    let other = deployment.other_process().await;
    let there = other.source(deployment.member_id(ADA).await, ADA.to_owned(), GoogleRight::PubSub);
    for _ in 0..5 {
        for source in [&tokens, &there] {
            let got = timeout(LIMIT, source.token(None)).await.expect("it waits for the provider");
            assert_eq!(got, Ok(present.clone()));
        }
        google.called(Endpoint::Token, n_before + 1).await;
    }
    assert_eq!(google.requests(Endpoint::Token), n_before + 1, "it is renewed once");
}
