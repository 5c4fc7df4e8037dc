//! Who is in: sessions by cookie, and a closed door for everybody else. Every path is closed unless it is listed here.
//!
//! Session and member are read with each request, so an ended session or a changed role counts at once on every
//! replica. A form that comes without a session is kept on the page that says so, and is sent again after signing in.

use std::time::{Duration, Instant};

use askama::Template;
use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use url::form_urlencoded;

use super::{
    kept_answers::{give_address, is_for_now, sends_form},
    session::BrowserSession,
};
use crate::{
    actions::secret::secret_hash,
    domain::{limiter::Requester, visitor::Visitor},
    storage::StorageError,
    web::{
        AppState,
        frame::{
            chrome::{Chrome, Section},
            context::{Frame, local_path, render},
            error::Error,
            error_page,
            extract::{Pairs, Peer, TypedForm},
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
const OPEN: [&str; 6] = [
    paths::SIGN_IN,
    paths::CALLBACK,
    paths::SIGN_OUT,
    paths::THEME,
    paths::HEALTH,
    paths::READINESS,
];

/// Folders that are open: files of the pages, which hold nothing of anybody's, and invitations by link.
const OPEN_FOLDERS: [&str; 2] = [paths::STATIC, paths::JOIN];

/// Paths that are never counted, nor those of files: pages need their files, and machines that watch must not be sent away.
const NOT_COUNTED: [&str; 2] = [paths::HEALTH, paths::READINESS];

/// Largest form that is kept on the page that asks to sign in again, bytes.
const MAX_KEPT_FORM: usize = 64 << 10;

/// Lets in those who have a session, and everybody to what is open.
pub(crate) async fn admit(
    State(state): State<AppState>,
    session: BrowserSession,
    mut request: Request,
    next: Next,
) -> Response {
    let (visitor, is_away) =
        match visitor(&state, &session, request.headers(), request.uri().path()).await {
            Ok(visitor) => (visitor, false),
            Err(error) => {
                tracing::warn!(%error, "Who asks cannot be read");
                (None, true)
            }
        };
    let path = request.uri().path();
    let is_open =
        OPEN.contains(&path) || OPEN_FOLDERS.iter().any(|folder| path.starts_with(folder));
    let is_api = paths::is_api(path);
    let is_counted = !NOT_COUNTED.contains(&path) && !path.starts_with(paths::STATIC);
    let requester = requester(&state, &request, visitor.as_ref());
    let limiter = state.requests().filter(|_| is_counted && !is_away);
    let wait = limiter.and_then(|limiter| limiter.check(requester, Instant::now()).err());
    let accounts = state.accounts().filter(|_| is_counted);
    let place = accounts.map(|accounts| accounts.open_requests.enter(requester));
    let may_pass = visitor.is_some() || is_open;
    let (sends_form, sent_to) = (sends_form(&request), request.uri().clone());
    let mut frame = Frame::of(&request, visitor, &state);
    if sends_form {
        frame.leave_note();
    }
    let typed = TypedForm::default();
    if is_bare_button(&request) {
        typed.keep(Pairs::default());
    }
    request.extensions_mut().insert(frame.clone());
    request.extensions_mut().insert(typed.clone());
    let answer = if matches!(place, Some(None)) || wait.is_some() {
        keep_typed(request, is_api, &typed, state.timing().body).await;
        refused(wait.map_or(Error::TooManyOpen, Error::too_often), is_api)
    } else if may_pass {
        next.run(request).await
    } else if is_away {
        keep_typed(request, is_api, &typed, state.timing().body).await;
        refused(Error::Busy, is_api)
    } else if is_api {
        refused(Error::NotSignedIn, is_api)
    } else {
        send_to_sign_in(request, &frame, state.timing().body).await
    };
    let is_kept = sends_form && !is_for_now(&answer);
    let answer = error_page::draw(answer, &frame, typed.get().map(|pairs| (&sent_to, pairs)));
    let answer = if is_kept { give_address(state.storage(), &frame, answer).await } else { answer };
    match place.flatten() {
        Some(place) => place.until_taken(answer),
        None => answer,
    }
}

/// Who makes a request: the user of local mode, whoever's token it shows, or who is in its session.
async fn visitor(
    state: &AppState,
    session: &BrowserSession,
    headers: &HeaderMap,
    path: &str,
) -> Result<Option<Visitor>, StorageError> {
    if let Some(asker) = state.site().local_asker() {
        let asker = asker.clone();
        return Ok(Some(Visitor { asker, session_id: None, grant: None, project: None }));
    }
    match bearer(headers, path) {
        Some(token) => state.storage().bearer_of(&secret_hash(token)).await,
        None => session.visitor(state.storage()).await,
    }
}

fn refused(error: Error, is_api: bool) -> Response {
    if is_api { error.into_json().into_response() } else { error.into_response() }
}

/// The token that a program shows to the API, as `Bearer` or, as TOM's users know it, `Token`. It stands for whoever
/// shows it, whatever cookies come along; pages take none.
fn bearer<'h>(headers: &'h HeaderMap, path: &str) -> Option<&'h str> {
    let header = headers.get(header::AUTHORIZATION).filter(|_| paths::is_api(path))?;
    // What cannot be read is no token of ours; it is not passed over in favour of a cookie.
    let text = header.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or_default();
    let is_token = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    Some(if is_token { token.trim() } else { "" })
}

/// Who asks, as far as it is known.
fn requester(state: &AppState, request: &Request, visitor: Option<&Visitor>) -> Requester {
    match visitor {
        Some(visitor) => Requester::Member(visitor.asker.member_id()),
        None => Requester::at(Peer::of(request.extensions(), request.headers(), state.site()).0),
    }
}

/// Whether a button was pressed whose form has no fields: it can be sent again whoever has read it.
fn is_bare_button(request: &Request) -> bool {
    *request.method() == Method::POST
        && !paths::is_api(request.uri().path())
        && is_form(request.headers())
        && request.body().size_hint().exact() == Some(0)
}

/// Keeps the form of a request that is sent away at the door; it may take so long to come.
async fn keep_typed(request: Request, is_api: bool, typed: &TypedForm, limit: Duration) {
    let is_visit = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_api || is_visit || !is_form(request.headers()) {
        return;
    }
    let body = axum::body::to_bytes(Body::new(request.into_body()), MAX_KEPT_FORM);
    if let Ok(Ok(body)) = tokio::time::timeout(limit, body).await {
        typed.keep(Pairs::parse(&body));
    }
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
        login: login_url(paths::PROFILE),
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
    format!("{}?{query}", paths::SIGN_IN)
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
