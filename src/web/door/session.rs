//! The session of a browser. All that pages have to do with tower-sessions is here; its store is `storage/sessions.rs`.
//!
//! The library reads and writes the cookie, makes the ids, and has the store make, note and end sessions. Four lines go
//! beyond it. *Who* is in a session is asked of the storage by the session's id, with each request, and never kept in the
//! library's record ([`BrowserSession::visitor`]): an ended session or a changed role counts at once on every replica, and
//! there is nothing that two requests could write over each other. When a session turns out to be over, the library is
//! asked to look, too ([`BrowserSession::forget`]): it finds nothing, and takes the cookie away. A sign-in is saved at once
//! ([`BrowserSession::begin`]), not with the answer: where the database fails, the library would answer an empty page.
//! What the library says to take a cookie away lacks `Secure`, without which browsers keep a `__Host-` cookie, and
//! `HttpOnly` ([`complete_cookies`]).

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::SameSite, session};

use crate::{
    domain::visitor::Visitor,
    storage::{NewSession, SESSION_LIFE, SIGNED_IN, Sessions, Storage, StorageError},
    web::{Site, frame::error::Error},
};

/// Finds the session of a request.
pub(crate) fn layer(storage: &Storage, site: &Site) -> SessionManagerLayer<Sessions> {
    let life = SESSION_LIFE.try_into().unwrap_or_default();
    SessionManagerLayer::new(storage.sessions())
        .with_name(cookie_name(site))
        .with_secure(site.is_https())
        .with_http_only(true)
        // A stricter one would not come along on the way back from the provider.
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(life))
}

/// `__Host-` ties the cookie to our host and to https, where there is https.
fn cookie_name(site: &Site) -> &'static str {
    if site.is_https() { "__Host-sid" } else { "sid" }
}

/// What keeps a cookie to https, where there is https.
pub(crate) fn secure(site: &Site) -> &'static str {
    if site.is_https() { "; Secure" } else { "" }
}

/// Keeps every cookie to https, where there is https, and takes that of a session that is over away in a way that browsers
/// follow.
pub(crate) async fn complete_cookies(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let cookies = response.headers_mut().iter_mut().filter(|(name, _)| *name == header::SET_COOKIE);
    for (_, cookie) in cookies {
        if let Some(complete) = cookie.to_str().ok().map(|text| completed(text, &site)) {
            *cookie = HeaderValue::try_from(complete).unwrap_or(HeaderValue::from_static(""));
        }
    }
    response
}

fn completed(cookie: &str, site: &Site) -> String {
    let (of_session, secure) = (format!("{}=;", cookie_name(site)), secure(site));
    if cookie.starts_with(&of_session) {
        return format!("{of_session} Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}");
    }
    if cookie.contains("; Secure") { cookie.to_owned() } else { format!("{cookie}{secure}") }
}

/// The session that a request came with, if any.
pub(crate) struct BrowserSession(Session);

impl<S: Send + Sync> FromRequestParts<S> for BrowserSession {
    type Rejection = <Session as FromRequestParts<S>>::Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Session::from_request_parts(parts, state).await.map(Self)
    }
}

impl BrowserSession {
    /// Who is in it at this moment.
    pub(super) async fn visitor(&self, storage: &Storage) -> Result<Option<Visitor>, StorageError> {
        let Some(id) = self.0.id() else { return Ok(None) };
        let visitor = storage.visitor_of_session(&id).await?;
        if visitor.is_none() {
            // If the database fails just now, the cookie is taken away with another request.
            let _ = self.forget().await;
        }
        Ok(visitor)
    }

    /// Begins a session under an id that nobody has seen before; one that was there ends.
    pub(crate) async fn begin(&self, new: NewSession) -> Result<(), Error> {
        self.0.cycle_id().await?;
        self.0.insert(SIGNED_IN, new).await?;
        self.0.save().await?;
        Ok(())
    }

    /// Takes the cookie of a session that is over away.
    pub(crate) async fn forget(&self) -> Result<(), Error> {
        self.0.get_value(SIGNED_IN).await?;
        Ok(())
    }
}

/// The store of sessions says no more than that the database did not answer.
impl From<session::Error> for Error {
    fn from(error: session::Error) -> Self {
        tracing::warn!(%error, "A session was not kept");
        Self::Busy
    }
}
