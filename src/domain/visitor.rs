//! Who makes a request: a member in a session, and how their grant at Google stands.

use chrono::{DateTime, Utc};

use super::{grant::GoogleRight, member::Member, sharing::Asker};

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The member and what they may see and change, as the database knows it at this moment.
    pub asker: Asker,
    /// Their session; `None` in local mode and for a token.
    pub session_id: Option<i64>,
    /// Their grant, if they have one.
    pub grant: Option<GrantSummary>,
    /// Their own Google Cloud project, if they have set one.
    pub project: Option<String>,
}

impl Visitor {
    /// The member.
    pub fn member(&self) -> &Member {
        self.asker.member()
    }
}

/// What the frame of every page says of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantSummary {
    /// Address of the account.
    pub email: String,
    /// Whether only its owner can make it work again.
    pub needs_sign_in: bool,
    /// What was granted.
    pub scopes: Vec<GoogleRight>,
}

/// One of a member's sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// Its id in the database; no secret.
    pub id: i64,
    /// "Firefox on Linux"
    pub browser: String,
    /// When they signed in.
    pub created: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_seen: DateTime<Utc>,
    /// When it ends, however busy it is.
    pub expires: DateTime<Utc>,
}
