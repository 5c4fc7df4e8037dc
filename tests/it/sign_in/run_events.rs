//! The progress of a run as it happens: on whichever replica one looks, and only to those who see it.

use std::time::Duration;

use futures::{Stream, StreamExt};
use serde_json::json;
use tom_alerts::{
    domain::{
        run::{LogLevel, RunState},
        sharing::{Asker, Sharing, TEAM},
        timing::WebTiming,
    },
    storage::{Batch, NewRun},
};

use super::{ADA, BOB, Browser, Deployment, SignInSetup};
use crate::{databases::set_open, log_lines::LogLines};

/// Longest wait for an event. None of these tests asks how fast it comes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What goes down the line at intervals when there is nothing to tell.
const HEARTBEAT: &str = ":";

/// An event: its name and what it holds.
type Event = (String, String);

/// What comes of a run's events, block by block.
async fn blocks_of(browser: &Browser, run: i64) -> impl Stream<Item = String> + Unpin + use<> {
    let request = browser.request("GET", &format!("/runs/{run}/events/?shown=0"));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let bytes = Box::pin(answer.bytes_stream());
    let begun = (bytes, String::new());
    Box::pin(futures::stream::unfold(begun, |(mut bytes, mut text)| async move {
        loop {
            if let Some((block, rest)) = text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                return Some((block, (bytes, rest)));
            }
            let Ok(more) = bytes.next().await? else { return None };
            text += std::str::from_utf8(&more).unwrap();
        }
    }))
}

/// Events of a run, as a browser reads them.
async fn events_of(browser: &Browser, run: i64) -> impl Stream<Item = Event> + Unpin + use<> {
    let blocks = blocks_of(browser, run).await;
    Box::pin(blocks.filter_map(async |block: String| {
        let lines = |field: &str| -> Vec<String> {
            let all = block.lines().filter_map(|line| line.strip_prefix(field));
            all.map(|line| line.trim_start().to_owned()).collect()
        };
        let name = lines("event:").pop()?;
        Some((name, lines("data:").join("\n")))
    }))
}

/// The first event that holds this text.
async fn until(events: &mut (impl Stream<Item = Event> + Unpin), text: &str) -> Event {
    let wait = async {
        loop {
            let event = events.next().await.expect("the stream ended before its time");
            if event.1.contains(text) || event.0 == text {
                return event;
            }
        }
    };
    let found = tokio::time::timeout(PATIENCE, wait).await;
    found.unwrap_or_else(|_| panic!("no event holds {text}"))
}

async fn ended(mut events: impl Stream<Item = Event> + Unpin) {
    let next = tokio::time::timeout(PATIENCE, events.next()).await.expect("the stream goes on");
    assert_eq!(next, None);
}

async fn scope_of(deployment: &Deployment, email: &str) -> Asker {
    let member = deployment.member_id(email).await;
    deployment.app.storage.asker(member).await.unwrap().unwrap()
}

