//! A saved query of a stream that is kept running.

use serde_json::json;

use super::BACKEND;
use crate::stream_stage::{Stage, counts};

/// Listens to a query of `loop-1` whose own stop conditions would end it at once: its listener's page, and its run.
async fn listen(stage: &Stage) -> (String, i64) {
    tokio::spawn(stage.app.runner.clone().watch());
    let parameters = json!({
        "subscription_name": "loop-1", "project": stage.emulator.project(), "max_results": 2, "timeout": 1,
    });
    let saved = json!({"name": "All night", "broker": "stream-client", "parameters": parameters});
    let saved = stage.app.post_json("/api/queries/", &saved).await.expect(201).json();
    let listener = format!("/alerts/query/{}/listener/", saved["id"]);
    stage.app.post(&format!("{listener}start/"), &[]).await.expect(303);
    loop {
        let runs = stage.app.get("/api/runs/").await.expect(200).json();
        if let Some(id) = runs["results"][0]["id"].as_i64() {
            return (listener, id);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_topic_that_was_deleted_is_said_by_the_listener_of_a_stream() {
    let stage = Stage::start(BACKEND).await;
    stage.subscribe(10).await;
    let (listener, run) = listen(&stage).await;
    stage.publish(43, 3).await;
    stage.has_stored(run, 3).await;
    // A topic goes as a subscription does.
    stage.emulator.delete_subscription(&stage.topic).await;
    let ended = stage.app.wait(run).await;
    assert_eq!(ended["state"], "failed", "{ended}");
    let page = stage.app.get(&listener).await.expect(200);
    page.shows("In trouble").shows("The topic of the subscription loop-1");
}

#[tokio::test]
async fn a_saved_stream_is_listened_to_until_it_is_stopped() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(10).await;
    let (listener, run) = listen(&stage).await;
    // More than the form's maximum, and after more silence than the form's: a listener goes on.
    stage.publish(41, 5).await;
    stage.has_stored(run, 5).await;
    stage.emulator.delete_subscription(&subscription).await;
    stage.says(run, "the subscription does not exist").await;
    stage.subscribe(10).await;
    stage.publish(42, 4).await;
    stage.has_stored(run, 9).await;
    stage.app.post(&format!("{listener}pause/"), &[]).await.expect(303);
    let ended = stage.app.wait(run).await;
    assert_eq!(counts(&ended)[1], 9, "{ended}");
}
