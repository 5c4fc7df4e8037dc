//! An access token, which is never printed.

use std::fmt;

/// An access token. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token as its provider gave it.
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret: for the `Authorization` header, the provider and the cipher only.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(secret)")
    }
}
