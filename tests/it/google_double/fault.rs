//! What goes wrong when a test says so.

use std::time::Duration;

use axum::http::header;
use serde_json::{Value, json};

use super::{
    account::Ending,
    call::Endpoint,
    reply::{Answer, Content, Refusal},
};

/// What a request gets instead of what it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An error with this status; nothing is done.
    Status(u16),
    /// 429 with a `Retry-After` of so many seconds; nothing is done.
    Busy { retry_after_s: u64 },
    /// It is served at once, and the answer comes after so long.
    Late(Duration),
    /// The connection is closed; nothing is done.
    Cut,
    /// It is served, and the connection is closed without the answer.
    Lost,
    /// It is served, with an answer of more than 2 MiB that can be read otherwise.
    Huge,
    /// A page instead of JSON, with status 200; nothing is done.
    Html,
    /// Token endpoint: the grant has ended, it says; nothing is done.
    InvalidGrant,
    /// Token endpoint: the organisation wants a sign-in again, it says; nothing is done.
    InvalidRapt,
    /// Token endpoint: it does not know the client; nothing is done.
    InvalidClient,
    /// Token endpoint: the answer has no `token_type`.
    NoTokenType,
    /// Token endpoint: the `token_type` is `MAC`.
    MacToken,
    /// Token endpoint: the answer has no ID token.
    NoIdToken,
    /// Token endpoint: the ID token is no JWT.
    IdTokenNoJwt,
    /// Keys: another one than ID tokens are signed with.
    OtherKeys,
    /// Discovery: another provider's issuer.
    WrongIssuer,
    /// Revocation: it does not know the token; nothing is done.
    InvalidToken,
}

impl Fault {
    /// Whether an endpoint can fail so.
    pub(super) fn fits(self, endpoint: Endpoint) -> bool {
        match self {
            Self::Status(_) | Self::Busy { .. } | Self::Late(_) | Self::Cut | Self::Lost => true,
            Self::Huge | Self::Html => endpoint != Endpoint::Authorize,
            Self::InvalidGrant
            | Self::InvalidRapt
            | Self::InvalidClient
            | Self::NoTokenType
            | Self::MacToken
            | Self::NoIdToken
            | Self::IdTokenNoJwt => endpoint == Endpoint::Token,
            Self::OtherKeys => endpoint == Endpoint::Jwks,
            Self::WrongIssuer => endpoint == Endpoint::Discovery,
            Self::InvalidToken => endpoint == Endpoint::Revoke,
        }
    }

    /// The answer of a request that is not served.
    pub(super) fn instead(self, endpoint: Endpoint) -> Option<Answer> {
        let failed = |status, error: &str, word| match endpoint {
            Endpoint::Api => Answer::api_error(status, word, "The double was told to fail.", word),
            Endpoint::Authorize => Answer::page(status, error),
            _ => {
                let body = json!({"error": error, "error_description": "Backend Error"});
                Answer::new(status, Content::Json(body))
            }
        };
        match self {
            Self::Status(status) => Some(failed(status, "internal_failure", "UNAVAILABLE")),
            Self::Busy { retry_after_s } => Some(
                failed(429, "rate_limit_exceeded", "RESOURCE_EXHAUSTED")
                    .with(header::RETRY_AFTER, retry_after_s.to_string()),
            ),
            Self::Html => Some(Answer::page(200, "Sorry...")),
            Self::InvalidGrant => Some(Refusal::ended(Ending::Revoked).into()),
            Self::InvalidRapt => Some(Refusal::ended(Ending::SessionControl).into()),
            Self::InvalidClient => Some(Refusal::invalid_client().into()),
            Self::InvalidToken => Some(Refusal::invalid_token().into()),
            _ => None,
        }
    }

    /// Spoils the answer of a request that was served.
    pub(super) fn spoil(self, answer: &mut Answer) {
        let Content::Json(body) = &mut answer.content else { return };
        let Value::Object(fields) = body else { return };
        match self {
            Self::NoTokenType => _ = fields.remove("token_type"),
            Self::MacToken => _ = fields.insert("token_type".to_owned(), "MAC".into()),
            Self::NoIdToken => _ = fields.remove("id_token"),
            Self::IdTokenNoJwt => _ = fields.insert("id_token".to_owned(), "no JWT".into()),
            Self::WrongIssuer => {
                fields.insert("issuer".to_owned(), "https://accounts.example.net".into());
            }
            _ => {}
        }
    }
}
