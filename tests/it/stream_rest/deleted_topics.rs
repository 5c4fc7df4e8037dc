//! A topic that was deleted: nothing can come any more, and that is not called silence.

use serde_json::json;

use super::{Streaming, feedback, log, n, night};
use crate::pubsub_double::{Reply, Verb};

const GONE: &str = "The topic of the subscription loop-1";

#[tokio::test]
async fn a_topic_that_is_deleted_in_mid_run_is_not_called_silence() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 2));
    let id = streaming.begin(json!({"timeout": 3})).await;
    streaming.until(id, "acknowledged", 2).await;
    streaming.double.delete_topic(&streaming.topic);
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("failed"), 2), "{run}");
    assert!(feedback(&run).starts_with(GONE), "{run}");
}

#[tokio::test]
async fn what_waits_in_a_subscription_whose_topic_was_deleted_is_kept_and_nothing_more_waited_for()
{
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 3));
    streaming.double.delete_topic(&streaming.topic);
    // An empty answer says little: some wait behind it.
    streaming.double.script(Verb::Pull, vec![Reply::Body("{}")]);
    // Longer than a test waits.
    let query = json!({"subscription_name": "loop-1", "timeout": 600});
    let run = streaming.app.wait(streaming.begin_exactly(&query).await).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("failed"), 3), "{run}");
    assert_eq!(n(&run, "acknowledged"), 3, "{run}");
    assert!(feedback(&run).starts_with(GONE), "{run}");
    assert!(log(&run).contains("was deleted: no new messages can arrive. What waits"), "{run}");
    assert!(!log(&run).contains("_deleted-topic_"), "{run}");
}

#[tokio::test]
async fn a_subscription_whose_topic_was_deleted_is_not_taken_for_one_of_the_chosen_topic() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 3));
    streaming.double.delete_topic(&streaming.topic);
    let run = streaming.run(json!({"topic": "loop-1"})).await;
    assert_eq!((&run["state"], n(&run, "received")), (&json!("failed"), 0), "{run}");
    assert!(feedback(&run).starts_with(GONE), "{run}");
}
