//! When a stream is to stop, as the form says it.

use std::{future, time::Duration};

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{
    brokers::{BrokerError, FILTER_RULES},
    forms::{Field, Parameters, Rule},
};

/// Silence of a form that does not say it.
const DEFAULT_SILENCE: Duration = Duration::from_secs(10);

/// The field that says how long a silence ends a run.
pub(in crate::brokers) const SILENCE_FIELD: &str = "timeout";

/// The fields that say when to stop.
pub(in crate::brokers) const STOP_FIELDS: &[Field] = &[
    Field::integer("max_results", "Maximum results", 1, 1_000_000)
        .initial("100")
        .help("Stop after this many alerts have passed the filter. Empty: no limit.")
        .section("When to stop"),
    Field::integer(SILENCE_FIELD, "Stop after idle", 1, 86_400)
        .initial("30")
        .unit("s")
        .help("Stop when no message has arrived for this long. Empty: 10 s.")
        .section("When to stop"),
    Field::integer("deadline", "Time limit", 1, 86_400)
        .unit("s")
        .help("Stop after this long in any case. Empty: no limit.")
        .section("When to stop"),
];

/// One of them has to be said.
pub(super) const STOP_RULE: Rule = Rule::AtLeastOneOf {
    fields: &["max_results", SILENCE_FIELD, "deadline"],
    message: "You must set at least one stopping condition. max_results, timeout and deadline cannot all be empty.",
};

/// The rules of the form of a stream: one of them has to be said, and what the filter demands.
pub(in crate::brokers) const STREAM_RULES: &[Rule] = &[STOP_RULE, FILTER_RULES[0], FILTER_RULES[1]];
const _: () = assert!(FILTER_RULES.len() == 2);

/// When to stop. A run that listens has no limits.
#[derive(Clone, Copy, Debug)]
pub(in crate::brokers) struct Limits {
    pub(in crate::brokers) max_results: Option<u64>,
    /// Without a message.
    pub(in crate::brokers) silence: Duration,
    /// How long at most, and when that is.
    pub(in crate::brokers) deadline: Option<(Duration, Instant)>,
}

impl Limits {
    /// Those of a form, counted from now.
    pub(in crate::brokers) fn of(query: &Parameters, is_listening: bool) -> Self {
        let asked = |name| query.integer(name).and_then(|n| u64::try_from(n).ok());
        let count = |name| asked(name).filter(|_| !is_listening);
        let silence = if is_listening { Duration::MAX } else { DEFAULT_SILENCE };
        Self {
            max_results: count("max_results"),
            silence: count(SILENCE_FIELD).map_or(silence, Duration::from_secs),
            deadline: count("deadline")
                .map(Duration::from_secs)
                .map(|longest| (longest, Instant::now() + longest)),
        }
    }

    /// Waits for the end of the longest time; why that ends the run. Without a deadline it waits for ever.
    pub(in crate::brokers) async fn deadline_passes(&self) -> String {
        let Some((longest, ends_at)) = self.deadline else { return future::pending().await };
        sleep_until(ends_at).await;
        format!(
            "Stopped at the time limit of {} s: Pub/Sub had not answered by then.",
            longest.as_secs()
        )
    }

    /// Works until that ends or the longest time is over; why it ended.
    pub(in crate::brokers) async fn until_deadline(
        &self,
        work: impl Future<Output = Result<String, BrokerError>>,
    ) -> Result<String, BrokerError> {
        let Some((longest, ends_at)) = self.deadline else { return work.await };
        let stopped = || Ok(format!("Stopped at the time limit of {} s.", longest.as_secs()));
        timeout_at(ends_at, work).await.unwrap_or_else(|_| stopped())
    }

    /// Why a silence ends the run.
    pub(in crate::brokers) fn silence_sentence(&self, n_messages: u64) -> String {
        let seconds = self.silence.as_secs();
        if n_messages > 0 {
            return format!("Stopped after {seconds} s without a message.");
        }
        format!(
            "No message arrived in {seconds} s. The stream may be idle (daytime, bad weather, or the subscription has a filter); for testing, ztf-loop sends about one alert a second."
        )
    }
}
