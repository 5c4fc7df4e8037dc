//! What the history tells: who did what to what.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// What something was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A saved query.
    Query,
    /// A run.
    Run,
    /// A target.
    Target,
    /// An alert.
    Alert,
    /// A member.
    Member,
    /// A group.
    Group,
    /// An invitation.
    Invitation,
    /// An API token.
    Token,
    /// A grant at Google.
    Grant,
    /// A Pub/Sub subscription.
    Subscription,
    /// The history itself.
    History,
}

impl Kind {
    /// Every kind, with the word for it.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Query, "query"),
        (Self::Run, "run"),
        (Self::Target, "target"),
        (Self::Alert, "alert"),
        (Self::Member, "member"),
        (Self::Group, "group"),
        (Self::Invitation, "invitation"),
        (Self::Token, "token"),
        (Self::Grant, "grant"),
        (Self::Subscription, "subscription"),
        (Self::History, "history"),
    ];

    /// The word in URLs, exports and the database.
    pub fn id(self) -> &'static str {
        Self::ALL.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, id)| id)
    }

    /// The kind with this word.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, word)| *word == id).map(|(kind, _)| kind)
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Made.
    Created,
    /// Changed.
    Changed,
    /// Shared with others than before.
    Shared,
    /// Deleted.
    Deleted,
    /// Started.
    Ran,
    /// Asked to stop.
    Stopped,
    /// Is listened to from then on, or again.
    StartedListening,
    /// Is not listened to for the time being.
    PausedListening,
    /// Is not listened to any more.
    StoppedListening,
    /// An alert was saved to it.
    Saved,
    /// Taken out of the service.
    Exported,
    /// Came in.
    SignedIn,
    /// Went out.
    SignedOut,
    /// Became a member.
    Joined,
    /// Was given another role.
    RoleChanged,
    /// Was taken out of the team, or out of a group.
    Removed,
    /// Went out of the team, or out of a group, by themselves.
    Left,
    /// Was put into a group.
    Added,
    /// Made void.
    Revoked,
    /// Granted rights at Google.
    Connected,
    /// Took them back.
    Disconnected,
    /// Packets that it set aside were read again.
    TriedAgain,
    /// Was not allowed.
    Refused,
}

impl Action {
    /// Every action, with the word for it.
    pub const ALL: [(Self, &'static str); 23] = [
        (Self::Created, "created"),
        (Self::Changed, "changed"),
        (Self::Shared, "shared"),
        (Self::Deleted, "deleted"),
        (Self::Ran, "ran"),
        (Self::Stopped, "stopped"),
        (Self::StartedListening, "started listening"),
        (Self::PausedListening, "paused listening"),
        (Self::StoppedListening, "stopped listening"),
        (Self::Saved, "saved"),
        (Self::Exported, "exported"),
        (Self::SignedIn, "signed in"),
        (Self::SignedOut, "signed out"),
        (Self::Joined, "joined"),
        (Self::RoleChanged, "role changed"),
        (Self::Removed, "removed"),
        (Self::Left, "left"),
        (Self::Added, "added"),
        (Self::Revoked, "revoked"),
        (Self::Connected, "connected"),
        (Self::Disconnected, "disconnected"),
        (Self::TriedAgain, "tried again"),
        (Self::Refused, "refused"),
    ];

    /// The word on pages, in exports and in the database.
    pub fn id(self) -> &'static str {
        Self::ALL.into_iter().find(|(action, _)| *action == self).map_or("", |(_, id)| id)
    }

    /// The action with this word.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, word)| *word == id).map(|(action, _)| action)
    }
}

/// Something that was done just now.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub action: Action,
    /// To what kind of thing.
    pub kind: Kind,
    /// Its id, if it has one.
    pub object_id: Option<i64>,
    /// Its name at that time.
    pub name: String,
    /// More of it: parameters, old and new values. Never a secret.
    pub detail: Value,
}

impl Event {
    /// Something done to a thing with an id.
    pub fn new(action: Action, kind: Kind, object_id: i64, name: impl Into<String>) -> Self {
        let object_id = Some(object_id);
        Self { action, kind, object_id, name: name.into(), detail: Value::Null }
    }

    /// The same with more of it.
    #[must_use]
    pub fn with(self, detail: Value) -> Self {
        Self { detail, ..self }
    }

    /// The same without it where the thing is its owner's alone: admins read the history.
    #[must_use]
    pub fn without_detail_if(self, is_private: bool) -> Self {
        if is_private { Self { detail: Value::Null, ..self } } else { self }
    }
}

/// A line of the history.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number: later lines have higher ones.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, if somebody did it; the service itself otherwise.
    pub actor_id: Option<i64>,
    /// Their name at that time.
    pub actor: String,
    /// The token by which they did it; `None` for the pages.
    pub token_id: Option<i64>,
    /// What was done, as one of the words of [`Action`].
    pub action: String,
    /// To what kind of thing, as one of the words of [`Kind`].
    pub kind: String,
    /// Its id, if it has one.
    pub object_id: Option<i64>,
    /// Its name at that time.
    pub name: String,
    /// More of it.
    pub detail: Value,
}
