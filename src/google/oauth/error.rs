//! What can go wrong between us and the OpenID provider, as sentences.

/// Why nobody was signed in, or nothing was granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// No usable answer in time.
    #[error("the sign-in service does not answer ({0})")]
    Unreachable(String),
    /// What it says of itself cannot be used.
    #[error("the sign-in service describes itself in a way that cannot be used ({0})")]
    BadProvider(String),
    /// It does not take the code: used before, too old, or not ours.
    #[error("the sign-in service does not accept the answer that the browser brought ({0})")]
    CodeRefused(String),
    /// It does not know us.
    #[error(
        "the sign-in service does not accept this deployment's client id and secret ({0}): ask whoever runs it to check them"
    )]
    ClientRefused(String),
    /// The ID token fails a check of OpenID Connect Core 3.1.3.7. Which one is for the log only.
    #[error("the sign-in service's answer did not pass the checks ({0})")]
    BadIdToken(String),
}

/// Why a token was not renewed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    /// The grant has ended: revoked, expired, or forbidden by the organisation. It will not come back.
    #[error("{0}")]
    GrantEnded(String),
    /// The deployment's own client was refused: no fault of the grant.
    #[error("the sign-in service does not accept this deployment's client id and secret ({0})")]
    ClientRefused(String),
    /// No usable answer; later there may be one.
    #[error("{0}")]
    Passing(String),
}

impl RefreshError {
    /// What there was instead of an answer.
    pub(super) fn passing(why: impl std::fmt::Display) -> Self {
        Self::Passing(why.to_string())
    }
}
