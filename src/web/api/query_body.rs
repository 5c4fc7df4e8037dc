//! Saved queries, as the API tells and reads them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    lenient::{as_sent, lenient},
    list_body::list_body,
    sent_back::ToldOfQuery,
    sharing_body::SharingBody,
    words::RunStateWord,
};
use crate::brokers::EXAMPLE_BROKER;
use crate::domain::saved_query::{LastRun, SavedQuery};

/// A saved query: a broker's form as it was filled in, under a name.
#[derive(Serialize, ToSchema)]
#[schema(as = Query, example = json!({
    "id": 12, "name": "Bright transients", "broker": EXAMPLE_BROKER,
    "parameters": {"folder": "night", "max_results": 100, "mag_max": 19.5},
    "owner": "Ada Lovelace", "sharing": {"readers": ["team"], "writers": [], "sharers": []},
    "created": "2026-11-30T09:12:44.120331+00:00", "modified": "2026-11-30T09:12:44.120331+00:00", "version": 1,
    "last_run": {"id": 40, "created": "2026-11-30T09:13:02.554870+00:00", "state": "finished", "stored": 57},
    "url": "/alerts/query/12/update/"
}))]
pub(super) struct QueryBody {
    /// Its number.
    id: i64,
    /// What its owner calls it; others may have the same.
    name: String,
    /// Id of its broker.
    broker: String,
    /// The fields of the broker's form that are filled in; `/api/brokers/` tells which there are.
    #[schema(value_type = Object)]
    parameters: Value,
    /// Name of the member who made it.
    owner: String,
    sharing: SharingBody,
    /// When it was made.
    #[schema(format = DateTime)]
    created: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    modified: String,
    /// Counts its changes: whoever changes it says which state they have read.
    version: i64,
    /// Its latest run.
    #[schema(required)]
    last_run: Option<LastRunBody>,
    /// Its page.
    url: String,
}

/// The latest run of a saved query.
#[derive(Serialize, ToSchema)]
#[schema(as = LastRun)]
pub(super) struct LastRunBody {
    /// Its number.
    id: i64,
    /// When it was asked for.
    #[schema(format = DateTime)]
    created: String,
    #[schema(inline, value_type = RunStateWord)]
    state: &'static str,
    /// Alerts that it has stored.
    stored: u64,
}

list_body! {
    /// A page of saved queries.
    QueryListBody, QueryList, QueryBody, "The queries, newest first.", 101, "/api/queries/?page=2"
}

/// A query to be saved.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewQuery, example = json!({
    "name": "Bright transients", "broker": EXAMPLE_BROKER, "parameters": {"folder": "night", "max_results": 100, "mag_max": 19.5}
}))]
pub(super) struct NewQueryBody {
    /// What to call it.
    #[serde(default, deserialize_with = "lenient")]
    #[schema(required, nullable = false)]
    name: Option<String>,
    /// Id of a broker.
    #[serde(default, deserialize_with = "lenient")]
    #[schema(required, nullable = false)]
    pub(super) broker: Option<String>,
    /// The fields of the broker's form; `/api/brokers/` tells which there are.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(super) parameters: Option<Value>,
}

/// What a saved query is to become.
#[derive(Deserialize, ToSchema)]
#[schema(as = ChangedQuery, example = json!({
    "name": "Brighter transients", "parameters": {"folder": "night", "max_results": 100, "mag_max": 18.5}, "version": 1
}))]
pub(super) struct ChangedQueryBody {
    /// What to call it.
    #[serde(default, deserialize_with = "lenient")]
    #[schema(required, nullable = false)]
    name: Option<String>,
    /// The fields of the broker's form; `/api/brokers/` tells which there are.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(super) parameters: Option<Value>,
    /// Its broker, which stays: another one is refused.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(value_type = String)]
    pub(super) broker: Option<Value>,
    /// As it was read: of two who change it at once the second is refused.
    #[serde(default, deserialize_with = "lenient")]
    #[schema(required, nullable = false)]
    pub(super) version: Option<i64>,
    #[serde(flatten)]
    pub(super) told: ToldOfQuery,
}

impl NewQueryBody {
    /// What to call it; empty where that was not sent.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default().trim()
    }
}

impl ChangedQueryBody {
    /// What to call it; empty where that was not sent.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default().trim()
    }
}

impl QueryBody {
    /// A query that was read.
    pub(super) fn of(query: SavedQuery) -> Self {
        Self {
            id: query.id,
            name: query.name,
            broker: query.broker,
            parameters: query.parameters,
            owner: query.owner_name,
            sharing: SharingBody::of(&query.sharing),
            created: query.created.to_rfc3339(),
            modified: query.modified.to_rfc3339(),
            version: query.version,
            last_run: query.last_run.as_ref().map(LastRunBody::of),
            url: format!("/alerts/query/{}/update/", query.id),
        }
    }
}

impl LastRunBody {
    fn of(run: &LastRun) -> Self {
        Self {
            id: run.id,
            created: run.created.to_rfc3339(),
            state: run.state.id(),
            stored: run.stored,
        }
    }
}
