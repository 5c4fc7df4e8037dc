//! Who a run acts as towards Google: nobody (an emulator), a service account, or a user's own grant.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{domain::grant::GoogleRight, http_api::Token};

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The grant has ended: only its owner can renew it.
    #[error(
        "the connection to Google has ended ({0}): connect to Google again, then run the query again"
    )]
    NeedsSignIn(String),
    /// The member has not allowed this, or has taken it back.
    #[error(
        "it needs your permission to use {} at Google: connect to Google, then run the query again",
        .0.name()
    )]
    NotGranted(GoogleRight),
    /// The provider did not answer; it may do so later.
    #[error("Google's token service does not answer ({0})")]
    Passing(String),
    /// The tokens are under a key that this process was not given.
    #[error(
        "the connection to Google was made on a replica with another secret key: ask whoever runs this service to give all replicas the same TOM_ALERTS_SECRET_KEY"
    )]
    OtherKey,
    /// The provider does not know this deployment.
    #[error(
        "Google does not accept this deployment's OAuth client ({0}): ask whoever runs this service to check its id and secret"
    )]
    BadClient(String),
    /// The credentials of the deployment are of no use.
    #[error(
        "the service account's key cannot be used ({0}): ask whoever runs this service to check it"
    )]
    BadKey(String),
}

/// Gives access tokens and renews them.
#[async_trait]
pub trait TokenSource: Send + Sync + fmt::Debug {
    /// A token that is valid now. `refused` is one that Google has just refused: another one, if there can be one.
    async fn token(&self, refused: Option<&Token>) -> Result<Token, AccessError>;

    /// Whom Google sees, in words: "the service account alerts@my-proj.iam.gserviceaccount.com".
    fn acts_as(&self) -> String;
}

/// What a run may use at Google.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The user's project: subscriptions live in it, and it is billed.
    pub project: Option<String>,
    /// Gives the tokens; `None` before anybody has connected, and for an emulator.
    pub tokens: Option<Arc<dyn TokenSource>>,
}
