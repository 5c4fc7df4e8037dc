//! What comes of a browser's way to the provider and back: what it brings, where it arrives, or why it was refused.

use crate::{
    actions::grants::KeepGrantError,
    domain::{grant::GoogleRight, member::Member},
    google::{cipher::CipherError, oauth::OAuthError},
    storage::{NotDone, StorageError},
};

/// What the browser brings back from the provider.
#[derive(Clone)]
pub struct Callback {
    /// Which way this was.
    pub state: String,
    /// The code, or the provider's word for what went wrong.
    pub outcome: Result<String, String>,
    /// Who answers (RFC 9207), where the provider says so.
    pub issuer: Option<String>,
}

/// A browser on its way.
pub struct Departure {
    /// Where to send it.
    pub url: String,
    /// What ties the way to this browser; for its cookie.
    pub browser_key: String,
}

/// A browser that is back.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// Somebody is signed in and goes on to `next`.
    SignedIn {
        /// Who.
        member: Member,
        /// A path of ours.
        next: String,
    },
    /// A grant is kept.
    Connected {
        /// What was asked for and granted.
        granted: Vec<GoogleRight>,
        /// A path of ours.
        next: String,
    },
}

/// Why a way to the provider did not lead to what was wanted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Parameters are missing, or come twice.
    #[error("The answer of the sign-in service is not complete.")]
    Malformed,
    /// This browser did not begin this way.
    #[error(
        "This answer does not belong to a sign-in that was begun in this browser. Cookies may be blocked, or the address was opened elsewhere."
    )]
    Unknown,
    /// The way was gone before.
    #[error("This answer was used already.")]
    Used,
    /// It took too long.
    #[error("This took longer than ten minutes, so it was stopped.")]
    TooOld,
    /// The answer comes from another provider.
    #[error("The answer comes from another sign-in service than the one that was asked.")]
    OtherIssuer,
    /// The person said no.
    #[error("Nothing was granted: the request was declined.")]
    Declined,
    /// The provider said no. Its word, cleaned.
    #[error("The sign-in service could not do it ({0}).")]
    Provider(String),
    /// Something between us and the provider.
    #[error("{}.", capital(.0))]
    OAuth(#[from] OAuthError),
    /// Nobody has invited them.
    #[error(
        "The account {email} has no access yet. Ask an admin of this deployment to invite that address, then sign in again."
    )]
    Stranger {
        /// The account's address.
        email: String,
    },
    /// The address is not checked, so it says nothing.
    #[error(
        "The sign-in service has not verified the address of this account, so nobody can tell whose it is. Verify it there, then sign in again."
    )]
    Unverified,
    /// The address belongs to a member with another account.
    #[error(
        "The address {email} belongs to a member with another account. Ask an admin to sort this out."
    )]
    AddressTaken {
        /// The account's address.
        email: String,
    },
    /// The grant was asked for by somebody who is not signed in here (any more).
    #[error("You were signed out meanwhile. Sign in, then connect again.")]
    NotTheirs,
    /// Another account granted than the one that is signed in.
    #[error(
        "You are signed in as {expected}, but {actual} was chosen at Google. Nothing was kept: connect again and choose {expected}."
    )]
    OtherAccount {
        /// Who is signed in.
        expected: String,
        /// Who granted.
        actual: String,
    },
    /// The person left out what was asked for.
    #[error(
        "The permission to {} was not ticked at Google, so this cannot run as you. Connect again and tick it.",
        .0.in_words()
    )]
    NotGranted(GoogleRight),
    /// A secret could not be made or encrypted.
    #[error(transparent)]
    Cipher(#[from] CipherError),
    /// The database, or that they are no member any more.
    #[error(transparent)]
    NotDone(#[from] NotDone),
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        Self::NotDone(error.into())
    }
}

impl From<KeepGrantError> for Refusal {
    fn from(error: KeepGrantError) -> Self {
        match error {
            KeepGrantError::Cipher(error) => Self::Cipher(error),
            KeepGrantError::NotDone(error) => Self::NotDone(error),
        }
    }
}

fn capital(error: &OAuthError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map(|c| c.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or(text)
}

/// A refusal, and what the way was for as far as it is known.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    /// Where it was to lead: a path of ours.
    pub next: Option<String>,
    /// What was asked for; empty for a sign-in.
    pub scopes: Vec<GoogleRight>,
}

impl<E: Into<Refusal>> From<E> for Refused {
    fn from(why: E) -> Self {
        Self { why: why.into(), next: None, scopes: Vec::new() }
    }
}
