//! Refresh tokens of the double: used, rotated, replayed, revoked, at their end.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Account, Ending, Endpoint,
    client::{ADA, CONNECT, Client, has_pubsub},
};

#[tokio::test]
async fn a_refresh_gives_another_access_token_and_keeps_the_refresh_token() {
    let client = Client::start().await;
    let tokens = client.connect(CONNECT).await;
    for _ in 0..2 {
        let (status, refreshed) = client.refresh(&tokens["refresh_token"]).await;
        assert_eq!((status, &refreshed["refresh_token"]), (200, &Value::Null));
        assert_ne!(refreshed["access_token"], tokens["access_token"]);
        assert!(has_pubsub(&refreshed) && refreshed["id_token"].is_string());
        assert_eq!(client.pull(&refreshed["access_token"]).await.0, 200);
    }
    assert_eq!(client.double.refreshes(), [ADA, ADA]);
    assert_eq!(client.double.token_requests("refresh_token"), 2);
    assert_eq!(client.double.live_access_tokens(ADA).len(), 3);
}

#[tokio::test]
async fn a_refresh_for_fewer_scopes_gives_those_and_one_for_more_nothing() {
    let client = Client::start().await;
    let tokens = client.connect(CONNECT).await;
    let refresh = async |scope| {
        let token = tokens["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
        client.token(&form).await.1
    };
    assert_eq!(refresh("openid").await["scope"], "openid");
    let more = refresh("openid https://www.googleapis.com/auth/bigquery").await;
    assert_eq!(more["error"], "invalid_scope");
}

#[tokio::test]
async fn a_rotated_refresh_token_that_comes_again_ends_the_grant() {
    let client = Client::start().await;
    client.double.rotate_refresh_tokens(true);
    let first = client.connect(CONNECT).await["refresh_token"].clone();
    let (_, refreshed) = client.refresh(&first).await;
    let second = &refreshed["refresh_token"];
    assert!(second.is_string() && *second != first);
    assert_eq!(json!(client.double.live_refresh_tokens(ADA)), json!([second]));
    assert_eq!(client.refresh(&first).await.1["error"], "invalid_grant");
    assert_eq!(client.refresh(second).await.1["error"], "invalid_grant");
    assert_eq!(client.pull(&refreshed["access_token"]).await.0, 401);
    assert_eq!((client.double.refreshes().len(), client.double.invalid_grants()), (1, 2));
}

#[tokio::test]
async fn access_tokens_end_by_the_clock_and_when_the_test_says_so() {
    let client = Client::start().await;
    let tokens = client.connect(CONNECT).await;
    client.double.clock_ahead(3598);
    assert_eq!(client.pull(&tokens["access_token"]).await.0, 200);
    client.double.clock_ahead(3600);
    let (status, refused) = client.pull(&tokens["access_token"]).await;
    assert_eq!((status, &refused["error"]["status"]), (401, &"UNAUTHENTICATED".into()));

    client.double.access_token_lifetime(Duration::from_secs(5));
    let (_, refreshed) = client.refresh(&tokens["refresh_token"]).await;
    assert_eq!(refreshed["expires_in"], 5);
    client.double.expire_access_tokens("bob@obs.example");
    assert_eq!(client.pull(&refreshed["access_token"]).await.0, 200);
    client.double.expire_access_tokens(ADA);
    assert_eq!(client.pull(&refreshed["access_token"]).await.0, 401);
    assert_eq!(client.refresh(&tokens["refresh_token"]).await.0, 200);
}

#[tokio::test]
async fn either_token_revokes_the_whole_grant_and_no_other() {
    for kind in ["access_token", "refresh_token"] {
        let client = Client::start().await;
        let older = client.connect(CONNECT).await;
        let tokens = client.refresh(&older["refresh_token"]).await.1;
        client.double.account(Account::new("bob@obs.example"));
        let bobs = client.connect(CONNECT).await;

        let token = if kind == "access_token" { &tokens[kind] } else { &older[kind] };
        assert_eq!(client.revoke(token).await, (200, json!({})));
        assert_eq!(client.pull(&older["access_token"]).await.0, 401);
        assert_eq!(client.pull(&tokens["access_token"]).await.0, 401);
        let (status, refused) = client.refresh(&older["refresh_token"]).await;
        assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()));
        let (status, again) = client.revoke(token).await;
        assert_eq!((status, &again["error"]), (400, &"invalid_token".into()));
        assert_eq!(client.pull(&bobs["access_token"]).await.0, 200);
        assert_eq!(client.double.revocations(), [ADA]);
        assert_eq!(client.double.requests(Endpoint::Revoke), 2);
    }
}

#[tokio::test]
async fn a_grant_ends_in_eight_ways_which_all_are_invalid_grant() {
    for ending in Ending::ALL {
        let client = Client::start().await;
        let tokens = client.connect(CONNECT).await;
        client.double.end_grants(ADA, ending);
        let (status, refused) = client.refresh(&tokens["refresh_token"]).await;
        assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()), "{ending:?}");
        let is_session_control = ending == Ending::SessionControl;
        assert_eq!(refused["error_subtype"] == "invalid_rapt", is_session_control, "{refused}");
        let is_harsh = matches!(ending, Ending::Revoked | Ending::AccountDeleted);
        assert_eq!(client.double.live_access_tokens(ADA).is_empty(), is_harsh, "{ending:?}");
        assert!(client.double.live_refresh_tokens(ADA).is_empty());
        assert!(client.double.refreshes().is_empty());
    }
}

#[tokio::test]
async fn the_oldest_of_more_than_a_hundred_refresh_tokens_ends_silently() {
    let client = Client::start().await;
    let prompted: Vec<_> = CONNECT.iter().copied().chain([("prompt", "consent")]).collect();
    let mut given = Vec::new();
    for _ in 0..101 {
        given.push(client.connect(&prompted).await["refresh_token"].clone());
    }
    assert_eq!(client.refresh(&given[0]).await.1["error"], "invalid_grant");
    assert_eq!(client.refresh(&given[1]).await.0, 200);
    assert_eq!(client.double.live_refresh_tokens(ADA).len(), 100);
}
