//! What Google's crate hides or gives up on: a line that is cut or dead, a subscription that goes and comes.

use std::time::Duration;

use serde_json::json;

use super::BACKEND;
use crate::{
    stream_rest::{feedback, log},
    stream_stage::{Stage, counts},
    timing,
};

const TROUBLE: &str = "No messages from Pub/Sub since ";
const WELL: &str = "Connected to Pub/Sub again";

#[tokio::test]
async fn a_line_that_is_cut_is_told_of_and_the_stream_goes_on() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(10).await;
    let first = stage.publish(31, 5).await;
    let id = stage.begin(json!({"timeout": 600})).await;
    stage.has_stored(id, 5).await;
    // Acknowledgements are on their way for a moment.
    stage.all_wait(&subscription, 0).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    stage.line.cut();
    stage.says(id, TROUBLE).await;
    stage.forget_dead_streams(&subscription).await;
    let second = stage.publish(32, 7).await;
    let page = format!("/runs/{id}/");
    let troubled = stage.app.get(&page).await.expect(200);
    let body = &troubled.body;
    assert!(!body.contains(" s without a message"), "time in trouble is no silence: {body}");
    troubled.shows("<strong>Attention:</strong> No messages from");
    stage.line.mend().await;
    stage.says(id, WELL).await;
    let run = stage.until(id, "12 received", |run| counts(run)[2] == 12).await;
    let page = stage.app.get(&page).await.expect(200).shows("Stop, keep results");
    assert!(!page.body.contains("Attention:"), "the trouble is over");
    assert_eq!((&run["state"], counts(&run)), (&json!("running"), [12, 12, 12]), "{run}");
    assert_eq!(stage.candids(&run).await, &first | &second);
    stage.all_wait(&subscription, 0).await;
}

#[tokio::test]
async fn a_line_that_is_dead_is_told_of_and_the_stream_goes_on() {
    let mut timing = timing::short();
    timing.calls.patience = Duration::from_mins(1);
    // Nothing else shows that it is dead.
    timing.calls.answer = Duration::from_secs(2);
    let stage = Stage::start_timed(BACKEND, &timing).await;
    let subscription = stage.subscribe(10).await;
    stage.publish(33, 2).await;
    let id = stage.begin(json!({"max_results": 4, "timeout": 600})).await;
    stage.has_stored(id, 2).await;
    stage.line.go_dead();
    stage.says(id, TROUBLE).await;
    stage.forget_dead_streams(&subscription).await;
    stage.publish(34, 2).await;
    stage.line.mend().await;
    let run = stage.app.wait(id).await;
    assert_eq!(counts(&run)[1], 4, "{run}");
    assert!(log(&run).contains(WELL), "{run}");
}

#[tokio::test]
async fn time_in_trouble_is_no_silence() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(10).await;
    let id = stage.begin(json!({"timeout": 2})).await;
    stage.says(id, "Using the subscription loop-1").await;
    stage.line.cut();
    stage.says(id, TROUBLE).await;
    stage.forget_dead_streams(&subscription).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    stage.publish(35, 1).await;
    stage.line.mend().await;
    let run = stage.app.wait(id).await;
    assert_eq!((&run["state"], counts(&run)), (&json!("finished"), [1, 1, 1]), "{run}");
}

#[tokio::test]
async fn trouble_that_does_not_pass_ends_the_run_and_what_came_is_kept() {
    let stage = Stage::start_patient(BACKEND, 3).await;
    stage.subscribe(10).await;
    stage.publish(36, 2).await;
    let id = stage.begin(json!({"timeout": 600})).await;
    stage.has_stored(id, 2).await;
    stage.line.cut();
    let run = stage.until(id, "the end", |run| run["state"] == "failed").await;
    assert_eq!(counts(&run), [2, 2, 2], "{run}");
    assert!(feedback(&run).contains("Pub/Sub could not be reached for"), "{run}");
    assert!(feedback(&run).contains("kept"), "{run}");
}

#[tokio::test]
async fn a_subscription_that_goes_is_told_of_and_one_that_comes_again_is_used() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(10).await;
    stage.publish(37, 2).await;
    let id = stage.begin(json!({"max_results": 5, "timeout": 600})).await;
    stage.has_stored(id, 2).await;
    // The stop condition that is nearer.
    stage.app.get(&format!("/runs/{id}/")).await.expect(200).shows("2 of at most 5 results");
    stage.emulator.delete_subscription(&subscription).await;
    stage.says(id, "the subscription does not exist").await;
    stage.subscribe(10).await;
    stage.publish(38, 3).await;
    let run = stage.app.wait(id).await;
    assert_eq!((&run["state"], counts(&run)), (&json!("finished"), [5, 5, 5]), "{run}");
    assert!(log(&run).contains("The subscription was created again"), "{run}");
    assert!(log(&run).contains(WELL), "{run}");
}

#[tokio::test]
async fn a_subscription_that_does_not_come_again_ends_the_run() {
    let stage = Stage::start_patient(BACKEND, 3).await;
    let subscription = stage.subscribe(10).await;
    let id = stage.begin(json!({"timeout": 600})).await;
    stage.says(id, "Using the subscription loop-1").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    stage.emulator.delete_subscription(&subscription).await;
    let run = stage.app.wait(id).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(feedback(&run).contains("was deleted during the run"), "{run}");
}

#[tokio::test]
async fn a_subscription_that_comes_again_on_another_topic_is_not_used() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(10).await;
    let id = stage.begin(json!({"timeout": 600})).await;
    stage.says(id, "Using the subscription loop-1").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let other = stage.emulator.create_topic("loop-2").await;
    stage.emulator.delete_subscription(&subscription).await;
    stage.says(id, "the subscription does not exist").await;
    stage.emulator.create_subscription("loop-1", &other, 10).await;
    let run = stage.app.wait(id).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(feedback(&run).contains("was recreated during the run and now receives"), "{run}");
}

#[tokio::test]
async fn a_topic_that_was_deleted_is_not_called_silence() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(10).await;
    stage.publish(39, 2).await;
    let id = stage.begin(json!({"timeout": 600})).await;
    stage.has_stored(id, 2).await;
    // A topic goes as a subscription does.
    stage.emulator.delete_subscription(&stage.topic).await;
    let run = stage.app.wait(id).await;
    assert_eq!((&run["state"], counts(&run)[1]), (&json!("failed"), 2), "{run}");
    assert!(feedback(&run).starts_with("The topic of the subscription loop-1"), "{run}");
    stage.all_wait(&subscription, 0).await;
}
