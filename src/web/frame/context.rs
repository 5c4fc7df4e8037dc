//! The frame of a page as a request asks for it: who looks, which theme, what to tell; and how a page is answered.

use askama::Template;
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use url::Url;

use super::{
    assets,
    chrome::{Chrome, ConnectionChip, ConnectionHealth, Section, Theme, UserChip},
    error::Error,
    flash::{self, Note},
    page_query::refuse_unjudged,
};
use crate::{
    domain::{
        member::Member,
        sharing::{Asker, Whose},
        visitor::Visitor,
    },
    web::{AppState, paths, widgets::controls::Link},
};

/// What the frame of a page needs to know of the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    /// Who looks; `None` before sign-in.
    pub(crate) visitor: Option<Visitor>,
    /// Whom runs act as, where the deployment has a service account and people sign in.
    service_account: Option<String>,
    path: String,
    theme: Theme,
    note: Option<Note>,
}

impl Frame {
    /// The frame of a request by a visitor.
    pub(crate) fn of(request: &Request, visitor: Option<Visitor>, state: &AppState) -> Self {
        // The way back from the provider carries a code and a state, which belong on no page.
        let is_visit = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = match request.uri().path_and_query() {
            Some(path) if path.path() == paths::CALLBACK => "/",
            // These answer with a page that stands at another address.
            Some(path) if !is_visit && path.path().starts_with(paths::ACCOUNTS) => paths::PROFILE,
            Some(path) if !is_visit && path.path().starts_with(paths::TEAM) => paths::TEAM,
            Some(path) if !is_visit && path.path() == paths::PREVIEW => paths::QUERIES,
            Some(path) => path.as_str(),
            None => "/",
        };
        let headers = request.headers();
        Self {
            visitor,
            service_account: state
                .accounts()
                .and_then(|accounts| accounts.credentials.service_account()),
            path: path.to_owned(),
            theme: cookie(headers, "theme").map(Theme::from_id).unwrap_or_default(),
            note: cookie(headers, flash::COOKIE).and_then(Note::parse),
        }
    }

    /// Leaves the note that waits for the page that comes next: this one may be looked at again and again.
    pub(crate) fn leave_note(&mut self) {
        self.note = None;
    }

