//! A run: one execution of a query, with its state, counts and log.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::{grant::GoogleRight, sharing::Sharing};

/// Id of a stored run.
pub type RunId = i64;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// Waits for a free place.
    Queued,
    /// Receives alerts.
    Running,
    /// Came to its end or to a stop condition.
    Finished,
    /// Stopped by trouble; what came until then is kept.
    Failed,
    /// Stopped by a user; what came until then is kept.
    Cancelled,
    /// Its process died or was stopped; what came until then is kept.
    Interrupted,
}

impl RunState {
    /// Every state, in the order of a run's life.
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Running,
        Self::Finished,
        Self::Failed,
        Self::Cancelled,
        Self::Interrupted,
    ];

    /// The word used in URLs, in JSON and in the database.
    pub fn id(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// The state with this id, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == id)
    }

    /// Whether more alerts may still come.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// What became of the messages of a run. `received = passed + rejected + unreadable` and
/// `passed = stored + duplicates`, always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Messages read.
    pub received: u64,
    /// Alerts that the filter let through.
    pub passed: u64,
    /// Alerts that the filter rejected.
    pub rejected: u64,
    /// Alerts that passed and were in the run already.
    pub duplicates: u64,
    /// Messages that could not be read and went into quarantine.
    pub unreadable: u64,
    /// Alerts of the run's results.
    pub stored: u64,
    /// Messages that were acknowledged, as far as the backend says so; 0 for backends that need none.
    pub acknowledged: u64,
    /// Bytes of the messages read.
    pub received_bytes: u64,
    /// How many alerts each filter rule rejected, by the rule's id.
    pub rejected_by: BTreeMap<String, u64>,
}

/// A stored run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The saved query it ran, if that still exists.
    pub saved_query_id: Option<i64>,
    /// Name of the query at the time; empty for a query that was run without saving.
    pub query_name: String,
    /// Id of the backend.
    pub broker: String,
    /// The form as it was typed.
    pub parameters: serde_json::Value,
    /// The day (UTC) of a listener's run; `None` for one that somebody started.
    pub day: Option<chrono::NaiveDate>,
    /// Id of the member who started it.
    pub started_by: i64,
    /// Name of that member.
    pub started_by_name: String,
    /// Who else sees and changes it.
    pub sharing: Sharing,
    /// Where it stands.
    pub state: RunState,
    /// What became of its messages.
    pub counts: RunCounts,
    /// Why it stopped and what can be done, as sentences; empty while it is live.
    pub feedback: String,
    /// When it was asked for.
    pub created: DateTime<Utc>,
    /// When it began to receive.
    pub started: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished: Option<DateTime<Utc>>,
    /// When it last received something.
    pub last_received: Option<DateTime<Utc>>,
    /// Whether a user has asked to stop it.
    pub cancel_requested: bool,
    /// As whom it acted towards Google, in words; `None` where it needed nobody, or did not come so far.
    pub acts_as: Option<String>,
    /// The right at Google whose lack ended it: its owner can grant it and run again.
    pub lacks: Option<GoogleRight>,
}

impl Run {
    /// Time from start to end, or to `now` while it is live; `None` before it began.
    pub fn duration(&self, now: DateTime<Utc>) -> Option<Duration> {
        let started = self.started?;
        Some((self.end_or(now) - started).max(Duration::zero()))
    }

    /// When it ended, or `now` while it is live.
    pub fn end_or(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.finished.unwrap_or(now)
    }

    /// Alerts received per second so far; `None` before there is anything to divide by.
    pub fn received_per_second(&self, now: DateTime<Utc>) -> Option<f64> {
        let seconds = self.duration(now)?.as_seconds_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for reading needs three digits")]
        let received = self.counts.received as f64;
        (seconds > 0.0).then(|| received / seconds)
    }
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What happened.
    Info,
    /// What a user should know.
    Warning,
    /// Why something failed.
    Error,
}

impl LogLevel {
    /// The word used on pages and in the database.
    pub fn id(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level with this word; any other is [`LogLevel::Info`].
    pub fn from_id(id: &str) -> Self {
        [Self::Warning, Self::Error]
            .into_iter()
            .find(|level| level.id() == id)
            .unwrap_or(Self::Info)
    }
}

/// A line of a run's log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// When.
    pub at: DateTime<Utc>,
    /// How much it matters.
    pub level: LogLevel,
    /// A sentence.
    pub message: String,
}

/// The end of a run's log.
#[derive(Clone, Debug)]
pub struct RunLog {
    /// Its latest lines, oldest first.
    pub lines: Vec<LogLine>,
    /// How many it has in all.
    pub n_lines: u64,
}

/// A message that could not be read, kept as it came.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Where it came from: a file, a member of an archive, a message id.
    pub origin: String,
    /// Why it could not be read.
    pub error: String,
    /// What the transport said of it.
    pub attributes: Option<serde_json::Value>,
    /// The transport's id of it, where it has one: a message that comes again is set aside once.
    pub message_id: Option<String>,
    /// Its bytes; empty where it was too large to keep.
    pub bytes: bytes::Bytes,
}
