//! A token that is over is renewed once, however many want it, in whatever process.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tom_alerts::{
    domain::grant::GoogleRight,
    google::{AccessError, Token, TokenSource},
};

use super::{ADA, Deployment};
use crate::google_double::GoogleDouble;

const MEMBERS: usize = 20;
const MEMBERS_AT_ONCE: usize = 4;
const ROUNDS_OF_EACH: usize = 10;
const CALLERS_OF_EACH_PROCESS: usize = 100;

/// One member's tokens, as two processes get them.
struct Member {
    id: i64,
    email: String,
    sources: [Arc<dyn TokenSource>; 2],
}

/// The token of this address that Google gave last.
fn newest(google: &GoogleDouble, email: &str) -> Token {
    Token::new(google.live_access_tokens(email).pop().unwrap())
}

/// Everybody wants a token whose time is over; they all get the new one.
async fn round(deployment: &Deployment, member: &Member) {
    deployment
        .execute(&format!(
            "update google_credential set access_expires = now() - interval '1 second'
             where member_id = {}",
            member.id
        ))
        .await;
    let callers = member.sources.iter().flat_map(|source| {
        std::iter::repeat_with(|| source.token(None)).take(CALLERS_OF_EACH_PROCESS)
    });
    let got = futures::future::join_all(callers).await;
    let newest = newest(&deployment.google, &member.email);
    for token in got {
        assert_eq!(token, Ok(newest.clone()), "{}", member.email);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_callers_in_two_processes_cause_one_refresh_in_each_of_two_hundred_rounds() {
    let deployment = Deployment::start().await;
    deployment.google.rotate_refresh_tokens(true);
    let other = deployment.other_process().await;
    let mut members = Vec::new();
    for n in 0..MEMBERS {
        let email = format!("ada{n}@obs.example");
        deployment.connected(&email).await;
        let id = deployment.member_id(&email).await;
        let grants = [deployment.sign_in.grants(), &other];
        let sources = grants.map(|it| it.source(id, email.clone(), GoogleRight::PubSub));
        members.push(Member { id, email, sources });
    }
    for at_once in members.chunks(MEMBERS_AT_ONCE) {
        let rounds = at_once.iter().map(async |member| {
            for _ in 0..ROUNDS_OF_EACH {
                round(&deployment, member).await;
            }
        });
        futures::future::join_all(rounds).await;
    }
    let mut refreshes = BTreeMap::new();
    for email in deployment.google.refreshes() {
        *refreshes.entry(email).or_insert(0) += 1;
    }
    assert_eq!(refreshes.len(), MEMBERS);
    assert!(refreshes.values().all(|n| *n == ROUNDS_OF_EACH), "{refreshes:?}");
    assert_eq!(deployment.google.invalid_grants(), 0);
    for member in &members {
        assert_eq!(deployment.google.live_refresh_tokens(&member.email).len(), 1);
    }
}

#[tokio::test]
async fn a_token_that_google_refuses_is_renewed_once_for_all_who_were_refused() {
    let deployment = Deployment::start().await;
    deployment.google.rotate_refresh_tokens(true);
    deployment.connected(ADA).await;
    let here = deployment.tokens_of(ADA).await;
    let id = deployment.member_id(ADA).await;
    let there = deployment.other_process().await.source(id, ADA.to_owned(), GoogleRight::PubSub);
    for n in 1..=10 {
        let old = here.token(None).await.unwrap();
        let callers = (0..50).flat_map(|_| [here.token(Some(&old)), there.token(Some(&old))]);
        let got = futures::future::join_all(callers).await;
        let new = newest(&deployment.google, ADA);
        assert_ne!(new, old);
        assert!(got.into_iter().all(|token| token == Ok(new.clone())));
        assert_eq!(deployment.google.refreshes().len(), n);
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_and_not_long_before() {
    let deployment = Deployment::start().await;
    deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    for (left_s, is_renewed) in [(3_599, false), (400, false), (200, true), (1, true)] {
        deployment
            .execute(&format!(
                "update google_credential set access_obtained = now() - interval '{} seconds',
                     access_expires = now() + interval '{left_s} seconds'",
                3_600 - left_s
            ))
            .await;
        let before = deployment.google.refreshes().len();
        let present = newest(&deployment.google, ADA);
        assert_eq!(tokens.token(None).await, Ok(present.clone()), "it lives");
        // Renewed meanwhile: nobody waits for it.
        while is_renewed && tokens.token(None).await == Ok(present.clone()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(tokens.token(None).await, Ok(newest(&deployment.google, ADA)));
        let renewed = deployment.google.refreshes().len() - before;
        assert_eq!(renewed, usize::from(is_renewed), "{left_s} s before the end");
    }
}

#[tokio::test]
async fn who_has_granted_something_else_or_nothing_has_no_token() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    let not_granted = Err(AccessError::NotGranted(GoogleRight::PubSub));
    assert_eq!(tokens.token(None).await, not_granted);
    browser.connect("bigquery", "/").await.expect(303);
    assert_eq!(tokens.token(None).await, not_granted);
    assert!(deployment.google.refreshes().is_empty());
}
