//! A saved query of a stream that is kept running.

use serde_json::json;

use super::BACKEND;
use crate::stream_stage::{Stage, counts};

#[tokio::test]
async fn a_saved_stream_is_listened_to_until_it_is_stopped() {
    let stage = Stage::start(BACKEND).await;
    tokio::spawn(stage.app.runner.clone().watch());
    let subscription = stage.subscribe(10).await;
    let parameters = json!({
        "subscription_name": "loop-1", "project": stage.emulator.project(), "max_results": 2, "timeout": 1,
    });
    let saved = json!({"name": "All night", "broker": "stream-client", "parameters": parameters});
    let saved = stage.app.post_json("/api/queries/", &saved).await.expect(201).json();
    let listener = format!("/alerts/query/{}/listener/", saved["id"]);
    stage.app.post(&format!("{listener}start/"), &[]).await.expect(303);
    let run = loop {
        let runs = stage.app.get("/api/runs/").await.expect(200).json();
        if let Some(id) = runs["results"][0]["id"].as_i64() {
            break id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
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
