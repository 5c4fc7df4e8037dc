//! The client of one service: calls that are tried again, and what is told meanwhile.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use reqwest::header;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};
use url::Url;

use super::{
    Call, CallError, Token, error,
    error::GivenUp,
    exchange::{Failure, Passing, exchange},
};
use crate::domain::{run::LogLevel, timing::CallTiming};

/// Told what a user should know while calls are tried again.
pub type Listener = Arc<dyn Fn(LogLevel, String) + Send + Sync>;

/// What a client is made of.
#[derive(Clone)]
pub struct ApiSettings {
    /// Connections, as [`super::connections`] makes them.
    pub http: reqwest::Client,
    /// What sentences call the service: "Pub/Sub".
    pub service: &'static str,
    /// Where it is.
    pub base: Url,
    /// Where its methods are below that: "v1/", or nothing.
    pub root: &'static str,
    /// Goes with each call, for a service that wants a token which stays the same.
    pub token: Option<Token>,
    /// How patient the client is.
    pub timing: CallTiming,
    /// Told of trouble and of its end.
    pub listener: Listener,
}

/// Calls one service, on behalf of one run.
pub struct HttpApi {
    settings: ApiSettings,
    outage: Mutex<Option<Outage>>,
    retries: AtomicU64,
    unanswered: AtomicU64,
}

/// Passing errors that have not ended yet.
#[derive(Clone, Copy, Debug)]
struct Outage {
    since: Instant,
    last_told: Instant,
}

impl fmt::Debug for HttpApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpApi")
            .field("base", &self.settings.base.as_str())
            .finish_non_exhaustive()
    }
}

impl HttpApi {
    /// A client of a service.
    pub fn new(settings: ApiSettings) -> Self {
        let (outage, retries, unanswered) = Default::default();
        Self { settings, outage, retries, unanswered }
    }

    /// What sentences call the service.
    pub fn service(&self) -> &'static str {
        self.settings.service
    }

    /// Makes a call, again and again while it fails in passing.
    pub async fn call(&self, call: &Call<'_>) -> Result<Bytes, CallError> {
        let mut tries = self.tries(call);
        loop {
            match self.try_once(call, self.settings.token.as_ref()).await {
                Ok(answer) => {
                    self.has_recovered();
                    return Ok(answer);
                }
                Err(Failure::TooLarge { limit_mib }) => {
                    return Err(CallError::TooLarge { what: call.what.to_owned(), limit_mib });
                }
                Err(Failure::Passing(passing)) => tries.wait(passing).await?,
                Err(Failure::Refused(reply)) => {
                    let message = error::message_of(&reply);
                    if !error::is_passing_status(reply.status.as_u16()) {
                        return Err(error::refusal(self.service(), call.what, &reply, message));
                    }
                    tries.wait(reply.passing(&message)).await?;
                }
            }
        }
    }

    /// The same where the answer is JSON.
    pub async fn json<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, CallError> {
        let answer = self.call(call).await?;
        serde_json::from_slice(&answer).map_err(|_| CallError::NotUnderstood {
            service: self.service(),
            what: call.what.to_owned(),
        })
    }

    /// Tries that failed in passing, so far.
    pub fn n_retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Of those, the ones that the service may have served although no answer came.
    pub fn n_unanswered(&self) -> u64 {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// How patient it is.
    pub(crate) fn timing(&self) -> CallTiming {
        self.settings.timing
    }

    /// The tries of a call, before the first one.
    pub(crate) fn tries(&self, call: &Call<'_>) -> Tries<'_> {
        Tries::begin(self, call.patience.unwrap_or(self.settings.timing.patience))
    }

    /// One try of a call, with this token.
    pub(crate) async fn try_once(
        &self,
        call: &Call<'_>,
        token: Option<&Token>,
    ) -> Result<Bytes, Failure> {
        let ApiSettings { http, base, root, timing, .. } = &self.settings;
        let mut request = http.request(call.method.clone(), format!("{base}{root}{}", call.path));
        if let Some(token) = token {
            request = request.bearer_auth(token.secret());
        }
        if let Some(body) = &call.body {
            request =
                request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        exchange(request, timing.answer, call.limit).await
    }

    pub(super) fn count_failure(&self, may_be_done: bool) {
        self.retries.fetch_add(1, Ordering::Relaxed);
        self.unanswered.fetch_add(u64::from(may_be_done), Ordering::Relaxed);
    }

    /// A try has failed: whoever listens is told, now and then.
    pub(super) fn is_troubled(&self, why: &str) {
        let ApiSettings { service, timing, listener, .. } = &self.settings;
        let now = Instant::now();
        let mut outage = self.outage();
        let is_told = outage.is_some_and(|outage| now - outage.last_told < timing.reminder);
        let since = outage.map_or(now, |outage| outage.since);
        if !is_told {
            *outage = Some(Outage { since, last_told: now });
            let sentence = format!("{service} does not answer as it should ({why}): trying again");
            listener(LogLevel::Warning, sentence);
        }
    }

    /// A try has succeeded: whoever was told of trouble is told of its end.
    pub(crate) fn has_recovered(&self) {
        if let Some(outage) = self.outage().take() {
            let ApiSettings { service, listener, .. } = &self.settings;
            let seconds = outage.since.elapsed().as_secs();
            listener(LogLevel::Info, format!("{service} answers again, after {seconds} s"));
        }
    }

    fn outage(&self) -> MutexGuard<'_, Option<Outage>> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tries of one call.
pub(crate) struct Tries<'c> {
    api: &'c HttpApi,
    began: Instant,
    patience: Duration,
    pause: Duration,
}

impl<'c> Tries<'c> {
    pub(super) fn begin(api: &'c HttpApi, patience: Duration) -> Self {
        Self { api, began: Instant::now(), patience, pause: api.timing().first_pause }
    }

    /// Waits until the next try after one that failed, as long as there is patience for it.
    pub(crate) async fn wait(&mut self, failed: Passing) -> Result<(), GivenUp> {
        let Passing { why, is_quota, retry_after, may_be_done } = failed;
        self.api.count_failure(may_be_done);
        let wait = jittered(self.pause).max(retry_after.unwrap_or(Duration::ZERO));
        let after = self.began.elapsed();
        if after + wait > self.patience {
            let asked = retry_after.map(|wait| format!("; it asks to wait {} s", wait.as_secs()));
            let last = why + &asked.unwrap_or_default();
            let seconds = after.as_secs().max(1);
            return Err(GivenUp { service: self.api.service(), seconds, last, is_quota });
        }
        self.api.is_troubled(&why);
        sleep(wait).await;
        self.pause = (self.pause * 2).min(self.api.timing().longest_pause);
        Ok(())
    }
}

/// Between half of a pause and the whole: many clients do not come back at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.5..=1.0))
}
