//! Our tokens for Google's crate: asked for anew with each call, another one after a refusal, and no more calls in a second
//! than a stream that is well can need.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use google_cloud_auth::{
    credentials::{CacheableResource, CredentialsProvider, EntityTag},
    errors::CredentialsError,
};
use http::{Extensions, HeaderMap, HeaderValue, header::AUTHORIZATION};
use tokio::time::sleep;

use crate::{
    google::{
        access::{AccessError, TokenSource},
        error::GoogleError,
    },
    http_api::Token,
};

/// Calls that may follow each other at once, and the pause between those that come after. A stream that is well calls some ten
/// times a second, to acknowledge. The crate opens a stream again without any pause when its connection was closed.
const CALLS_AT_ONCE: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// What became of the calls of one stream and its successors.
#[derive(Debug, Default)]
pub(super) struct Calls {
    n: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Token>,
    refused: Option<Token>,
    /// Why there was no token when one was wanted.
    error: Option<GoogleError>,
    /// When the calls so far would be through at an even pace.
    through: Option<Instant>,
}

impl Calls {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls so far, those that failed included.
    pub(super) fn count(&self) -> u64 {
        self.n.load(Ordering::Relaxed)
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

    /// Counts a call; how long it has to wait.
    fn line_up(&self, now: Instant) -> Duration {
        self.n.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        let through = state.through.map_or(now, |through| through.max(now)) + PAUSE;
        state.through = Some(through);
        (through - now).saturating_sub(PAUSE * CALLS_AT_ONCE)
    }
}

/// The tokens of one user, or nobody's.
#[derive(Debug)]
pub(super) struct StreamCredentials {
    tokens: Option<Arc<dyn TokenSource>>,
    is_emulator: bool,
    calls: Arc<Calls>,
}

impl StreamCredentials {
    /// Those of a source; an emulator asks for none.
    pub(super) fn new(
        tokens: Option<Arc<dyn TokenSource>>,
        is_emulator: bool,
        calls: Arc<Calls>,
    ) -> Self {
        Self { tokens, is_emulator, calls }
    }

    async fn token(&self) -> Result<Token, GoogleError> {
        let tokens = self.tokens.as_ref().ok_or(GoogleError::NotConnected)?;
        let refused = self.calls.state().refused.clone();
        let token = tokens.token(refused.as_ref()).await?;
        let mut state = self.calls.state();
        (state.last, state.error) = (Some(token.clone()), None);
        Ok(token)
    }

    async fn authorization(&self) -> Result<HeaderMap, CredentialsError> {
        if self.is_emulator {
            return Ok(HeaderMap::new());
        }
        let token = self.token().await.map_err(|error| {
            let is_passing = matches!(error, GoogleError::Access(AccessError::Passing(_)));
            let told = CredentialsError::from_msg(is_passing, "there is no token");
            self.calls.state().error = Some(error);
            told
        })?;
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret()))
            .map_err(|_| CredentialsError::from_msg(false, "the token is none"))?;
        value.set_sensitive(true);
        Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
    }
}

impl CredentialsProvider for StreamCredentials {
    async fn headers(
        &self,
        _: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        sleep(self.calls.line_up(Instant::now())).await;
        let data = self.authorization().await?;
        Ok(CacheableResource::New { entity_tag: EntityTag::new(), data })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_is_well_never_waits_and_one_that_is_opened_over_and_over_does() {
        let (calls, now) = (Calls::default(), Instant::now());
        for n in 0..40 {
            assert_eq!(calls.line_up(now), Duration::ZERO, "{n}");
        }
        assert_eq!(calls.line_up(now), PAUSE);
        assert_eq!(calls.line_up(now), PAUSE * 2);
        for n in 0..100 {
            let later = now + Duration::from_mins(1) + PAUSE * 2 * n;
            assert_eq!(calls.line_up(later), Duration::ZERO, "{n}");
        }
        assert_eq!(calls.count(), 142);
    }
}
