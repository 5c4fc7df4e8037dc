//! Whole runs on the real emulator.

use std::collections::BTreeSet;

use serde_json::json;

use super::{feedback, n};
use crate::stream_stage::{Stage, counts};

const BACKEND: &str = "stream-rest";

#[tokio::test]
async fn on_the_emulator_a_subscription_is_created_and_gives_each_message_once() {
    let stage = Stage::start(BACKEND).await;
    let id = stage.begin(json!({"max_results": 5, "timeout": 60})).await;
    stage.says(id, "Created the subscription loop-1 on the topic projects/").await;
    let candids = stage.publish(1, 5).await;
    let run = stage.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 5), "{run}");
    assert_eq!(n(&run, "acknowledged"), 5, "{run}");
    assert_eq!(stage.candids(&run).await, candids);

    let again = stage.run(json!({})).await;
    assert_eq!((&again["state"], n(&again, "received")), (&json!("finished"), 0), "{again}");
    assert!(feedback(&again).starts_with("No message arrived in 2 s."), "{again}");
}

#[tokio::test]
async fn on_the_emulator_two_runs_share_a_night_without_loss_or_repeat() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(60).await;
    let candids = stage.publish(5, 300).await;
    let first = stage.run(json!({"max_results": 120, "timeout": 20})).await;
    assert_eq!(counts(&first), [120, 120, 120], "{first}");

    let second = stage.run(json!({})).await;
    assert_eq!(counts(&second), [180, 180, 180], "{second}");
    let (one, two) = (stage.candids(&first).await, stage.candids(&second).await);
    assert!(one.is_disjoint(&two));
    assert_eq!(one.union(&two).cloned().collect::<BTreeSet<_>>(), candids);
    let stored: i64 = sqlx::query_scalar("select count(*) from alert")
        .fetch_one(&stage.app.pool().await)
        .await
        .unwrap();
    assert_eq!(stored, 300);
    assert_eq!(stage.emulator.count_left(&subscription).await, 0);
}

#[tokio::test]
async fn on_the_emulator_peek_leaves_everything_there() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(600).await;
    let candids = stage.publish(6, 20).await;
    let run = stage.run(json!({"acknowledge": "peek"})).await;
    assert_eq!(counts(&run), [20, 20, 0], "{run}");
    stage.all_wait(&subscription, candids.len()).await;
}
