//! The pace of pulls: who is over it waits before a pull, with nothing in hand, and fails or ends by nothing of it.

use std::{num::NonZeroU32, time::Duration};

use serde_json::json;
use tom_alerts::{actions::run_limits::RunLimits, domain::timing::PullTiming};

use super::{Setup, Streaming, feedback, log, n, night};
use crate::pubsub_double::Verb;

async fn at_a_pace_of(pulls_a_minute: u32) -> Streaming {
    let pulls_a_minute = NonZeroU32::new(pulls_a_minute);
    let limits = RunLimits { pulls_a_minute, ..RunLimits::default() };
    let mut setup = Setup { limits, ..Setup::patient(3) };
    // Pulls that bring nothing are counted.
    setup.timing.pulls = PullTiming::default();
    setup.start().await
}

#[tokio::test]
async fn runs_of_one_member_share_a_pace_and_end_as_they_would_without_it() {
    let streaming = at_a_pace_of(60).await;
    streaming.publish(&night(1, 6));
    // The pauses are longer than the silence that ends a run: they do not count as silence.
    let ids = [
        streaming.begin(json!({"max_results": 3})).await,
        streaming.begin(json!({"max_results": 3})).await,
    ];
    let mut n_stored = 0;
    for id in ids {
        let run = streaming.app.wait(id).await;
        assert_eq!(run["state"], "finished", "{run}");
        assert_eq!(n(&run, "stored"), n(&run, "acknowledged"), "{run}");
        n_stored += n(&run, "stored");
    }
    assert_eq!(n_stored, 6);
    let pulls = streaming.double.calls(Verb::Pull);
    assert!(pulls.len() >= 2, "{}", pulls.len());
    let gaps: Vec<_> = pulls.windows(2).map(|two| two[1].at - two[0].at).collect();
    assert!(gaps.iter().all(|gap| *gap > Duration::from_millis(900)), "{gaps:?}");
    streaming.all_given_back(0).await;
}

#[tokio::test]
async fn a_run_that_waits_for_its_turn_says_so_once_and_its_silence_is_that_of_the_stream() {
    let streaming = at_a_pace_of(40).await;
    let run = streaming.run(json!({"timeout": 2})).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert!(feedback(&run).starts_with("No message arrived in 2 s."), "{run}");
    assert_eq!(log(&run).matches("pulls at most 40 times a minute").count(), 1, "{}", log(&run));
    // Two seconds of asking: the first answer, and half a second of pause behind each one.
    assert!(
        streaming.double.calls(Verb::Pull).len() >= 4,
        "the time in which nobody asks is no silence"
    );
}

#[tokio::test]
async fn a_run_that_waits_for_its_turn_is_cancelled_at_once_and_holds_nothing_meanwhile() {
    let streaming = at_a_pace_of(1).await;
    streaming.publish(&night(1, 2));
    let id = streaming.begin(json!({"timeout": 300})).await;
    streaming.until(id, "acknowledged", 2).await;
    for _ in 0..2_400 {
        let run = streaming.app.get(&format!("/api/runs/{id}/")).await.json();
        if log(&run).contains("times a minute") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(streaming.double.outstanding().is_empty());
    streaming.publish(&night(2, 1));
    streaming.app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    // The next turn is a minute away; this waits for half of one.
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("cancelled"), 2), "{run}");
    assert_eq!(streaming.double.calls(Verb::Pull).len(), 1);
    streaming.all_given_back(1).await;
}
