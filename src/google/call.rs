//! One call of a service of Google's: what is asked, of what, and how long it is tried.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

/// Largest answer, unless a call says otherwise.
pub(super) const ANSWER_LIMIT: usize = 1 << 20;

/// One call.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Below the root of the service's methods, encoded.
    pub(super) path: String,
    pub(super) body: Option<Value>,
    /// What it is about: "the subscription ztf-loop in my-proj".
    pub(super) what: &'a str,
    /// Largest answer, bytes.
    pub(super) limit: usize,
    /// How long to try, where that differs from the client's.
    pub(super) patience: Option<Duration>,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, path: String, body: Option<Value>, what: &'a str) -> Self {
        Self { method, path, body, what, limit: ANSWER_LIMIT, patience: None }
    }
}
