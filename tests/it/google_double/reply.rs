//! Answers and refusals in Google's shapes.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use futures::stream;
use serde_json::{Value, json};

use super::account::Ending;

/// So much more than fits is in an answer that is too large, bytes.
const HUGE: usize = 2 << 20;

/// What an answer carries.
pub(super) enum Content {
    Json(Value),
    Other { content_type: String, bytes: Bytes },
}

/// An answer before it is sent.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content: Content,
    pub(super) headers: Vec<(HeaderName, String)>,
    /// Whose tokens it is about.
    pub(super) email: Option<String>,
}

impl Answer {
    pub(super) fn new(status: u16, content: Content) -> Self {
        Self { status, content, headers: Vec::new(), email: None }
    }

    pub(super) fn json(body: Value) -> Self {
        Self::new(200, Content::Json(body))
    }

    /// A page for people, as Google shows it when it does not trust the address to go back to.
    pub(super) fn page(status: u16, error: &str) -> Self {
        let text = format!("<!doctype html><title>Error {status}: {error}</title><h1>{error}</h1>");
        let content_type = "text/html; charset=utf-8".to_owned();
        Self::new(status, Content::Other { content_type, bytes: text.into() })
    }

    pub(super) fn redirect(url: &str) -> Self {
        let mut answer = Self::page(302, "Moved");
        answer.headers.push((header::LOCATION, url.to_owned()));
        answer
    }

    /// An error of an API. <https://cloud.google.com/apis/design/errors#http_mapping>
    pub(super) fn api_error(code: u16, status: &str, message: &str, reason: &str) -> Self {
        let details = json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "googleapis.com",
        }]);
        let error = json!({"code": code, "message": message, "status": status, "details": details});
        Self::new(code, Content::Json(json!({"error": error})))
    }

    pub(super) fn of(mut self, email: &str) -> Self {
        self.email = Some(email.to_owned());
        self
    }

    pub(super) fn with(mut self, header: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    /// The error's word.
    pub(super) fn error(&self) -> Option<&str> {
        let Content::Json(body) = &self.content else { return None };
        let error = body.get("error")?;
        error.as_str().or_else(|| error.get("status")?.as_str())
    }

    /// The answer as it goes out; a huge one is the same with more in it, in pieces of unsaid length.
    pub(super) fn into_response(self, is_huge: bool) -> Response {
        let (content_type, body) = match self.content {
            Content::Json(mut body) if is_huge => {
                body["padding"] = "x".repeat(HUGE).into();
                let bytes = Bytes::from(body.to_string());
                let pieces: Vec<_> = (0..bytes.len())
                    .step_by(1 << 16)
                    .map(|at| Ok::<_, Infallible>(bytes.slice(at..bytes.len().min(at + (1 << 16)))))
                    .collect();
                (JSON.to_owned(), Body::from_stream(stream::iter(pieces)))
            }
            Content::Json(body) => (JSON.to_owned(), Body::from(format!("{body:#}\n"))),
            Content::Other { content_type, bytes } => (content_type, Body::from(bytes)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::try_from(content_type).unwrap());
        for (name, value) in self.headers {
            headers.insert(name, HeaderValue::try_from(value).unwrap());
        }
        response
    }
}

const JSON: &str = "application/json; charset=utf-8";

/// Why the token or the revocation endpoint does not do what it was asked. RFC 6749, section 5.2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    status: u16,
    error: &'static str,
    description: &'static str,
    subtype: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: 400, error, description, subtype: None }
    }

    pub(super) fn invalid_grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(super) fn invalid_request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    pub(super) fn invalid_client() -> Self {
        let description = "The provided client secret is invalid.";
        Self { status: 401, ..Self::new("invalid_client", description) }
    }

    pub(super) fn invalid_token() -> Self {
        Self::new("invalid_token", "Token expired or revoked")
    }

    /// What a refresh gets after a grant has ended.
    pub(super) fn ended(ending: Ending) -> Self {
        match ending {
            Ending::SessionControl => Self {
                subtype: Some("invalid_rapt"),
                ..Self::invalid_grant("reauth related error (invalid_rapt)")
            },
            Ending::AccountDeleted => Self::invalid_grant("Account has been deleted"),
            _ => Self::invalid_grant("Token has been expired or revoked."),
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let mut body = json!({"error": refusal.error, "error_description": refusal.description});
        if let Some(subtype) = refusal.subtype {
            body["error_subtype"] = subtype.into();
        }
        Self::new(refusal.status, Content::Json(body))
    }
}
