//! Granting a right: what is asked for, what comes back, and what becomes of the form that wanted it.

use serde_json::json;

use super::{ADA, BOB, Deployment, browser::parameter};
use crate::google_double::{Account, BIGQUERY, Consent, Endpoint, PUBSUB};

#[tokio::test]
async fn the_way_to_a_grant_is_offline_and_asks_for_consent_only_where_no_refresh_token_is_held() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    let way = browser.depart_to_connect("pubsub", "/").await;
    let text = |name: &str| parameter(&way, name);
    assert_eq!(text("access_type").as_deref(), Some("offline"));
    assert_eq!(text("include_granted_scopes").as_deref(), Some("true"));
    assert_eq!(text("prompt").as_deref(), Some("consent"));
    assert_eq!(text("login_hint").as_deref(), Some(ADA));
    assert_eq!(text("code_challenge_method").as_deref(), Some("S256"));
    let scope = text("scope").unwrap();
    assert!(scope.split(' ').any(|one| one == PUBSUB), "{scope}");
    assert!(!scope.contains("bigquery"), "{scope}");
    let back = browser.visit(&way).await;
    browser.get(&back).await.expect(303);
    let again = browser.depart_to_connect("pubsub", "/").await;
    assert_eq!(parameter(&again, "prompt"), None, "a refresh token is held");
    let more = browser.depart_to_connect("bigquery", "/").await;
    assert_eq!(parameter(&more, "prompt").as_deref(), Some("consent"));
}

#[tokio::test]
async fn a_form_waits_while_its_author_is_at_google() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    let typed = [
        ("broker", "stream-rest"),
        ("action", "run"),
        ("query_name", "my <loop> \"query\""),
        ("subscription_name", "loop-1"),
        ("project", "proj-of-ada"),
        ("timeout", "17"),
        ("max_results", "23"),
    ];
    let asked = browser.post("/alerts/query/create/", &typed).await.expect(303);
    assert!(asked.location().starts_with("/accounts/connect/?scope=pubsub&next="));
    let page = browser.get(asked.location()).await.expect(200);
    page.shows("What you typed is kept").shows("see and manage your Pub/Sub subscriptions");
    let location = format!("http://here{}", asked.location()).parse().unwrap();
    let next = parameter(&location, "next").unwrap();
    let back = browser.connect("pubsub", &next).await.expect(303);
    assert_eq!(back.location(), next);
    let form = browser.get(&next).await.expect(200).shows("Connected to Google");
    for (name, value) in &typed[3..] {
        let field = format!("name=\"{name}\"");
        assert!(form.body.contains(&field), "{name}");
        assert!(form.body.contains(&format!("value=\"{value}\"")), "{name} is not {value}");
    }
    form.shows("my &#60;loop&#62; &#34;query&#34;");
    assert_eq!(deployment.count("select count(*) from run").await, 0);
}

#[tokio::test]
async fn a_form_that_waits_is_shown_to_its_author_alone() {
    let deployment = Deployment::start().await;
    let ada = deployment.signed_in(ADA).await;
    let typed = [
        ("broker", "stream-rest"),
        ("action", "run"),
        ("subscription_name", "very-private-loop"),
        ("timeout", "17"),
    ];
    let asked = ada.post("/alerts/query/create/", &typed).await.expect(303);
    let location = format!("http://here{}", asked.location()).parse().unwrap();
    let next = parameter(&location, "next").unwrap();
    ada.get(&next).await.expect(200).shows("very-private-loop");
    let bob = deployment.signed_in(super::BOB).await;
    bob.get(&next).await.expect(200).hides("very-private-loop");
    deployment.execute("update form_draft set created = now() - interval '25 hours'").await;
    assert_eq!(deployment.app.storage.prune_drafts().await.unwrap(), 1);
    ada.get(&next).await.expect(200).hides("very-private-loop");
}

