//! The listener of a saved query, as the API tells it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::ListenerStateWord;
use crate::{
    domain::{
        listener::{Listener, ListenerDay},
        replica,
    },
    web::paths,
};

/// Whether a saved query is listened to, and what that brings.
#[derive(Serialize, ToSchema)]
#[schema(as = Listener, example = json!({
    "query": 12, "state": "listening", "is_on": true, "since": "2026-11-28T18:00:03.210044+00:00",
    "acts_as": "Ada Lovelace", "trouble": null, "failures": 0, "next_try": null,
    "last_received": "2026-11-30T09:13:04.017221+00:00", "run": 41, "replica": "serve on alerts-1, process 17",
    "days": [{
        "day": "2026-11-30", "received": 120_431, "stored": 212, "rejected": 120_219, "duplicates": 0, "unreadable": 0,
        "acknowledged": 120_431
    }],
    "url": "/alerts/query/12/listener/"
}))]
pub(super) struct ListenerBody {
    /// Number of the query.
    query: i64,
    #[schema(inline, value_type = ListenerStateWord)]
    state: &'static str,
    /// Whether it is to go on.
    is_on: bool,
    /// Since when it is on, or paused.
    #[schema(required, format = DateTime)]
    since: Option<String>,
    /// The member as whom its runs act.
    #[schema(required)]
    acts_as: Option<String>,
    /// What stands in its way and what to do; or why the service paused it.
    #[schema(required)]
    trouble: Option<String>,
    /// Runs that have failed one after the other.
    failures: u32,
    /// When it tries again.
    #[schema(required, format = DateTime)]
    next_try: Option<String>,
    /// When messages were last kept.
    #[schema(required, format = DateTime)]
    last_received: Option<String>,
    /// Number of the run that goes on.
    #[schema(required)]
    run: Option<i64>,
    /// The process that listens.
    #[schema(required)]
    replica: Option<String>,
    /// The last 30 days (UTC) on which a run went on, the latest first.
    days: Vec<ListenerDayBody>,
    /// Its page.
    url: String,
}

/// What became of the messages of a day.
#[derive(Serialize, ToSchema)]
#[schema(as = ListenerDay)]
pub(super) struct ListenerDayBody {
    /// The day (UTC).
    #[schema(format = Date)]
    day: String,
    /// Messages that came.
    received: u64,
    /// Alerts that were stored.
    stored: u64,
    /// Alerts that the filter rejected.
    rejected: u64,
    /// Alerts that passed the filter and were there already.
    duplicates: u64,
    /// Messages that could not be read.
    unreadable: u64,
    /// Messages that were acknowledged.
    acknowledged: u64,
}

impl ListenerBody {
    /// How the listener of a query stands, if it has one.
    pub(super) fn of(query: i64, listener: Option<Listener>, days: &[ListenerDay]) -> Self {
        let days = days.iter().map(ListenerDayBody::of).collect();
        let Some(listener) = listener else { return Self::off(query, days) };
        let time = |at: Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339());
        Self {
            state: listener.standing().id(),
            is_on: listener.is_on,
            since: Some(listener.since.to_rfc3339()),
            acts_as: Some(listener.started_by_name),
            trouble: listener.trouble,
            failures: listener.failures,
            next_try: time(listener.next_try),
            last_received: time(listener.last_received),
            run: listener.live.as_ref().map(|run| run.id),
            replica: listener.live.map(|run| replica::in_words(&run.instance)),
            ..Self::off(query, days)
        }
    }

    fn off(query: i64, days: Vec<ListenerDayBody>) -> Self {
        Self {
            query,
            state: "off",
            is_on: false,
            since: None,
            acts_as: None,
            trouble: None,
            failures: 0,
            next_try: None,
            last_received: None,
            run: None,
            replica: None,
            days,
            url: paths::listener(query),
        }
    }
}

impl ListenerDayBody {
    fn of(day: &ListenerDay) -> Self {
        Self {
            day: day.day.to_string(),
            received: day.received,
            stored: day.stored,
            rejected: day.rejected,
            duplicates: day.duplicates,
            unreadable: day.unreadable,
            acknowledged: day.acknowledged,
        }
    }
}
