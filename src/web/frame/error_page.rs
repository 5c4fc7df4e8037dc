//! The page of an error, drawn by the layers that know who looks.

use askama::Template;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, Uri, header},
    middleware::Next,
    response::Response,
};

use super::{
    chrome::{Chrome, Section},
    context::Frame,
    error::Failed,
    extract::Pairs,
};
use crate::web::{
    paths,
    widgets::{
        controls::{HiddenValue, Link},
        words::hidden,
    },
};

#[derive(Debug, Template)]
#[template(path = "frame/error_page.html")]
struct ErrorPage {
    chrome: Chrome,
    status: u16,
    title: &'static str,
    sentence: String,
    incident: Option<String>,
    links: Vec<Link>,
    /// The form that was refused, where it can still be sent.
    kept: Option<KeptForm>,
}

/// A form that was refused, to be sent once more.
#[derive(Debug)]
struct KeptForm {
    action: String,
    hidden: Vec<HiddenValue>,
    /// What was typed, for its author to see that it is there.
    shown: Vec<HiddenValue>,
    /// Whether it makes a new thing in place of one that is gone.
    is_anew: bool,
}

/// Names in forms that nobody types.
const NOT_TYPED: [&str; 8] =
    ["action", "alerts", "broker", "member", "next", "run_id", "seen", "version"];

/// Draws the page of an answer that failed; every other answer stays as it is. `typed` is the form that was sent, and where.
pub(crate) fn draw(
    mut response: Response,
    frame: &Frame,
    typed: Option<(&Uri, &Pairs)>,
) -> Response {
    let Some(failed) = response.extensions_mut().remove::<Failed>() else { return response };
    let page = ErrorPage {
        chrome: frame.chrome(Section::Elsewhere),
        status: response.status().as_u16(),
        links: ways_out(&failed, frame),
        title: failed.title,
        sentence: failed.sentence,
        incident: failed.incident,
        kept: typed.and_then(|(sent_to, pairs)| kept_form(response.status(), sent_to, pairs)),
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
    draw(next.run(request).await, &Frame::default(), None)
}

/// What becomes of a form that was sent too often, or while the service could not answer, or for something that is not there any more.
fn kept_form(status: StatusCode, sent_to: &Uri, pairs: &Pairs) -> Option<KeptForm> {
    let values = |is_wanted: &dyn Fn(&str, &str) -> bool| -> Vec<HiddenValue> {
        let wanted = pairs.iter().filter(|(name, value)| is_wanted(name, value));
        wanted.map(|(name, value)| hidden(name, value)).collect()
    };
    let shown = values(&|name, value| !NOT_TYPED.contains(&name) && !value.trim().is_empty());
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some(KeptForm {
            action: sent_to.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            hidden: values(&|_, _| true),
            shown,
            is_anew: false,
        }),
        StatusCode::NOT_FOUND if shown.is_empty() => None,
        StatusCode::NOT_FOUND => paths::anew(sent_to.path()).map(|action| KeptForm {
            action: action.to_owned(),
            hidden: values(&|name, _| name != "action" && name != "version"),
            shown,
            is_anew: true,
        }),
        _ => None,
    }
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
