//! The provider's errors as ours: whether they pass, and its own words, shortened.

use openidconnect::{RequestTokenError, StandardErrorResponse, core};

use super::{
    connection::ConnectionError,
    error::{OAuthError, RefreshError},
    openid::TokenError,
};

/// Longest text of the provider's that we repeat, characters.
const MAX_QUOTED: usize = 200;

pub(super) fn discovery_error(
    error: &openidconnect::DiscoveryError<ConnectionError>,
) -> OAuthError {
    use openidconnect::DiscoveryError;
    match error {
        DiscoveryError::Request(error) => OAuthError::Unreachable(error.to_string()),
        DiscoveryError::Response(status, ..) => {
            OAuthError::Unreachable(format!("status {}", status.as_u16()))
        }
        DiscoveryError::Validation(why) => OAuthError::BadProvider(quoted(why)),
        _ => OAuthError::BadProvider("its description cannot be read".to_owned()),
    }
}

pub(super) fn exchange_error(error: TokenError) -> OAuthError {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            let why = described(&answer);
            match answer.error() {
                core::CoreErrorResponseType::InvalidClient
                | core::CoreErrorResponseType::UnauthorizedClient => OAuthError::ClientRefused(why),
                core::CoreErrorResponseType::InvalidGrant
                | core::CoreErrorResponseType::InvalidRequest => OAuthError::CodeRefused(why),
                _ => OAuthError::Unreachable(why),
            }
        }
        RequestTokenError::Request(error) => OAuthError::Unreachable(error.to_string()),
        // An answer with a token whose other parts cannot be read: most likely the ID token.
        RequestTokenError::Parse(_, body) if has_access_token(&body) => {
            OAuthError::BadIdToken("it cannot be read".to_owned())
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            OAuthError::Unreachable("its answer cannot be read".to_owned())
        }
    }
}

/// The word for an error in an answer (RFC 6749, section 5.2).
pub(super) fn error_word(body: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    answer.get("error")?.as_str().map(str::to_owned)
}

fn has_access_token(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body)
        .is_ok_and(|answer| answer.get("access_token").is_some())
}

pub(super) fn refresh_error(error: TokenError) -> RefreshError {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            let why = described(&answer);
            match answer.error() {
                core::CoreErrorResponseType::InvalidGrant => RefreshError::GrantEnded(why),
                core::CoreErrorResponseType::InvalidClient
                | core::CoreErrorResponseType::UnauthorizedClient => {
                    RefreshError::ClientRefused(why)
                }
                _ => RefreshError::Passing(why),
            }
        }
        RequestTokenError::Request(error) => RefreshError::passing(error),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            RefreshError::Passing("its answer cannot be read".to_owned())
        }
    }
}

/// The provider's word for an error and its own explanation, shortened.
fn described(answer: &StandardErrorResponse<core::CoreErrorResponseType>) -> String {
    let word = answer.error().as_ref().to_owned();
    match answer.error_description() {
        Some(description) if !description.trim().is_empty() => {
            quoted(&format!("{word}: {description}"))
        }
        _ => quoted(&word),
    }
}

fn quoted(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MAX_QUOTED).collect::<String>().trim().trim_end_matches('.').to_owned()
}
