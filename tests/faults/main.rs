//! Faults while messages flow: whatever dies at whatever moment, nothing is lost and nothing is stored twice.
//!
//! Needs the Pub/Sub emulator and `PostgreSQL`'s programs: run it by `tests/run`. `TOM_ALERTS_FAULTS_SEED` repeats a
//! campaign.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod bookkeeper;
mod campaign;
mod grpc;
mod http;
mod keep_transaction;
mod ledger;
mod listener;
mod messages;
mod oracle;
#[path = "../packet_forge/mod.rs"]
mod packet_forge;
mod plan;
mod postgres;
mod postgres_relay;
mod program;
mod pubsub;
mod pubsub_relay;
mod runs;
mod settings;
mod stream_flow;
mod stream_relay;
mod tap;
mod trap;
mod verdict;

use campaign::Defect;
use plan::Blow;
use settings::Tier;
use verdict::Verdict;

fn assert_nothing_lost(verdict: &Verdict, tier: Tier) {
    assert_eq!(verdict.published, tier.n_messages, "{verdict}");
    assert_eq!((verdict.lost, verdict.altered), (0, 0), "{verdict}");
    assert_eq!(verdict.stored_twice, 0, "{verdict}");
    assert_eq!(verdict.unexpected, 0, "{verdict}");
    assert_eq!(verdict.figures.acknowledged_early, 0, "{verdict}");
    assert_eq!(verdict.quarantined, tier.n_junk, "{verdict}");
    assert_eq!(verdict.complaints, Vec::<String>::new(), "{verdict}");
    let n_kills = tier.kill_points.len() * tier.kills_per_point;
    assert_eq!(verdict.n(Blow::Kill), n_kills, "{verdict}");
    assert_eq!(verdict.n(Blow::Crash), tier.crashes, "{verdict}");
    assert_eq!(verdict.n(Blow::Cut), tier.cuts, "{verdict}");
    assert_eq!(verdict.n(Blow::Outage), tier.outages, "{verdict}");
    if tier.listens {
        assert_eq!(verdict.linked_again, 0, "{verdict}");
    } else {
        assert_eq!(verdict.killed.len(), tier.n_programs, "each program has died: {verdict}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_stored_twice_whatever_dies() {
    let tier = Tier::EVERY_CHANGE;
    assert_nothing_lost(&campaign::run(tier, Defect::None).await, tier);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: tests/run long"]
async fn nothing_is_lost_or_stored_twice_in_a_long_campaign() {
    let tier = Tier::long();
    assert_nothing_lost(&campaign::run(tier, Defect::None).await, tier);
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledging_before_storing_would_be_found() {
    let verdict = campaign::run(Tier::SEEDED_DEFECT, Defect::AcknowledgeFirst).await;
    assert!(verdict.lost > 0, "{verdict}");
    assert!(verdict.figures.acknowledged_early > 0, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_takes_an_alert_twice_would_be_found() {
    let verdict = campaign::run(Tier::SEEDED_DEFECT, Defect::NoUniqueKey).await;
    assert!(verdict.stored_twice > 0, "{verdict}");
    assert_eq!(verdict.lost, 0, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_stored_twice_of_a_stream_whatever_dies() {
    let tier = Tier::EVERY_CHANGE_OF_STREAMS;
    assert_nothing_lost(&campaign::run(tier, Defect::None).await, tier);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: tests/run long"]
async fn nothing_is_lost_or_stored_twice_of_a_stream_in_a_long_campaign() {
    let tier = Tier::long().over_streams().with_outages(3);
    assert_nothing_lost(&campaign::run(tier, Defect::None).await, tier);
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledging_a_stream_before_storing_would_be_found() {
    let verdict = campaign::run(Tier::SEEDED_DEFECT_OF_STREAMS, Defect::AcknowledgeFirst).await;
    assert!(verdict.lost > 0, "{verdict}");
    assert!(verdict.figures.acknowledged_early > 0, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_takes_an_alert_of_a_stream_twice_would_be_found() {
    let verdict = campaign::run(Tier::SEEDED_DEFECT_OF_STREAMS, Defect::NoUniqueKey).await;
    assert!(verdict.stored_twice > 0, "{verdict}");
    assert_eq!(verdict.lost, 0, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_stored_twice_by_a_listener_whatever_dies() {
    let tier = Tier::LISTENER;
    assert_nothing_lost(&campaign::run(tier, Defect::None).await, tier);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: tests/run long"]
async fn nothing_is_lost_or_stored_twice_by_a_listener_in_a_long_campaign() {
    let tier = Tier::long().over_streams().with_outages(3).listening();
    assert_nothing_lost(&campaign::run(tier, Defect::None).await, tier);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: tests/run long"]
async fn a_stream_that_is_reset_for_ten_minutes_loses_nothing_in_a_long_campaign() {
    let tier = Tier::RESETS;
    let verdict = campaign::run(tier, Defect::None).await;
    assert_nothing_lost(&verdict, tier);
    assert!(verdict.resets >= 60, "{verdict}");
    // It is opened again and again, and in no hot loop: once a second at most, on average.
    let most = usize::try_from(tier.resets_for.as_secs()).unwrap();
    assert!((verdict.resets / 2..=most).contains(&verdict.opened), "{verdict}");
}
