//! When a stream stops: enough results, silence, the deadline.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Streaming, classtar, eventually, feedback, n, night, sorted};
use crate::pubsub_double::{Reply, Verb};

#[tokio::test]
async fn a_short_pull_and_then_silence_is_a_finished_run_with_what_came() {
    let streaming = Streaming::start().await;
    let packets = night(1, 1);
    streaming.publish(&packets);
    let run = streaming.run(json!({"max_results": 2})).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert_eq!((n(&run, "stored"), n(&run, "acknowledged")), (1, 1));
    assert_eq!(feedback(&run), "Stopped after 1 s without a message.");
    let rows = streaming.app.results(&run, "-time").await;
    assert_eq!(rows[0]["source_id"], packets[0].candid.to_string());
    assert_eq!(streaming.double.acknowledged().len(), 1);
}

#[tokio::test]
async fn silence_from_the_beginning_says_what_may_be_the_reason() {
    let streaming = Streaming::start().await;
    let run = streaming.run(json!({})).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert!(
        feedback(&run).starts_with("No message arrived in 1 s. The stream may be idle"),
        "{run}"
    );
    assert!(streaming.double.calls(Verb::Acknowledge).is_empty());
}

#[tokio::test]
async fn of_more_messages_exactly_max_results_are_stored_and_acknowledged() {
    let streaming = Streaming::start().await;
    let published = streaming.publish(&night(1, 10));
    let run = streaming.run(json!({"max_results": 4})).await;
    assert_eq!(run["state"], "finished");
    assert!(feedback(&run).starts_with("Stopped at the limit of 4 results."), "{run}");
    assert_eq!(["received", "stored", "acknowledged"].map(|count| n(&run, count)), [4, 4, 4]);
    assert_eq!(streaming.stored_messages(&run).await, sorted(&published[..4]));
    assert_eq!(streaming.acknowledged(), sorted(&published[..4]));
    streaming.all_given_back(6).await;
}

#[tokio::test]
async fn what_a_filter_makes_surplus_is_given_back_and_what_it_rejects_is_acknowledged() {
    let streaming = Streaming::start().await;
    let (mut passing, mut rejected) = (Vec::new(), Vec::new());
    for packet in night(1, 80) {
        if classtar(&packet) < 0.5 { rejected.push(packet) } else { passing.push(packet) }
    }
    let (n_rejected, n_passing) = (rejected.len(), passing.len());
    assert!(n_rejected >= 6 && n_passing >= 20, "no test of the filter: {n_rejected} {n_passing}");
    streaming.publish(&rejected[..6]);
    streaming.publish(&passing[..20]);
    let run = streaming
        .run(json!({"max_results": 3, "classtar_threshold": 0.5, "classtar_gt_lt": "gt"}))
        .await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert!(n(&run, "rejected") >= 3, "{run}");
    assert_eq!(n(&run, "received"), n(&run, "rejected") + 3, "{run}");
    assert_eq!(n(&run, "acknowledged"), n(&run, "received"), "{run}");
    let acknowledged = streaming.acknowledged();
    assert_eq!(acknowledged.len() as u64, n(&run, "received"));
    assert!(streaming.stored_messages(&run).await.is_subset(&acknowledged));
    streaming.all_given_back(26 - acknowledged.len()).await;
    assert!(!streaming.double.nacked().is_empty(), "nothing was cut in the middle");
}

#[tokio::test]
async fn alerts_that_repeat_do_not_use_up_the_limit() {
    let streaming = Streaming::start().await;
    let packets = night(1, 5);
    streaming.publish(&packets[..2]);
    streaming.publish(&packets[..2]);
    streaming.publish(&packets);
    let run = streaming.run(json!({"max_results": 5})).await;
    assert_eq!(n(&run, "stored"), 5, "{run}");
    assert!(n(&run, "duplicates") >= 2, "{run}");
    assert_eq!(n(&run, "acknowledged"), n(&run, "received"), "{run}");
}

#[tokio::test]
async fn a_stream_that_never_ends_stops_at_the_deadline() {
    let streaming = Streaming::start().await;
    let stop = CancellationToken::new();
    let publishing = {
        let (double, topic) = (Arc::clone(&streaming.double), streaming.topic.clone());
        let (packets, stop) = (night(1, 100), stop.clone());
        tokio::spawn(async move {
            for (i, packet) in packets.iter().cycle().enumerate() {
                if stop.is_cancelled() {
                    return i;
                }
                double.publish(&topic, &packet.bytes, &[]);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            unreachable!("a cycle has no end")
        })
    };
    let run = streaming.run(json!({"timeout": 600, "deadline": 2})).await;
    stop.cancel();
    let n_published = publishing.await.unwrap();
    assert_eq!(run["state"], "finished");
    assert_eq!(feedback(&run), "Stopped at the time limit of 2 s.");
    assert!(n(&run, "stored") > 0, "{run}");
    assert_eq!(n(&run, "acknowledged"), n(&run, "received"), "{run}");
    let n_acknowledged = streaming.double.acknowledged().len();
    assert_eq!(n_acknowledged as u64, n(&run, "acknowledged"));
    streaming.all_given_back(n_published - n_acknowledged).await;
}

#[tokio::test]
async fn a_pull_that_is_under_way_at_the_deadline_gives_back_what_it_brings() {
    let streaming = Streaming::start().await;
    let published = streaming.publish(&night(1, 3));
    streaming.double.script(Verb::Pull, vec![Reply::Slow(Duration::from_secs(2))]);
    let run = streaming.run(json!({"timeout": 600, "deadline": 1})).await;
    assert_eq!((&run["state"], n(&run, "received")), (&json!("finished"), 0), "{run}");
    let nacked = || sorted(&streaming.double.nacked());
    eventually(|| nacked() == sorted(&published), || format!("given back: {:?}", nacked())).await;
    streaming.all_given_back(3).await;
    assert!(streaming.double.acknowledged().is_empty());
}
