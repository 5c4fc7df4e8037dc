//! What is known of the contact with Pub/Sub: when something was last heard, and since when there is trouble.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::{
    brokers::RunContext,
    domain::{run::LogLevel, timing::StreamTiming},
};

/// A stream that has just been opened has so long for its first message, however short a silence ends the run.
const TO_OPEN: Duration = Duration::from_secs(3);
/// Calls of a silent stream between two looks: it opens once.
const FEW_CALLS: u64 = 2;

/// Trouble that has not ended yet.
#[derive(Debug)]
struct StreamTrouble {
    since: Instant,
    since_utc: DateTime<Utc>,
    last_told: Instant,
}

/// What is known of the contact.
#[derive(Debug)]
pub(super) struct Contact {
    context: RunContext,
    /// How long the stream may be silent before the run ends.
    silence: Duration,
    timing: StreamTiming,
    began: Instant,
    opened: Instant,
    last_heard: Instant,
    last_message: Instant,
    n_messages: u64,
    n_messages_at_opening: u64,
    /// Messages, and calls of the stream, when it was last looked at.
    looked_at: (u64, u64),
    trouble: Option<StreamTrouble>,
    pause: Duration,
}

impl Contact {
    pub(super) fn new(context: RunContext, silence: Duration, timing: StreamTiming) -> Self {
        let now = Instant::now();
        Self {
            context,
            silence,
            timing,
            began: now,
            opened: now,
            last_heard: now,
            last_message: now,
            n_messages: 0,
            n_messages_at_opening: 0,
            looked_at: (0, 0),
            trouble: None,
            pause: timing.first_pause,
        }
    }

    /// A stream is being opened. After trouble what the one before has taken out comes again only after its lease: until
    /// then it is no silence.
    pub(super) fn opens(&mut self, lease: Duration, n_calls: u64) {
        let now = Instant::now();
        (self.opened, self.last_heard) = (now, now);
        self.n_messages_at_opening = self.n_messages;
        self.looked_at = (self.n_messages, n_calls);
        if self.trouble.is_some() {
            self.last_message = now + lease;
        }
    }

    /// A message has come.
    pub(super) fn message_came(&mut self) {
        self.n_messages += 1;
        self.is_well();
        self.last_message = self.last_heard;
    }

    /// Time in which nobody asks for messages is no silence.
    pub(super) fn was_busy(&mut self) {
        self.last_message = Instant::now();
        self.last_heard = self.last_message;
    }

    /// Pub/Sub has answered, and the stream has not ended.
    pub(super) fn is_well(&mut self) {
        self.last_heard = Instant::now();
        self.context.progress.note_answer();
        self.pause = self.timing.first_pause;
        if let Some(trouble) = self.trouble.take() {
            let seconds = trouble.since.elapsed().as_secs_f64();
            self.context.log(
                LogLevel::Info,
                format!("Connected to Pub/Sub again after {seconds:.0} s: the stream continues"),
            );
        }
    }

    /// Whether a message has come since the stream was opened.
    pub(super) fn has_brought_something(&self) -> bool {
        self.n_messages > self.n_messages_at_opening
    }

    /// Whether something is wrong that has not ended.
    pub(super) fn is_in_trouble(&self) -> bool {
        self.trouble.is_some()
    }

    /// When to ask Pub/Sub whether it is there, if nothing comes until then.
    pub(super) fn next_look(&self) -> Instant {
        let StreamTiming { first_look, look, .. } = self.timing;
        let patience = if self.last_heard == self.opened { first_look } else { look };
        (self.last_heard + patience).min(self.silence_ends())
    }

    fn silence_ends(&self) -> Instant {
        let ends = self.last_message.checked_add(self.silence);
        ends.unwrap_or_else(|| self.last_message + self.timing.stale).max(self.opened + TO_OPEN)
    }

    /// Whether it has been silent for so long that the run ends.
    pub(super) fn is_silent(&self) -> bool {
        self.silence != Duration::MAX && self.silence_ends() <= Instant::now()
    }

    /// Whether the stream should be opened anew.
    pub(super) fn is_stale(&self) -> bool {
        self.last_message.max(self.opened).elapsed() >= self.timing.stale
    }

    /// How often the stream was opened in vain since the last look, judged by its calls so far; `None` while that is as it should
    /// be. Where messages came there were acknowledgements as well.
    pub(super) fn tries_in_vain(&mut self, n_calls: u64) -> Option<u64> {
        let (messages_before, calls_before) =
            std::mem::replace(&mut self.looked_at, (self.n_messages, n_calls));
        let n_new = n_calls.saturating_sub(calls_before);
        (self.n_messages == messages_before && n_new > FEW_CALLS).then_some(n_new)
    }

    /// Messages so far.
    pub(super) fn n_messages(&self) -> u64 {
        self.n_messages
    }

    /// Says that something is wrong: at once, and then from time to time. How long to pause, and how long it has lasted.
    pub(super) fn is_troubled(&mut self, why: &str) -> (Duration, Duration) {
        let now = Instant::now();
        let (last_heard, began, run_began) = (self.last_heard, self.began, self.context.now);
        let trouble = self.trouble.get_or_insert_with(|| StreamTrouble {
            since: last_heard,
            since_utc: run_began
                + TimeDelta::from_std(last_heard.duration_since(began)).unwrap_or_default(),
            last_told: now,
        });
        if trouble.last_told == now || trouble.last_told.elapsed() >= self.timing.reminder {
            trouble.last_told = now;
            let since = trouble.since_utc.format("%Y-%m-%d %H:%M:%S UTC");
            self.context.log(
                LogLevel::Warning,
                format!(
                    "No messages from Pub/Sub since {since}: {why}. Results so far are kept; the connection is retried"
                ),
            );
        }
        let pause = self.pause.mul_f64(rand::random_range(0.5..=1.0));
        self.pause = (self.pause * 2).min(self.timing.longest_pause);
        (pause, trouble.since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::{sync::CancellationToken, task::TaskTracker};

    use super::*;
    use crate::google::Access;

    #[test]
    fn trouble_that_goes_on_is_told_again_as_often_as_is_set() {
        for (reminder, n_told) in [(Duration::ZERO, 3), (Duration::from_hours(1), 1)] {
            let timing = StreamTiming { reminder, ..StreamTiming::default() };
            let (stop, access) = (CancellationToken::new(), Access::default());
            let now = DateTime::UNIX_EPOCH;
            let (context, mut lines) = RunContext::new(now, stop, access, TaskTracker::new());
            let mut contact = Contact::new(context, Duration::MAX, timing);
            for _ in 0..3 {
                contact.is_troubled("it rains");
            }
            let told: Vec<_> = std::iter::from_fn(|| lines.try_recv().ok()).collect();
            assert_eq!(told.len(), n_told, "{told:?}");
        }
    }
}
