//! When a stream ends, and what becomes of what is out then.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::json;
use tom_alerts::google::{
    Access,
    pubsub::{FlowControl, StreamError, StreamOpener, SubscriptionPath},
};

use super::BACKEND;
use crate::{
    log_lines::LogLines,
    pubsub_emulator::PubSubEmulator,
    stream_rest::feedback,
    stream_stage::{Stage, counts},
    timing,
};

#[tokio::test]
async fn silence_after_messages_ends_the_run() {
    let stage = Stage::start(BACKEND).await;
    stage.subscribe(60).await;
    stage.publish(11, 7).await;
    let run = stage.run(json!({"max_results": 100})).await;
    assert_eq!((&run["state"], counts(&run)), (&json!("finished"), [7, 7, 7]), "{run}");
    assert_eq!(feedback(&run), "Stopped after 2 s without a message.");
}

#[tokio::test]
async fn the_deadline_ends_the_run_whatever_comes() {
    let stage = Stage::start(BACKEND).await;
    stage.subscribe(60).await;
    let run = stage.run(json!({"timeout": 600, "deadline": 2})).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert_eq!(feedback(&run), "Stopped at the time limit of 2 s.");
}

#[tokio::test]
async fn stop_ends_a_stream_that_waits_and_keeps_what_came() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(600).await;
    stage.publish(12, 3).await;
    let id = stage.begin(json!({"timeout": 600})).await;
    stage.has_stored(id, 3).await;
    let page = stage.app.get(&format!("/runs/{id}/")).await.expect(200);
    page.shows(" s of at most 600 s without a message");
    stage.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = stage.app.wait(id).await;
    assert_eq!((&run["state"], counts(&run)), (&json!("cancelled"), [3, 3, 3]), "{run}");
    stage.all_wait(&subscription, 0).await;
    stage.publish(13, 2).await;
    // Nobody takes them any more.
    stage.all_wait(&subscription, 2).await;
}

#[tokio::test]
async fn what_is_out_when_the_service_stops_goes_back_at_once() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(600).await;
    let pool = stage.app.pool().await;
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table unreadable").execute(&mut *lock).await.unwrap();
    let junk: Vec<&[u8]> = vec![b"no packet"; 40];
    stage.emulator.publish(&stage.topic, &junk, &[]).await;
    let id = stage.begin(json!({"timeout": 600})).await;
    while stage.emulator.count_left(&subscription).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage.app.stop();
    lock.rollback().await.unwrap();
    let kept = loop {
        let (is, received): (String, i64) =
            sqlx::query_as("select state, received from run where id = $1")
                .bind(id)
                .fetch_one(&pool)
                .await
                .unwrap();
        if is == "interrupted" {
            break usize::try_from(received).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    stage.all_wait(&subscription, 40 - kept).await;
}

#[tokio::test]
async fn what_was_still_on_its_way_goes_back_at_once_as_well() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(600).await;
    let pool = stage.app.pool().await;
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table unreadable").execute(&mut *lock).await.unwrap();
    // More than there is room for.
    let megabyte = vec![b'?'; 1 << 20];
    for _ in 0..10 {
        let some: Vec<&[u8]> = vec![&megabyte; 6];
        stage.emulator.publish(&stage.topic, &some, &[]).await;
    }
    let id = stage.begin(json!({"timeout": 600})).await;
    while stage.emulator.count_left(&subscription).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    lock.rollback().await.unwrap();
    let run = stage.app.wait(id).await;
    assert_eq!(run["state"], "cancelled", "{run}");
    let kept = usize::try_from(counts(&run)[0]).unwrap();
    stage.all_wait(&subscription, 60 - kept).await;
}

#[tokio::test]
async fn what_is_sent_down_a_stream_that_is_just_being_opened_goes_back_at_once_as_well() {
    let stage = Stage::start(BACKEND).await;
    let subscription = stage.subscribe(600).await;
    stage.emulator.publish(&stage.topic, &[b"one", b"two", b"three"], &[]).await;
    stage.line.be_slow();
    let id = stage.begin(json!({"timeout": 600})).await;
    while stage.emulator.count_left(&subscription).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = stage.app.wait(id).await;
    assert_eq!(run["state"], "cancelled", "{run}");
    let kept = usize::try_from(counts(&run)[0]).unwrap();
    stage.all_wait(&subscription, 3 - kept).await;
}

#[tokio::test]
async fn a_stream_that_ends_by_itself_is_closed_in_good_order() {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    // Nobody but the hook learns of a panic in a task.
    std::panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, Ordering::Relaxed);
    }));
    let emulator = PubSubEmulator::fresh_project();
    let opener = StreamOpener::new(
        emulator.url().parse().unwrap(),
        true,
        &Access::default(),
        SubscriptionPath::new(emulator.project(), "is-not-there"),
        FlowControl { max_messages: 10, max_bytes: 1 << 20, lease: Duration::from_secs(10) },
    );
    let mut stream = opener.open().await.unwrap();
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(opener.understand(&error), StreamError::Gone);
    assert!(stream.next().await.is_none());
    stream.close(false).await;
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_end_of_a_stream_waits_for_batches_that_are_being_kept_as_long_as_is_set() {
    const LEFT: &str = "Some messages of a stream were not settled in time";
    let (short, long) = (Duration::from_millis(50), Duration::from_hours(1));
    // Of a run that the service stops, and of a stream that gives way to another one.
    for (last_leases, stale) in [(short, long), (long, long), (short, short)] {
        let mut timing = timing::short();
        timing.streams.last_leases = last_leases;
        timing.streams.stale = stale;
        let stage = Stage::start_timed(BACKEND, &timing).await;
        let subscription = stage.subscribe(600).await;
        let pool = stage.app.pool().await;
        let mut lock = pool.begin().await.unwrap();
        sqlx::query("lock table unreadable").execute(&mut *lock).await.unwrap();
        stage.emulator.publish(&stage.topic, &[b"no packet"], &[]).await;
        let lines = LogLines::keep(tracing::Level::WARN);
        stage.begin(json!({"timeout": 600})).await;
        stage.is_waiting_for_a_lock(&pool).await;
        if stale == long {
            stage.app.stop();
        }
        if last_leases == short {
            lines.until(LEFT).await;
            continue;
        }
        tokio::time::sleep(short * 10).await;
        lock.rollback().await.unwrap();
        stage.app.runner.finish().await;
        assert!(!lines.has(LEFT), "{}", lines.text());
        stage.all_wait(&subscription, 0).await;
    }
}
