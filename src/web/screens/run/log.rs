//! `/runs/{id}/log/`: everything that a run had to say, where its own page shows the latest lines.

use askama::Template;
use axum::{extract::State, response::Response};

use crate::{
    storage::Storage,
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            extract::Id,
        },
        paths,
        screens::shared::{run_log::RunLogView, way_back::run_words},
        widgets::{controls::Link, words::link},
    },
};

/// Lines up to which a log is shown.
const MOST_LINES: i64 = 10_000;

/// The page `/runs/{id}/log/`.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/run/log.html")]
struct LogPage {
    chrome: Chrome,
    run: Link,
    log: RunLogView,
}

/// `GET /runs/{id}/log/`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let found = storage.find_run_with_log(&context.asker, id, MOST_LINES).await?;
    let (run, log) = found.ok_or(Error::NotFound)?;
    Ok(context.render(&LogPage {
        chrome: context.chrome(Section::Runs),
        run: link(run_words(&run), paths::run(id)),
        log: RunLogView::of(&log),
    }))
}
