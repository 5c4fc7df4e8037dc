//! One sentence that the next page shows: what the last change did. A code in a cookie, never a text.

use axum::http::HeaderValue;

use super::chrome::{Flash, FlashLevel};
use crate::web::{paths, widgets::controls::Link};

/// What the last change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    QuerySaved(i64),
    QueryCopied(i64),
    QueryDeleted,
    TargetCreated(i64),
    TargetChanged(i64),
    TargetDeleted,
    NothingSelected,
    RunHadEnded,
    CancelAsked,
    Uploaded,
    Connected,
    ConnectedForRun,
    Disconnected,
    DisconnectedHereOnly,
    ProjectSaved,
    SessionsEnded,
    Invited,
    InvitationTakenBack,
    RoleChanged,
    MemberRemoved,
    GroupMade(i64),
    GroupChanged,
    GroupDeleted,
    Shared,
    TokenRevoked,
    DefaultsSaved,
    SubscriptionMade,
    SubscriptionMoved,
    SubscriptionDeleted,
    ListeningStarted,
    ListeningPaused,
    ListeningStopped,
}

/// Name of the cookie.
pub(crate) const COOKIE: &str = "note";

impl Note {
    fn code(self) -> (&'static str, i64) {
        match self {
            Self::QuerySaved(id) => ("query-saved", id),
            Self::QueryCopied(id) => ("query-copied", id),
            Self::QueryDeleted => ("query-deleted", 0),
            Self::TargetCreated(id) => ("target-created", id),
            Self::TargetChanged(id) => ("target-changed", id),
            Self::TargetDeleted => ("target-deleted", 0),
            Self::NothingSelected => ("nothing-selected", 0),
            Self::RunHadEnded => ("run-had-ended", 0),
            Self::CancelAsked => ("cancel-asked", 0),
            Self::Uploaded => ("uploaded", 0),
            Self::Connected => ("connected", 0),
            Self::ConnectedForRun => ("connected-for-run", 0),
            Self::Disconnected => ("disconnected", 0),
            Self::DisconnectedHereOnly => ("disconnected-here-only", 0),
            Self::ProjectSaved => ("project-saved", 0),
            Self::SessionsEnded => ("sessions-ended", 0),
            Self::Invited => ("invited", 0),
            Self::InvitationTakenBack => ("invitation-taken-back", 0),
            Self::RoleChanged => ("role-changed", 0),
            Self::MemberRemoved => ("member-removed", 0),
            Self::GroupMade(id) => ("group-made", id),
            Self::GroupChanged => ("group-changed", 0),
            Self::GroupDeleted => ("group-deleted", 0),
            Self::Shared => ("shared", 0),
            Self::TokenRevoked => ("token-revoked", 0),
            Self::DefaultsSaved => ("defaults-saved", 0),
            Self::SubscriptionMade => ("subscription-made", 0),
            Self::SubscriptionMoved => ("subscription-moved", 0),
            Self::SubscriptionDeleted => ("subscription-deleted", 0),
            Self::ListeningStarted => ("listening-started", 0),
            Self::ListeningPaused => ("listening-paused", 0),
            Self::ListeningStopped => ("listening-stopped", 0),
        }
    }

    fn from_code(code: &str, id: i64) -> Option<Self> {
        [
            Self::QuerySaved(id),
            Self::QueryCopied(id),
            Self::QueryDeleted,
            Self::TargetCreated(id),
            Self::TargetChanged(id),
            Self::TargetDeleted,
            Self::NothingSelected,
            Self::RunHadEnded,
            Self::CancelAsked,
            Self::Uploaded,
            Self::Connected,
            Self::ConnectedForRun,
            Self::Disconnected,
            Self::DisconnectedHereOnly,
            Self::ProjectSaved,
            Self::SessionsEnded,
            Self::Invited,
            Self::InvitationTakenBack,
            Self::RoleChanged,
            Self::MemberRemoved,
            Self::GroupMade(id),
            Self::GroupChanged,
            Self::GroupDeleted,
            Self::Shared,
            Self::TokenRevoked,
            Self::DefaultsSaved,
            Self::SubscriptionMade,
            Self::SubscriptionMoved,
            Self::SubscriptionDeleted,
            Self::ListeningStarted,
            Self::ListeningPaused,
            Self::ListeningStopped,
        ]
        .into_iter()
        .find(|note| note.code().0 == code)
    }

