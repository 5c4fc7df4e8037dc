//! One call to a Google service: the token, the tries with growing pauses, the limits, and the error for a user.

use std::{
    error::Error as _,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use reqwest::{Response, StatusCode, header, redirect};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::{
    access::{Access, AccessError, Token},
    call::{ANSWER_LIMIT, Call},
    trouble::{ErrorAnswer, GoogleError},
};
use crate::domain::{run::LogLevel, timing::CallTiming};

/// Told what a user should know while calls are tried again.
pub type Listener = Arc<dyn Fn(LogLevel, String) + Send + Sync>;

/// Calls one service as one user, on behalf of one run.
pub struct ApiClient {
    http: reqwest::Client,
    /// "Pub/Sub"
    service: &'static str,
    base: Url,
    /// Where the methods are below `base`.
    root: &'static str,
    needs_token: bool,
    access: Access,
    timing: CallTiming,
    listener: Listener,
    trouble: Mutex<Option<Trouble>>,
    retries: AtomicU64,
    unanswered: AtomicU64,
}

/// Passing errors that have not ended yet.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    since: Instant,
    last_told: Instant,
}

/// How a single try failed.
enum Failure {
    Final(GoogleError),
    /// 401: once more with another token.
    Unauthorized(String),
    Passing {
        why: String,
        is_quota: bool,
        retry_after: Option<Duration>,
        /// No answer came, but the service may have done what was asked.
        may_be_done: bool,
    },
}

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl ApiClient {
    /// A client of the service at `base`. Without `needs_token` (an emulator) calls go without a token when there is none.
    pub fn new(
        http: reqwest::Client,
        service: &'static str,
        base: Url,
        needs_token: bool,
        access: Access,
        timing: CallTiming,
        listener: Listener,
    ) -> Self {
        let (trouble, retries, unanswered) = Default::default();
        Self {
            http,
            service,
            base,
            root: "v1",
            needs_token,
            access,
            timing,
            listener,
            trouble,
            retries,
            unanswered,
        }
    }

    /// The same client of a service whose methods are elsewhere than below `v1/`.
    #[must_use]
    pub fn with_root(self, root: &'static str) -> Self {
        Self { root, ..self }
    }

    /// Connections for all clients of a process, each made within so long. Redirects are never followed: a token would go
    /// with them.
    pub fn connections(
        is_local: bool,
        connect: Duration,
    ) -> Result<reqwest::Client, reqwest::Error> {
        let builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(connect)
            .user_agent(concat!("tom-alerts/", env!("CARGO_PKG_VERSION")));
        let builder = if is_local { builder.no_proxy() } else { builder };
        builder.build()
    }

    /// Whom the service sees.
    pub fn acts_as(&self) -> String {
        match &self.access.tokens {
            Some(tokens) if self.needs_token => tokens.acts_as(),
            _ => "nobody (an emulator needs no credentials)".to_owned(),
        }
    }

    /// How patient it is.
    pub(super) fn timing(&self) -> CallTiming {
        self.timing
    }

    /// Tries that failed in passing, so far.
    pub fn n_retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Of those, the ones that the service may have served although no answer came.
    pub fn n_unanswered(&self) -> u64 {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// Makes a call, again and again while it fails in passing.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Bytes, GoogleError> {
        let begun = Instant::now();
        let patience = call.patience.unwrap_or(self.timing.patience);
        let mut pause = self.timing.first_pause;
        let mut refused: Option<Token> = None;
        loop {
            let (why, is_quota, retry_after) = match self.try_once(call, &mut refused).await {
                Ok(answer) => {
                    self.has_recovered();
                    return Ok(answer);
                }
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Unauthorized(_)) => continue,
                Err(Failure::Passing { why, is_quota, retry_after, may_be_done }) => {
                    self.retries.fetch_add(1, Ordering::Relaxed);
                    self.unanswered.fetch_add(u64::from(may_be_done), Ordering::Relaxed);
                    (why, is_quota, retry_after)
                }
            };
            let wait = jittered(pause).max(retry_after.unwrap_or(Duration::ZERO));
            if begun.elapsed() + wait > patience {
                let asked =
                    retry_after.map(|wait| format!("; it asks to wait {} s", wait.as_secs()));
                let why = why + &asked.unwrap_or_default();
                return Err(self.given_up(begun.elapsed(), why, is_quota));
            }
            self.is_troubled(&why);
            sleep(wait).await;
            pause = (pause * 2).min(self.timing.longest_pause);
        }
    }

    /// One try. A token that was refused before is not accepted twice.
    async fn try_once(
        &self,
        call: &Call<'_>,
        refused: &mut Option<Token>,
    ) -> Result<Bytes, Failure> {
        let token = match self.token(refused.as_ref()).await {
            Ok(token) => token,
            Err(GoogleError::Access(AccessError::Passing(why))) => {
                return Err(Failure::Passing {
                    why,
                    is_quota: false,
                    retry_after: None,
                    may_be_done: false,
                });
            }
            Err(error) => return Err(Failure::Final(error)),
        };
        let result = self.send(call, token.as_ref()).await;
        if let Err(Failure::Unauthorized(message)) = result {
            let was_renewed = refused.is_some();
            *refused = token;
            if was_renewed || refused.is_none() {
                let who = self.acts_as();
                return Err(Failure::Final(GoogleError::TokenRefused { who, message }));
            }
            return Err(Failure::Unauthorized(message));
        }
        result
    }

    async fn token(&self, refused: Option<&Token>) -> Result<Option<Token>, GoogleError> {
        match &self.access.tokens {
            // An emulator asks for no credentials, and must not be sent any.
            _ if !self.needs_token => Ok(None),
            Some(tokens) => Ok(Some(tokens.token(refused).await?)),
            None => Err(GoogleError::NotConnected),
        }
    }

    async fn send(&self, call: &Call<'_>, token: Option<&Token>) -> Result<Bytes, Failure> {
        let url = format!("{}{}/{}", self.base, self.root, call.path);
        let mut request = self.http.request(call.method.clone(), url);
        if let Some(token) = token {
            request = request.bearer_auth(token.secret());
        }
        if let Some(body) = &call.body {
            request =
                request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let patience = self.timing.answer;
        let response = match timeout(patience, request.send()).await {
            Ok(sent) => sent.map_err(|error| passing(&error))?,
            Err(_) => return Err(no_answer(patience)),
        };
        self.receive(call, response).await
    }

    async fn receive(&self, call: &Call<'_>, response: Response) -> Result<Bytes, Failure> {
        let status = response.status();
        let retry_after = retry_after(&response);
        if status.is_redirection() {
            let why = format!("it answers with a redirect (status {})", status.as_u16());
            return Err(Failure::Passing { why, is_quota: false, retry_after, may_be_done: false });
        }
        let limit = if status.is_success() { call.limit } else { ANSWER_LIMIT };
        let body = read_body(response, limit, self.timing.answer).await?.ok_or_else(|| {
            let (what, limit_mib) = (call.what.to_owned(), limit >> 20);
            Failure::Final(GoogleError::TooLarge { what, limit_mib })
        })?;
        if status.is_success() {
            return Ok(body);
        }
        let answer = ErrorAnswer::read(status.as_u16(), &body);
        if status == StatusCode::UNAUTHORIZED {
            return Err(Failure::Unauthorized(answer.message));
        }
        if answer.is_passing() {
            let is_quota =
                status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::FORBIDDEN;
            let why = format!("status {}: {}", status.as_u16(), answer.message);
            return Err(Failure::Passing { why, is_quota, retry_after, may_be_done: false });
        }
        Err(Failure::Final(answer.into_error(self.service, call.what, &self.acts_as())))
    }

    fn given_up(&self, after: Duration, last: String, is_quota: bool) -> GoogleError {
        let service = self.service;
        if is_quota {
            return GoogleError::QuotaUsedUp { service, message: last };
        }
        GoogleError::Unreachable { service, seconds: after.as_secs().max(1), last }
    }

    fn is_troubled(&self, why: &str) {
        let now = Instant::now();
        let mut trouble = self.trouble();
        let is_told = trouble.is_some_and(|trouble| now - trouble.last_told < self.timing.reminder);
        let since = trouble.map_or(now, |trouble| trouble.since);
        if !is_told {
            *trouble = Some(Trouble { since, last_told: now });
            (self.listener)(
                LogLevel::Warning,
                format!("{} does not answer as it should ({why}): trying again", self.service),
            );
        }
    }

    fn has_recovered(&self) {
        if let Some(trouble) = self.trouble().take() {
            let seconds = trouble.since.elapsed().as_secs();
            let sentence = format!("{} answers again, after {seconds} s", self.service);
            (self.listener)(LogLevel::Info, sentence);
        }
    }

    fn trouble(&self) -> MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body, or `None` when it is larger than allowed.
async fn read_body(
    mut response: Response,
    limit: usize,
    patience: Duration,
) -> Result<Option<Bytes>, Failure> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = BytesMut::with_capacity(announced.unwrap_or(0).min(limit));
    loop {
        let chunk = match timeout(patience, response.chunk()).await {
            Ok(chunk) => chunk.map_err(|error| passing(&error))?,
            Err(_) => return Err(no_answer(patience)),
        };
        let Some(chunk) = chunk else { return Ok(Some(body.freeze())) };
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
}

fn no_answer(patience: Duration) -> Failure {
    let why = format!("no answer in {} s", patience.as_secs_f32());
    Failure::Passing { why, is_quota: false, retry_after: None, may_be_done: true }
}

/// A fault of the network. The innermost cause says most, and no URL.
fn passing(error: &reqwest::Error) -> Failure {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    let cause = cause.map_or_else(|| "the connection was cut".to_owned(), ToString::to_string);
    let why = if error.is_connect() { format!("no connection: {cause}") } else { cause };
    let may_be_done = !error.is_connect();
    Failure::Passing { why, is_quota: false, retry_after: None, may_be_done }
}

/// Seconds of `Retry-After`; its other form, a date, is left to our own pause.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// Between half of a pause and the whole: many clients do not come back at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.5..=1.0))
}
