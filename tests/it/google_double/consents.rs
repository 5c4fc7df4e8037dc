//! Consents of the double: partial, declined, repeated; and when a refresh token comes of one.

use serde_json::Value;

use super::{
    Account, BIGQUERY, Consent, PUBSUB,
    client::{ADA, CONNECT, Client, has_pubsub},
};

/// `CONNECT` with another value of one parameter.
fn with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let kept = CONNECT.iter().filter(|(one, _)| *one != name).copied();
    kept.chain([(name, value)]).collect()
}

#[tokio::test]
async fn all_parts_of_a_consent_can_be_left_out_but_who_one_is() {
    let logging = "https://www.googleapis.com/auth/logging.write";
    let boxes = [PUBSUB, BIGQUERY, logging];
    for subset in 0..8_usize {
        let client = Client::start().await;
        let ticked: Vec<_> =
            (0..3).filter(|at| subset >> at & 1 == 1).map(|at| boxes[at]).collect();
        client.double.consent(Consent::Only(ticked.clone()));
        let scope = format!("openid email {}", boxes.join(" "));
        let tokens = client.connect(&[("scope", &scope)]).await;
        let granted = tokens["scope"].as_str().unwrap();
        assert!(granted.starts_with("openid https://www.googleapis.com/auth/userinfo.email"));
        for scope in boxes {
            assert_eq!(granted.contains(scope), ticked.contains(&scope), "{subset}: {granted}");
        }
        let status = if ticked.contains(&PUBSUB) { 200 } else { 403 };
        assert_eq!(client.pull(&tokens["access_token"]).await.0, status);
    }
}

#[tokio::test]
async fn a_declined_consent_comes_back_with_an_error_and_grants_nothing() {
    let client = Client::start().await;
    client.double.consent(Consent::Decline);
    let back = client.authorize(CONNECT).await;
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "the-state"));
    assert!(!back.contains_key("code"));
    let description = "<b>Not here</b>";
    client.double.consent(Consent::Fail { error: "admin_policy_enforced", description });
    let back = client.authorize(CONNECT).await;
    assert_eq!(back["error"], "admin_policy_enforced");
    assert_eq!(back["error_description"], description);
    client.double.consent(Consent::Only(vec![]));
    assert_eq!(client.authorize(&[("scope", PUBSUB)]).await["error"], "access_denied");
    client.double.consent(Consent::All);
    assert!(client.connect(CONNECT).await["refresh_token"].is_string(), "still the first consent");
}

#[tokio::test]
async fn only_the_first_consent_or_a_prompted_one_gives_a_refresh_token() {
    let client = Client::start().await;
    assert!(client.connect(CONNECT).await["refresh_token"].is_string());
    let back = client.authorize(CONNECT).await;
    assert_eq!(back["prompt"], "none", "nobody is asked again");
    assert_eq!(client.connect(CONNECT).await["refresh_token"], Value::Null);
    let prompted = with("prompt", "select_account consent");
    assert!(client.connect(&prompted).await["refresh_token"].is_string());
    assert_eq!(client.double.live_refresh_tokens(ADA).len(), 2);

    client.double.revoke_all(ADA);
    assert!(client.double.live_refresh_tokens(ADA).is_empty());
    assert!(client.connect(CONNECT).await["refresh_token"].is_string(), "first consent anew");
    client.double.account(Account::new("bob@obs.example"));
    assert_eq!(client.connect(&[]).await["refresh_token"], Value::Null, "online");
    assert_eq!(client.connect(CONNECT).await["refresh_token"], Value::Null, "no longer first");
    let online = with("access_type", "online");
    assert_eq!(client.connect(&online).await["refresh_token"], Value::Null);
}

#[tokio::test]
async fn scopes_granted_before_come_along_when_they_are_asked_for() {
    let client = Client::start().await;
    client.connect(CONNECT).await;
    let more = [("scope", BIGQUERY), ("include_granted_scopes", "true")];
    let tokens = client.connect(&more).await;
    assert!(has_pubsub(&tokens) && tokens["scope"].as_str().unwrap().contains(BIGQUERY));
    let alone = client.connect(&[("scope", BIGQUERY)]).await;
    assert_eq!(alone["scope"], BIGQUERY);
}

#[tokio::test]
async fn an_old_refresh_token_gains_scopes_or_does_not() {
    for is_gaining in [true, false] {
        let client = Client::start().await;
        client.double.refresh_tokens_gain_scopes(is_gaining);
        let first = client.connect(&with("scope", "openid email")).await;
        assert!(has_pubsub(&client.connect(CONNECT).await));
        let (_, refreshed) = client.refresh(&first["refresh_token"]).await;
        assert_eq!(has_pubsub(&refreshed), is_gaining);
    }
}

#[tokio::test]
async fn a_prompt_for_nothing_is_refused_where_somebody_must_be_asked() {
    let client = Client::start().await;
    let silent = with("prompt", "none");
    assert_eq!(client.authorize(&silent).await["error"], "interaction_required");
    client.connect(CONNECT).await;
    assert!(client.authorize(&silent).await.contains_key("code"));
    client.double.consent(Consent::Decline);
    assert!(client.authorize(CONNECT).await.contains_key("code"), "nobody is asked");
    let choosing = with("prompt", "select_account");
    assert_eq!(client.authorize(&choosing).await["error"], "access_denied");
}

#[tokio::test]
async fn accounts_are_told_apart_by_sub_and_not_by_address() {
    let client = Client::start().await;
    client.connect(CONNECT).await;
    let namesake = Account { sub: "1".to_owned(), ..Account::new(ADA) };
    assert_ne!(namesake.sub, Account::new(ADA).sub);
    client.double.account(namesake);
    let tokens = client.connect(CONNECT).await;
    assert!(tokens["refresh_token"].is_string(), "somebody else's first consent");
    client.double.account(Account { email: "ada@new.example".to_owned(), ..Account::new(ADA) });
    assert_eq!(client.connect(CONNECT).await["refresh_token"], Value::Null, "the same person");
}
