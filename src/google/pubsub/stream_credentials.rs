//! Our tokens for Google's crate: asked for anew with each call, and another one after a refusal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use google_cloud_auth::{
    credentials::{CacheableResource, CredentialsProvider, EntityTag},
    errors::CredentialsError,
};
use http::{Extensions, HeaderMap, HeaderValue, header::AUTHORIZATION};

use crate::google::{
    access::{AccessError, Token, TokenSource},
    trouble::GoogleError,
};

/// What became of the tokens of one stream.
#[derive(Debug, Default)]
pub(super) struct Refusal(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Token>,
    refused: Option<Token>,
    /// Why there was no token when one was wanted.
    error: Option<GoogleError>,
}

impl Refusal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the last token as refused.
    pub(super) fn renew(&self) {
        let mut state = self.state();
        state.refused = state.last.take();
    }

    /// Why there was no token, told once.
    pub(super) fn take_error(&self) -> Option<GoogleError> {
        self.state().error.take()
    }
}

/// The tokens of one user, or nobody's.
#[derive(Debug)]
pub(super) struct StreamCredentials {
    tokens: Option<Arc<dyn TokenSource>>,
    refusal: Arc<Refusal>,
}

impl StreamCredentials {
    /// Those of a source.
    pub(super) fn of(tokens: Arc<dyn TokenSource>, refusal: Arc<Refusal>) -> Self {
        Self { tokens: Some(tokens), refusal }
    }

    /// Those of somebody who has not connected to Google.
    pub(super) fn none(refusal: Arc<Refusal>) -> Self {
        Self { tokens: None, refusal }
    }

    async fn token(&self) -> Result<Token, GoogleError> {
        let tokens = self.tokens.as_ref().ok_or(GoogleError::NotConnected)?;
        let refused = self.refusal.state().refused.clone();
        let token = tokens.token(refused.as_ref()).await?;
        let mut state = self.refusal.state();
        (state.last, state.error) = (Some(token.clone()), None);
        Ok(token)
    }
}

impl CredentialsProvider for StreamCredentials {
    async fn headers(
        &self,
        _: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let token = self.token().await.map_err(|error| {
            let is_passing = matches!(error, GoogleError::Access(AccessError::Passing(_)));
            let told = CredentialsError::from_msg(is_passing, "there is no token");
            self.refusal.state().error = Some(error);
            told
        })?;
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret()))
            .map_err(|_| CredentialsError::from_msg(false, "the token is none"))?;
        value.set_sensitive(true);
        let data = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        Ok(CacheableResource::New { entity_tag: EntityTag::new(), data })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}
