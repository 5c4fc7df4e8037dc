//! Queries of BigQuery as their members: the right is asked for when it is first needed, and the token is one's own.

use serde_json::json;
use tom_alerts::brokers::database::BigQueryService;

use super::{ADA, BOB, Deployment, PROJECT, SignInSetup};
use crate::bigquery_double::{BigQueryDouble, Verb};

const FORM: [(&str, &str); 5] = [
    ("broker", "database"),
    ("table", "ardent-cycling-243415.ztf.alerts_v4_02"),
    ("objectId", "ZTF21abcdefg"),
    ("max_results", "5"),
    ("mag_max", "20"),
];

async fn with_tables() -> (BigQueryDouble, Deployment) {
    let double = BigQueryDouble::start().await;
    let mut service = BigQueryService::at(Some(double.host()), &crate::timing::short()).unwrap();
    // It asks for a token, as Google does.
    service.is_emulator = false;
    let setup = SignInSetup { bigquery: Some(service), ..SignInSetup::default() };
    (double, setup.start().await)
}

/// Whether every call came with one of a member's own tokens that live.
fn all_are_of(double: &BigQueryDouble, deployment: &Deployment, email: &str) -> bool {
    let own = deployment.google.live_access_tokens(email);
    let headers: Vec<_> = own.iter().map(|token| format!("Bearer {token}")).collect();
    let calls = double.journal();
    !calls.is_empty()
        && calls.iter().all(|call| call.token.as_ref().is_some_and(|it| headers.contains(it)))
}

fn pressed(button: &'static str) -> Vec<(&'static str, &'static str)> {
    FORM.into_iter().chain([("action", button)]).collect()
}

#[tokio::test]
async fn a_query_asks_for_bigquery_first_and_then_runs_as_its_member() {
    let (double, deployment) = with_tables().await;
    let browser = deployment.connected(ADA).await;
    let asked = browser.post("/alerts/query/create/", &pressed("run")).await.expect(303);
    assert!(
        asked.location().starts_with("/accounts/connect/?scope=bigquery&"),
        "{}",
        asked.location()
    );
    browser.get(asked.location()).await.expect(200).shows("run BigQuery queries");
    assert!(double.journal().is_empty(), "nothing is asked without the right");
    let refused = json!({"broker": "database", "parameters": {"table": FORM[1].1, "objectId": "ZTF21abcdefg", "max_results": 5}});
    browser.post_json("/api/runs/", &refused).await.expect(403).shows("BigQuery");

    let form = "/alerts/query/create/?broker=database&draft=1";
    let back = browser.connect("bigquery", form).await.expect(303);
    let waiting = browser.get(back.location()).await.expect(200);
    waiting.shows("ZTF21abcdefg").shows("value=\"20\"").shows("press Run to continue");
    let started = browser.post("/alerts/query/create/", &pressed("run")).await.expect(303);
    let id = started.location().trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    let run = deployment.ended(&browser, id).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert_eq!(deployment.run_row(id).await.0.as_deref(), Some(ADA));
    assert!(!double.calls(Verb::Insert).is_empty());
    assert!(all_are_of(&double, &deployment, ADA));
}

#[tokio::test]
async fn a_look_at_a_query_acts_as_whoever_looks() {
    let (double, deployment) = with_tables().await;
    let bob = deployment.signed_in(BOB).await;
    let page = bob.post("/alerts/query/preview/", &FORM).await.expect(200);
    let page = page.shows("SELECT").shows("needs your permission to use BigQuery");
    let connect = "/accounts/connect/?scope=bigquery&#38;next=%2Falerts%2Fquery%2Fcreate%2F%3Fbroker%3Ddatabase%26draft%3D";
    page.shows("Connect to Google").shows(connect);
    assert!(double.journal().is_empty());
    let ada = deployment.signed_in(ADA).await;
    ada.connect("bigquery", "/").await.expect(303);
    ada.post("/alerts/query/preview/", &FORM).await.expect(200).shows("billed to the project");
    assert!(all_are_of(&double, &deployment, ADA));
}

#[tokio::test]
async fn test_now_tries_each_right_that_is_granted() {
    let (double, deployment) = with_tables().await;
    let browser = deployment.signed_in(ADA).await;
    browser.connect("bigquery", "/").await.expect(303);
    let page = browser.post("/accounts/test/", &[]).await.expect(200);
    page.shows(&format!("BigQuery answers and accepts queries billed to {PROJECT}."))
        .hides("list of subscriptions");
    assert!(double.calls(Verb::Insert).is_empty(), "nothing is run or billed");
    let _stream = deployment.stream(PROJECT).await;
    browser.connect("pubsub", "/").await.expect(303);
    let page = browser.post("/accounts/test/", &[]).await.expect(200);
    page.shows("BigQuery answers").shows("list of subscriptions");
}
