//! Peek: looks at messages and leaves them in the subscription.

use serde_json::json;

use super::{Streaming, feedback, n, night, sorted};
use crate::pubsub_double::Verb;

#[tokio::test]
async fn peek_stores_results_and_takes_nothing_away() {
    let streaming = Streaming::start().await;
    let published = streaming.publish(&night(1, 150));
    let run = streaming.run(json!({"acknowledge": "peek"})).await;
    assert_eq!(run["state"], "finished", "{run}");
    let counts = ["received", "stored", "duplicates", "acknowledged"].map(|count| n(&run, count));
    assert_eq!(counts, [150, 150, 0, 0], "{run}");
    streaming.all_given_back(150).await;
    assert!(streaming.double.calls(Verb::Acknowledge).is_empty());
    assert_eq!(streaming.stored_messages(&run).await, sorted(&published));

    let keep = streaming.run(json!({})).await;
    assert_eq!((n(&keep, "stored"), n(&keep, "acknowledged")), (150, 150), "{keep}");
    assert_eq!(streaming.count_alerts().await, 150);
}

#[tokio::test]
async fn peek_meets_each_message_once_however_often_it_asks() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 4));
    let id = streaming.begin(json!({"acknowledge": "peek", "max_results": 7, "timeout": 20})).await;
    streaming.until(id, "stored", 4).await;
    let n_pulls = streaming.double.calls(Verb::Pull).len();
    streaming.double.called(Verb::Pull, n_pulls + 3).await;
    assert_eq!(streaming.double.outstanding().len(), 4);
    streaming.publish(&night(2, 3));
    let run = streaming.app.wait(id).await;
    let counts = ["received", "stored", "duplicates"].map(|count| n(&run, count));
    assert_eq!(counts, [7, 7, 0], "{run}");
    streaming.all_given_back(7).await;
}

#[tokio::test]
async fn a_limited_peek_stores_the_limit_and_leaves_everything_there() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 9));
    streaming.double.publish(&streaming.topic, b"no packet", &[]);
    let run = streaming.run(json!({"acknowledge": "peek", "max_results": 4})).await;
    assert_eq!((n(&run, "stored"), n(&run, "acknowledged")), (4, 0), "{run}");
    assert!(feedback(&run).starts_with("Stopped at the limit of 4 results."), "{run}");
    streaming.all_given_back(10).await;
    assert!(streaming.double.calls(Verb::Acknowledge).is_empty());
}

#[tokio::test]
async fn a_peek_without_a_limit_looks_at_a_thousand_messages_and_says_so() {
    let streaming = Streaming::start().await;
    for _ in 0..1_007 {
        streaming.double.publish(&streaming.topic, b"no packet", &[]);
    }
    let run = streaming.run(json!({"acknowledge": "peek", "timeout": 60})).await;
    assert_eq!((&run["state"], n(&run, "received")), (&json!("finished"), 1_000), "{run}");
    let told = "Stopped after 1,000 messages, the most that a peek looks at";
    assert!(feedback(&run).starts_with(told), "{run}");
    streaming.all_given_back(1_007).await;
    // Whoever keeps has no such limit.
    let keep = streaming.run(json!({})).await;
    assert_eq!(n(&keep, "received"), 1_007, "{keep}");
}
