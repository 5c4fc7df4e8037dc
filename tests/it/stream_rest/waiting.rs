//! A service that asks to wait, or does not answer at all: it is waited for, no longer than is sensible.

use std::time::Duration;

use serde_json::json;

use super::{Setup, Streaming, feedback, log, n, night, sorted};
use crate::pubsub_double::{Reply, Verb};

#[tokio::test]
async fn retry_after_is_honoured() {
    let streaming = Setup::patient(10).start().await;
    streaming.publish(&night(1, 2));
    streaming.double.script(Verb::Pull, vec![Reply::status(429).retry_after(2)]);
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 2), "{run}");
    let pulls = streaming.double.calls(Verb::Pull);
    let between = pulls[1].at - pulls[0].at;
    assert!(between >= Duration::from_secs(2), "asked again after {between:?}");
    assert!(log(&run).contains("answers again"), "{}", log(&run));
}

#[tokio::test]
async fn a_retry_after_beyond_all_patience_ends_the_run_at_once_and_names_the_quota() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 2));
    streaming.double.script_always(Verb::Pull, Reply::status(429).retry_after(3_600));
    let run = streaming.run(json!({})).await;
    assert_eq!(run["state"], "failed");
    assert!(feedback(&run).contains("a quota is used up"), "{run}");
    assert_eq!(streaming.double.calls(Verb::Pull).len(), 1);
    streaming.all_given_back(2).await;
}

#[tokio::test]
async fn a_quota_that_stays_used_up_fails_the_run_and_keeps_what_came() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 2));
    streaming.double.script(Verb::Pull, vec![Reply::Slow(Duration::ZERO)]);
    streaming.double.script_always(Verb::Pull, Reply::status(429));
    let run = streaming.run(json!({"timeout": 60})).await;
    assert_eq!(run["state"], "failed");
    assert!(feedback(&run).contains("a quota is used up"), "{run}");
    assert!(feedback(&run).ends_with("Results so far are kept."), "{run}");
    assert_eq!((n(&run, "stored"), n(&run, "acknowledged")), (2, 2), "{run}");
    let n_pulls = streaming.double.calls(Verb::Pull).len();
    assert!(n_pulls <= 12, "hammering: {n_pulls} pulls");
}

#[tokio::test]
async fn pauses_between_tries_are_as_they_are_set() {
    let mut setup = Setup::patient(2);
    setup.timing.calls.first_pause = Duration::from_millis(10);
    setup.timing.calls.longest_pause = Duration::from_millis(20);
    let streaming = setup.start().await;
    streaming.double.script_always(Verb::Pull, Reply::status(503));
    let run = streaming.run(json!({"timeout": 60})).await;
    assert_eq!(run["state"], "failed");
    // A hundred or more; the program itself would try three or four times in two seconds.
    let n_pulls = streaming.double.calls(Verb::Pull).len();
    assert!(n_pulls >= 8, "{n_pulls} pulls");
}

#[tokio::test]
async fn trouble_that_goes_on_is_told_again_as_often_as_is_set() {
    for (reminder, n_told) in [(Duration::ZERO, 3), (Duration::from_hours(1), 1)] {
        let mut setup = Setup::patient(60);
        setup.timing.calls.first_pause = Duration::from_millis(1);
        setup.timing.calls.reminder = reminder;
        let streaming = setup.start().await;
        streaming.double.script(Verb::Pull, vec![Reply::status(503); 3]);
        let run = streaming.run(json!({})).await;
        let told = log(&run).matches("Pub/Sub does not answer as it should").count();
        assert_eq!(told, n_told, "{}", log(&run));
    }
}

#[tokio::test]
async fn a_call_that_hangs_is_given_up_and_made_again() {
    let mut setup = Setup::patient(20);
    setup.timing.calls.answer = Duration::from_secs(2);
    let streaming = setup.start().await;
    streaming.publish(&night(1, 2));
    streaming.double.script(Verb::Pull, vec![Reply::Hang]);
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 2), "{run}");
    assert!(log(&run).contains("no answer in 2 s"), "{}", log(&run));
    assert_eq!(n(&run, "acknowledged"), 2);
}

