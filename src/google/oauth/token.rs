//! Tokens as an exchange or a renewal brings them.

use std::time::Duration;

use crate::{
    domain::{grant::GoogleRight, member::Identity},
    google::Token,
};

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

/// What a code was exchanged for.
#[derive(Clone, Debug)]
pub struct Exchanged {
    /// Who is at the browser.
    pub identity: Identity,
    /// Their tokens.
    pub tokens: Tokens,
}
