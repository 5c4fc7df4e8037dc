//! What the provider says of itself (OpenID Connect Discovery), and its keys: fetched when needed, believed for a while.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use openidconnect::{IssuerUrl, JsonWebKeySet};
use tokio::time::Instant;
use url::Url;

use super::{
    connection::Connections, error::OAuthError, openid::Metadata, refusals::discovery_error,
};
use crate::domain::timing::ProviderTiming;

/// How long what the provider says of itself is believed.
const DISCOVERY_LIFE: Duration = Duration::from_hours(1);

/// What the provider said of itself, and when.
#[derive(Clone)]
struct Known {
    metadata: Arc<Metadata>,
    at: Instant,
    keys_looked_for: Option<Instant>,
}

/// What the provider says of itself.
pub(super) struct Discovery {
    issuer: IssuerUrl,
    connections: Connections,
    timing: ProviderTiming,
    known: Mutex<Option<Known>>,
}

impl Discovery {
    /// That of an issuer. Nothing is asked before it is needed.
    pub(super) fn new(issuer: IssuerUrl, connections: Connections, timing: ProviderTiming) -> Self {
        Self { issuer, connections, timing, known: Mutex::default() }
    }

    /// The address of the issuer.
    pub(super) fn issuer(&self) -> &Url {
        self.issuer.url()
    }

    /// What the provider says of itself; what it said last, while it does not answer.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, OAuthError> {
        let known = self.known().clone();
        if let Some(known) = &known
            && known.at.elapsed() < DISCOVERY_LIFE
        {
            return Ok(known.metadata.clone());
        }
        match (self.discover().await, known) {
            (Ok(metadata), _) => Ok(self.remember(metadata, None)),
            (Err(error), Some(known)) => {
                tracing::warn!(%error, "The sign-in service does not describe itself anew: going by what it said last");
                Ok(known.metadata)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// The same with its keys of this moment, but not asked for more often than once in a while.
    pub(super) async fn with_new_keys(&self) -> Result<Arc<Metadata>, OAuthError> {
        let known = self.known().clone();
        if let Some(known) = known {
            let keys_again = self.timing.keys_again;
            if known.keys_looked_for.is_some_and(|at| at.elapsed() < keys_again) {
                return Ok(known.metadata);
            }
            let uri = known.metadata.jwks_uri();
            let keys = JsonWebKeySet::fetch_async(uri, &self.connections)
                .await
                .map_err(|error| discovery_error(&error))?;
            let metadata = known.metadata.as_ref().clone().set_jwks(keys);
            return Ok(self.remember(metadata, Some(Instant::now())));
        }
        self.metadata().await
    }

    async fn discover(&self) -> Result<Metadata, OAuthError> {
        // Two answers, the description and the keys, and somebody waits for both.
        let both = Metadata::discover_async(self.issuer.clone(), &self.connections);
        tokio::time::timeout(self.timing.description, both)
            .await
            .map_err(|_| OAuthError::Unreachable("no answer in time".to_owned()))?
            .map_err(|error| discovery_error(&error))
    }

    fn remember(&self, metadata: Metadata, keys_looked_for: Option<Instant>) -> Arc<Metadata> {
        let metadata = Arc::new(metadata);
        let known = Known { metadata: metadata.clone(), at: Instant::now(), keys_looked_for };
        *self.known() = Some(known);
        metadata
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
