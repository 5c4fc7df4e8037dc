//! `/api/docs/`: the description of the API as a page.

use askama::Template;
use axum::{extract::State, response::Response};

use self::{
    curl::Curl,
    operations::{Answer, Subject, common_answers, subjects},
    prose::{Span, prose},
    types::{Type, named_types},
};
use super::openapi::DESCRIPTION;
use crate::web::{
    frame::{
        chrome::{Chrome, Section},
        context::PageContext,
    },
    state::AppState,
};

mod curl;
mod operations;
mod prose;
mod type_words;
mod types;

/// The page `/api/docs/`.
#[derive(Template)]
#[template(path = "api/docs.html")]
struct DocsPage {
    chrome: Chrome,
    /// What holds for all requests, in paragraphs.
    intro: Vec<Vec<Span>>,
    /// Whether people sign in here, so that programs need a token.
    has_tokens: bool,
    /// A first request.
    curl: String,
    subjects: Vec<Subject>,
    /// What every request may come to.
    common: Vec<Answer>,
    types: Vec<Type>,
}

/// `GET /api/docs/`
pub(in crate::web) async fn get(State(state): State<AppState>, context: PageContext) -> Response {
    let curl = Curl {
        base: state.site().public_url().as_str().trim_end_matches('/'),
        has_tokens: state.accounts().is_some(),
    };
    let common = common_answers(&DESCRIPTION);
    context.render(&DocsPage {
        chrome: context.chrome(Section::Elsewhere),
        intro: DESCRIPTION["info"]["description"]
            .as_str()
            .unwrap_or_default()
            .split("\n\n")
            .map(prose)
            .collect(),
        has_tokens: curl.has_tokens,
        curl: curl.line("get", "/api/brokers/", None),
        subjects: subjects(&DESCRIPTION, &curl, &common),
        common,
        types: named_types(&DESCRIPTION),
    })
}
