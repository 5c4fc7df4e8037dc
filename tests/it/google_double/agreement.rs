//! The double does what Google's documentation says of the code flow.

use serde_json::{Value, json};

use super::{
    Account, CLIENT_ID, CLIENT_SECRET, Endpoint,
    client::{ADA, CHALLENGE, CONNECT, Client, REDIRECT_URI, VERIFIER, answer},
};

#[tokio::test]
async fn discovery_names_the_endpoints_that_there_are() {
    let client = Client::start().await;
    let path = "/.well-known/openid-configuration";
    let (status, metadata) = answer(client.http.get(client.url(path))).await;
    assert_eq!((status, &metadata["issuer"]), (200, &client.double.issuer().into()));
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["id_token_signing_alg_values_supported"], json!(["RS256"]));
    for (field, is_for_get) in [
        ("authorization_endpoint", true),
        ("jwks_uri", true),
        ("userinfo_endpoint", true),
        ("token_endpoint", false),
        ("revocation_endpoint", false),
    ] {
        let url = metadata[field].as_str().unwrap();
        let request = if is_for_get { client.http.get(url) } else { client.http.post(url) };
        assert_ne!(request.send().await.unwrap().status(), 404, "{field}");
    }
    let (_, keys) = answer(client.http.get(metadata["jwks_uri"].as_str().unwrap())).await;
    let [key] = keys["keys"].as_array().unwrap().as_slice() else { panic!("{keys}") };
    assert_eq!(
        (&key["kty"], &key["alg"], &key["e"]),
        (&"RSA".into(), &"RS256".into(), &"AQAB".into())
    );
    assert_eq!(key["n"].as_str().unwrap().len(), 342, "2048 bits");
    assert_eq!(client.http.get(client.url("/token")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_whole_flow_ends_with_tokens_that_the_api_takes() {
    let client = Client::start().await;
    let back = client.authorize(CONNECT).await;
    assert_eq!((back["state"].as_str(), back["authuser"].as_str()), ("the-state", "0"));
    assert_eq!(back["prompt"], "consent");
    assert!(back["scope"].contains("https://www.googleapis.com/auth/userinfo.email"), "{back:?}");

    let (status, tokens) = client.exchange(&back["code"], &[]).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&"Bearer".into(), &3599.into()));
    let scope = "openid https://www.googleapis.com/auth/userinfo.email \
                 https://www.googleapis.com/auth/userinfo.profile \
                 https://www.googleapis.com/auth/pubsub";
    assert_eq!(tokens["scope"], scope);
    assert!(tokens["refresh_token"].is_string() && tokens["id_token"].is_string());
    assert_eq!(client.pull(&tokens["access_token"]).await, (200, json!({})));
    let token = tokens["access_token"].as_str().unwrap();
    let (_, person) = answer(client.http.get(client.url("/userinfo")).bearer_auth(token)).await;
    let ada = Account::new(ADA);
    assert_eq!((&person["sub"], &person["email"]), (&ada.sub.into(), &ADA.into()));

    let double = &client.double;
    assert_eq!(double.live_access_tokens(ADA), [token]);
    assert_eq!(double.calls(Endpoint::Api)[0].email.as_deref(), Some(ADA));
    assert_eq!(double.authorisations()[0].get("code_challenge"), Some(CHALLENGE));
    assert_eq!(double.token_requests("authorization_code"), 1);
    for name in ["access_token", "refresh_token", "id_token"] {
        let secret = tokens[name].as_str().unwrap().to_owned();
        assert!(double.secrets().contains(&secret), "{name}");
    }
    assert!(double.secrets().contains(&back["code"]));
}

#[tokio::test]
async fn a_code_that_comes_twice_is_refused_and_its_tokens_end() {
    let client = Client::start().await;
    let code = client.code(CONNECT).await;
    let (_, tokens) = client.exchange(&code, &[]).await;
    let (status, error) = client.exchange(&code, &[]).await;
    assert_eq!((status, &error["error"]), (400, &"invalid_grant".into()));
    assert_eq!(client.pull(&tokens["access_token"]).await.0, 401);
    assert_eq!(client.refresh(&tokens["refresh_token"]).await.1["error"], "invalid_grant");
    assert_eq!(client.double.invalid_grants(), 2);
}

#[tokio::test]
async fn of_many_exchanges_of_one_code_one_wins() {
    let client = Client::start().await;
    let code = client.code(CONNECT).await;
    let answers = futures::future::join_all((0..20).map(|_| client.exchange(&code, &[]))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1);
    assert!(client.double.live_access_tokens(ADA).is_empty());
}