#[tokio::test]
async fn every_part_of_a_consent_is_understood() {
    // Bits: Pub/Sub, BigQuery, and a scope that nobody asked for.
    let stranger = "https://www.googleapis.com/auth/drive";
    let boxes = [PUBSUB, BIGQUERY, stranger];
    let deployment = Deployment::start().await;
    let _stream = deployment.stream(super::PROJECT).await;
    for subset in 0..8_usize {
        let ticked: Vec<_> =
            (0..3).filter(|at| subset >> at & 1 == 1).map(|at| boxes[at]).collect();
        let email = format!("ada{subset}@obs.example");
        let browser = deployment.signed_in(&email).await;
        deployment.google.consent(Consent::Only(ticked.clone()));
        let mut answers = Vec::new();
        for scope in ["pubsub", "bigquery"] {
            let mut way = browser.depart_to_connect(scope, "/runs/").await;
            let scopes = parameter(&way, "scope").unwrap();
            let pairs: Vec<_> = way.query_pairs().into_owned().collect();
            // The person may also have granted what this way did not ask for.
            way.query_pairs_mut().clear().extend_pairs(pairs.iter().map(|(name, value)| {
                let value = match name.as_str() {
                    "scope" => format!("{scopes} {stranger}"),
                    _ => value.clone(),
                };
                (name.clone(), value)
            }));
            let back = browser.visit(&way).await;
            answers.push(browser.get(&back).await);
        }
        deployment.google.consent(Consent::All);
        for (answer, scope) in answers.iter().zip([PUBSUB, BIGQUERY]) {
            if ticked.contains(&scope) {
                assert_eq!(answer.location(), "/runs/", "{subset}: {}", answer.body);
            } else {
                assert_eq!(answer.status.as_u16(), 403, "{subset}");
                assert!(answer.body.contains("One permission is missing"), "{}", answer.body);
                assert!(answer.body.contains("Connect again"), "{}", answer.body);
            }
        }
        let kept: Vec<String> = sqlx::query_scalar(
            "select unnest(scopes) from google_credential where email = $1 order by 1 desc",
        )
        .bind(&email)
        .fetch_all(&deployment.pool)
        .await
        .unwrap();
        let expected: Vec<_> = [(PUBSUB, "pubsub"), (BIGQUERY, "bigquery")]
            .iter()
            .filter(|(url, _)| ticked.contains(url))
            .map(|(_, word)| (*word).to_owned())
            .collect();
        assert_eq!(kept, expected, "{subset}");
        let calls = deployment.google.requests(Endpoint::Api);
        let body = json!({"broker": "stream-rest", "parameters":
            {"subscription_name": "loop-1", "timeout": 1}});
        let answer = browser.post_json("/api/runs/", &body).await;
        if ticked.contains(&PUBSUB) {
            let run = answer.expect(202).json()["id"].as_i64().unwrap();
            assert_eq!(deployment.ended(&browser, run).await["state"], "finished", "{subset}");
        } else {
            answer.expect(403).shows("your permission to use Pub/Sub");
            assert_eq!(
                deployment.google.requests(Endpoint::Api),
                calls,
                "no call without the right"
            );
        }
    }
}

#[tokio::test]
async fn a_declined_consent_leaves_everything_as_it_was() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    deployment.google.consent(Consent::Decline);
    let declined = browser.connect("pubsub", "/runs/").await.expect(403);
    let declined = declined.shows("Google was not connected").shows("the request was declined");
    declined.shows("Connect again").shows("Back").shows("value=\"/runs/\"");
    assert_eq!(deployment.count("select count(*) from google_credential").await, 0);
    assert!(browser.is_in().await, "still signed in");
}

#[tokio::test]
async fn without_a_refresh_token_at_the_second_consent_the_first_one_goes_on() {
    let deployment = Deployment::start().await;
    let browser = deployment.connected(ADA).await;
    let held = deployment.google.live_refresh_tokens(ADA);
    assert_eq!(held.len(), 1);
    browser.connect("pubsub", "/").await.expect(303);
    assert_eq!(deployment.google.live_refresh_tokens(ADA), held, "none came with it");
    deployment.expire_here().await;
    deployment.tokens_of(ADA).await.token(None).await.unwrap();
    assert_eq!(deployment.google.refreshes(), [ADA]);
    assert_eq!(deployment.google.invalid_grants(), 0);
}

#[tokio::test]
async fn a_right_is_there_after_a_renewal_also_where_old_refresh_tokens_do_not_gain_it() {
    for is_gaining in [true, false] {
        let deployment = Deployment::start().await;
        deployment.google.refresh_tokens_gain_scopes(is_gaining);
        let browser = deployment.signed_in(ADA).await;
        browser.connect("bigquery", "/").await.expect(303);
        browser.connect("pubsub", "/").await.expect(303);
        for _ in 0..2 {
            deployment.expire_here().await;
            deployment.tokens_of(ADA).await.token(None).await.unwrap();
            let scopes =
                "select count(*) from google_credential where scopes @> '{pubsub,bigquery}'";
            assert_eq!(deployment.count(scopes).await, 1, "gaining: {is_gaining}");
        }
    }
}

