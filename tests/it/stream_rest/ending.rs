//! Runs that are ended from outside: cancelled by a user, or by the end of the service.

use std::time::Duration;

use serde_json::json;
use tom_alerts::domain::run::RunState;

use super::{Setup, Streaming, n, night, sorted};
use crate::pubsub_double::{Reply, Verb};

#[tokio::test]
async fn a_cancelled_stream_keeps_what_came_and_gives_the_rest_back() {
    let streaming = Streaming::start().await;
    let published = streaming.publish(&night(1, 250));
    let id = streaming.begin(json!({"timeout": 600})).await;
    streaming.until(id, "stored", 1).await;
    streaming.app.post_json(&format!("/api/runs/{id}/cancel/"), &json!({})).await.expect(202);
    let run = streaming.app.wait(id).await;
    assert_eq!(run["state"], "cancelled", "{run}");
    assert_eq!(n(&run, "acknowledged"), n(&run, "stored"), "{run}");
    let acknowledged = streaming.acknowledged();
    assert_eq!(acknowledged, streaming.stored_messages(&run).await);
    streaming.all_given_back(published.len() - acknowledged.len()).await;
}

#[tokio::test]
async fn a_stream_that_waits_for_messages_is_cancelled_by_its_button() {
    let streaming = Streaming::start().await;
    let id = streaming.begin(json!({"timeout": 600})).await;
    streaming.double.called(Verb::Pull, 2).await;
    streaming.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = streaming.app.wait(id).await;
    assert_eq!(run["state"], "cancelled", "{run}");
    let n_pulls = streaming.double.calls(Verb::Pull).len();
    streaming.app.get(&format!("/runs/{id}/")).await.expect(200).shows("Stopped on request.");
    assert!(streaming.double.calls(Verb::Pull).len() <= n_pulls + 1, "it goes on pulling");
}

#[tokio::test]
async fn cancelling_does_not_wait_for_a_call_that_hangs() {
    let streaming = Setup::patient(60).start().await;
    for verb in [Verb::GetSubscription, Verb::Pull] {
        let n_before = streaming.double.calls(verb).len();
        streaming.double.script_always(verb, Reply::Hang);
        let id = streaming.begin(json!({"timeout": 600})).await;
        streaming.double.called(verb, n_before + 1).await;
        streaming.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
        let run = streaming.app.wait(id).await;
        assert_eq!(run["state"], "cancelled", "{run}");
        // A call that hangs is made again after ten seconds.
        assert_eq!(streaming.double.calls(verb).len(), n_before + 1);
        streaming.double.serve_normally(verb);
    }
}

#[tokio::test]
async fn what_a_pull_brings_after_the_cancel_is_given_back() {
    let streaming = Streaming::start().await;
    let published = streaming.publish(&night(1, 3));
    streaming.double.script(Verb::Pull, vec![Reply::Slow(Duration::from_secs(1))]);
    let id = streaming.begin(json!({"timeout": 600})).await;
    streaming.double.called(Verb::Pull, 1).await;
    streaming.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "received")), (&json!("cancelled"), 0), "{run}");
    let double = &streaming.double;
    super::eventually(
        || sorted(&double.nacked()) == sorted(&published),
        || format!("given back: {:?}", double.nacked()),
    )
    .await;
    assert!(double.acknowledged().is_empty());
}

#[tokio::test]
async fn at_the_end_of_the_service_a_stream_is_interrupted_and_its_leases_are_given_back() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 5));
    let id = streaming.begin(json!({"acknowledge": "peek", "timeout": 600})).await;
    streaming.until(id, "stored", 5).await;
    assert_eq!(streaming.double.outstanding().len(), 5);
    streaming.app.stop();
    streaming.app.runner.finish().await;
    // The process ends now: what is still out would stay out.
    assert!(streaming.double.outstanding().is_empty(), "{:?}", streaming.double.outstanding());
    assert_eq!(streaming.double.available().len(), 5);
    let asker = streaming.app.storage.local_asker().await.unwrap();
    let run = streaming.app.storage.find_run(&asker, id).await.unwrap().unwrap();
    assert_eq!((run.state, run.counts.stored), (RunState::Interrupted, 5));
}

#[tokio::test]
async fn the_end_of_the_service_waits_for_a_pull_to_give_back_what_it_brings() {
    let streaming = Streaming::start().await;
    let published = streaming.publish(&night(1, 3));
    streaming.double.script(Verb::Pull, vec![Reply::Slow(Duration::from_secs(1))]);
    let id = streaming.begin(json!({"timeout": 600})).await;
    streaming.double.called(Verb::Pull, 1).await;
    streaming.app.stop();
    streaming.app.runner.finish().await;
    assert_eq!(sorted(&streaming.double.nacked()), sorted(&published));
    let asker = streaming.app.storage.local_asker().await.unwrap();
    let run = streaming.app.storage.find_run(&asker, id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Interrupted);
}

#[tokio::test]
async fn the_end_of_a_run_waits_for_its_last_pulls_as_long_as_is_set() {
    let (soon, late) = (Duration::from_secs(1), Duration::from_secs(20));
    let (short, long) = (Duration::from_millis(50), Duration::from_hours(1));
    for (last_pulls, answered, n_given_back) in [(short, late, 0), (long, soon, 3)] {
        let mut setup = Setup::patient(60);
        setup.timing.calls.answer = Duration::from_hours(1);
        setup.timing.pulls.last_pulls = last_pulls;
        let streaming = setup.start().await;
        streaming.publish(&night(1, 3));
        // The messages are out already, and the run does not know of them.
        streaming.double.script(Verb::Pull, vec![Reply::Late(answered)]);
        let id = streaming.begin(json!({"timeout": 600})).await;
        streaming.double.called(Verb::Pull, 1).await;
        streaming.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
        streaming.app.runner.finish().await;
        assert_eq!(streaming.double.nacked().len(), n_given_back);
        assert_eq!(streaming.double.outstanding().len(), 3 - n_given_back);
    }
}

#[tokio::test]
async fn the_end_of_the_service_waits_for_its_runs_as_long_as_is_set() {
    let (soon, late) = (Duration::from_secs(1), Duration::from_secs(20));
    let (short, long) = (Duration::from_millis(50), Duration::from_hours(1));
    for (last_work, answered, is_finished) in [(short, late, false), (long, soon, true)] {
        let mut setup = Setup::patient(60);
        setup.timing.calls.answer = Duration::from_hours(1);
        setup.timing.pulls.last_pulls = Duration::from_hours(1);
        setup.timing.runs.last_work = last_work;
        let streaming = setup.start().await;
        let published = streaming.publish(&night(1, 3));
        streaming.double.script(Verb::Pull, vec![Reply::Slow(answered)]);
        streaming.begin(json!({"timeout": 600})).await;
        streaming.double.called(Verb::Pull, 1).await;
        streaming.app.stop();
        assert_eq!(streaming.app.runner.finish_in_time().await, is_finished);
        let expected = if is_finished { published } else { Vec::new() };
        assert_eq!(sorted(&streaming.double.nacked()), sorted(&expected));
    }
}
