//! What was asked: the endpoint, the parameters and the credentials of a request.

use axum::{
    body::Bytes,
    http::{HeaderName, Method, header, request::Parts},
};
use url::form_urlencoded;

use super::fault::Fault;

/// Where a request goes; `Unknown` is a path or a method that there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    Discovery,
    Jwks,
    Authorize,
    Token,
    Userinfo,
    Revoke,
    /// `/v1/…`, as of Pub/Sub.
    Api,
    Unknown,
}

/// The parameters of a query or of a form, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    fn read(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first value of this name; an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether a name comes twice, which RFC 6749 (section 3.1) forbids.
    pub(super) fn is_repeating(&self) -> bool {
        let seen = |at: usize, name: &str| self.0.iter().take(at).any(|(one, _)| one == name);
        self.0.iter().enumerate().any(|(at, (name, _))| seen(at, name))
    }
}

/// A request as it arrived, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) endpoint: Endpoint,
    pub(crate) method: Method,
    /// With the query.
    pub(crate) path: String,
    /// Of the query, and of a form.
    pub(crate) params: Params,
    pub(crate) authorization: Option<String>,
    pub(super) content_type: Option<String>,
    pub(crate) body: Bytes,
    /// What went wrong on purpose.
    pub(crate) fault: Option<Fault>,
    /// `None` until it is served, and forever when it is cut before. It may not have got there.
    pub(crate) status: Option<u16>,
    /// The error's word in the answer: `invalid_grant`, or `UNAUTHENTICATED` of an API.
    pub(crate) error: Option<String>,
    /// Whose tokens it was about.
    pub(crate) email: Option<String>,
}

impl Call {
    pub(super) fn read(parts: &Parts, body: Bytes) -> Self {
        let header = |name: HeaderName| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        let mut params = Params::read(parts.uri.query().unwrap_or_default().as_bytes());
        let content_type = header(header::CONTENT_TYPE);
        let form = "application/x-www-form-urlencoded";
        if content_type.as_ref().is_some_and(|it| it.starts_with(form)) {
            params.0.extend(Params::read(&body).0);
        }
        Self {
            endpoint: endpoint(&parts.method, parts.uri.path()),
            method: parts.method.clone(),
            path: parts.uri.to_string(),
            params,
            authorization: header(header::AUTHORIZATION),
            content_type,
            body,
            fault: None,
            status: None,
            error: None,
            email: None,
        }
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.authorization.as_deref()?.strip_prefix("Bearer ")
    }
}

fn endpoint(method: &Method, path: &str) -> Endpoint {
    match (method.as_str(), path) {
        ("GET", "/.well-known/openid-configuration") => Endpoint::Discovery,
        ("GET", "/jwks") => Endpoint::Jwks,
        ("GET" | "POST", "/authorize") => Endpoint::Authorize,
        ("POST", "/token") => Endpoint::Token,
        ("GET" | "POST", "/userinfo") => Endpoint::Userinfo,
        ("POST", "/revoke") => Endpoint::Revoke,
        (_, path) if path.starts_with("/v1/") => Endpoint::Api,
        _ => Endpoint::Unknown,
    }
}
