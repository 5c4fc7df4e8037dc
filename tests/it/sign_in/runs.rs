//! Runs of a stream as their members, through a gate that demands a live token.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tom_alerts::google::{Access, AccessError, Token, TokenSource};

use super::{ADA, BOB, Browser, Deployment, PROJECT, SignInSetup};
use crate::google_double::{Call, Endpoint};

/// Waits until a run has acknowledged so much.
async fn until_acknowledged(browser: &Browser, id: i64, n: u64) {
    for _ in 0..2_400 {
        let run = browser.get(&format!("/api/runs/{id}/")).await.expect(200).json();
        if run["counts"]["acknowledged"].as_u64() >= Some(n) {
            return;
        }
        assert_ne!(run["state"], "failed", "{run}");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("run {id} does not get so far");
}

/// Whose tokens came with calls about a project.
fn callers(deployment: &Deployment, project: &str) -> Vec<String> {
    let of_project = |call: &Call| call.path.contains(&format!("/projects/{project}/"));
    let calls = deployment.google.calls(Endpoint::Api).into_iter().filter(of_project);
    calls.map(|call| call.email.unwrap_or_else(|| "nobody".to_owned())).collect()
}

#[tokio::test]
async fn a_run_acts_as_its_member_and_says_so() {
    let deployment = Deployment::start().await;
    let stream = deployment.stream(PROJECT).await;
    stream.publish(1, 4);
    let browser = deployment.connected(ADA).await;
    let id = deployment.begin_run(&browser, json!({})).await;
    let run = deployment.ended(&browser, id).await;
    assert_eq!((&run["state"], &run["counts"]["stored"]), (&json!("finished"), &json!(4)), "{run}");
    assert_eq!(deployment.run_row(id).await, (Some(ADA.to_owned()), None));
    let page = browser.get(&format!("/runs/{id}/")).await.expect(200);
    page.shows(&format!("at Google as {ADA}"));
    assert!(callers(&deployment, PROJECT).iter().all(|caller| caller == ADA));
    assert!(stream.double.tokens_seen().is_empty(), "the gate keeps the token");
    assert!(deployment.google.refreshes().is_empty(), "a token that lives is not renewed");
}

#[tokio::test]
async fn a_token_that_ends_in_mid_run_is_renewed_once_and_nothing_is_lost() {
    let deployment = Deployment::start().await;
    let stream = deployment.stream(PROJECT).await;
    stream.publish(1, 3);
    let browser = deployment.connected(ADA).await;
    let id = deployment.begin_run(&browser, json!({"timeout": 30, "max_results": 7})).await;
    for (at, more) in [(3, 2), (5, 2)] {
        until_acknowledged(&browser, id, at).await;
        deployment.google.expire_access_tokens(ADA);
        stream.publish(at, more);
    }
    let run = deployment.ended(&browser, id).await;
    assert_eq!((&run["state"], &run["counts"]["stored"]), (&json!("finished"), &json!(7)), "{run}");
    assert_eq!(run["counts"]["acknowledged"], 7);
    assert_eq!(deployment.google.refreshes(), [ADA, ADA]);
    let calls = deployment.google.calls(Endpoint::Api);
    let mut refused: Vec<_> =
        calls.iter().filter(|call| call.status == Some(401)).map(Call::bearer).collect();
    let n_refused = refused.len();
    refused.sort_unstable();
    refused.dedup();
    assert_eq!(refused.len(), 2, "{n_refused} calls with tokens that had ended");
    browser.get("/accounts/profile/").await.expect(200).shows("Last renewed").hides("not yet");
}

#[tokio::test]
async fn tokens_of_a_second_serve_a_run_that_is_longer() {
    let deployment = Deployment::start().await;
    deployment.google.access_token_lifetime(std::time::Duration::from_secs(1));
    let stream = deployment.stream(PROJECT).await;
    stream.publish(1, 2);
    let browser = deployment.connected(ADA).await;
    let id = deployment.begin_run(&browser, json!({"timeout": 30, "max_results": 6})).await;
    for at in [2, 4] {
        until_acknowledged(&browser, id, at).await;
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        stream.publish(at, 2);
    }
    let run = deployment.ended(&browser, id).await;
    assert_eq!((&run["state"], &run["counts"]["stored"]), (&json!("finished"), &json!(6)), "{run}");
    assert!(deployment.google.refreshes().len() >= 2);
    assert_eq!(deployment.google.invalid_grants(), 0);
}

#[tokio::test]
async fn runs_of_two_members_never_use_each_others_tokens() {
    let deployment = Deployment::start().await;
    let stream = deployment.stream("adas-proj").await;
    let topic = stream.double.create_topic("bobs-proj", "loop-1");
    stream.double.create_subscription("bobs-proj", "loop-1", &topic);
    let mut browsers = Vec::new();
    for (email, project) in [(ADA, "adas-proj"), (BOB, "bobs-proj")] {
        let browser = deployment.connected(email).await;
        browser.post("/accounts/project/", &[("project", project)]).await.expect(303);
        browsers.push(browser);
    }
    for round in 0..5 {
        let mut runs = Vec::new();
        for browser in &browsers {
            runs.push((browser, deployment.begin_run(browser, json!({})).await));
        }
        if round % 2 == 1 {
            deployment.expire_here().await;
            deployment.google.expire_access_tokens(ADA);
        }
        for (browser, id) in runs {
            let run = deployment.ended(browser, id).await;
            assert_eq!(run["state"], "finished", "{run}");
        }
    }
    for (email, project) in [(ADA, "adas-proj"), (BOB, "bobs-proj")] {
        let callers = callers(&deployment, project);
        assert!(callers.len() >= 5);
        let strangers = callers.iter().filter(|caller| *caller != email && *caller != "nobody");
        assert_eq!(strangers.count(), 0, "{project}: {callers:?}");
    }
}

#[tokio::test]
async fn ones_own_project_goes_before_the_deployments() {
    let deployment = Deployment::start().await;
    let stream = deployment.stream(PROJECT).await;
    let topic = stream.double.create_topic("adas-proj", "loop-1");
    stream.double.create_subscription("adas-proj", "loop-1", &topic);
    let browser = deployment.connected(ADA).await;
    let bad = browser.post("/accounts/project/", &[("project", "No Project!")]).await;
    bad.expect(422).shows("No Project!");
    for (typed, used) in [("adas-proj", "adas-proj"), ("", PROJECT)] {
        browser.post("/accounts/project/", &[("project", typed)]).await.expect(303);
        let before = callers(&deployment, used).len();
        let id = deployment.begin_run(&browser, json!({})).await;
        assert_eq!(deployment.ended(&browser, id).await["state"], "finished");
        assert!(callers(&deployment, used).len() > before, "{used} is not used");
    }
    let member_id = deployment.member_id(ADA).await;
    assert_eq!(deployment.app.storage.google_project(member_id).await.unwrap(), None);
}

/// A service account that the double knows.
#[derive(Debug)]
struct ServiceAccount(String);

#[async_trait]
impl TokenSource for ServiceAccount {
    async fn token(&self, _refused: Option<&Token>) -> Result<Token, AccessError> {
        Ok(Token::new(self.0.clone()))
    }

    fn acts_as(&self) -> String {
        format!("the service account {ROBOT}")
    }
}

const ROBOT: &str = "alerts@site-proj.iam.example";

#[tokio::test]
async fn a_service_account_goes_first_and_is_shown() {
    let members = Deployment::start().await;
    members
        .execute(&format!("insert into invitation (email, role) values ('{ROBOT}', 'member')"))
        .await;
    members.signed_in(ADA).await;
    members.connected(ROBOT).await;
    let token = members.google.live_access_tokens(ROBOT).pop().unwrap();
    let access =
        Access { project: Some(PROJECT.to_owned()), tokens: Some(Arc::new(ServiceAccount(token))) };
    let setup = SignInSetup { access, ..SignInSetup::default() };
    let deployment = setup.start_at(members.google.clone()).await;
    let stream = deployment.stream(PROJECT).await;
    stream.publish(1, 2);
    let ada = deployment.connected(ADA).await;
    let bob = deployment.signed_in(BOB).await;
    let before = deployment.google.requests(Endpoint::Api);
    for browser in [&ada, &bob] {
        let id = deployment.begin_run(browser, json!({})).await;
        let run: Value = deployment.ended(browser, id).await;
        assert_eq!(run["state"], "finished", "{run}");
        let page = browser.get(&format!("/runs/{id}/")).await.expect(200);
        page.shows(&format!("at Google as the service account {ROBOT}"));
        browser.get("/").await.shows("Google: service account");
        browser
            .get("/accounts/profile/")
            .await
            .shows(ROBOT)
            .shows("All runs use the service account");
    }
    let calls = deployment.google.calls(Endpoint::Api);
    assert!(calls.len() > before);
    assert!(calls[before..].iter().all(|call| call.email.as_deref() == Some(ROBOT)));
}

#[tokio::test]
async fn subscriptions_of_the_service_account_are_disposed_of_by_admins_alone() {
    for is_everybodys in [true, false] {
        let robot = Arc::new(ServiceAccount("no token".to_owned()));
        let tokens = is_everybodys.then_some(robot as Arc<dyn TokenSource>);
        let access = Access { project: Some(PROJECT.to_owned()), tokens };
        let deployment = SignInSetup { access, ..SignInSetup::default() }.start().await;
        let (ada, bob) = (deployment.signed_in(ADA).await, deployment.signed_in(BOB).await);
        ada.get("/subscriptions/loop-1/delete/")
            .await
            .expect(200)
            .shows("Its waiting messages are lost");
        let asked = bob.get("/subscriptions/loop-1/delete/").await;
        if !is_everybodys {
            asked.expect(200);
            continue;
        }
        asked.expect(403);
        for path in ["/subscriptions/loop-1/delete/", "/subscriptions/loop-1/seek/"] {
            bob.post(path, &[("to", "1h")]).await.expect(403).shows("admins");
        }
        assert_eq!(deployment.google.requests(Endpoint::Api), 0);
    }
}

#[tokio::test]
async fn a_run_of_who_has_not_connected_is_not_begun() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    let parameters = json!({"subscription_name": "loop-1", "timeout": 1});
    let body = json!({"broker": "stream-rest", "parameters": parameters});
    browser.post_json("/api/runs/", &body).await.expect(403).shows("Pub/Sub");
    assert_eq!(deployment.count("select count(*) from run").await, 0);
    assert_eq!(deployment.google.requests(Endpoint::Api), 0);
    // A run of an archive needs nobody at Google.
    crate::support::write_night(&deployment.app.archive, 1, 3);
    let body = json!({"broker": "archive", "parameters": {"folder": "night"}});
    let id = browser.post_json("/api/runs/", &body).await.expect(202).json()["id"].as_i64();
    assert_eq!(deployment.ended(&browser, id.unwrap()).await["state"], "finished");
}
