//! Tokens as an exchange or a renewal brings them.

use std::time::Duration;

use openidconnect::{OAuth2TokenResponse, core::CoreTokenType};

use super::openid::TokenAnswer;
use crate::{
    domain::{grant::GoogleRight, member::Identity},
    google::Token,
};

/// How long an access token lives when the provider does not say. RFC 6749 leaves it open; Google's live an hour.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(30);

/// A token of a type that we do not know must not be used (RFC 6749, section 7.1).
pub(super) fn is_bearer(answer: &TokenAnswer) -> bool {
    *answer.token_type() == CoreTokenType::Bearer
}

/// Tokens from the provider.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// For calls.
    pub access: Token,
    /// How long it lives.
    pub lifetime: Duration,
    /// For renewal; `None` means: keep the one you have.
    pub refresh: Option<Token>,
    /// What was granted in fact, of what a feature needs; it may be less than was asked for.
    pub scopes: Vec<GoogleRight>,
}

impl Tokens {
    /// Those of an answer; one that names no rights has those of before.
    pub(super) fn of(answer: &TokenAnswer, scopes_before: &[GoogleRight]) -> Self {
        let scopes = answer.scopes().map_or_else(
            || scopes_before.to_vec(),
            |granted| {
                let known =
                    granted.iter().filter_map(|scope| GoogleRight::from_url(scope.as_str()));
                known.collect()
            },
        );
        Self {
            access: Token::new(answer.access_token().secret().clone()),
            lifetime: answer.expires_in().unwrap_or(DEFAULT_LIFETIME),
            refresh: answer.refresh_token().map(|token| Token::new(token.secret().clone())),
            scopes,
        }
    }
}

/// What a code was exchanged for.
#[derive(Clone, Debug)]
pub struct Exchanged {
    /// Who is at the browser.
    pub identity: Identity,
    /// Their tokens.
    pub tokens: Tokens,
}
