//! What every handler can ask for.

use std::{convert::Infallible, num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};
use chrono::{DateTime, Utc};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    actions::{credentials::Credentials, runs::Runner, sign_in::SignIn},
    brokers::Brokers,
    clock::Clock,
    domain::{
        limiter::{Limiter, Pace},
        timing::WebTiming,
    },
    storage::Storage,
    web::{Site, door::open_requests::OpenRequests, frame::error::Error},
};

/// Ways to the provider that one address may begin in a minute.
const SIGN_INS_A_MINUTE: u32 = 10;

/// The share of a minute's requests that may come at once: an eager reader opens many pages together.
const SHARE_AT_ONCE: u32 = 4;

/// The parts of a running service.
#[derive(Clone)]
pub struct AppState {
    storage: Storage,
    brokers: Brokers,
    runner: Runner,
    clock: Clock,
    site: Arc<Site>,
    metrics: PrometheusHandle,
    timing: WebTiming,
    accounts: Option<Accounts>,
    requests: Option<Arc<Limiter>>,
    retention: Duration,
}

/// What a service is put together from.
pub struct StateParts {
    /// The database.
    pub storage: Storage,
    /// Where alerts come from.
    pub brokers: Brokers,
    /// Who works on runs.
    pub runner: Runner,
    /// What tells the time.
    pub clock: Clock,
    /// The deployment.
    pub site: Site,
    /// The figures for those who watch.
    pub metrics: PrometheusHandle,
    /// How patient pages are.
    pub timing: WebTiming,
    /// How long alerts of no target are kept.
    pub retention: Duration,
}

/// What signing in takes, where people do.
#[derive(Clone)]
pub(crate) struct Accounts {
    pub(crate) sign_in: Arc<SignIn>,
    pub(crate) credentials: Credentials,
    pub(crate) attempts: Arc<Limiter>,
    pub(crate) open_requests: Arc<OpenRequests>,
}

impl AppState {
    /// Puts the parts together.
    pub fn new(parts: StateParts) -> Self {
        let StateParts { storage, brokers, runner, clock, site, metrics, timing, retention } =
            parts;
        Self {
            storage,
            brokers,
            runner,
            clock,
            site: Arc::new(site),
            metrics,
            timing,
            accounts: None,
            requests: None,
            retention,
        }
    }

    /// The same, where people sign in and grant what runs need.
    #[must_use]
    pub fn with_sign_in(self, sign_in: Option<Arc<SignIn>>, credentials: Credentials) -> Self {
        let attempts = Arc::new(Limiter::new(Pace::in_each_minute(SIGN_INS_A_MINUTE)));
        let open_requests = Arc::default();
        let accounts =
            sign_in.map(|sign_in| Accounts { sign_in, credentials, attempts, open_requests });
        Self { accounts, ..self }
    }

    /// The same where each member may make so many requests in a minute. In local mode there is nobody to protect.
    #[must_use]
    pub fn with_requests_a_minute(self, most: Option<NonZeroU32>) -> Self {
        let most = most.filter(|_| self.site.local_asker().is_none());
        let pace = |most: NonZeroU32| Pace::per_minute(most, most.get() / SHARE_AT_ONCE);
        Self { requests: most.map(|most| Arc::new(Limiter::new(pace(most)))), ..self }
    }

    /// How many requests one member may make, where that is limited.
    pub(crate) fn requests(&self) -> Option<&Limiter> {
        self.requests.as_deref()
    }

    /// What signing in takes, where people do.
    pub(crate) fn accounts(&self) -> Option<&Accounts> {
        self.accounts.as_ref()
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn timing(&self) -> WebTiming {
        self.timing
    }

    /// How long alerts of no target are kept.
    pub(crate) fn retention(&self) -> Duration {
        self.retention
    }

    /// The deployment.
    pub fn site(&self) -> &Site {
        &self.site
    }
}

macro_rules! part {
    ($type:ty, $field:ident) => {
        impl FromRef<AppState> for $type {
            fn from_ref(state: &AppState) -> Self {
                state.$field.clone()
            }
        }
    };
}

part!(Storage, storage);
part!(Brokers, brokers);
part!(Runner, runner);
part!(Clock, clock);
part!(Arc<Site>, site);
part!(PrometheusHandle, metrics);
part!(WebTiming, timing);

impl OptionalFromRequestParts<AppState> for Accounts {
    type Rejection = Infallible;

    async fn from_request_parts(
        _: &mut Parts,
        state: &AppState,
    ) -> Result<Option<Self>, Infallible> {
        Ok(state.accounts().cloned())
    }
}

/// Only handlers of a deployment where people sign in can take this: elsewhere their pages are not there.
impl FromRequestParts<AppState> for Accounts {
    type Rejection = Error;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, Error> {
        state.accounts().cloned().ok_or(Error::NotFound)
    }
}