/// A run that goes on until this test says otherwise.
async fn running(deployment: &Deployment, email: &str, sharing: Sharing) -> i64 {
    let run = NewRun {
        saved_query_id: None,
        query_name: "young in g".to_owned(),
        broker: "archive".to_owned(),
        parameters: json!({"folder": "night"}),
        instance: "another process".to_owned(),
        acts_as: None,
        sharing,
    };
    let asker = scope_of(deployment, email).await;
    let id = deployment.app.storage.create_run(&asker, &run, u32::MAX).await.unwrap();
    let begun = deployment
        .app
        .storage
        .begin_runs(&run.instance, u32::MAX, 1, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(begun[0].id, id);
    id
}

#[tokio::test]
async fn whoever_looks_on_another_replica_is_told_of_each_change_and_of_the_end() {
    let one = Deployment::start().await;
    let setup =
        SignInSetup { database_url: Some(one.app.database_url.clone()), ..SignInSetup::default() };
    let other = setup.start_at(one.google.clone()).await;
    one.signed_in(ADA).await;
    let bob = other.signed_in(BOB).await;
    let run = running(&one, ADA, Sharing::read_by(vec![TEAM])).await;
    let mut events = events_of(&bob, run).await;
    until(&mut events, "data-live=\"true\"").await;
    let rejected = [("mag_max".to_owned(), 1_234)].into();
    let batch = Batch { number: 1, rejected_by: rejected, received_bytes: 9, ..Batch::default() };
    one.app.storage.keep_batch(run, batch).await.unwrap();
    until(&mut events, "1,234").await;
    one.app.storage.log_run(run, LogLevel::Info, "no message for 30 s\r\nor so").await.unwrap();
    until(&mut events, "no message for 30 s").await;
    one.app.storage.end_run(run, RunState::Finished, "Read to the end.", None).await.unwrap();
    let (_, last) = until(&mut events, "Read to the end.").await;
    assert!(last.contains("data-live=\"false\""), "{last}");
    ended(events).await;
}

#[tokio::test]
async fn who_is_signed_out_removed_or_no_longer_shared_with_is_told_no_more() {
    let deployment = Deployment::start().await;
    deployment.signed_in(ADA).await;
    let run = running(&deployment, ADA, Sharing::read_by(vec![TEAM])).await;
    let bob = deployment.signed_in(BOB).await;
    let mut events = events_of(&bob, run).await;
    until(&mut events, "data-live=\"true\"").await;
    let unshare = format!("update run set readers = '{{}}' where id = {run}");
    deployment.execute(&unshare).await;
    until(&mut events, "gone").await;
    ended(events).await;
    bob.get(&format!("/runs/{run}/events/")).await.expect(404);
    deployment.execute(&format!("update run set readers = '{{0}}' where id = {run}")).await;

    let mut events = events_of(&bob, run).await;
    until(&mut events, "data-live=\"true\"").await;
    let admin = scope_of(&deployment, ADA).await;
    let bob_id = deployment.member_id(BOB).await;
    deployment.app.storage.remove_member(&admin, bob_id).await.unwrap();
    until(&mut events, "gone").await;
    ended(events).await;
}

#[tokio::test]
async fn following_a_run_is_using_the_session_and_a_session_that_nobody_used_follows_nothing() {
    let deployment = Deployment::start().await;
    let ada = deployment.signed_in(ADA).await;
    let run = running(&deployment, ADA, Sharing::read_by(vec![TEAM])).await;
    let mut events = events_of(&ada, run).await;
    until(&mut events, "data-live=\"true\"").await;
    deployment.execute("update session set last_seen = now() - interval '90 minutes'").await;
    deployment.app.storage.log_run(run, LogLevel::Info, "still here").await.unwrap();
    until(&mut events, "still here").await;
    let used = "select count(*) from session where last_seen > now() - interval '5 minutes'";
    // The look that told of it may have begun before the session was old.
    for _ in 0..100 {
        if deployment.count(used).await == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(deployment.count(used).await, 1);
    deployment.execute("update session set last_seen = now() - interval '121 minutes'").await;
    until(&mut events, "gone").await;
    ended(events).await;
}

#[tokio::test]
async fn a_replica_that_ends_lets_those_who_look_go() {
    let deployment = Deployment::start().await;
    let ada = deployment.signed_in(ADA).await;
    let run = running(&deployment, ADA, Sharing::read_by(vec![TEAM])).await;
    let mut events = events_of(&ada, run).await;
    until(&mut events, "data-live=\"true\"").await;
    deployment.app.stop();
    // What was on its way already still comes.
    let rest = async { while events.next().await.is_some() {} };
    tokio::time::timeout(PATIENCE, rest).await.expect("the stream goes on");
}

/// The next block that is so.
async fn next_that(
    blocks: &mut (impl Stream<Item = String> + Unpin),
    is_so: impl Fn(&str) -> bool,
) -> String {
    let wait = async {
        loop {
            let block = blocks.next().await.expect("the stream ended before its time");
            if is_so(&block) {
                return block;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("no such block comes")
}

/// A deployment that is so patient, with a run of Ada's that goes on; what she is told of it.
async fn followed(
    change: impl FnOnce(&mut WebTiming),
) -> (Deployment, impl Stream<Item = String> + Unpin) {
    let mut setup = SignInSetup::default();
    change(&mut setup.timing.web);
    let deployment = setup.start().await;
    let ada = deployment.signed_in(ADA).await;
    let run = running(&deployment, ADA, Sharing::read_by(vec![TEAM])).await;
    let blocks = blocks_of(&ada, run).await;
    (deployment, blocks)
}

#[tokio::test]
async fn a_stream_beats_as_often_as_is_set_and_says_when_to_come_again() {
    let (short, long) = (Duration::from_millis(50), Duration::from_hours(1));
    for (event_heartbeat, event_look, again_ms) in [(short, long, 1_234), (long, short, 5_678)] {
        let (_deployment, mut blocks) = followed(|web| {
            (web.event_heartbeat, web.event_look) = (event_heartbeat, event_look);
            web.event_reconnect = Duration::from_millis(again_ms);
        })
        .await;
        let first = next_that(&mut blocks, |block| block != HEARTBEAT).await;
        assert!(first.lines().any(|line| line == format!("retry: {again_ms}")), "{first}");
        if event_heartbeat < event_look {
            next_that(&mut blocks, |block| block == HEARTBEAT).await;
        } else {
            for _ in 0..5 {
                assert_ne!(next_that(&mut blocks, |_| true).await, HEARTBEAT);
            }
        }
    }
}

/// Waits until the service listens for news of runs.
async fn until_it_listens(deployment: &Deployment) {
    let listens = "select count(*) from pg_stat_activity
                   where datname = current_database() and query like 'LISTEN %' and state = 'idle'";
    for _ in 0..1_000 {
        if deployment.count(listens).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it does not listen");
}

#[tokio::test]
async fn news_goes_on_after_the_database_was_away_as_soon_as_is_set() {
    let says =
        "insert into run_log (run_id, level, message) select id, 'info', 'still here' from run";
    for (news_again, is_soon) in
        [(Duration::from_millis(50), true), (Duration::from_hours(1), false)]
    {
        let lines = LogLines::keep(tracing::Level::WARN);
        let (deployment, mut blocks) = followed(|web| {
            web.news_again = news_again;
            web.event_look = Duration::from_hours(1);
            web.event_reconnect = Duration::from_millis(50);
            web.event_heartbeat = Duration::from_millis(300);
        })
        .await;
        until_it_listens(&deployment).await;
        set_open(&deployment.app.database_url, false).await;
        lines.until("No news of runs").await;
        set_open(&deployment.app.database_url, true).await;
        // What was told before has come.
        for _ in 0..2 {
            next_that(&mut blocks, |block| block == HEARTBEAT).await;
        }
        let mut is_told = false;
        for _ in 0..if is_soon { 50 } else { 5 } {
            // Again and again: a look may meet a connection that is dead.
            deployment.execute(says).await;
            is_told |= next_that(&mut blocks, |_| true).await.contains("still here");
            if is_told {
                break;
            }
        }
        assert_eq!(is_told, is_soon);
    }
}
