//! What was asked: the verb, the resource and the body of a call.

use std::time::Instant;

use axum::http::{Method, header::AUTHORIZATION, request::Parts};
use serde_json::Value;

/// What a call wants; `Unknown` is a path or a method that the API does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    CreateTopic,
    GetTopic,
    DeleteTopic,
    Publish,
    CreateSubscription,
    GetSubscription,
    DeleteSubscription,
    Pull,
    Acknowledge,
    ModifyAckDeadline,
    Unknown,
}

/// A call as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) at: Instant,
    pub(crate) verb: Verb,
    pub(crate) path: String,
    /// `Null` when it is not JSON.
    pub(crate) body: Value,
    /// The bearer token.
    pub(crate) token: Option<String>,
    /// `None` until the call is answered, and forever when it is not.
    pub(crate) status: Option<u16>,
}

impl Call {
    pub(super) fn read(parts: &Parts, body: &[u8]) -> Self {
        let path = parts.uri.path().to_owned();
        let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        Self {
            at: Instant::now(),
            verb: verb(&parts.method, &path),
            body: serde_json::from_slice(body).unwrap_or_default(),
            token: authorization.and_then(|it| it.strip_prefix("Bearer ")).map(str::to_owned),
            path,
            status: None,
        }
    }

    /// The full name of the topic or subscription, without the verb.
    pub(super) fn resource(&self) -> &str {
        let name = self.path.trim_start_matches("/v1/");
        name.rsplit_once(':').map_or(name, |(resource, _)| resource)
    }
}

fn verb(method: &Method, path: &str) -> Verb {
    let segments: Vec<_> = path.split('/').collect();
    let ["", "v1", "projects", _, kind, last] = segments[..] else { return Verb::Unknown };
    let action = last.rsplit_once(':').map(|(_, action)| action);
    match (kind, method.as_str(), action) {
        ("topics", "PUT", None) => Verb::CreateTopic,
        ("topics", "GET", None) => Verb::GetTopic,
        ("topics", "DELETE", None) => Verb::DeleteTopic,
        ("topics", "POST", Some("publish")) => Verb::Publish,
        ("subscriptions", "PUT", None) => Verb::CreateSubscription,
        ("subscriptions", "GET", None) => Verb::GetSubscription,
        ("subscriptions", "DELETE", None) => Verb::DeleteSubscription,
        ("subscriptions", "POST", Some("pull")) => Verb::Pull,
        ("subscriptions", "POST", Some("acknowledge")) => Verb::Acknowledge,
        ("subscriptions", "POST", Some("modifyAckDeadline")) => Verb::ModifyAckDeadline,
        _ => Verb::Unknown,
    }
}
