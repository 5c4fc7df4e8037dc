//! What a call is answered when it is not served: refusals in Google's shape, and damage.

use std::{io, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

/// What a scripted call gets.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// An error in Google's shape, with the reason of an `ErrorInfo`; the call does nothing.
    Error { code: u16, status: &'static str, message: &'static str, reason: Option<&'static str> },
    /// A reply with a `Retry-After` of so many seconds.
    RetryAfter(Box<Reply>, u64),
    /// A redirect to this URL; the call does nothing.
    Redirect(String),
    /// Nothing, on a connection that stays open; the call does nothing.
    Hang,
    /// The connection is closed without an answer; the call does nothing.
    Cut,
    /// Status 200 with this text; the call does nothing.
    Body(&'static str),
    /// The call is served, and its answer breaks off in the middle.
    Truncated,
    /// The call is served after so long.
    Slow(Duration),
    /// The call is served at once, and its answer comes after so long.
    Late(Duration),
}

impl Reply {
    /// An error with the status word that belongs to its code.
    pub(crate) fn status(code: u16) -> Self {
        let status = match code {
            400 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            409 => "ALREADY_EXISTS",
            429 => "RESOURCE_EXHAUSTED",
            500 => "INTERNAL",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            _ => "UNKNOWN",
        };
        Self::Error { code, status, message: "The double was told to fail.", reason: None }
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self::RetryAfter(Box::new(self), seconds)
    }

    pub(super) fn unauthenticated() -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access \
                       token, login cookie or other valid authentication credential.";
        Self::Error { code: 401, status: "UNAUTHENTICATED", message, reason: None }
    }

    /// The whole answer, for a reply that is one.
    pub(super) fn response(&self) -> Option<Response> {
        match self {
            Self::Error { code, status, message, reason } => {
                Some(error(*code, status, message, *reason))
            }
            Self::RetryAfter(reply, seconds) => {
                let mut response = reply.response()?;
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
                Some(response)
            }
            Self::Redirect(url) => Some(
                (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url.clone())]).into_response(),
            ),
            Self::Body(text) => Some(text.into_response()),
            Self::Hang | Self::Cut | Self::Truncated | Self::Slow(_) | Self::Late(_) => None,
        }
    }
}

/// Why the service does not do what it was asked.
#[derive(Debug)]
pub(super) struct Refusal {
    code: u16,
    status: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn not_found(resource: &str) -> Self {
        let name = short(resource);
        let message = format!("Resource not found (resource={name}).");
        Self { code: 404, status: "NOT_FOUND", message }
    }

    pub(super) fn already_exists(resource: &str) -> Self {
        let name = short(resource);
        let message = format!("Resource already exists in the project (resource={name}).");
        Self { code: 409, status: "ALREADY_EXISTS", message }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { code: 400, status: "INVALID_ARGUMENT", message: message.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        error(self.code, self.status, &self.message, None)
    }
}

fn short(resource: &str) -> &str {
    resource.rsplit('/').next().unwrap_or(resource)
}

fn error(code: u16, status: &str, message: &str, reason: Option<&str>) -> Response {
    let mut error = json!({"code": code, "message": message, "status": status});
    if let Some(reason) = reason {
        error["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "googleapis.com",
        }]);
    }
    answer(StatusCode::from_u16(code).unwrap(), &json!({"error": error}))
}

/// An answer of JSON, broken into lines as Google's is.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
    (status, json, format!("{body:#}\n")).into_response()
}

/// The first half of an answer that promises the whole.
pub(super) async fn truncate(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let first = stream::iter([Ok::<Bytes, io::Error>(whole.slice(..whole.len() / 2))]);
    // The first half has to be on its way before the connection breaks.
    let second = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::ErrorKind::BrokenPipe.into())
    });
    Response::from_parts(parts, Body::from_stream(first.chain(second)))
}