    /// The cookie that carries it to the next page.
    pub(crate) fn set_cookie(self) -> HeaderValue {
        let (code, id) = self.code();
        HeaderValue::try_from(format!(
            "{COOKIE}={code}.{id}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        ))
        .unwrap_or(HeaderValue::from_static(""))
    }

    /// Reads the cookie's value.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let (code, id) = value.split_once('.')?;
        Self::from_code(code, id.parse().ok()?)
    }

    /// The sentence.
    pub(crate) fn view(self) -> Flash {
        let (level, text, link) = match self {
            Self::QuerySaved(id) => {
                (FlashLevel::Success, "Query saved.", Some(("Open it", paths::query_form(id))))
            }
            Self::QueryCopied(id) => (
                FlashLevel::Success,
                "Query copied.",
                Some(("Edit the copy", paths::query_form(id))),
            ),
            Self::QueryDeleted => {
                (FlashLevel::Success, "Query deleted. Its runs are still in the history.", None)
            }
            Self::TargetCreated(id) => {
                (FlashLevel::Success, "Target created.", Some(("Open it", paths::target(id))))
            }
            Self::TargetChanged(id) => {
                (FlashLevel::Success, "Target changed.", Some(("Open it", paths::target(id))))
            }
            Self::TargetDeleted => (FlashLevel::Success, "Target deleted.", None),
            Self::NothingSelected => (
                FlashLevel::Warning,
                "Please select at least one alert from which to create a target.",
                None,
            ),
            Self::RunHadEnded => (FlashLevel::Info, "The run had ended already.", None),
            Self::CancelAsked => {
                (FlashLevel::Info, "The run is being stopped. Results so far are kept.", None)
            }
            Self::Uploaded => {
                (FlashLevel::Success, "Upload complete. Choose it as the archive below.", None)
            }
            Self::ListeningStarted => (FlashLevel::Success, "Listening until you pause it.", None),
            Self::ListeningPaused => {
                (FlashLevel::Success, "Paused. Results so far are kept.", None)
            }
            Self::ListeningStopped => (
                FlashLevel::Success,
                "Stopped listening. Runs and alerts are kept. The subscription still collects messages: delete it if nobody else needs it.",
                Some(("Subscriptions", paths::SUBSCRIPTIONS.to_owned())),
            ),
            Self::Connected
            | Self::ConnectedForRun
            | Self::Disconnected
            | Self::DisconnectedHereOnly
            | Self::ProjectSaved
            | Self::SessionsEnded
            | Self::Invited
            | Self::InvitationTakenBack
            | Self::RoleChanged
            | Self::MemberRemoved
            | Self::GroupMade(_)
            | Self::GroupChanged
            | Self::GroupDeleted
            | Self::Shared
            | Self::TokenRevoked
            | Self::DefaultsSaved
            | Self::SubscriptionMade
            | Self::SubscriptionMoved
            | Self::SubscriptionDeleted => self.account_sentence(),
        };
        let links =
            link.map(|(text, href)| Link { text: text.to_owned(), href }).into_iter().collect();
        Flash { level, text: text.to_owned(), links }
    }
}

type Sentence = (FlashLevel, &'static str, Option<(&'static str, String)>);

impl Note {
    /// The sentence of a note about coming in.
    fn account_sentence(self) -> Sentence {
        let (level, text) = match self {
            Self::Connected => {
                (FlashLevel::Success, "Connected to Google. The connection renews itself.")
            }
            Self::ConnectedForRun => (
                FlashLevel::Success,
                "Connected to Google. The connection renews itself; press Run to continue.",
            ),
            Self::Disconnected => (
                FlashLevel::Success,
                "Disconnected. The tokens are deleted here and revoked at Google.",
            ),
            Self::DisconnectedHereOnly => (
                FlashLevel::Warning,
                "Disconnected: the tokens are deleted here. Google has not confirmed that it revoked them; it will be asked again for a day. You can also remove this service under Third-party access in your Google account.",
            ),
            Self::ProjectSaved => (FlashLevel::Success, "Project saved."),
            Self::SessionsEnded => (FlashLevel::Success, "Signed out there."),
            Self::Invited => (
                FlashLevel::Success,
                "Invited. They become a member when they sign in with that address.",
            ),
            Self::InvitationTakenBack => (FlashLevel::Success, "Invitation withdrawn."),
            other => return other.team_sentence(),
        };
        (level, text, None)
    }

    /// The sentence of a note about the team and what it shares.
    fn team_sentence(self) -> Sentence {
        let (level, text) = match self {
            Self::RoleChanged => {
                (FlashLevel::Success, "Role changed. It applies from their next request on.")
            }
            Self::MemberRemoved => (
                FlashLevel::Success,
                "Removed from the team. Their sessions and tokens have ended.",
            ),
            Self::GroupMade(_) => {
                (FlashLevel::Success, "Group created. You lead it: add others below.")
            }
            Self::GroupChanged => (FlashLevel::Success, "Group changed."),
            Self::GroupDeleted => (FlashLevel::Success, "Group deleted."),
            Self::Shared => (FlashLevel::Success, "Sharing saved."),
            Self::TokenRevoked => (FlashLevel::Success, "Token revoked."),
            Self::DefaultsSaved => {
                (FlashLevel::Success, "Saved. It applies to what you create from now on.")
            }
            Self::SubscriptionMade => (
                FlashLevel::Success,
                "Subscription created. It receives what is published from now on.",
            ),
            Self::SubscriptionMoved => (
                FlashLevel::Success,
                "Done. It may take Google up to a minute to deliver from there.",
            ),
            Self::SubscriptionDeleted => (FlashLevel::Success, "Subscription deleted."),
            _ => (FlashLevel::Info, ""),
        };
        (level, text, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_survives_its_cookie_and_nonsense_says_nothing() {
        let cookie = Note::QuerySaved(12).set_cookie();
        let value = cookie
            .to_str()
            .unwrap()
            .strip_prefix("note=")
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        assert_eq!(Note::parse(&value), Some(Note::QuerySaved(12)));
        for nonsense in ["", "x", "query-saved", "query-saved.x", "<script>.1"] {
            assert_eq!(Note::parse(nonsense), None, "{nonsense}");
        }
    }
}
