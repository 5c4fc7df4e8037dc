//! The frame of a page as a request asks for it: who looks, which theme, what to tell; and how a page is answered.

use std::{convert::Infallible, sync::Arc};

use askama::Template;
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};

use super::{
    AppState, Site, assets,
    flash::{self, Note},
    views::chrome::{Chrome, Section, Theme, UserChip},
};
use crate::domain::member::Member;

/// What the frame of a page needs to know of the request.
pub(crate) struct PageContext {
    /// Who looks.
    pub(crate) member: Member,
    path: String,
    theme: Theme,
    note: Option<Note>,
}

impl FromRequestParts<AppState> for PageContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let site = Arc::<Site>::from_ref(state);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            member: site.local_member().clone(),
            path: path.to_owned(),
            theme: cookie(&parts.headers, "theme").map(Theme::from_id).unwrap_or_default(),
            note: cookie(&parts.headers, flash::COOKIE).and_then(Note::parse),
        })
    }
}

impl PageContext {
    /// The frame of a page in one part of the site.
    pub(crate) fn chrome(&self, section: Section) -> Chrome {
        let flashes = self.note.map(Note::view).into_iter().collect();
        Chrome { path: self.path.clone(), theme: self.theme, flashes, ..bare_chrome(section) }
    }

    /// Answers with a page, and takes back the note that it has shown.
    pub(crate) fn render(&self, page: &impl Template) -> Response {
        self.render_as(StatusCode::OK, page)
    }

    /// The same with another status.
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

/// The frame where nothing is known of the request.
pub(crate) fn bare_chrome(section: Section) -> Chrome {
    Chrome {
        app_css: assets::url_of("app.css"),
        app_js: assets::url_of("app.js"),
        favicon: assets::url_of("favicon.svg"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        path: "/".to_owned(),
        section,
        user: UserChip {
            name: "Local mode".to_owned(),
            explanation:
                "One user on this computer, no sign-in. Everything here stays on this machine."
                    .to_owned(),
            href: None,
            connection: None,
        },
        theme: Theme::System,
        flashes: Vec::new(),
    }
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
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Where a form of the frame may send the browser back to: a path of ours, never another site.
pub(crate) fn local_path(text: &str) -> &str {
    let mut chars = text.chars();
    let is_local = chars.next() == Some('/')
        && !matches!(chars.next(), Some('/' | '\\'))
        && text.chars().all(|c| c.is_ascii_graphic())
        && !text.contains('\\');
    if is_local { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_our_own_are_gone_back_to() {
        for own in ["/", "/runs/12/?order=-mag", "/alerts/query/list/"] {
            assert_eq!(local_path(own), own);
        }
        for foreign in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/ä",
            "/x\\y",
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
