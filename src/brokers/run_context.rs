//! What a run lends to a backend while it fetches.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::Budget;
use crate::{
    domain::{
        limiter::{Limiter, Requester},
        run::LogLevel,
    },
    google::Access,
};

/// What a run lends to a backend while it fetches.
#[derive(Clone, Debug)]
pub struct RunContext {
    /// When the run began: relative times of the form count from here.
    pub now: DateTime<Utc>,
    /// Set when the run is to end: stop fetching.
    pub stop: CancellationToken,
    /// Whom the run acts as towards Google.
    pub access: Access,
    /// For work that has to be finished before the service stops: giving messages back.
    pub tasks: TaskTracker,
    /// What its queries may cost; `None` where nobody keeps count, and then nothing that costs may be done.
    pub budget: Option<Arc<dyn Budget>>,
    /// The pace of its pulls; `None`: as fast as it goes.
    pub pulls: Option<PullPace>,
    /// Whether it listens: it goes on until it is stopped, whatever the form says of stopping.
    pub is_listening: bool,
    /// How far the run has come.
    pub progress: Arc<Progress>,
    log: mpsc::UnboundedSender<(LogLevel, String)>,
    ending: Arc<Mutex<Option<String>>>,
    remarks: Arc<Mutex<Vec<String>>>,
}

/// Sentences that a run's end tells besides.
const MOST_REMARKS: usize = 5;

/// The pace of pulls that the runs of one member share in a process.
#[derive(Clone, Debug)]
pub struct PullPace {
    /// Pulls in a minute.
    pub a_minute: NonZeroU32,
    /// Counts the pulls of every member.
    pub limiter: Arc<Limiter>,
    /// Whose pulls these are.
    pub requester: Requester,
}

/// How far a run has come, for a backend that fetches no more than is needed, and for whoever watches over the run.
#[derive(Debug, Default)]
pub struct Progress {
    received: AtomicU64,
    stored: AtomicU64,
    has_answer: AtomicBool,
}

impl Progress {
    /// Says how far the run is now.
    pub fn set(&self, received: u64, stored: u64) {
        self.received.store(received, Ordering::Relaxed);
        self.stored.store(stored, Ordering::Relaxed);
    }

    /// Says that the source has answered, with messages or without: nothing stands in the way.
    pub fn note_answer(&self) {
        self.has_answer.store(true, Ordering::Relaxed);
    }

    /// Whether the source has answered.
    pub fn has_answer(&self) -> bool {
        self.has_answer.load(Ordering::Relaxed) || self.received.load(Ordering::Relaxed) > 0
    }

    /// How many more messages it will probably take to have `wanted` results, judged by those so far; at least 1.
    pub fn messages_for(&self, wanted: u64) -> u64 {
        let (received, stored) =
            (self.received.load(Ordering::Relaxed), self.stored.load(Ordering::Relaxed));
        let missing = wanted.saturating_sub(stored).max(1);
        missing.saturating_mul((received + 1).div_ceil(stored + 1)).max(1)
    }
}

impl RunContext {
    /// A context whose log lines arrive at the receiver.
    pub fn new(
        now: DateTime<Utc>,
        stop: CancellationToken,
        access: Access,
        tasks: TaskTracker,
    ) -> (Self, mpsc::UnboundedReceiver<(LogLevel, String)>) {
        let (log, lines) = mpsc::unbounded_channel();
        let (progress, ending, remarks) = (Arc::default(), Arc::default(), Arc::default());
        let (budget, pulls, is_listening) = (None, None, false);
        let context = Self {
            now,
            stop,
            access,
            tasks,
            budget,
            pulls,
            is_listening,
            progress,
            log,
            ending,
            remarks,
        };
        (context, lines)
    }

    /// The same with what its queries may cost.
    #[must_use]
    pub fn with_budget(self, budget: Arc<dyn Budget>) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// The same with the pace of its pulls.
    #[must_use]
    pub fn with_pace(self, pulls: Option<PullPace>) -> Self {
        Self { pulls, ..self }
    }

    /// The same for a run that listens, of whose progress somebody else keeps hold.
    #[must_use]
    pub fn listening(self, progress: Arc<Progress>) -> Self {
        Self { is_listening: true, progress, ..self }
    }

    /// Writes a sentence into the run's log.
    pub fn log(&self, level: LogLevel, sentence: impl Into<String>) {
        // Nobody reads the log of a run that has ended.
        let _ = self.log.send((level, sentence.into()));
    }

    /// Says why the stream is about to end, as sentences for the user.
    pub fn ends_because(&self, sentences: impl Into<String>) {
        *self.ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(sentences.into());
    }

    /// Adds a sentence to what the run tells when all was read: what was left out, for instance. Of many only the first are
    /// kept.
    pub fn remark(&self, sentence: impl Into<String>) {
        let mut remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        match remarks.len() {
            MOST_REMARKS => remarks.push("The log tells of more.".to_owned()),
            n if n < MOST_REMARKS => remarks.push(sentence.into()),
            _ => {}
        }
    }

    /// What was added.
    pub fn remarks(&self) -> Vec<String> {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the stream ended, if the backend said so.
    pub fn ending(&self) -> Option<String> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_asked_for_as_the_filter_lets_them_pass() {
        let progress = Progress::default();
        assert_eq!(progress.messages_for(100), 100);
        progress.set(100, 10);
        assert_eq!(progress.messages_for(100), 90 * 10);
        progress.set(100, 100);
        assert_eq!(progress.messages_for(100), 1);
        progress.set(1000, 0);
        assert_eq!(progress.messages_for(2), 2002);
        progress.set(u64::MAX - 1, 0);
        assert_eq!(progress.messages_for(u64::MAX), u64::MAX);
    }
}
