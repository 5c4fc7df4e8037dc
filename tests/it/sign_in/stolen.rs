//! A stolen or changed database: nothing in it is of use to a thief, and nothing that was changed is believed.

use sqlx::AssertSqlSafe;
use tom_alerts::{
    domain::grant::GoogleRight,
    google::{AccessError, Token},
};

use super::{ADA, BOB, Deployment, SignInSetup, setup::hex};
use crate::google_double::{CLIENT_SECRET, Endpoint};

/// Every value of every table, as text; bytes in hexadecimal.
pub(crate) async fn dump(deployment: &Deployment) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(table_name) from information_schema.tables where table_schema = 'public'",
    )
    .fetch_all(&deployment.pool)
    .await
    .unwrap();
    assert!(tables.len() >= 10, "{tables:?}");
    let mut all = String::new();
    for table in tables {
        let sql = AssertSqlSafe(format!("select t::text from {table} t"));
        let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&deployment.pool).await.unwrap();
        all.extend(rows);
    }
    all
}

#[tokio::test]
async fn a_copy_of_the_database_holds_no_secret() {
    let deployment = Deployment::start().await;
    let stream = deployment.stream(super::PROJECT).await;
    stream.publish(1, 2);
    let mut secrets = vec![CLIENT_SECRET.to_owned(), "\u{5a}".repeat(32)];
    for email in [ADA, BOB] {
        let browser = deployment.connected(email).await;
        deployment.expire_here().await;
        deployment.tokens_of(email).await.token(None).await.unwrap();
        let id = deployment.begin_run(&browser, serde_json::json!({})).await;
        deployment.ended(&browser, id).await;
        let way = browser.depart_to_connect("bigquery", "/").await;
        secrets.extend(["state", "nonce"].map(|it| super::browser::parameter(&way, it).unwrap()));
        secrets.extend(["sid", "login"].map(|name| browser.cookie(name).unwrap()));
    }
    secrets.extend(deployment.google.secrets());
    let verifiers = deployment.google.calls(Endpoint::Token).into_iter();
    secrets
        .extend(verifiers.filter_map(|call| call.params.get("code_verifier").map(str::to_owned)));
    assert!(secrets.len() >= 20);
    let all = dump(&deployment).await;
    assert!(all.contains(ADA) && all.len() > 10_000, "the dump is a dump");
    for secret in secrets {
        assert!(!all.contains(&secret), "{secret} is in the database");
        assert!(!all.contains(&hex(secret.as_bytes())), "{secret} is in the database, as bytes");
    }
}

#[tokio::test]
async fn an_invitation_that_is_refused_for_now_is_neither_kept_nor_shown() {
    let deployment = SignInSetup { is_behind_proxy: false, ..SignInSetup::default() }.start().await;
    let ada = deployment.signed_in(ADA).await;
    let secret = "an-invitation-of-somebodys-0123456789";
    for mode in ["navigate", "cors"] {
        let refused = loop {
            let request = ada.request("POST", "/accounts/login/").form(&[("invitation", secret)]);
            let request = request.header("sec-fetch-site", "same-origin");
            let answer = ada.send(request.header("sec-fetch-mode", mode)).await;
            let is_on_its_way = answer
                .headers
                .get("location")
                .is_some_and(|way| way.to_str().is_ok_and(|way| !way.starts_with("/answers/")));
            if !is_on_its_way {
                break answer;
            }
        };
        refused.expect(429).hides(secret);
    }
    let all = dump(&deployment).await;
    assert!(all.contains(ADA), "the dump is a dump");
    assert!(!all.contains(secret) && !all.contains(&hex(secret.as_bytes())));
}

