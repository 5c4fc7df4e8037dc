//! `/api/runs/`: runs, how they stand, and stopping them.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    list_body::{next_href, page_size},
    run_body::{CancelledRunBody, RunBody, RunListBody, RunWithLogBody},
    words::{RunStateWord, WhoseWord},
};
use crate::{
    actions::runs::Runner,
    domain::{run::RunState, sharing::Whose},
    storage::{RunFilter, Storage},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, ApiQuery},
        },
        paths,
        widgets::pager::Page,
    },
};

/// Lines of a log that are told.
const LOG_LINES: i64 = 200;

/// Runs, newest first
#[utoipa::path(
    get,
    path = "/api/runs/",
    tag = "Runs",
    operation_id = "list_runs",
    params(
        ("state" = inline(Option<RunStateWord>), Query, description = "Where they stand"),
        ("query" = Option<i64>, Query, description = "Number of their saved query"),
        ("before" = Option<i64>, Query, description = "Only runs with a lower number: that of the last one seen"),
        ("page_size" = Option<i64>, Query, description = "How many at most; 50 unless asked for otherwise", minimum = 1, maximum = 1_000),
        ("whose" = inline(Option<WhoseWord>), Query, description = "All that one sees, one's own, or what is shared with one's groups")
    ),
    responses((status = 200, description = "Some of them", body = RunListBody))
)]
pub(super) async fn get_list(
    State(storage): State<Storage>,
    context: PageContext,
    ApiQuery(query): ApiQuery,
) -> Result<Json<RunListBody>, ApiError> {
    let filter = RunFilter {
        state: query.text("state").and_then(RunState::from_id),
        saved_query_id: query.number("query"),
        before: query.number("before"),
        whose: query.text("whose").and_then(Whose::from_id).unwrap_or_default(),
        of_listeners: false,
    };
    let size = page_size(&query);
    let runs = storage.list_runs(&context.asker, filter, i64::from(size) + 1).await?;
    let page = Page::cut(runs, size);
    let count = storage.count_runs(&context.asker, filter, i64::MAX).await?.n_all;
    let next =
        page.last_before_more().map(|run| next_href(paths::API_RUNS, &query, "before", run.id));
    let results = page.rows.into_iter().map(RunBody::of).collect();
    Ok(Json(RunListBody { count, next, results }))
}

/// A run with its log
#[utoipa::path(
    get,
    path = "/api/runs/{id}/",
    tag = "Runs",
    operation_id = "show_run",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 200, description = "The run", body = RunWithLogBody))
)]
pub(super) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Json<RunWithLogBody>, ApiError> {
    let found = storage.find_run_with_log(&context.asker, id, LOG_LINES).await?;
    let (run, log) = found.ok_or(Error::NotFound)?;
    Ok(Json(RunWithLogBody::of(run, log)))
}

/// Stop a run
///
/// What came until then is kept.
#[utoipa::path(
    post,
    path = "/api/runs/{id}/cancel/",
    tag = "Runs",
    operation_id = "cancel_run",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 202, description = "Accepted: it stops in a moment", body = CancelledRunBody))
)]
pub(super) async fn post_cancel(
    State(storage): State<Storage>,
    State(runner): State<Runner>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<(StatusCode, Json<CancelledRunBody>), ApiError> {
    storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let cancel_requested = runner.cancel(&context.asker, id).await?;
    Ok((StatusCode::ACCEPTED, Json(CancelledRunBody { id, cancel_requested })))
}
