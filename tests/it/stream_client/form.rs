//! What the form says, and what a subscription that is there says to it.

use serde_json::json;

use super::BACKEND;
use crate::{
    stream_rest::feedback,
    stream_stage::{Stage, counts},
};

const CREATE: &str = "/alerts/query/create/?broker=stream-client";

#[tokio::test]
async fn the_form_has_the_fields_of_the_python_module_and_says_its_errors_by_them() {
    let stage = Stage::start(BACKEND).await;
    let mut form = stage.app.get(CREATE).await.expect(200);
    for field in ["subscription_name", "attribute_filter", "max_results", "timeout", "max_backlog"]
    {
        form = form.shows(&format!("name=\"{field}\""));
    }
    let typed = [
        ("broker", "stream-client"),
        ("subscription_name", "ztf-loop"),
        ("attribute_filter", "candid = 1"),
        ("max_backlog", "7"),
        ("action", "run"),
    ];
    let page = stage.app.post(CREATE, &typed).await.expect(422);
    page.shows("You must set at least one stopping condition.")
        .shows("A condition reads attributes:NAME")
        .shows("value=\"candid = 1\"")
        .shows("value=\"7\"");
}

#[tokio::test]
async fn a_subscription_is_created_with_its_attribute_filter() {
    let stage = Stage::start(BACKEND).await;
    let filter = "attributes.from = \"test\"";
    let id =
        stage.begin(json!({"attribute_filter": filter, "max_results": 3, "timeout": 60})).await;
    stage.says(id, "Created the subscription loop-1").await;
    // The emulator keeps the filter and does not apply it.
    let kept = stage.emulator.subscription("loop-1").await;
    assert_eq!(kept["filter"], filter, "{kept}");
    stage.publish(21, 3).await;
    let run = stage.app.wait(id).await;
    assert_eq!(counts(&run), [3, 3, 3], "{run}");

    let again = stage.run(json!({"attribute_filter": filter})).await;
    assert_eq!(again["state"], "finished", "{again}");
    let other = stage.run(json!({"attribute_filter": "attributes:candid"})).await;
    assert_eq!(other["state"], "failed", "{other}");
    assert!(feedback(&other).contains(&format!("with the attribute filter {filter}")), "{other}");
}

#[tokio::test]
async fn a_subscription_without_the_wanted_filter_is_refused() {
    let stage = Stage::start(BACKEND).await;
    stage.subscribe(60).await;
    let run = stage.run(json!({"attribute_filter": "attributes:candid"})).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(feedback(&run).contains("exists already without an attribute filter"), "{run}");
}

#[tokio::test]
async fn without_subscription_and_topic_the_run_says_so() {
    let stage = Stage::start(BACKEND).await;
    let run = stage.run(json!({"subscription_name": "loop-none"})).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(
        feedback(&run).starts_with("A subscription named loop-none does not exist in the project"),
        "{run}"
    );
}
