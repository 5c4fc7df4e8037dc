//! At least once: a message or an alert that comes again is stored once.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Streaming, n, night};

#[tokio::test]
async fn a_message_that_comes_again_within_a_run_is_stored_once() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 1));
    let (go_on, asked) = (CancellationToken::new(), Arc::new(Mutex::new(Vec::new())));
    let (release, seen) = (go_on.clone(), Arc::clone(&asked));
    streaming.double.on_acknowledge(Box::new(move |ids| {
        seen.lock().unwrap().extend(ids);
        release.clone().cancelled_owned().boxed()
    }));
    let id = streaming.begin(json!({"timeout": 2})).await;
    streaming.until(id, "stored", 1).await;
    // Its lease ends before the acknowledgement has arrived.
    streaming.double.expire_leases();
    streaming.until(id, "duplicates", 1).await;
    go_on.cancel();
    let run = streaming.app.wait(id).await;
    assert_eq!(run["state"], "finished", "{run}");
    let counts = ["received", "stored", "duplicates"].map(|count| n(&run, count));
    assert_eq!(counts, [2, 1, 1], "{run}");
    assert_eq!(streaming.count_alerts().await, 1);
    streaming.all_given_back(0).await;
}

#[tokio::test]
async fn a_message_that_comes_again_while_peeking_is_stored_once() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 2));
    streaming.double.publish(&streaming.topic, b"no packet", &[]);
    let id = streaming.begin(json!({"acknowledge": "peek", "timeout": 2})).await;
    streaming.until(id, "received", 3).await;
    streaming.double.expire_leases();
    let run = streaming.app.wait(id).await;
    assert_eq!((n(&run, "stored"), n(&run, "duplicates")), (2, 2), "{run}");
    assert_eq!(n(&run, "unreadable"), 1, "set aside once: {run}");
    let page = streaming.app.get(&format!("/runs/{id}/unreadable/")).await.expect(200).body;
    assert_eq!(page.matches("<tr>").count(), 2, "{page}");
    streaming.all_given_back(3).await;
}

#[tokio::test]
async fn an_alert_in_two_messages_is_stored_once_and_both_are_acknowledged() {
    let streaming = Streaming::start().await;
    let packets = night(1, 3);
    streaming.publish(&packets);
    streaming.publish(&packets[..1]);
    let run = streaming.run(json!({})).await;
    let counts = ["received", "stored", "duplicates", "acknowledged"].map(|count| n(&run, count));
    assert_eq!(counts, [4, 3, 1, 4], "{run}");
    streaming.all_given_back(0).await;
}

#[tokio::test]
async fn an_alert_of_an_earlier_run_is_linked_and_not_stored_again() {
    let streaming = Streaming::start().await;
    let packets = night(1, 3);
    streaming.publish(&packets);
    let first = streaming.run(json!({})).await;
    let published = streaming.publish(&packets);
    let second = streaming.run(json!({})).await;
    for run in [&first, &second] {
        assert_eq!((n(run, "stored"), n(run, "acknowledged")), (3, 3), "{run}");
        assert_eq!(streaming.app.results(run, "name").await.len(), 3);
    }
    assert_eq!(streaming.count_alerts().await, 3);
    assert_eq!(streaming.stored_messages(&second).await, super::sorted(&published));
}

#[tokio::test]
async fn two_runs_at_once_share_a_subscription_without_loss_or_repeat() {
    let streaming = Streaming::start().await;
    let published = streaming.publish(&night(1, 220));
    let ids = [streaming.begin(json!({})).await, streaming.begin(json!({})).await];
    let runs = [streaming.app.wait(ids[0]).await, streaming.app.wait(ids[1]).await];
    let total = |count| runs.iter().map(|run| n(run, count)).sum::<u64>();
    let counts = ["received", "stored", "duplicates", "acknowledged"].map(total);
    assert_eq!(counts, [220, 220, 0, 220], "{runs:?}");
    assert_eq!(streaming.acknowledged(), super::sorted(&published));
    assert_eq!(streaming.count_alerts().await, 220);
}
