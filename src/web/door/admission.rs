//! Who is in: sessions by cookie, and a closed door for everybody else. Every path is closed unless it is listed here.
//!
//! Session and member are read with each request, so an ended session or a changed role counts at once on every
//! replica. A form that comes without a session is kept on the page that says so, and is sent again after signing in.

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::SameSite};
use url::form_urlencoded;

use super::request_limit::{Asker, is_free};
use crate::{
    actions::secret::secret_hash,
    domain::visitor::Visitor,
    storage::{SESSION_LIFE, Sessions, Storage, VISITOR},
    web::{
        AppState, Site,
        api::address::is_api,
        frame::{
            chrome::{Chrome, Section},
            context::{Frame, local_path, render},
            error::Error,
            error_page,
            extract::{Pairs, Peer},
        },
        paths,
        widgets::controls::HiddenValue,
    },
};

/// The answer to a form from somebody who is not signed in (any more).
#[derive(Clone, Debug, Template)]
#[template(path = "door/send_again.html")]
pub(crate) struct SendAgainPage {
    pub(crate) chrome: Chrome,
    pub(crate) action: String,
    pub(crate) hidden: Vec<HiddenValue>,
    /// Where to sign in, in a window of its own.
    pub(crate) login: String,
}

/// Paths that are open before sign-in.
const OPEN: [&str; 6] =
    [paths::SIGN_IN, paths::CALLBACK, paths::SIGN_OUT, "/theme/", "/healthz", "/readyz"];

/// Folders that are open: files of the pages, which hold nothing of anybody's, and invitations by link.
const OPEN_FOLDERS: [&str; 2] = ["/static/", paths::JOIN];

/// Largest form that is kept on the page that asks to sign in again, bytes.
const MAX_KEPT_FORM: usize = 64 << 10;

/// Name of the cookie of a session. `__Host-` ties it to our host and to https, where there is https.
pub(crate) fn session_cookie(site: &Site) -> &'static str {
    if site.is_https() { "__Host-sid" } else { "sid" }
}

/// Finds the session of a request.
pub(crate) fn sessions(storage: &Storage, site: &Site) -> SessionManagerLayer<Sessions> {
    let life = SESSION_LIFE.try_into().unwrap_or_default();
    SessionManagerLayer::new(storage.sessions())
        .with_name(session_cookie(site))
        .with_secure(site.is_https())
        .with_http_only(true)
        // A stricter one would not come along on the way back from the provider.
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(life))
}

/// Takes the cookie of a session that is over away for good: tower-sessions does so without `Secure`, which browsers do
/// not follow for a `__Host-` cookie.
pub(crate) async fn complete_removals(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let beginning = format!("{}=;", session_cookie(&site));
    for cookie in response.headers_mut().iter_mut().filter(|(name, _)| *name == header::SET_COOKIE)
    {
        if cookie.1.as_bytes().starts_with(beginning.as_bytes()) {
            *cookie.1 = session_removal(&site);
        }
    }
    response
}

/// Takes the cookie of a session away. A `__Host-` cookie goes only if the removal says `Secure` as well.
pub(crate) fn session_removal(site: &Site) -> HeaderValue {
    let name = session_cookie(site);
    let cookie = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}", secure(site));
    HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
}

/// What keeps a cookie to https, where there is https.
pub(crate) fn secure(site: &Site) -> &'static str {
    if site.is_https() { "; Secure" } else { "" }
}

