//! One try of a call: what is sent, what comes back, and how it can fail.

use std::{error::Error as _, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{Response, StatusCode, header, redirect};
use tokio::time::timeout;

use super::call::ANSWER_LIMIT;

/// How one try failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The same may go better in a moment.
    Passing(Passing),
    /// The service has answered with an error.
    Refused(ErrorReply),
    /// The answer is larger than the call takes, MiB.
    TooLarge { limit_mib: usize },
}

/// Something wrong that may pass.
#[derive(Debug)]
pub(crate) struct Passing {
    pub(crate) why: String,
    /// We ask too often, or for too much.
    pub(crate) is_quota: bool,
    /// When the service wants to be asked again.
    pub(crate) retry_after: Option<Duration>,
    /// No answer came, but the service may have done what was asked.
    pub(crate) may_be_done: bool,
}

impl Passing {
    /// Nothing has reached the service.
    pub(crate) fn unsent(why: String) -> Self {
        Self { why, is_quota: false, retry_after: None, may_be_done: false }
    }

    fn unanswered(why: String) -> Self {
        Self { may_be_done: true, ..Self::unsent(why) }
    }
}

/// An answer with an error, as it came.
#[derive(Debug)]
pub(crate) struct ErrorReply {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    retry_after: Option<Duration>,
}

impl ErrorReply {
    #[cfg(test)]
    pub(super) fn new(status: StatusCode, body: Bytes) -> Self {
        Self { status, body, retry_after: None }
    }

    /// The same as trouble that may pass, with what the service says.
    pub(crate) fn passing(&self, message: &str) -> Passing {
        let is_quota =
            [StatusCode::TOO_MANY_REQUESTS, StatusCode::FORBIDDEN].contains(&self.status);
        let why = format!("status {}: {message}", self.status.as_u16());
        Passing { why, is_quota, retry_after: self.retry_after, may_be_done: false }
    }
}

/// Connections for all clients of a process, each made within so long. Redirects are never followed: a token would go with
/// them.
pub fn connections(is_local: bool, connect: Duration) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(connect)
        .user_agent(concat!("tom-alerts/", env!("CARGO_PKG_VERSION")));
    let builder = if is_local { builder.no_proxy() } else { builder };
    builder.build()
}

/// Sends a request, whose answer has to begin, and to go on, within so long, and may have so many bytes.
pub(super) async fn exchange(
    request: reqwest::RequestBuilder,
    patience: Duration,
    limit: usize,
) -> Result<Bytes, Failure> {
    let response = match timeout(patience, request.send()).await {
        Ok(sent) => sent.map_err(|error| broken(&error))?,
        Err(_) => return Err(no_answer(patience)),
    };
    let status = response.status();
    let retry_after = retry_after(&response);
    if status.is_redirection() {
        let why = format!("it answers with a redirect (status {})", status.as_u16());
        return Err(Failure::Passing(Passing { retry_after, ..Passing::unsent(why) }));
    }
    let limit = if status.is_success() { limit } else { ANSWER_LIMIT };
    let body = read_body(response, limit, patience).await?;
    let body = body.ok_or(Failure::TooLarge { limit_mib: limit >> 20 })?;
    if status.is_success() {
        return Ok(body);
    }
    Err(Failure::Refused(ErrorReply { status, body, retry_after }))
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
            Ok(chunk) => chunk.map_err(|error| broken(&error))?,
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
    Failure::Passing(Passing::unanswered(why))
}

/// A fault of the network. The innermost cause says most, and no URL.
fn broken(error: &reqwest::Error) -> Failure {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    let cause = cause.map_or_else(|| "the connection was cut".to_owned(), ToString::to_string);
    Failure::Passing(if error.is_connect() {
        Passing::unsent(format!("no connection: {cause}"))
    } else {
        Passing::unanswered(cause)
    })
}

/// Seconds of `Retry-After`; its other form, a date, is left to our own pause.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
