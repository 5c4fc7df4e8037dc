//! Runs, as the API tells and reads them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    lenient::lenient,
    list_body::list_body,
    sharing_body::SharingBody,
    words::{LogLevelWord, RunStateWord},
};
use crate::brokers::EXAMPLE_BROKER;
use crate::domain::run::{LogLine, Run, RunCounts, RunLog};

/// A run: one execution of a query.
#[derive(Serialize, ToSchema)]
#[schema(as = Run, example = json!({
    "id": 40, "query": 12, "query_name": "Bright transients", "broker": EXAMPLE_BROKER,
    "parameters": {"folder": "night", "max_results": 100, "mag_max": 19.5}, "started_by": "Ada Lovelace",
    "sharing": {"readers": ["team"], "writers": [], "sharers": []}, "state": "finished",
    "counts": {
        "received": 400, "passed": 59, "rejected": 340, "duplicates": 2, "unreadable": 1, "stored": 57, "acknowledged": 0
    },
    "received_bytes": 29_112_044, "rejected_by": {"mag_max": 340},
    "feedback": "The end of the archive was reached.",
    "created": "2026-11-30T09:13:02.554870+00:00", "started": "2026-11-30T09:13:02.601004+00:00",
    "finished": "2026-11-30T09:13:04.017221+00:00", "cancel_requested": false, "acts_as": null, "url": "/runs/40/"
}))]
pub(super) struct RunBody {
    /// Its number.
    id: i64,
    /// Number of the saved query that it ran, if that still exists.
    #[schema(required)]
    query: Option<i64>,
    /// Name of the query at the time; empty for one that was run without saving.
    query_name: String,
    /// Id of its broker.
    broker: String,
    /// The fields of the broker's form that were filled in.
    #[schema(value_type = Object)]
    parameters: Value,
    /// Name of the member who started it.
    started_by: String,
    sharing: SharingBody,
    #[schema(inline, value_type = RunStateWord)]
    state: &'static str,
    counts: CountsBody,
    /// Bytes of the messages that were received.
    received_bytes: u64,
    /// How many alerts each rule of the filter rejected.
    rejected_by: BTreeMap<String, u64>,
    /// Why it ended and what can be done, as sentences; empty while it goes on.
    feedback: String,
    /// When it was asked for.
    #[schema(format = DateTime)]
    created: String,
    /// When it began to receive.
    #[schema(required, format = DateTime)]
    started: Option<String>,
    /// When it ended.
    #[schema(required, format = DateTime)]
    finished: Option<String>,
    /// Whether somebody has asked to stop it.
    cancel_requested: bool,
    /// As whom it acted towards Google.
    #[schema(required)]
    acts_as: Option<String>,
    /// Its page.
    url: String,
}

/// What became of the messages of a run: `received` = `passed` + `rejected` + `unreadable`, and `passed` = `stored` +
/// `duplicates`.
#[derive(Serialize, ToSchema)]
#[schema(as = Counts)]
pub(super) struct CountsBody {
    /// Messages that came.
    received: u64,
    /// Alerts that the filter let through.
    passed: u64,
    /// Alerts that the filter rejected.
    rejected: u64,
    /// Alerts that passed and were among its results already.
    duplicates: u64,
    /// Messages that could not be read.
    unreadable: u64,
    /// Alerts among its results.
    stored: u64,
    /// Messages that were acknowledged.
    acknowledged: u64,
}

/// A run with its log.
#[derive(Serialize, ToSchema)]
#[schema(as = RunWithLog)]
pub(super) struct RunWithLogBody {
    #[serde(flatten)]
    run: RunBody,
    /// How many lines its log has.
    #[schema(example = 1)]
    log_count: u64,
    /// The latest of them, at most 200, oldest first.
    log: Vec<LogLineBody>,
}

/// A line of a log.
#[derive(Serialize, ToSchema)]
#[schema(as = LogLine, example = json!({
    "at": "2026-11-30T09:13:04.017221+00:00", "level": "info", "message": "The end of the archive was reached."
}))]
pub(super) struct LogLineBody {
    /// When it was written.
    #[schema(format = DateTime)]
    at: String,
    #[schema(inline, value_type = LogLevelWord)]
    level: String,
    /// What happened, as a sentence.
    message: String,
}

list_body! {
    /// Some runs.
    RunListBody, RunList, RunBody, "The runs, newest first.", 51, "/api/runs/?whose=mine&before=40"
}

/// A query to be run.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewRun, example = json!({"broker": EXAMPLE_BROKER, "parameters": {"folder": "night", "max_results": 100}}))]
pub(super) struct NewRunBody {
    /// Id of a broker.
    #[serde(default, deserialize_with = "lenient")]
    #[schema(required, nullable = false)]
    pub(super) broker: Option<String>,
    /// The fields of the broker's form; `/api/brokers/` tells which there are.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(super) parameters: Option<Value>,
}

/// A run that was started.
#[derive(Serialize, ToSchema)]
#[schema(as = StartedRun, example = json!({"id": 40, "state": "queued", "url": "/runs/40/"}))]
pub(super) struct StartedRunBody {
    /// Its number.
    pub(super) id: i64,
    #[schema(inline, value_type = RunStateWord)]
    pub(super) state: &'static str,
    /// Its page.
    pub(super) url: String,
}

/// A run that is to stop.
#[derive(Serialize, ToSchema)]
#[schema(as = CancelledRun, example = json!({"id": 40, "cancel_requested": true}))]
pub(super) struct CancelledRunBody {
    /// Its number.
    pub(super) id: i64,
    /// Whether it was still going on.
    pub(super) cancel_requested: bool,
}

impl RunBody {
    /// A run that was read.
    pub(super) fn of(run: Run) -> Self {
        Self {
            id: run.id,
            query: run.saved_query_id,
            query_name: run.query_name,
            broker: run.broker,
            parameters: run.parameters,
            started_by: run.started_by_name,
            sharing: SharingBody::of(&run.sharing),
            state: run.state.id(),
            counts: CountsBody::of(&run.counts),
            received_bytes: run.counts.received_bytes,
            rejected_by: run.counts.rejected_by,
            feedback: run.feedback,
            created: run.created.to_rfc3339(),
            started: run.started.map(|at| at.to_rfc3339()),
            finished: run.finished.map(|at| at.to_rfc3339()),
            cancel_requested: run.cancel_requested,
            acts_as: run.acts_as,
            url: format!("/runs/{}/", run.id),
        }
    }
}

impl CountsBody {
    fn of(counts: &RunCounts) -> Self {
        Self {
            received: counts.received,
            passed: counts.passed,
            rejected: counts.rejected,
            duplicates: counts.duplicates,
            unreadable: counts.unreadable,
            stored: counts.stored,
            acknowledged: counts.acknowledged,
        }
    }
}

impl RunWithLogBody {
    /// A run that was read, with its log.
    pub(super) fn of(run: Run, log: RunLog) -> Self {
        let lines = log.lines.into_iter().map(LogLineBody::of).collect();
        Self { run: RunBody::of(run), log_count: log.n_lines, log: lines }
    }
}

impl LogLineBody {
    fn of(line: LogLine) -> Self {
        Self { at: line.at.to_rfc3339(), level: line.level.id().to_owned(), message: line.message }
    }
}