#[tokio::test]
async fn an_exchange_needs_all_that_the_code_is_bound_to() {
    let client = Client::start().await;
    let other = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl";
    for (name, value, error) in [
        ("code_verifier", other, "invalid_grant"),
        ("code_verifier", CHALLENGE, "invalid_grant"),
        ("code_verifier", "", "invalid_grant"),
        ("redirect_uri", "http://127.0.0.1:8000/accounts/callback", "redirect_uri_mismatch"),
        ("redirect_uri", "", "redirect_uri_mismatch"),
        ("code", "4/0A-never-given", "invalid_grant"),
        ("code", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
    ] {
        let code = client.code(CONNECT).await;
        let (status, refused) = client.exchange(&code, &[(name, value)]).await;
        assert_eq!((status, &refused["error"]), (400, &error.into()), "{name}={value}");
        assert!(client.double.live_access_tokens(ADA).is_empty());
    }
    let code = client.code(CONNECT).await;
    client.double.clock_ahead(601);
    assert_eq!(client.exchange(&code, &[]).await.1["error"], "invalid_grant", "too late");
}

#[tokio::test]
async fn the_client_says_who_it_is_in_one_of_two_ways() {
    let client = Client::start().await;
    let form = async |id: &str, secret: &str, basic: Option<(&str, &str)>| {
        let code = client.code(CONNECT).await;
        let mut request = client.http.post(client.url("/token"));
        if let Some((id, secret)) = basic {
            request = request.basic_auth(id, Some(secret));
        }
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
            ("client_id", id),
            ("client_secret", secret),
        ];
        let (status, body) = answer(request.form(&form)).await;
        (status, body["error"].as_str().unwrap_or_default().to_owned())
    };
    let ours = Some((CLIENT_ID, CLIENT_SECRET));
    assert_eq!(form(CLIENT_ID, CLIENT_SECRET, None).await.0, 200);
    assert_eq!(form("", "", ours).await.0, 200);
    assert_eq!(form(CLIENT_ID, "", ours).await.0, 200);
    assert_eq!(form(CLIENT_ID, CLIENT_SECRET, ours).await, (400, "invalid_request".into()));
    for (id, secret, basic) in [
        ("", "", None),
        (CLIENT_ID, "", None),
        (CLIENT_ID, "another", None),
        ("another", CLIENT_SECRET, None),
        ("another", "", ours),
        ("", "", Some((CLIENT_ID, "another"))),
    ] {
        assert_eq!(form(id, secret, basic).await, (401, "invalid_client".into()), "{id} {secret}");
    }
    let twice = [("grant_type", "refresh_token"), ("grant_type", "refresh_token")];
    assert_eq!(client.token(&twice).await.1["error"], "invalid_request");
}

#[tokio::test]
async fn a_request_without_a_sound_challenge_is_sent_back() {
    let client = Client::start().await;
    for (name, value) in [
        ("code_challenge", ""),
        ("code_challenge", "short"),
        ("code_challenge_method", ""),
        ("code_challenge_method", "plain"),
        ("scope", ""),
    ] {
        let back = client.authorize(&[(name, value)]).await;
        assert_eq!(
            (back["error"].as_str(), back["state"].as_str()),
            ("invalid_request", "the-state")
        );
        assert!(!back.contains_key("code"), "{back:?}");
    }
    let back = client.authorize(&[("response_type", "token")]).await;
    assert_eq!(back["error"], "unsupported_response_type");
    let back = client.authorize(&[("scope", "openid sesame")]).await;
    assert_eq!(back["error"], "invalid_scope");
}

#[tokio::test]
async fn a_browser_is_not_sent_to_an_address_that_is_not_trusted() {
    let client = Client::start().await;
    client.double.register_redirect_uri(REDIRECT_URI);
    let page = async |address: String| {
        let response = client.http.get(address).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    for (name, value, status, error) in [
        ("client_id", "another", 401, "invalid_client"),
        ("client_id", "", 401, "invalid_client"),
        ("redirect_uri", "", 400, "invalid_request"),
        ("redirect_uri", "http://127.0.0.1:8000/elsewhere", 400, "redirect_uri_mismatch"),
    ] {
        let (got, text) = page(client.address(&[(name, value)])).await;
        assert_eq!(got, status, "{text}");
        assert!(text.contains(error), "{text}");
    }
    let (status, _) = page(format!("{}&state=again", client.address(&[]))).await;
    assert_eq!(status, 400);
    assert!(client.authorize(&[]).await.contains_key("code"));
}

#[tokio::test]
async fn of_openid_and_the_organisation_as_much_is_told_as_is_asked() {
    let client = Client::start().await;
    let tokens = client.connect(&[("scope", "https://www.googleapis.com/auth/pubsub")]).await;
    assert_eq!(tokens["id_token"], Value::Null);
    client.double.account(Account {
        hd: Some("obs.example".to_owned()),
        email_verified: false,
        ..Account::new("bob@obs.example")
    });
    assert_eq!(client.authorize(&[]).await["hd"], "obs.example");
}
