//! A client of the double, for the tests of the double itself.

use std::collections::HashMap;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use url::Url;

use super::{CLIENT_ID, CLIENT_SECRET, GoogleDouble, PUBSUB};

pub(super) const ADA: &str = "ada@obs.example";
pub(super) const REDIRECT_URI: &str = "http://127.0.0.1:8000/accounts/callback/";
/// RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// What is asked for when nothing else is said: an offline consent with Pub/Sub.
pub(super) const CONNECT: &[(&str, &str)] = &[
    ("scope", "openid email profile https://www.googleapis.com/auth/pubsub"),
    ("access_type", "offline"),
    ("include_granted_scopes", "true"),
];

/// Status and JSON of an answer.
pub(super) type Answer = (u16, Value);

pub(super) struct Client {
    pub(super) double: GoogleDouble,
    pub(super) http: reqwest::Client,
}

impl Client {
    pub(super) async fn start() -> Self {
        let redirects = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(redirects).build().unwrap();
        Self { double: GoogleDouble::start().await, http }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.double.issuer())
    }

    /// An authorisation address with these parameters changed; an empty one is left out.
    pub(super) fn address(&self, changed: &[(&str, &str)]) -> String {
        let usual = [
            ("client_id", CLIENT_ID),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("scope", "openid email profile"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let parameters = merged(&usual, changed);
        Url::parse_with_params(&self.url("/authorize"), parameters).unwrap().into()
    }

    /// What the browser brings back.
    pub(super) async fn authorize(&self, changed: &[(&str, &str)]) -> HashMap<String, String> {
        let back = self.double.visit(&self.address(changed)).await;
        assert!(back.starts_with(REDIRECT_URI), "{back}");
        Url::parse(&back).unwrap().query_pairs().into_owned().collect()
    }

    pub(super) async fn code(&self, changed: &[(&str, &str)]) -> String {
        self.authorize(changed).await["code"].clone()
    }

    /// A code exchange with these parameters changed; an empty one is left out.
    pub(super) async fn exchange(&self, code: &str, changed: &[(&str, &str)]) -> Answer {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        self.token(&merged(&usual, changed)).await
    }

    /// The answer of the token endpoint to a whole flow that works.
    pub(super) async fn connect(&self, changed: &[(&str, &str)]) -> Value {
        let (status, tokens) = self.exchange(&self.code(changed).await, &[]).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    pub(super) async fn refresh(&self, token: &Value) -> Answer {
        let token = token.as_str().unwrap();
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub(super) async fn token(&self, form: &[(&str, &str)]) -> Answer {
        answer(self.token_request(form)).await
    }

    pub(super) fn token_request(&self, form: &[(&str, &str)]) -> RequestBuilder {
        let request = self.http.post(self.url("/token"));
        request.basic_auth(CLIENT_ID, Some(CLIENT_SECRET)).form(form)
    }

    pub(super) async fn revoke(&self, token: &Value) -> Answer {
        let form = [("token", token.as_str().unwrap())];
        answer(self.http.post(self.url("/revoke")).form(&form)).await
    }

    /// A pull with an access token.
    pub(super) async fn pull(&self, token: &Value) -> Answer {
        let path = "/v1/projects/mine/subscriptions/loop:pull";
        let request = self.http.post(self.url(path)).bearer_auth(token.as_str().unwrap());
        answer(request.json(&json!({"maxMessages": 1}))).await
    }
}

pub(super) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Whether the scope of an answer has Pub/Sub.
pub(super) fn has_pubsub(tokens: &Value) -> bool {
    tokens["scope"].as_str().unwrap().split(' ').any(|scope| scope == PUBSUB)
}

fn merged<'a>(
    usual: &[(&'a str, &'a str)],
    changed: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let is_changed = |name: &str| changed.iter().any(|(one, _)| *one == name);
    let kept = usual.iter().filter(|(name, _)| !is_changed(name));
    kept.chain(changed).filter(|(_, value)| !value.is_empty()).copied().collect()
}
