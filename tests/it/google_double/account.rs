//! Who sits at the browser, what they do at the consent page, and how a grant of theirs can end.

use sha2::{Digest, Sha256};

/// An account with Google, as its ID tokens tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) sub: String,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) name: String,
    /// The organisation that manages the account.
    pub(crate) hd: Option<String>,
}

impl Account {
    /// A private account with a `sub` of its own: the same address has the same one each time.
    pub(crate) fn new(email: &str) -> Self {
        let hash = Sha256::digest(email);
        let digits = hash.iter().map(|byte| char::from(b'0' + byte % 10)).take(20);
        Self {
            sub: format!("1{}", digits.collect::<String>()),
            email: email.to_owned(),
            email_verified: true,
            name: email.split('@').next().unwrap_or_default().to_owned(),
            hd: None,
        }
    }
}

/// What the person does when Google asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Agrees to all that is asked for.
    All,
    /// Ticks only these scopes. Who they are has no box to untick, nor has what was granted before.
    Only(Vec<&'static str>),
    /// Goes back: `access_denied`.
    Decline,
    /// Gets this error instead, as when an administrator forbids the application.
    Fail { error: &'static str, description: &'static str },
}

impl Consent {
    /// Whether a scope that has a box is ticked.
    pub(super) fn ticks(&self, scope: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(scopes) => scopes.contains(&scope),
            Self::Decline | Self::Fail { .. } => false,
        }
    }
}

/// Why Google takes no refresh token of a grant any more.
/// <https://developers.google.com/identity/protocols/oauth2#expiration>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The person took the access back.
    Revoked,
    /// It was not used for six months.
    Unused,
    /// The account has more than 100 refresh tokens of this client: the oldest goes.
    TooMany,
    /// Seven days are over, and the consent screen is in testing.
    Testing,
    /// The password was changed.
    PasswordChanged,
    /// The person granted it for a limited time.
    TimeLimited,
    /// The organisation wants a sign-in again: `invalid_rapt`.
    SessionControl,
    /// The account is gone.
    AccountDeleted,
}

impl Ending {
    pub(crate) const ALL: [Self; 8] = [
        Self::Revoked,
        Self::Unused,
        Self::TooMany,
        Self::Testing,
        Self::PasswordChanged,
        Self::TimeLimited,
        Self::SessionControl,
        Self::AccountDeleted,
    ];
}
