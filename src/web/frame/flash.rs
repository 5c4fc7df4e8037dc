//! One sentence that the next page shows: what the last change did. A code in a cookie, never a text.

use axum::http::HeaderValue;

use super::chrome::{Flash, FlashLevel};
use crate::web::{paths, widgets::controls::Link};

/// Name of the cookie.
pub(crate) const COOKIE: &str = "note";

/// Each note once: what it is about, its code in the cookie, how much it matters, its sentence, and where to go from here.
macro_rules! notes {
    ($($note:ident$(($id:ident: $type:ty))? = $code:literal, $level:ident, $text:literal $(, $label:literal => $href:expr)?;)*) => {
        /// What the last change did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Note {
            $($note$(($type))?,)*
        }

        impl Note {
            fn code(self) -> (&'static str, i64) {
                match self {
                    $(Self::$note$(($id))? => ($code, notes!(@id $($id)?)),)*
                }
            }

            /// Reads the cookie's value.
            pub(crate) fn parse(value: &str) -> Option<Self> {
                let (code, number) = value.split_once('.')?;
                let number: i64 = number.parse().ok()?;
                match code {
                    $($code => { $(let $id = number;)? Some(Self::$note$(($id))?) })*
                    _ => None,
                }
            }

            fn view(self) -> Flash {
                let (level, text, links) = match self {
                    $(Self::$note$(($id))? => (
                        FlashLevel::$level,
                        $text,
                        vec![$(Link { text: $label.to_owned(), href: $href })?],
                    ),)*
                };
                Flash { level, text: text.to_owned(), links }
            }
        }
    };
    (@id) => { 0 };
    (@id $id:ident) => { $id };
}

notes! {
    QuerySaved(id: i64) = "query-saved", Success, "Query saved.", "Open it" => paths::query_form(id);
    QueryCopied(id: i64) = "query-copied", Success, "Query copied.", "Edit the copy" => paths::query_form(id);
    QueryDeleted = "query-deleted", Success, "Query deleted. Its runs are still in the history.";
    TargetCreated(id: i64) = "target-created", Success, "Target created.", "Open it" => paths::target(id);
    TargetChanged(id: i64) = "target-changed", Success, "Target changed.", "Open it" => paths::target(id);
    AlertAdded(id: i64) = "alert-added", Success, "A target with this name existed; the alert was added to it.", "Open it" => paths::target(id);
    TargetIsThere(id: i64) = "target-is-there", Info, "A target with this name existed; it was not changed.", "Open it" => paths::target(id);
    TargetDeleted = "target-deleted", Success, "Target deleted.";
    NothingSelected = "nothing-selected", Warning, "Please select at least one alert from which to create a target.";
    RunHadEnded = "run-had-ended", Info, "The run had ended already.";
    CancelAsked = "cancel-asked", Info, "The run is being stopped. Results so far are kept.";
    ReadAgain(id: i64) = "read-again", Success, "What can be read now was judged by the filter of the run; the rest is below, with the reason.",
        "Results" => paths::run(id);
    NotReadAgain = "not-read-again", Info, "None of them can be read yet. The reasons are below.";
    FilterMisfit = "filter-misfit", Warning, "The filter of this run is none that can be used any more, so nothing was tried.";
    Uploaded = "uploaded", Success, "Upload complete. Choose it as the archive below.";
    ListeningStarted = "listening-started", Success, "Listening until you pause it.";
    ListeningPaused = "listening-paused", Success, "Paused. Results so far are kept.";
    ListeningStopped = "listening-stopped", Success,
        "Stopped listening. Runs and alerts are kept. The subscription still collects messages: delete it if nobody else needs it.",
        "Subscriptions" => paths::SUBSCRIPTIONS.to_owned();
    SubscriptionMade = "subscription-made", Success, "Subscription created. It receives what is published from now on.";
    SubscriptionMoved = "subscription-moved", Success, "Done. It may take Google up to a minute to deliver from there.";
    SubscriptionDeleted = "subscription-deleted", Success, "Subscription deleted.";
    Connected = "connected", Success, "Connected to Google. The connection renews itself.";
    ConnectedForRun = "connected-for-run", Success,
        "Connected to Google. The connection renews itself; press Run to continue.";
    Disconnected = "disconnected", Success, "Disconnected. The tokens are deleted here and revoked at Google.";
    DisconnectedHereOnly = "disconnected-here-only", Warning,
        "Disconnected: the tokens are deleted here. Google has not confirmed that it revoked them; it will be asked again for a day. You can also remove this service under Third-party access in your Google account.";
    ProjectSaved = "project-saved", Success, "Project saved.";
    SessionsEnded = "sessions-ended", Success, "Signed out there.";
    TokenRevoked = "token-revoked", Success, "Token revoked.";
    Invited = "invited", Success, "Invited. They become a member when they sign in with that address.";
    InvitationTakenBack = "invitation-taken-back", Success, "Invitation withdrawn.";
    RoleChanged = "role-changed", Success, "Role changed. It applies from their next request on.";
    MemberRemoved = "member-removed", Success, "Removed from the team. Their sessions and tokens have ended.";
    GroupMade = "group-made", Success, "Group created. You lead it: add others below.";
    GroupChanged = "group-changed", Success, "Group changed.";
    GroupDeleted = "group-deleted", Success, "Group deleted.";
    Shared = "shared", Success, "Sharing saved.";
    DefaultsSaved = "defaults-saved", Success, "Saved. It applies to what you create from now on.";
}

impl Note {
    /// The sentence on the page at `path`, which needs no link to itself.
    pub(crate) fn view_on(self, path: &str) -> Flash {
        let page = path.split(['?', '#']).next().unwrap_or_default();
        let mut view = self.view();
        view.links.retain(|link| link.href != page);
        view
    }

    /// The cookie that carries it to the next page.
    pub(crate) fn set_cookie(self) -> HeaderValue {
        let (code, id) = self.code();
        let cookie = format!("{COOKIE}={code}.{id}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_survives_its_cookie_and_nonsense_says_nothing() {
        for note in [Note::QuerySaved(12), Note::TargetDeleted] {
            let cookie = note.set_cookie();
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            assert_eq!((name, Note::parse(rest.split(';').next().unwrap())), (COOKIE, Some(note)));
        }
        assert_eq!(Note::QuerySaved(12).view().links[0].href, "/alerts/query/12/update/");
        let links_on = |path: &str| Note::QuerySaved(12).view_on(path).links.len();
        assert_eq!(links_on("/alerts/query/12/update/?check=1"), 0);
        assert_eq!((links_on("/alerts/query/1/update/"), links_on("/")), (1, 1));
        for nonsense in ["", "x", "query-saved", "query-saved.x", "<script>.1"] {
            assert_eq!(Note::parse(nonsense), None, "{nonsense}");
        }
    }
}
