//! How many requests one member may make: whoever is over it is told when to come again, and nobody else notices.

use std::num::NonZeroU32;

use super::{ADA, BOB, Deployment, SignInSetup};

async fn with_requests_a_minute(most: u32) -> Deployment {
    SignInSetup { requests_a_minute: NonZeroU32::new(most), ..SignInSetup::default() }.start().await
}

#[tokio::test]
async fn a_member_over_their_requests_is_told_when_to_come_again_and_the_others_are_served() {
    let deployment = with_requests_a_minute(80).await;
    let (ada, bob) = (deployment.signed_in(ADA).await, deployment.signed_in(BOB).await);
    // Another session of hers, from wherever: it is the member who counts.
    let elsewhere = deployment.signed_in(ADA).await;
    let mut n_served = 0;
    for n in 0..60 {
        let browser = if n % 2 == 0 { &ada } else { &elsewhere };
        let answer = browser.get("/runs/").await;
        if answer.status.as_u16() == 429 {
            break;
        }
        answer.expect(200);
        n_served += 1;
    }
    // Twenty at once, and one more for each 0.75 s that this took.
    assert!((18..50).contains(&n_served), "{n_served}");
    let page = ada
        .get("/targets/")
        .await
        .expect(429)
        .shows("Too many requests. Try again in")
        .shows("Too many requests<");
    let wait: u64 = page.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    let json = ada.get("/api/runs/").await.expect(429);
    assert!(json.headers.contains_key("retry-after"));
    assert!(json.json()["detail"].as_str().unwrap().contains("Too many requests"));
    for free in [
        "/healthz",
        "/readyz",
        page.body
            .split("href=\"")
            .find(|it| it.starts_with("/static/"))
            .unwrap()
            .split('"')
            .next()
            .unwrap(),
    ] {
        ada.get(free).await.expect(200);
    }
    for _ in 0..15 {
        bob.get("/runs/").await.expect(200);
    }
}

#[tokio::test]
async fn before_sign_in_an_address_counts() {
    let setup = SignInSetup {
        is_behind_proxy: false,
        requests_a_minute: NonZeroU32::new(40),
        ..SignInSetup::default()
    };
    let deployment = setup.start().await;
    let mut n_served = 0;
    for _ in 0..60 {
        let answer = deployment.browser().get("/accounts/login/").await;
        if answer.status.as_u16() == 429 {
            assert!(answer.headers.contains_key("retry-after"));
            break;
        }
        n_served += 1;
    }
    assert!((10..40).contains(&n_served), "{n_served}");
}