#[tokio::test]
async fn a_token_with_any_changed_byte_is_refused_and_its_owner_asked_to_connect() {
    let deployment = Deployment::start().await;
    deployment.connected(ADA).await;
    let tokens = deployment.tokens_of(ADA).await;
    deployment.execute("create table saved as select * from google_credential").await;
    let restore = "update google_credential g set refresh_token = s.refresh_token,
                   access_token = s.access_token, key_id = s.key_id, needs_sign_in = false,
                   last_error = null, version = g.version + 1, lease_until = null from saved s";
    let length = deployment.count("select length(refresh_token)::bigint from saved").await;
    assert!(length >= 60);
    for at in 0..length {
        deployment.execute(restore).await;
        let flip = format!(
            "update google_credential set access_token = null,
             refresh_token = set_byte(refresh_token, {at}, get_byte(refresh_token, {at}) # 1)"
        );
        deployment.execute(&flip).await;
        let got = tokens.token(None).await;
        assert!(matches!(got, Err(AccessError::NeedsSignIn(_))), "byte {at}: {got:?}");
    }
    for cut in [0, 1, 12, 28, length - 1] {
        deployment.execute(restore).await;
        let cut = format!(
            "update google_credential set access_token = null,
             refresh_token = substring(refresh_token for {cut})"
        );
        deployment.execute(&cut).await;
        let got = tokens.token(None).await;
        assert!(matches!(got, Err(AccessError::NeedsSignIn(_))), "{got:?}");
    }
    assert!(deployment.google.refreshes().is_empty(), "nothing changed was sent to Google");
    // An access token that was changed is not used; the refresh token brings another one.
    let length = deployment.count("select length(access_token)::bigint from saved").await;
    for at in (0..length).step_by(7) {
        deployment.execute(restore).await;
        let flip = format!(
            "update google_credential set
             access_token = set_byte(access_token, {at}, get_byte(access_token, {at}) # 128)"
        );
        deployment.execute(&flip).await;
        let before = deployment.google.refreshes().len();
        let newest = tokens.token(None).await.unwrap();
        let live = deployment.google.live_access_tokens(ADA).pop().unwrap();
        assert_eq!(newest, Token::new(live), "byte {at}");
        assert_eq!(deployment.google.refreshes().len(), before + 1);
    }
}

#[tokio::test]
async fn a_token_that_was_moved_to_another_member_or_column_is_refused() {
    let deployment = Deployment::start().await;
    deployment.connected(ADA).await;
    let bob = deployment.connected(BOB).await;
    let (ada_id, bob_id) = (deployment.member_id(ADA).await, deployment.member_id(BOB).await);
    deployment
        .execute(&format!(
            "update google_credential g set access_token = o.access_token,
                 refresh_token = o.refresh_token from google_credential o
             where (g.member_id, o.member_id) in (({ada_id}, {bob_id}), ({bob_id}, {ada_id}))"
        ))
        .await;
    for email in [ADA, BOB] {
        let got = deployment.tokens_of(email).await.token(None).await;
        assert!(matches!(got, Err(AccessError::NeedsSignIn(_))), "{email}: {got:?}");
    }
    assert!(deployment.google.refreshes().is_empty());
    bob.get("/").await.expect(200).shows("Google: needs sign-in");
    bob.connect("pubsub", "/").await.expect(303);
    let columns = "update google_credential set access_token = refresh_token,
                   refresh_token = access_token where access_token is not null";
    deployment.execute(columns).await;
    let source = deployment.sign_in.grants().source(bob_id, BOB.to_owned(), GoogleRight::PubSub);
    assert!(matches!(source.token(None).await, Err(AccessError::NeedsSignIn(_))));
    assert!(deployment.google.refreshes().is_empty());
}

#[tokio::test]
async fn a_way_to_the_provider_that_was_changed_leads_nowhere() {
    let deployment = Deployment::start().await;
    let length = 90;
    for at in (0..length).step_by(5) {
        let browser = deployment.browser();
        let way = browser.depart("/").await;
        let back = browser.visit(&way).await;
        let flip = format!(
            "update sign_in_attempt set secrets = set_byte(secrets, {at}, get_byte(secrets, {at}) # 4)"
        );
        deployment.execute(&flip).await;
        browser.get(&back).await.expect(400);
    }
    let one = deployment.browser();
    let other = deployment.browser();
    let backs =
        [one.visit(&one.depart("/").await).await, other.visit(&other.depart("/").await).await];
    deployment
        .execute(
            "update sign_in_attempt a set secrets = o.secrets from sign_in_attempt o
             where a.used is null and o.used is null and a.state_hash <> o.state_hash",
        )
        .await;
    one.get(&backs[0]).await.expect(400);
    other.get(&backs[1]).await.expect(400);
    assert_eq!(deployment.google.requests(Endpoint::Token), 0);
    assert_eq!(deployment.sessions().await, 0);
}