    /// The frame of a page in one part of the site.
    pub(crate) fn chrome(&self, section: Section) -> Chrome {
        Chrome {
            app_css: assets::url_of("app.css"),
            app_js: assets::url_of("app.js"),
            favicon: assets::url_of("favicon.svg"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            path: if self.path.is_empty() { "/".to_owned() } else { self.path.clone() },
            section,
            user: self
                .visitor
                .as_ref()
                .map(|visitor| user_chip(visitor, self.service_account.as_deref())),
            may_work: self.visitor.as_ref().is_some_and(|visitor| visitor.asker.may_work()),
            theme: self.theme,
            flashes: self.note.map(|note| note.view_on(&self.path)).into_iter().collect(),
        }
    }

    /// Answers with a page, and takes back the note that it has shown.
    pub(crate) fn render_as(&self, status: StatusCode, page: &impl Template) -> Response {
        let mut response = render(status, page);
        if self.note.is_some() {
            let removal =
                HeaderValue::from_static("note=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
            response.headers_mut().append(header::SET_COOKIE, removal);
        }
        response
    }
}

/// Before sign-in as well.
impl FromRequestParts<AppState> for Frame {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Error> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// A page for somebody who is in.
pub(crate) struct PageContext {
    /// Who looks, and what they may see and change.
    pub(crate) asker: Asker,
    /// The same with their session and grant.
    pub(crate) visitor: Visitor,
    frame: Frame,
}

impl FromRequestParts<AppState> for PageContext {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let frame = Frame::from_request_parts(parts, state).await?;
        let visitor = frame.visitor.clone().ok_or(Error::NotSignedIn)?;
        refuse_unjudged(parts)?;
        Ok(Self { asker: visitor.asker.clone(), visitor, frame })
    }
}

impl PageContext {
    /// Who looks.
    pub(crate) fn member(&self) -> &Member {
        self.asker.member()
    }

    /// The frame of a page in one part of the site.
    pub(crate) fn chrome(&self, section: Section) -> Chrome {
        self.frame.chrome(section)
    }

    /// Answers with a page, and takes back the note that it has shown.
    pub(crate) fn render(&self, page: &impl Template) -> Response {
        self.render_as(StatusCode::OK, page)
    }

    /// The same with another status.
    pub(crate) fn render_as(&self, status: StatusCode, page: &impl Template) -> Response {
        self.frame.render_as(status, page)
    }

    /// The choice whose things a list shows; `None` where nobody else is in.
    pub(crate) fn whose_shown(&self, whose: Whose) -> Option<Whose> {
        self.visitor.session_id.map(|_| whose)
    }

    /// Refuses those who look only.
    pub(crate) fn require_work(&self) -> Result<(), Error> {
        if self.asker.may_work() { Ok(()) } else { Err(Error::ViewersLookOnly) }
    }

    /// Refuses those who are no admin.
    pub(crate) fn require_admin(&self) -> Result<(), Error> {
        if self.asker.is_admin() { Ok(()) } else { Err(Error::AdminsOnly) }
    }
}

fn user_chip(visitor: &Visitor, service_account: Option<&str>) -> UserChip {
    if visitor.session_id.is_none() {
        return UserChip {
            name: "Local mode".to_owned(),
            explanation:
                "One user on this computer, no sign-in. Everything here stays on this machine."
                    .to_owned(),
            links: Vec::new(),
            can_sign_out: false,
            connection: None,
        };
    }
    let link = |text: &str, href: &str| Link { text: text.to_owned(), href: href.to_owned() };
    UserChip {
        name: visitor.member().name.clone(),
        explanation: visitor.member().email.clone().unwrap_or_default(),
        links: vec![
            link("Profile and connection", paths::PROFILE),
            link("API tokens", paths::TOKENS),
            link("Team", paths::TEAM),
        ],
        can_sign_out: true,
        connection: Some(connection_chip(visitor, service_account)),
    }
}

fn connection_chip(visitor: &Visitor, service_account: Option<&str>) -> ConnectionChip {
    let project = visitor.project.as_ref().map(|project| format!(" · {project}"));
    let as_whom = visitor.grant.as_ref().map(|grant| format!(" as {}", grant.email));
    let detail = as_whom.unwrap_or_default() + &project.unwrap_or_default();
    let (health, text) = match (&visitor.grant, service_account) {
        (_, Some(_)) => (ConnectionHealth::Connected, "Google: service account".to_owned()),
        (Some(grant), None) if grant.needs_sign_in => {
            (ConnectionHealth::NeedsAttention, "Google: needs sign-in".to_owned())
        }
        (Some(grant), None) if !grant.scopes.is_empty() => {
            (ConnectionHealth::Connected, "Google: connected".to_owned())
        }
        _ => (ConnectionHealth::Absent, "Google: not connected".to_owned()),
    };
    let detail = if health == ConnectionHealth::Connected && service_account.is_none() {
        detail
    } else {
        String::new()
    };
    ConnectionChip { health, text, detail, href: paths::PROFILE.to_owned() }
}

/// A page as an answer.
pub(crate) fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            // Only a formatter that refuses to write can end here.
            tracing::error!(%error, "A page could not be drawn");
            (StatusCode::INTERNAL_SERVER_ERROR, "The page could not be drawn.").into_response()
        }
    }
}

/// Sends the browser to another page, with a note to show there.
pub(crate) fn redirect_with(note: Note, to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    response.headers_mut().append(header::SET_COOKIE, note.set_cookie());
    response
}

/// The value of a cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    cookies(headers).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Every cookie of a request: name and value.
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

/// Longest path that somebody is sent to, bytes: it comes back in the head of a request.
const MAX_PATH: usize = 2_048;

/// Where somebody may be sent to: a path of ours, never another site, also as a browser reads it.
pub(crate) fn local_path(text: &str) -> &str {
    let mut chars = text.chars();
    let is_local = text.len() <= MAX_PATH
        && chars.next() == Some('/')
        && !matches!(chars.next(), Some('/' | '\\'))
        && text.chars().all(|c| c.is_ascii_graphic())
        && !text.contains('\\')
        && stays_here(text);
    if is_local { text } else { "/" }
}

fn stays_here(path: &str) -> bool {
    let Ok(here) = Url::parse("https://here.invalid/") else { return false };
    here.join(path)
        .is_ok_and(|there| there.origin() == here.origin() && !there.path().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_our_own_are_gone_back_to() {
        for own in
            ["/", "/runs/12/?order=-mag", "/alerts/query/list/", "/a?next=https://b.example/"]
        {
            assert_eq!(local_path(own), own);
        }
        for foreign in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
            "/%2e%2e//evil.example",
            "https://evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "evil.example",
            "\\\\evil.example",
            "/a\r\nSet-Cookie: x",
            "/\t/evil.example",
            "/ä",
            "/x\\y",
            " /",
            &format!("/{}", "x".repeat(3_000)),
        ] {
            assert_eq!(local_path(foreign), "/", "{foreign}");
        }
    }

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; theme=dark"));
        headers.append(header::COOKIE, HeaderValue::from_static("note=query-deleted.0"));
        assert_eq!(cookie(&headers, "theme"), Some("dark"));
        assert_eq!(cookie(&headers, "note"), Some("query-deleted.0"));
        assert_eq!(cookie(&headers, "sid"), None);
    }
}
