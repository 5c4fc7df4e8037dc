//! Pulls that fail in passing or bring damage: nothing is lost, nothing is stored twice.

use std::time::Duration;

use serde_json::json;

use super::{Setup, Streaming, eventually, feedback, log, n, night, sorted};
use crate::pubsub_double::{Reply, Verb};

/// A call that is served as usual, in a script.
const SERVED: Reply = Reply::Slow(Duration::ZERO);

#[tokio::test]
async fn passing_errors_are_told_and_lose_nothing() {
    let streaming = Setup::patient(10).start().await;
    let published = streaming.publish(&night(1, 130));
    let replies = vec![Reply::status(503), Reply::status(500), SERVED, Reply::status(504)];
    streaming.double.script(Verb::Pull, replies);
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 130), "{run}");
    assert_eq!(streaming.acknowledged(), sorted(&published));
    assert_eq!(n(&run, "acknowledged"), 130);
    let said = log(&run);
    assert!(said.contains("does not answer as it should (status 503"), "{said}");
    assert!(said.contains("answers again"), "{said}");
    assert_eq!(said.matches("The double was told to fail").count(), 2, "one for each time: {said}");
}

#[tokio::test]
async fn errors_that_do_not_pass_fail_the_run_and_keep_what_came() {
    let streaming = Streaming::start().await;
    let published = streaming.publish(&night(1, 3));
    streaming.double.script(Verb::Pull, vec![SERVED]);
    streaming.double.script_always(Verb::Pull, Reply::status(503));
    let run = streaming.run(json!({"timeout": 60})).await;
    assert_eq!(run["state"], "failed");
    assert!(feedback(&run).contains("Pub/Sub could not be reached for"), "{run}");
    assert!(feedback(&run).ends_with("Results so far are kept."), "{run}");
    assert_eq!((n(&run, "stored"), n(&run, "acknowledged")), (3, 3), "{run}");
    assert_eq!(streaming.acknowledged(), sorted(&published));
    let n_pulls = streaming.double.calls(Verb::Pull).len();
    assert!(n_pulls <= 12, "hammering: {n_pulls} pulls");
}

#[tokio::test]
async fn errors_from_the_first_call_on_fail_the_run_with_a_sentence() {
    let streaming = Streaming::start().await;
    streaming.double.script_always(Verb::GetSubscription, Reply::status(503));
    let run = streaming.run(json!({})).await;
    assert_eq!(run["state"], "failed");
    assert!(feedback(&run).starts_with("Pub/Sub could not be reached for"), "{run}");
    assert!(log(&run).contains("does not answer as it should"), "{}", log(&run));
}

#[tokio::test]
async fn time_in_which_the_service_is_out_of_reach_is_no_silence() {
    let streaming = Setup::patient(30).start().await;
    let replies = vec![SERVED, Reply::status(503), Reply::status(503), Reply::status(503)];
    streaming.double.script(Verb::Pull, replies);
    let id = streaming.begin(json!({"max_results": 2, "timeout": 1})).await;
    streaming.double.called(Verb::Pull, 4).await;
    streaming.publish(&night(1, 2));
    let run = streaming.app.wait(id).await;
    assert_eq!(n(&run, "stored"), 2, "{run}");
}

#[tokio::test]
async fn a_connection_that_is_cut_is_made_anew() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 4));
    streaming.double.script(Verb::GetSubscription, vec![Reply::Cut]);
    streaming.double.script(Verb::Pull, vec![Reply::Cut, SERVED, Reply::Cut]);
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 4), "{run}");
    assert_eq!(n(&run, "acknowledged"), 4);
}

#[tokio::test]
async fn what_an_answer_that_broke_off_took_out_comes_again_when_its_leases_end() {
    let streaming = Streaming::start().await;
    let published = streaming.publish(&night(1, 3));
    streaming.double.script(Verb::Pull, vec![Reply::Truncated]);
    let id = streaming.begin(json!({"max_results": 3, "timeout": 20})).await;
    streaming.double.called(Verb::Pull, 2).await;
    let double = &streaming.double;
    eventually(|| double.outstanding().len() == 3, || format!("{:?}", double.outstanding())).await;
    streaming.double.expire_leases();
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert_eq!(streaming.acknowledged(), sorted(&published));
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_asked_for_again() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 3));
    let odd = vec![Reply::Body("not json"), Reply::Body("null"), SERVED, Reply::Body("")];
    streaming.double.script(Verb::Pull, odd);
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
}

#[tokio::test]
async fn answers_that_never_are_json_fail_the_run_with_a_sentence() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 3));
    for (verb, body) in [(Verb::Pull, "<html>captive portal"), (Verb::GetSubscription, "{}")] {
        streaming.double.script_always(verb, Reply::Body(body));
        let run = streaming.run(json!({})).await;
        assert_eq!(run["state"], "failed", "{run}");
        assert!(feedback(&run).contains("loop-1 of project test-proj"), "{run}");
        assert!(!feedback(&run).contains("captive"), "{run}");
    }
    assert!(streaming.double.calls(Verb::Pull).len() <= 6);
    streaming.all_given_back(3).await;
}

#[tokio::test]
async fn messages_without_a_lease_or_fields_are_no_harm() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 1));
    let odd = r#"{"receivedMessages": [{"ackId": "projects/test-proj/subscriptions/loop-1:9999"}], "new": 1}"#;
    streaming.double.script(Verb::Pull, vec![Reply::Body(odd)]);
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 1), "{run}");
    assert_eq!(n(&run, "unreadable"), 1, "{run}");
}

#[tokio::test]
async fn messages_too_large_for_one_answer_are_asked_for_in_smaller_portions() {
    let streaming = Streaming::start().await;
    let large = vec![b'{'; 7_000_000];
    let published: Vec<_> =
        (0..6).map(|_| streaming.double.publish(&streaming.topic, &large, &[])).collect();
    let id = streaming.begin(json!({"timeout": 20})).await;
    // What a refused answer took out comes again when its lease ends.
    let mut n_pulls = 1;
    while streaming.double.calls(Verb::Acknowledge).is_empty() {
        streaming.double.called(Verb::Pull, n_pulls).await;
        streaming.double.expire_leases();
        n_pulls += 1;
    }
    streaming.until(id, "unreadable", 6).await;
    streaming.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = streaming.app.wait(id).await;
    assert_eq!(n(&run, "unreadable"), 6, "{run}");
    let sizes: Vec<_> = streaming
        .double
        .calls(Verb::Pull)
        .iter()
        .filter_map(|call| call.body["maxMessages"].as_u64())
        .collect();
    assert!(sizes.iter().any(|size| *size <= 6), "{sizes:?}");
    assert!(streaming.acknowledged().is_subset(&sorted(&published)));
}
