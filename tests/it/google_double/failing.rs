//! The double fails as a test says, so often as it says.

use std::time::Duration;

use futures::FutureExt;
use serde_json::Value;

use super::{
    Endpoint, Fault,
    client::{ADA, CONNECT, Client, answer},
};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A client that is connected, and its refresh token.
async fn connected() -> (Client, Value) {
    let client = Client::start().await;
    let token = client.connect(CONNECT).await["refresh_token"].clone();
    (client, token)
}

async fn get(client: &Client, path: &str) -> (u16, Value) {
    answer(client.http.get(client.url(path))).await
}

/// What a refresh is answered when it fails so.
async fn refresh_failing(fault: Fault) -> (u16, Value) {
    let (client, token) = connected().await;
    client.double.fail_next(Endpoint::Token, fault, 1);
    client.refresh(&token).await
}

#[tokio::test]
async fn ordered_faults_come_so_often_as_they_were_ordered() {
    let (client, token) = connected().await;
    let double = &client.double;
    double.fail_next(Endpoint::Token, Fault::Status(503), 2);
    double.fail_next(Endpoint::Token, Fault::Busy { retry_after_s: 7 }, 1);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(client.refresh(&token).await.0);
    }
    assert_eq!(statuses, [503, 503, 429, 200]);
    assert_eq!((double.faults(Endpoint::Token), double.refreshes().len()), (3, 1));
    assert_eq!((double.faults(Endpoint::Revoke), double.faults(Endpoint::Api)), (0, 0));

    double.fail_always(Endpoint::Token, Fault::Status(500));
    double.fail_next(Endpoint::Token, Fault::Status(503), 1);
    let statuses = [client.refresh(&token).await.0, client.refresh(&token).await.0];
    assert_eq!(statuses, [503, 500]);
    double.heal(Endpoint::Token);
    assert_eq!(client.refresh(&token).await.0, 200);
}

#[tokio::test]
async fn a_busy_endpoint_says_when_to_come_again() {
    let (client, token) = connected().await;
    client.double.fail_next(Endpoint::Token, Fault::Busy { retry_after_s: 7 }, 1);
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())];
    let response = client.token_request(&form).send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "7");
}

#[tokio::test]
async fn the_token_endpoint_refuses_in_the_words_of_google() {
    let (status, ended) = refresh_failing(Fault::InvalidGrant).await;
    assert_eq!((status, &ended["error"]), (400, &"invalid_grant".into()));
    assert_eq!(ended["error_description"], "Token has been expired or revoked.");
    let (status, rapt) = refresh_failing(Fault::InvalidRapt).await;
    assert_eq!((status, &rapt["error"]), (400, &"invalid_grant".into()));
    assert_eq!(rapt["error_subtype"], "invalid_rapt");
    let (status, client) = refresh_failing(Fault::InvalidClient).await;
    assert_eq!((status, &client["error"]), (401, &"invalid_client".into()));
}

#[tokio::test]
async fn an_ordered_invalid_grant_is_counted_and_ends_nothing() {
    let (client, token) = connected().await;
    client.double.fail_next(Endpoint::Token, Fault::InvalidGrant, 1);
    client.refresh(&token).await;
    assert_eq!((client.double.invalid_grants(), client.double.refreshes().len()), (1, 0));
    assert_eq!(client.refresh(&token).await.0, 200);
}

#[tokio::test]
async fn an_answer_with_tokens_is_spoilt_in_one_place() {
    let (_, without_type) = refresh_failing(Fault::NoTokenType).await;
    assert!(without_type["access_token"].is_string());
    assert_eq!(without_type["token_type"], Value::Null);
    assert_eq!(refresh_failing(Fault::MacToken).await.1["token_type"], "MAC");
    assert_eq!(refresh_failing(Fault::NoIdToken).await.1["id_token"], Value::Null);
    assert_eq!(refresh_failing(Fault::IdTokenNoJwt).await.1["id_token"], "no JWT");
}

#[tokio::test]
async fn a_cut_request_does_nothing_and_a_lost_answer_is_of_one_that_was_served() {
    let (client, token) = connected().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())];
    client.double.fail_next(Endpoint::Token, Fault::Cut, 1);
    client.double.fail_next(Endpoint::Token, Fault::Lost, 1);
    client.token_request(&form).send().await.unwrap_err();
    assert!(client.double.refreshes().is_empty());
    client.token_request(&form).send().await.unwrap_err();
    assert_eq!(client.double.refreshes(), [ADA]);
    let statuses: Vec<_> =
        client.double.calls(Endpoint::Token).iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(200), None, Some(200)]);
}

