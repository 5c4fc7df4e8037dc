//! What handlers take from a request, with refusals in our own words: ids, query strings, forms, JSON.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, OnceLock},
};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{Extensions, HeaderMap, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::form_urlencoded;

use super::{
    error::{ApiError, Error},
    json_members::JsonMembers,
};
use crate::web::{AppState, Site};

/// Largest form, bytes: a page of 200 rows with their ids is far below.
const MAX_FORM_BYTES: usize = 64 << 10;

/// A number in the path; anything else is an address where nothing is.
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let axum::extract::Path(id) =
            axum::extract::Path::<String>::from_request_parts(parts, state)
                .await
                .map_err(|_| Error::NotFound)?;
        id.parse().map(Self).map_err(|_| Error::NotFound)
    }
}

/// A number in a path of the API.
pub(crate) struct ApiId(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for ApiId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Id(id) = Id::from_request_parts(parts, state).await?;
        Ok(Self(id))
    }
}

/// Two numbers in a path of the API.
pub(crate) struct ApiTwoIds(pub(crate) i64, pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for ApiTwoIds {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let TwoIds(first, second) = TwoIds::from_request_parts(parts, state).await?;
        Ok(Self(first, second))
    }
}

/// Two numbers in the path.
pub(crate) struct TwoIds(pub(crate) i64, pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for TwoIds {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let axum::extract::Path((first, second)) =
            axum::extract::Path::<(String, String)>::from_request_parts(parts, state)
                .await
                .map_err(|_| Error::NotFound)?;
        match (first.parse(), second.parse()) {
            (Ok(first), Ok(second)) => Ok(Self(first, second)),
            _ => Err(Error::NotFound),
        }
    }
}

/// Names and values in order, from a query string or a form; a name may come several times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(
            form_urlencoded::parse(text)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The query string of a request.
    pub(crate) fn sent_with(parts: &Parts) -> Self {
        Self::parse(parts.uri.query().unwrap_or_default().as_bytes())
    }

    /// Ids of alerts, one a value of a name; what is not an id means that the form is not ours.
    pub(crate) fn ids(&self, name: &str) -> Result<Vec<i64>, Error> {
        self.all(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| Error::BadRequest(format!("\"{name}\" holds ids of alerts")))
            })
            .collect()
    }

    /// The first value of a name, without space around it; `None` when it is empty, not there, or holds a NUL,
    /// which no text in the database has.
    pub(crate) fn text<'p>(&'p self, name: &str) -> Option<&'p str> {
        let values = self.0.iter().filter(|(key, _)| key == name);
        values
            .map(|(_, value)| value.trim())
            .find(|value| !value.is_empty() && !value.contains('\0'))
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// Which state of a thing a form was drawn from.
    pub(crate) fn version(&self) -> Result<i64, Error> {
        let version = self.number("version");
        version.ok_or_else(|| Error::BadRequest("\"version\" is missing".to_owned()))
    }

    /// Every value of a name.
    pub(crate) fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every name with its value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The query string of a request to the API, which holds to the description.
pub(crate) struct ApiQuery(pub(crate) Pairs);

impl<S: Send + Sync> FromRequestParts<S> for ApiQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(Pairs::sent_with(parts)))
    }
}

/// Who is at the other end of a connection: an extension of each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerAddress(pub(crate) IpAddr);

/// The address of a client, as far as it is known.
pub(crate) struct Peer(pub(crate) IpAddr);

impl FromRequestParts<AppState> for Peer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        Ok(Self::of(&parts.extensions, &parts.headers, state.site()))
    }
}

impl Peer {
    /// The address from which a request with these headers comes.
    pub(crate) fn of(extensions: &Extensions, headers: &HeaderMap, site: &Site) -> Self {
        let peer = extensions.get::<PeerAddress>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |PeerAddress(peer)| *peer);
        // Some proxies add a line of their own behind those that the client has sent.
        let lines = headers.get_all("x-forwarded-for").iter();
        let forwarded: Vec<_> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
        Self(site.client_address(peer, Some(&forwarded.join(","))))
    }
}

/// Names in forms whose values are secrets. Such a form is not given back: pages are kept.
const SECRETS: [&str; 1] = ["invitation"];

/// A form as it was typed, which travels with its request: where that is refused, the page that says so gives it back.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypedForm(Arc<OnceLock<Pairs>>);

impl TypedForm {
    /// Keeps what was read of a form, unless it holds a secret.
    pub(crate) fn keep(&self, pairs: Pairs) {
        if pairs.iter().all(|(name, _)| !SECRETS.contains(&name)) {
            // It is read once.
            let _ = self.0.set(pairs);
        }
    }

    /// What was typed, if a form came and was read.
    pub(crate) fn get(&self) -> Option<&Pairs> {
        self.0.get()
    }
}

/// A form that was sent.
pub(crate) struct Form(pub(crate) Pairs);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let typed = request.extensions().get::<TypedForm>().cloned();
        let pairs = Pairs::parse(&body_of(request, state).await?);
        if let Some(typed) = typed {
            typed.keep(pairs.clone());
        }
        Ok(Self(pairs))
    }
}

/// A JSON object that was sent to the API; an empty body counts as `{}`.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = body_of(request, state).await?;
        let unread = |error| Error::BadRequest(format!("the body is not a JSON object ({error})"));
        let members = JsonMembers::read(&bytes).map_err(unread)?.members;
        Ok(Self(serde_json::from_value(Value::Object(members)).map_err(unread)?))
    }
}

/// The body of a request, as far as it may go.
pub(crate) async fn body_of<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Error> {
    let too_large = || Error::TooLarge(format!("at most {} KiB can be sent", MAX_FORM_BYTES >> 10));
    let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            too_large()
        } else {
            Error::BadRequest("its body is incomplete".to_owned())
        }
    })?;
    if bytes.len() > MAX_FORM_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}
