//! One call: what is asked, of what, and how long it is tried.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

/// Largest answer, unless a call says otherwise, bytes.
pub(super) const ANSWER_LIMIT: usize = 1 << 20;

/// One call of a service.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// How.
    pub method: Method,
    /// Below the root of the service's methods, encoded.
    pub path: String,
    /// JSON that is sent with it.
    pub body: Option<Value>,
    /// What it is about, for sentences: "the subscription ztf-loop in my-proj".
    pub what: &'a str,
    /// Largest answer, bytes.
    pub limit: usize,
    /// How long to try, where that differs from the client's.
    pub patience: Option<Duration>,
}

impl<'a> Call<'a> {
    /// A call whose answer has 1 MiB at most.
    pub fn new(method: Method, path: String, body: Option<Value>, what: &'a str) -> Self {
        Self { method, path, body, what, limit: ANSWER_LIMIT, patience: None }
    }

    /// Asks for something by its path.
    pub fn get(path: impl Into<String>, what: &'a str) -> Self {
        Self::new(Method::GET, path.into(), None, what)
    }
}