#[tokio::test]
async fn a_grant_that_another_account_gives_is_not_kept_and_is_revoked() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    let way = browser.depart_to_connect("pubsub", "/").await;
    let other = "ada.private@mail.example";
    deployment.google.account(Account::new(other));
    let back = browser.visit(&way).await;
    let answer = browser.get(&back).await.expect(403);
    answer.shows("Another account was chosen").shows(other).shows(ADA).shows("Nothing was kept");
    assert_eq!(deployment.google.revocations(), [other]);
    assert!(deployment.google.live_refresh_tokens(other).is_empty());
    assert!(deployment.google.live_access_tokens(other).is_empty());
    assert_eq!(deployment.count("select count(*) from google_credential").await, 0);
    browser.get("/").await.expect(200).shows("Google: not connected");
}

#[tokio::test]
async fn choosing_another_members_account_does_not_end_what_that_member_has_granted() {
    let deployment = Deployment::start().await;
    let bob = deployment.signed_in(BOB).await;
    bob.connect("pubsub", "/").await.expect(303);
    let ada = deployment.signed_in(ADA).await;
    let way = ada.depart_to_connect("pubsub", "/").await;
    deployment.google.account(Account::new(BOB));
    let back = ada.visit(&way).await;
    ada.get(&back).await.expect(403).shows("Another account was chosen");
    assert!(deployment.google.revocations().is_empty());
    deployment.expire_here().await;
    deployment.tokens_of(BOB).await.token(None).await.unwrap();
    assert_eq!(deployment.count("select count(*) from google_credential").await, 1);
}

#[tokio::test]
async fn a_connection_that_took_too_long_leads_back_to_the_form_that_waits() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    let form = "/alerts/query/create/?broker=stream-rest&draft=1";
    let way = browser.depart_to_connect("pubsub", form).await;
    deployment.google.account(Account::new(ADA));
    let back = browser.visit(&way).await;
    deployment.execute("update sign_in_attempt set created = now() - interval '11 minutes'").await;
    let answer = browser.get(&back).await.expect(400);
    answer
        .shows("Google was not connected")
        .shows("longer than ten minutes")
        .shows("Connect again")
        .shows("draft=1");
}

#[tokio::test]
async fn the_chip_and_the_profile_say_how_the_connection_is() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    browser.get("/").await.expect(200).shows("Google: not connected");
    browser.get("/accounts/profile/").await.shows("not granted").shows(super::PROJECT);
    browser.connect("pubsub", "/accounts/profile/").await.expect(303);
    browser.get("/").await.shows("Google: connected");
    let profile = browser.get("/accounts/profile/").await.shows("✓ granted").shows("Test now");
    profile.shows("Token expires").shows("not yet").shows("Disconnect");
    let stream = deployment.stream(super::PROJECT).await;
    browser.post("/accounts/test/", &[]).await.expect(200);
    assert!(deployment.google.requests(Endpoint::Api) >= 1);
    drop(stream);
    deployment.expire_here().await;
    deployment.tokens_of(ADA).await.token(None).await.unwrap();
    assert!(deployment.last_refresh(ADA).await.is_some());
    browser.get("/accounts/profile/").await.expect(200).hides("not yet");
}

#[tokio::test]
async fn a_form_that_waited_too_long_says_that_it_is_gone() {
    let deployment = Deployment::start().await;
    let (ada, bob) = (deployment.signed_in(ADA).await, deployment.signed_in(BOB).await);
    let form = [
        ("broker", "stream-rest"),
        ("subscription_name", "ada-loop"),
        ("topic", "ztf-loop"),
        ("max_results", "10"),
        ("timeout", "5"),
        ("classtar_gt_lt", "lt"),
        ("acknowledge", "keep"),
        ("action", "run"),
    ];
    let asked = ada.post("/alerts/query/create/", &form).await.expect(303);
    assert!(asked.location().contains("draft%3D1"), "{}", asked.location());
    let kept = "/alerts/query/create/?broker=stream-rest&draft=1";
    let gone = "a form is kept for 1 day while you connect to Google";
    ada.get(kept).await.expect(200).shows("value=\"ada-loop\"").hides(gone);
    bob.get(kept).await.expect(200).shows(gone).hides("ada-loop");
    ada.get(&kept.replace("-rest", "-client")).await.expect(200).shows(gone).hides("ada-loop");
    let query = json!({"name": "q", "broker": "archive", "parameters": {"folder": "night"}});
    let query = ada.post_json("/api/queries/", &query).await.expect(201).json()["id"].clone();
    let path = format!("/alerts/query/{query}/update/?draft=1");
    ada.get(&path).await.expect(200).shows(gone).shows("value=\"q\"");
    deployment.execute("update form_draft set created = now() - interval '25 hours'").await;
    assert_eq!(deployment.app.storage.prune_drafts().await.unwrap(), 1);
    ada.get(kept).await.expect(200).shows(gone).hides("ada-loop");
    ada.get("/alerts/query/create/?broker=stream-rest").await.expect(200).hides(gone);
}
