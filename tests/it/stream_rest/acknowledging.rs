//! Trouble at the acknowledgement: what is stored stays stored once, and the count is honest.

use std::time::Duration;

use serde_json::json;

use super::{Setup, Streaming, feedback, log, n, night, sorted};
use crate::pubsub_double::{Reply, Verb};

#[tokio::test]
async fn an_acknowledgement_that_fails_in_passing_is_made_again() {
    let streaming = Setup::patient(10).start().await;
    let published = streaming.publish(&night(1, 3));
    streaming.double.script(Verb::Acknowledge, vec![Reply::status(503), Reply::Cut]);
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert_eq!((n(&run, "received"), n(&run, "acknowledged")), (3, 3), "{run}");
    assert_eq!(streaming.acknowledged(), sorted(&published));
    assert!(streaming.double.nacked().is_empty());
}

#[tokio::test]
async fn an_acknowledgement_whose_answer_is_lost_stores_nothing_twice() {
    let streaming = Setup::patient(10).start().await;
    let published = streaming.publish(&night(1, 3));
    streaming.double.script(Verb::Acknowledge, vec![Reply::Truncated]);
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert_eq!(n(&run, "acknowledged"), 3, "{run}");
    assert_eq!(streaming.double.acknowledged().len(), 3);
    assert_eq!(streaming.acknowledged(), sorted(&published));
    assert_eq!(streaming.count_alerts().await, 3);
}

#[tokio::test]
async fn acknowledgements_that_are_refused_let_the_run_finish_and_are_told() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 3));
    streaming.double.script_always(Verb::Acknowledge, Reply::status(403));
    let run = streaming.run(json!({"max_results": 3})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert_eq!(n(&run, "acknowledged"), 0, "{run}");
    assert!(log(&run).contains("The messages will be delivered again"), "{}", log(&run));
    streaming.all_given_back(3).await;

    streaming.double.serve_normally(Verb::Acknowledge);
    let again = streaming.run(json!({})).await;
    assert_eq!((n(&again, "stored"), n(&again, "acknowledged")), (3, 3), "{again}");
    assert_eq!(streaming.count_alerts().await, 3);
}

#[tokio::test]
async fn messages_whose_acknowledgement_is_refused_do_not_come_round_and_round() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 3));
    streaming.double.script_always(Verb::Acknowledge, Reply::status(403));
    let run = streaming.run(json!({"timeout": 1, "deadline": 12})).await;
    let n_calls = streaming.double.calls(Verb::Acknowledge).len();
    assert!(n_calls <= 10, "hammering: {n_calls} acknowledgements, {}", run["counts"]);
    assert_eq!(feedback(&run), "Stopped after 1 s without a message.");
    assert_eq!((n(&run, "stored"), n(&run, "acknowledged")), (3, 0), "{run}");
    assert!(log(&run).contains("The messages will be delivered again"), "{}", log(&run));
    assert!(run["log"].as_array().unwrap().len() <= 15, "{}", log(&run));
    streaming.all_given_back(3).await;
}

#[tokio::test]
async fn an_acknowledgement_that_never_succeeds_does_not_hold_the_run_for_ever() {
    let mut setup = Setup::patient(120);
    setup.timing.runs.last_acknowledgements = Duration::from_secs(1);
    let streaming = setup.start().await;
    streaming.publish(&night(1, 3));
    streaming.double.script_always(Verb::Acknowledge, Reply::status(503));
    let run = streaming.run(json!({"max_results": 3})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert_eq!(n(&run, "acknowledged"), 0, "{run}");
    assert!(streaming.double.acknowledged().is_empty());
    streaming.all_given_back(3).await;
}

#[tokio::test]
async fn the_end_of_a_run_waits_for_its_last_acknowledgements_as_long_as_is_set() {
    let (soon, late) = (Duration::from_secs(1), Duration::from_secs(20));
    let (short, long) = (Duration::from_millis(50), Duration::from_hours(1));
    for (last_acknowledgements, answered, n_confirmed) in [(short, late, 0), (long, soon, 3)] {
        let mut setup = Setup::patient(60);
        setup.timing.calls.answer = Duration::from_hours(1);
        setup.timing.runs.last_acknowledgements = last_acknowledgements;
        let streaming = setup.start().await;
        streaming.publish(&night(1, 3));
        streaming.double.script(Verb::Acknowledge, vec![Reply::Slow(answered)]);
        let run = streaming.run(json!({"max_results": 3})).await;
        assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
        assert_eq!(n(&run, "acknowledged"), n_confirmed, "{run}");
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_acknowledgements_that_nobody_confirms() {
    let mut setup = Setup::patient(3_600);
    setup.timing.calls.answer = Duration::from_hours(1);
    setup.timing.runs.last_acknowledgements = Duration::from_hours(1);
    setup.timing.runs.acknowledgements_of_stopped = Duration::from_millis(50);
    let streaming = setup.start().await;
    streaming.double.script_always(Verb::Acknowledge, Reply::Hang);
    // A batch for each acknowledgement that may be under way, and two more.
    for _ in 0..600 {
        streaming.double.publish(&streaming.topic, b"no packet", &[]);
    }
    let id = streaming.begin(json!({"timeout": 600})).await;
    streaming.double.called(Verb::Acknowledge, 4).await;
    // Kept, and waiting for its acknowledgement's turn.
    streaming.until(id, "received", 500).await;
    streaming.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "acknowledged")), (&json!("cancelled"), 0), "{run}");
}

#[tokio::test]
async fn a_number_of_acknowledgements_that_is_noted_again_or_late_changes_nothing() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 150));
    let run = streaming.run(json!({})).await;
    assert_eq!(n(&run, "acknowledged"), 150, "{run}");
    let id = run["id"].as_i64().unwrap();
    // As when the answer of the database was lost.
    for so_far in [150, 50] {
        streaming.app.storage.note_acknowledged(id, so_far).await.unwrap();
    }
    let run = streaming.app.get(&format!("/api/runs/{id}/")).await.expect(200).json();
    assert_eq!(n(&run, "acknowledged"), 150, "{run}");
}
