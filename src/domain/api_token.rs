//! A key for programs: what its owner knows of it after it was made.

use chrono::{DateTime, Utc};

/// Days that a token lives unless its owner says otherwise, and at most.
pub const DEFAULT_DAYS: u16 = 90;
/// The longest life of a token, days.
pub const MAX_DAYS: u16 = 365;

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiToken {
    /// What its owner calls it.
    pub name: String,
    /// Whether it may do what its owner may; otherwise it only reads.
    pub may_write: bool,
    /// Days until it ends.
    pub days: u16,
}

/// A token that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its id; no secret.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// Whether it may do what its owner may; otherwise it only reads.
    pub may_write: bool,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends.
    pub expires: DateTime<Utc>,
    /// When it was used last, to the minute.
    pub last_used: Option<DateTime<Utc>>,
    /// Whether it still opens anything.
    pub is_alive: bool,
}