/// Lets in those who have a session, and everybody to what is open.
pub(crate) async fn admit(
    State(state): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let visitor = match state.site().local_scope() {
        Some(scope) => {
            Ok(Some(Visitor { scope: scope.clone(), session_id: None, grant: None, project: None }))
        }
        None => match bearer(request.headers(), request.uri().path()) {
            Some(token) => {
                let found = state.storage().bearer_of(&secret_hash(token)).await;
                found.map_err(|error| {
                    tracing::warn!(%error, "Tokens cannot be read");
                })
            }
            None => session.get::<Visitor>(VISITOR).await.map_err(|_| ()),
        },
    };
    let path = request.uri().path();
    let is_open =
        OPEN.contains(&path) || OPEN_FOLDERS.iter().any(|folder| path.starts_with(folder));
    let is_api = is_api(path);
    let (visitor, is_away) = match visitor {
        Ok(visitor) => (visitor, false),
        Err(()) => (None, true),
    };
    let is_in = visitor.is_some();
    let asker = asker(&state, &request, visitor.as_ref());
    let wait_s = if is_away { None } else { too_often(&state, &request, asker) };
    let place = state
        .accounts()
        .filter(|_| !is_free(path))
        .map(|accounts| accounts.open_requests.enter(asker));
    let frame = Frame::of(&request, visitor, &state);
    request.extensions_mut().insert(frame.clone());
    let answer = async {
        match () {
            () if matches!(place, Some(None)) => refused(Error::TooManyOpen, is_api),
            () if wait_s.is_some() => {
                let error = Error::TooOften { wait_s: wait_s.unwrap_or_default() };
                refused(error, is_api)
            }
            () if is_in || is_open => next.run(request).await,
            () if is_away => refused(Error::Busy, is_api),
            () if is_api => Error::NotSignedIn.into_json().into_response(),
            () => send_to_sign_in(request, &frame, state.timing().body).await,
        }
    };
    let answer = error_page::draw(answer.await, &frame);
    match place.flatten() {
        Some(place) => place.until_taken(answer),
        None => answer,
    }
}

fn refused(error: Error, is_api: bool) -> Response {
    if is_api { error.into_json().into_response() } else { error.into_response() }
}

/// The token that a program shows to the API, as `Bearer` or, as TOM's users know it, `Token`. It stands for whoever
/// shows it, whatever cookies come along; pages take none.
fn bearer<'h>(headers: &'h HeaderMap, path: &str) -> Option<&'h str> {
    let header = headers.get(header::AUTHORIZATION).filter(|_| is_api(path))?;
    // What cannot be read is no token of ours; it is not passed over in favour of a cookie.
    let text = header.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or_default();
    let is_token = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    Some(if is_token { token.trim() } else { "" })
}

/// Who asks, as far as it is known.
fn asker(state: &AppState, request: &Request, visitor: Option<&Visitor>) -> Asker {
    let asker = match visitor {
        Some(visitor) => Asker::Member(visitor.scope.member_id()),
        None => Asker::Address(Peer::of(request.extensions(), request.headers(), state.site()).0),
    };
    asker.known()
}

/// How many seconds somebody has to wait who asks too often.
fn too_often(state: &AppState, request: &Request, asker: Asker) -> Option<u64> {
    let wait = state.requests()?.check(asker, request.uri().path()).err()?;
    Some(wait.as_secs() + 1)
}

/// Somebody without a session wants a page, or has sent a form, which may take so long to come.
async fn send_to_sign_in(request: Request, frame: &Frame, limit: Duration) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let is_visit = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_visit && is_navigation(request.headers()) {
        return Redirect::to(&login_url(path)).into_response();
    }
    if is_visit || !is_form(request.headers()) {
        return Error::NotSignedIn.into_response();
    }
    let action = path.to_owned();
    let body = axum::body::to_bytes(Body::new(request.into_body()), MAX_KEPT_FORM);
    match tokio::time::timeout(limit, body).await {
        Ok(Ok(body)) => send_again(frame, action, &Pairs::parse(&body)),
        _ => Error::NotSignedIn.into_response(),
    }
}

/// A page that keeps what was typed while its author signs in.
fn send_again(frame: &Frame, action: String, fields: &Pairs) -> Response {
    let hidden = fields
        .iter()
        .map(|(name, value)| HiddenValue { name: name.to_owned(), value: value.to_owned() });
    let page = SendAgainPage {
        chrome: frame.chrome(Section::Elsewhere),
        action,
        hidden: hidden.collect(),
        login: "/accounts/login/?next=/accounts/profile/".to_owned(),
    };
    render(StatusCode::UNAUTHORIZED, &page)
}

/// The sign-in page, for somebody who wanted to go elsewhere.
pub(crate) fn login_url(next: &str) -> String {
    let next = local_path(next);
    if next == "/" {
        return paths::SIGN_IN.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("/accounts/login/?{query}")
}

/// Whether a browser is on its way to a page, rather than a script that asks for a part of one.
fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_none_or(|mode| mode.as_bytes() == b"navigate")
}

fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"))
}