#[tokio::test]
async fn a_slow_answer_is_waited_for_and_is_no_silence() {
    let streaming = Streaming::start().await;
    let slow = Reply::Slow(Duration::from_secs(2));
    streaming.double.script(Verb::Pull, vec![slow]);
    streaming.publish(&night(1, 2));
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 2), "{run}");
}

#[tokio::test]
async fn an_empty_answer_is_no_silence_while_another_pull_is_under_way() {
    let streaming = Streaming::start().await;
    for _ in 0..200 {
        streaming.double.publish(&streaming.topic, b"no packet", &[]);
    }
    // The first is full, so that several are asked for at once. The second takes the rest, and the third finds nothing; both are
    // late, and the one that found nothing comes first.
    let [quick, later, late] = [1, 3_000, 1_500].map(Duration::from_millis);
    let replies = vec![Reply::Slow(quick), Reply::Late(later), Reply::Late(late)];
    streaming.double.script(Verb::Pull, replies);
    let run = streaming.run(json!({"timeout": 1})).await;
    assert_eq!((&run["state"], n(&run, "received")), (&json!("finished"), 200), "{run}");
    assert!(streaming.double.calls(Verb::Pull).len() >= 4, "none came empty meanwhile");
}

#[tokio::test]
async fn a_service_that_is_always_slow_is_no_trouble_and_its_silence_ends_the_run() {
    let streaming = Streaming::start().await;
    streaming.double.script_always(Verb::Pull, Reply::Slow(Duration::from_millis(2_500)));
    let run = streaming.run(json!({"timeout": 1})).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert!(feedback(&run).starts_with("No message arrived in 1 s."), "{run}");
}

#[tokio::test]
async fn the_longest_time_also_ends_a_run_whose_subscription_is_out_of_reach() {
    let streaming = Setup::patient(60).start().await;
    streaming.double.script_always(Verb::GetSubscription, Reply::status(503));
    let run = streaming.run(json!({"deadline": 1})).await;
    assert!(feedback(&run).contains("time limit of 1 s"), "{run}");
    assert!(streaming.double.calls(Verb::Pull).is_empty());
}

#[tokio::test]
async fn what_a_lost_answer_took_out_is_waited_for() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 3));
    // Served, but nobody hears of it: the messages are out until their lease ends.
    streaming.double.script(Verb::Pull, vec![Reply::Truncated]);
    let id = streaming.begin(json!({"timeout": 1})).await;
    streaming.double.called(Verb::Pull, 6).await;
    streaming.double.expire_leases();
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert!(log(&run).contains("An answer was lost"), "{}", log(&run));
}

/// As many calls as a quiet stream makes in ten minutes.
const CALLS_OF_TEN_MINUTES: usize = 1_200;

#[tokio::test]
#[ignore = "takes minutes: tests/run long"]
async fn a_quota_that_is_used_up_for_ten_minutes_is_asked_for_seldom_and_nothing_is_lost() {
    let mut setup = Setup::patient(3_600);
    // As the program has them.
    (setup.timing.calls, setup.timing.pulls) = Default::default();
    setup.timing.calls.patience = Duration::from_hours(1);
    let streaming = setup.start().await;
    let (quota, away) = (Reply::status(429).retry_after(7), Reply::status(503));
    let id = streaming.begin(json!({"timeout": 600})).await;
    streaming.double.called(Verb::Pull, 1).await;
    let published = streaming.publish(&night(1, 200));
    let mut n_calls = 0;
    for reply in [quota, away] {
        streaming.double.script_always(Verb::Pull, reply);
        let n_before = streaming.double.calls(Verb::Pull).len();
        tokio::time::sleep(Duration::from_mins(5)).await;
        n_calls += streaming.double.calls(Verb::Pull).len() - n_before;
    }
    assert!(n_calls <= CALLS_OF_TEN_MINUTES / 20, "{n_calls} calls");
    streaming.double.serve_normally(Verb::Pull);
    streaming.until(id, "acknowledged", 200).await;
    streaming.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("cancelled"), 200), "{run}");
    assert_eq!(streaming.acknowledged(), sorted(&published));
}
