//! Signing in, as it should go.

use tom_alerts::actions::sign_in::Policy;

use super::{ADA, Deployment, SignInSetup, browser::parameter};
use crate::google_double::{CLIENT_ID, Endpoint};

#[tokio::test]
async fn who_wants_a_page_signs_in_on_the_way_to_it() {
    let deployment = Deployment::start().await;
    let browser = deployment.browser();
    let sent_away = browser.get("/runs/?state=failed").await.expect(303);
    let login = "/accounts/login/?next=%2Fruns%2F%3Fstate%3Dfailed";
    assert_eq!(sent_away.location(), login);
    browser
        .get(login)
        .await
        .expect(200)
        .shows("Sign in to continue to")
        .shows("/runs/?state=failed");
    let way = browser.depart("/runs/?state=failed").await;
    let back = browser.visit(&way).await;
    assert!(browser.cookie("sid").is_none(), "nobody is in before the callback");
    let answer = browser.get(&back).await.expect(303);
    assert_eq!(answer.location(), "/runs/?state=failed");
    browser.get(answer.location()).await.expect(200).shows("Sign out").shows(ADA);
    assert_eq!(deployment.sessions().await, 1);
    assert_eq!(deployment.google.token_requests("authorization_code"), 1);
    // Nothing is kept of the tokens of a sign-in.
    assert_eq!(deployment.count("select count(*) from google_credential").await, 0);
}

#[tokio::test]
async fn the_way_to_the_provider_asks_for_who_one_is_and_nothing_else() {
    let deployment = SignInSetup::https().start().await;
    let browser = deployment.browser();
    let way = browser.depart("/").await;
    assert!(way.as_str().starts_with(&format!("{}/authorize?", deployment.google.issuer())));
    let text = |name: &str| parameter(&way, name);
    assert_eq!(text("response_type").as_deref(), Some("code"));
    assert_eq!(text("client_id").as_deref(), Some(CLIENT_ID));
    let redirect_uri = "https://alerts.obs.example/accounts/callback/";
    assert_eq!(text("redirect_uri").as_deref(), Some(redirect_uri));
    assert_eq!(text("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(text("code_challenge").unwrap().len(), 43);
    // 256 bits, in base64url.
    assert_eq!(text("state").unwrap().len(), 43);
    assert_eq!(text("nonce").unwrap().len(), 43);
    let scope = text("scope").unwrap();
    let mut scopes: Vec<_> = scope.split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(scopes, ["email", "openid", "profile"]);
    for absent in ["access_type", "include_granted_scopes", "prompt", "login_hint"] {
        assert_eq!(text(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn no_way_to_the_provider_is_like_another() {
    let deployment = Deployment::start().await;
    let browser = deployment.browser();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let way = browser.depart("/").await;
        for name in ["state", "nonce", "code_challenge"] {
            assert!(seen.insert(parameter(&way, name).unwrap()), "{name} comes twice");
        }
    }
    // Five tabs of a browser may be on their way at once; the oldest make room.
    let open = "select count(*) from sign_in_attempt where used is null";
    assert_eq!(deployment.count(open).await, 5);
    assert_eq!(
        deployment.google.requests(Endpoint::Discovery),
        1,
        "it is asked once, not each time"
    );
}

#[tokio::test]
async fn several_tabs_of_one_browser_come_back_in_any_order() {
    let deployment = Deployment::start().await;
    let browser = deployment.browser();
    let mut ways = Vec::new();
    for next in ["/runs/", "/targets/", "/team/"] {
        let way = browser.depart(next).await;
        ways.push((next, browser.visit(&way).await));
    }
    for (next, back) in ways.iter().rev() {
        assert_eq!(browser.get(back).await.expect(303).location(), *next);
    }
    assert_eq!(deployment.sessions().await, 1, "each sign-in ends the session before it");
}

#[tokio::test]
async fn who_is_in_is_not_asked_again_and_who_chooses_an_account_is() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    assert_eq!(browser.get("/accounts/login/?next=/runs/").await.expect(303).location(), "/runs/");
    let stranger = deployment.browser();
    let form = [("next", "/"), ("account", "choose")];
    let way = stranger.post("/accounts/login/", &form).await.expect(303);
    let way = way.location().parse().unwrap();
    assert!(parameter(&way, "prompt").is_some());
}

#[tokio::test]
async fn two_replicas_serve_the_same_sessions() {
    let one = Deployment::start().await;
    let setup = SignInSetup {
        database_url: Some(one.app.database_url.clone()),
        policy: Policy::default(),
        ..SignInSetup::default()
    };
    let other = setup.start_at(one.google.clone()).await;
    let here = one.signed_in(ADA).await;
    let there = other.browser();
    assert!(!there.is_in().await);
    there.put_cookie("sid", &here.cookie("sid").unwrap());
    there.get("/accounts/profile/").await.expect(200).shows(ADA);
    there.post("/accounts/logout/", &[]).await.expect(303);
    assert!(!here.is_in().await, "signed out on both");
}
