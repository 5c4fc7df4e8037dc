//! What a member has granted at Google, as pages and runs see it; the tokens themselves are not here.

use chrono::{DateTime, Utc};

/// A right at Google that a feature needs, besides knowing who somebody is.
/// <https://developers.google.com/identity/protocols/oauth2/scopes>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GoogleRight {
    /// Subscriptions and their messages.
    PubSub,
    /// Queries of tables.
    BigQuery,
}

impl GoogleRight {
    /// Every right that some feature needs.
    pub const ALL: [Self; 2] = [Self::PubSub, Self::BigQuery];

    /// The word in URLs and in the database.
    pub fn id(self) -> &'static str {
        match self {
            Self::PubSub => "pubsub",
            Self::BigQuery => "bigquery",
        }
    }

    /// The right with this word, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.id() == id)
    }

    /// What Google calls it.
    pub fn url(self) -> &'static str {
        match self {
            Self::PubSub => "https://www.googleapis.com/auth/pubsub",
            Self::BigQuery => "https://www.googleapis.com/auth/bigquery",
        }
    }

    /// The right that Google calls so, if a feature needs it.
    pub fn from_url(url: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.url() == url)
    }

    /// Name of the service.
    pub fn name(self) -> &'static str {
        match self {
            Self::PubSub => "Pub/Sub",
            Self::BigQuery => "BigQuery",
        }
    }

    /// What the right is good for, in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::PubSub => "see and manage your Pub/Sub subscriptions and read their messages",
            Self::BigQuery => "run BigQuery queries, which your project pays for",
        }
    }
}

/// How a grant stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantState {
    /// Tokens renew themselves.
    Connected,
    /// Google refuses to renew them: only the member can grant anew. Why, as a sentence's part.
    NeedsSignIn(String),
}

/// A member's grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Address of the account that granted.
    pub email: String,
    /// How it stands.
    pub state: GrantState,
    /// What was granted.
    pub scopes: Vec<GoogleRight>,
    /// When it was granted.
    pub granted: DateTime<Utc>,
    /// When the present access token ends; `None` before the first one.
    pub access_expires: Option<DateTime<Utc>>,
    /// When tokens were last renewed.
    pub last_refresh: Option<DateTime<Utc>>,
    /// The last thing that went wrong, and when.
    pub last_error: Option<(String, DateTime<Utc>)>,
}

impl Grant {
    /// Whether it can be used for this.
    pub fn allows(&self, scope: GoogleRight) -> bool {
        self.state == GrantState::Connected && self.scopes.contains(&scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_found_by_its_word_and_by_its_url() {
        for scope in GoogleRight::ALL {
            assert_eq!(GoogleRight::from_id(scope.id()), Some(scope));
            assert_eq!(GoogleRight::from_url(scope.url()), Some(scope));
        }
        assert_eq!(GoogleRight::from_id("drive"), None);
        assert_eq!(GoogleRight::from_url("https://www.googleapis.com/auth/pubsub.readonly"), None);
    }
}
