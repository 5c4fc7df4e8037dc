//! What is kept, acknowledged, set aside and given back.

use std::collections::BTreeSet;

use serde_json::json;

use super::BACKEND;
use crate::{
    stream_rest::{feedback, n},
    stream_stage::{Stage, counts},
};

#[tokio::test]
async fn a_subscription_is_created_and_gives_each_message_once() {
    let stage = Stage::start(BACKEND).await;
    let id = stage.begin(json!({"max_results": 5, "timeout": 60})).await;
    stage.says(id, "Created the subscription loop-1 on the topic projects/").await;
    let candids = stage.publish(1, 5).await;
    let run = stage.app.wait(id).await;
    assert_eq!((&run["state"], counts(&run)), (&json!("finished"), [5, 5, 5]), "{run}");
    assert_eq!(stage.candids(&run).await, candids);

    let again = stage.run(json!({})).await;
    assert_eq!((&again["state"], counts(&again)), (&json!("finished"), [0, 0, 0]), "{again}");
    assert!(feedback(&again).starts_with("No message arrived in 2 s."), "{again}");
}

#[tokio::test]
async fn the_messages_own_facts_are_kept_with_the_alert() {
    let stage = Stage::start(BACKEND).await;
    stage.subscribe(60).await;
    stage.publish(2, 1).await;
    let run = stage.run(json!({"max_results": 1})).await;
    let kept: serde_json::Value =
        sqlx::query_scalar("select attributes from run_alert where run_id = $1")
            .bind(run["id"].as_i64().unwrap())
            .fetch_one(&stage.app.pool().await)
            .await
            .unwrap();
    assert_eq!(kept["attributes"]["from"], "test");
    let published = kept["publish_time"].as_str().unwrap();
    assert!(published.parse::<chrono::DateTime<chrono::Utc>>().is_ok(), "{kept}");
    assert!(!kept["message_id"].as_str().unwrap().is_empty(), "{kept}");
}

#[tokio::test]
async fn exactly_as_many_as_wanted_are_kept_and_the_surplus_goes_back() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(600).await;
    let candids = stage.publish(5, 300).await;
    let first = stage.run(json!({"max_results": 120, "timeout": 20})).await;
    assert_eq!(counts(&first), [120, 120, 120], "{first}");
    assert!(feedback(&first).starts_with("Stopped at the limit of 120 results."), "{first}");
    stage.all_wait(&subscription, 180).await;

    let second = stage.run(json!({})).await;
    assert_eq!(counts(&second), [180, 180, 180], "{second}");
    let (one, two) = (stage.candids(&first).await, stage.candids(&second).await);
    assert!(one.is_disjoint(&two));
    assert_eq!(one.union(&two).cloned().collect::<BTreeSet<_>>(), candids);
    stage.all_wait(&subscription, 0).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_set_aside_and_does_not_come_again() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(600).await;
    stage.publish(7, 30).await;
    let junk: Vec<&[u8]> = vec![b"no packet"; 5];
    stage.emulator.publish(&stage.topic, &junk, &[]).await;
    let run = stage.run(json!({})).await;
    assert_eq!((&run["state"], counts(&run)), (&json!("finished"), [35, 30, 35]), "{run}");
    assert_eq!(n(&run, "unreadable"), 5, "{run}");
    stage.all_wait(&subscription, 0).await;
}

#[tokio::test]
async fn what_the_filter_rejects_is_acknowledged_too() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(600).await;
    stage.publish(8, 20).await;
    let run = stage.run(json!({"mag_max": 1})).await;
    assert_eq!(counts(&run), [20, 0, 20], "{run}");
    assert_eq!(n(&run, "rejected"), 20, "{run}");
    stage.all_wait(&subscription, 0).await;
}

#[tokio::test]
async fn a_lease_is_extended_while_the_database_is_slow() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(10).await;
    let pool = stage.app.pool().await;
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table unreadable").execute(&mut *lock).await.unwrap();
    let junk: Vec<&[u8]> = vec![b"no packet"; 3];
    stage.emulator.publish(&stage.topic, &junk, &[]).await;
    let id = stage.begin(json!({"timeout": 3})).await;
    // Longer than a lease: without an extension the messages would be here again. Neither Pub/Sub nor Google's crate allows a
    // stream one of less than 10 s.
    for _ in 0..13 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        sqlx::query("select 1").execute(&mut *lock).await.unwrap();
    }
    assert_eq!(stage.emulator.count_left(&subscription).await, 0);
    // Nor is it silence while messages are out, though the form allows only 3 s of it: the stream takes what comes now.
    stage.emulator.publish(&stage.topic, &junk, &[]).await;
    stage.all_wait(&subscription, 0).await;
    lock.rollback().await.unwrap();
    let run = stage.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "unreadable")), (&json!("finished"), 6), "{run}");
    assert_eq!((n(&run, "received"), n(&run, "acknowledged")), (6, 6), "{run}");
    stage.all_wait(&subscription, 0).await;
}
