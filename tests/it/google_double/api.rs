//! The API of the double: whose token it takes, and what is behind it.

use serde_json::{Value, json};

use super::{
    Account, Endpoint, PUBSUB,
    client::{ADA, CONNECT, Client, answer},
};
use crate::pubsub_double::{PubSubDouble, Verb};

const BOB: &str = "bob@obs.example";

#[tokio::test]
async fn a_call_without_a_good_token_or_its_scope_is_refused_as_google_does() {
    let client = Client::start().await;
    let url = client.url("/v1/projects/mine/topics/loop");
    let (status, refused) = answer(client.http.get(&url)).await;
    assert_eq!((status, &refused["error"]["code"]), (401, &401.into()));
    let (status, refused) = client.pull(&json!("ya29.never-given")).await;
    assert_eq!((status, &refused["error"]["status"]), (401, &"UNAUTHENTICATED".into()));
    let tokens = client.connect(&[]).await;
    let (status, denied) = client.pull(&tokens["access_token"]).await;
    assert_eq!((status, &denied["error"]["status"]), (403, &"PERMISSION_DENIED".into()));
    let reason = &denied["error"]["details"][0]["reason"];
    assert_eq!(reason, "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    let statuses: Vec<_> =
        client.double.calls(Endpoint::Api).iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(401), Some(401), Some(403)]);
    let (status, _) = answer(client.http.get(client.url("/userinfo"))).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn the_journal_tells_whose_token_came_with_each_call() {
    let client = Client::start().await;
    let adas = client.connect(CONNECT).await["access_token"].clone();
    client.double.account(Account::new(BOB));
    let bobs = client.connect(&[("scope", PUBSUB)]).await["access_token"].clone();
    for token in [&bobs, &adas, &bobs] {
        client.pull(token).await;
    }
    let calls = client.double.calls(Endpoint::Api);
    let callers: Vec<_> = calls.iter().map(|call| call.email.as_deref().unwrap()).collect();
    assert_eq!(callers, [BOB, ADA, BOB]);
    assert_eq!(calls[0].bearer(), bobs.as_str());
    assert_eq!(calls[0].path, "/v1/projects/mine/subscriptions/loop:pull");
    assert_eq!(serde_json::from_slice::<Value>(&calls[0].body).unwrap(), json!({"maxMessages": 1}));
}

#[tokio::test]
async fn calls_with_a_good_token_go_on_to_the_service_behind_and_no_others_do() {
    let client = Client::start().await;
    let pubsub = PubSubDouble::start().await;
    client.double.forward_api_to(&pubsub.url());
    let topic = pubsub.create_topic("mine", "alerts");
    pubsub.create_subscription("mine", "loop", &topic);
    pubsub.publish(&topic, b"packet", &[]);

    assert_eq!(client.pull(&json!("ya29.never-given")).await.0, 401);
    let token = client.connect(CONNECT).await["access_token"].clone();
    let (status, answer) = client.pull(&token).await;
    assert_eq!((status, answer["receivedMessages"].as_array().unwrap().len()), (200, 1));
    pubsub.delete_subscription("projects/mine/subscriptions/loop");
    assert_eq!(client.pull(&token).await.0, 404);
    assert_eq!(pubsub.calls(Verb::Pull).len(), 2);
    assert!(pubsub.tokens_seen().is_empty());

    drop(pubsub);
    let (status, away) = client.pull(&token).await;
    assert_eq!((status, &away["error"]["status"]), (503, &"UNAVAILABLE".into()));
}
