//! The page of an error, drawn by the layers that know who looks.

use askama::Template;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::{
    chrome::{Chrome, Section},
    context::Frame,
    error::Failed,
};
use crate::web::{paths, widgets::controls::Link};

#[derive(Debug, Template)]
#[template(path = "frame/error_page.html")]
struct ErrorPage {
    chrome: Chrome,
    status: u16,
    title: &'static str,
    sentence: String,
    incident: Option<String>,
    links: Vec<Link>,
}

/// Draws the page of an answer that failed; every other answer stays as it is.
pub(crate) fn draw(mut response: Response, frame: &Frame) -> Response {
    let Some(failed) = response.extensions_mut().remove::<Failed>() else { return response };
    let page = ErrorPage {
        chrome: frame.chrome(Section::Elsewhere),
        status: response.status().as_u16(),
        links: ways_out(&failed, frame),
        title: failed.title,
        sentence: failed.sentence,
        incident: failed.incident,
    };
    match page.render() {
        Ok(html) => {
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            *response.body_mut() = Body::from(html);
        }
        Err(error) => tracing::error!(%error, "The page of an error could not be drawn"),
    }
    response
}

/// Draws what failed before it was known who looks.
pub(crate) async fn draw_for_strangers(request: Request, next: Next) -> Response {
    draw(next.run(request).await, &Frame::default())
}

fn ways_out(failed: &Failed, frame: &Frame) -> Vec<Link> {
    let ways: &[(&str, &str)] = match failed.ways_out {
        [] if frame.visitor.is_none() => &[("Start page", "/")],
        [] => &[
            ("Query a broker", paths::QUERIES),
            ("Runs", paths::RUNS),
            ("Targets", paths::TARGETS),
        ],
        ways => ways,
    };
    ways.iter()
        .map(|(text, href)| Link { text: (*text).to_owned(), href: (*href).to_owned() })
        .collect()
}
