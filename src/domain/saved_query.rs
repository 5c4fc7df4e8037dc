//! A saved query: a broker's form as it was typed, under a name.

use chrono::{DateTime, Utc};

use super::{
    run::{RunId, RunState},
    sharing::Sharing,
};

/// A saved query.
#[derive(Clone, Debug)]
pub struct SavedQuery {
    /// Id in URLs.
    pub id: i64,
    /// What its owner calls it; need not be unique.
    pub name: String,
    /// Id of the backend.
    pub broker: String,
    /// The form as it was typed: validated again whenever it is used.
    pub parameters: serde_json::Value,
    /// Id of the member who made it.
    pub owner_id: i64,
    /// Name of that member.
    pub owner_name: String,
    /// Who else sees and changes it.
    pub sharing: Sharing,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it was last changed.
    pub modified: DateTime<Utc>,
    /// Counts its changes: whoever changes it says which state they have read.
    pub version: i64,
    /// Its latest run.
    pub last_run: Option<LastRun>,
    /// Whether it is, or was, listened to: then there is more to know of that.
    pub has_listener: bool,
}

/// The latest run of a saved query.
#[derive(Clone, Debug)]
pub struct LastRun {
    /// Its id.
    pub id: RunId,
    /// When it was asked for.
    pub created: DateTime<Utc>,
    /// Where it stands.
    pub state: RunState,
    /// Alerts in its results.
    pub stored: u64,
}

/// What is needed to save a query.
#[derive(Clone, Debug)]
pub struct NewSavedQuery {
    /// Its name.
    pub name: String,
    /// Id of the backend.
    pub broker: String,
    /// A validated form.
    pub parameters: serde_json::Value,
    /// Who else sees and changes it.
    pub sharing: Sharing,
}