#[tokio::test]
async fn a_late_answer_is_of_a_request_that_was_served_at_once() {
    let (client, token) = connected().await;
    let hour = Fault::Late(Duration::from_hours(1));
    client.double.fail_next(Endpoint::Token, hour, 1);
    client.double.fail_next(Endpoint::Token, Fault::Late(Duration::from_millis(1)), 1);
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())];
    let late = tokio::spawn(client.token_request(&form).send());
    client.double.called(Endpoint::Token, 2).await;
    assert_eq!(client.refresh(&token).await.0, 200, "the next one is soon");
    assert_eq!(client.double.refreshes(), [ADA, ADA]);
    assert!(!late.is_finished());
    late.abort();
}

#[tokio::test]
async fn waiting_for_calls_that_have_come_or_come_later_ends() {
    let client = Client::start().await;
    client.double.called(Endpoint::Jwks, 0).await;
    let mut waiting = Box::pin(client.double.called(Endpoint::Jwks, 1));
    assert!(waiting.as_mut().now_or_never().is_none());
    let ((), (status, _)) = tokio::join!(waiting, get(&client, "/jwks"));
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_huge_answer_can_be_read_and_is_of_a_length_that_is_not_said() {
    let (client, _) = connected().await;
    for (endpoint, path) in [(Endpoint::Discovery, DISCOVERY), (Endpoint::Jwks, "/jwks")] {
        client.double.fail_next(endpoint, Fault::Huge, 1);
        let response = client.http.get(client.url(path)).send().await.unwrap();
        assert_eq!(response.content_length(), None);
        let text = response.text().await.unwrap();
        assert!(text.len() > 2 << 20 && serde_json::from_str::<Value>(&text).is_ok());
    }
    let (status, tokens) = refresh_failing(Fault::Huge).await;
    assert!(status == 200 && tokens["access_token"].is_string());
}

#[tokio::test]
async fn a_page_instead_of_json_has_status_200() {
    let (client, _) = connected().await;
    client.double.fail_next(Endpoint::Discovery, Fault::Html, 1);
    let response = client.http.get(client.url(DISCOVERY)).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(response.status(), 200);
    response.json::<Value>().await.unwrap_err();
}

#[tokio::test]
async fn discovery_and_keys_and_revocation_fail_in_their_own_ways() {
    let (client, token) = connected().await;
    let double = &client.double;
    double.fail_next(Endpoint::Discovery, Fault::WrongIssuer, 1);
    assert_ne!(get(&client, DISCOVERY).await.1["issuer"], double.issuer().as_str());
    assert_eq!(get(&client, DISCOVERY).await.1["issuer"], double.issuer().as_str());

    let kid = async || get(&client, "/jwks").await.1["keys"][0]["kid"].clone();
    let first = kid().await;
    double.fail_next(Endpoint::Jwks, Fault::OtherKeys, 1);
    assert_ne!(kid().await, first);
    assert_eq!(kid().await, first);
    double.rotate_keys();
    assert_ne!(kid().await, first);
    double.fail_next(Endpoint::Jwks, Fault::Status(503), 1);
    assert_eq!(get(&client, "/jwks").await.0, 503);

    double.fail_next(Endpoint::Revoke, Fault::InvalidToken, 1);
    double.fail_next(Endpoint::Revoke, Fault::Status(503), 1);
    let (status, refused) = client.revoke(&token).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_token".into()));
    assert_eq!(client.revoke(&token).await.0, 503);
    assert_eq!((double.revocations().len(), double.live_refresh_tokens(ADA).len()), (0, 1));
    assert_eq!(client.revoke(&token).await.0, 200);

    double.fail_next(Endpoint::Api, Fault::Status(503), 1);
    assert_eq!(client.pull(&token).await.1["error"]["status"], "UNAVAILABLE");
    double.fail_next(Endpoint::Authorize, Fault::Status(500), 1);
    let page = client.http.get(client.address(&[])).send().await.unwrap();
    assert_eq!(page.status(), 500);
}

#[tokio::test]
#[should_panic(expected = "Jwks cannot fail by MacToken")]
async fn a_fault_that_an_endpoint_cannot_have_is_not_taken() {
    Client::start().await.double.fail_next(Endpoint::Jwks, Fault::MacToken, 1);
}

#[tokio::test]
#[should_panic(expected = "401 Unauthorized")]
async fn a_browser_that_is_left_on_a_page_is_a_failure_of_the_test() {
    let client = Client::start().await;
    client.authorize(&[("client_id", "another")]).await;
}
