//! `/api/runs/{id}/unreadable/`: what a run received and could not read, and its bytes.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    list_body::{next_href, page_size},
    unreadable_body::{BytesBody, TriedAgainBody, UnreadableBody, UnreadableListBody},
    wrong_fields::{ErrorsBody, wrong_field},
};
use crate::{
    actions::read_again::{ReadAgain, read_again},
    storage::Storage,
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, ApiQuery, ApiTwoIds},
        },
        paths,
        screens::shared::unreadable_bytes::{as_download, take_out},
        widgets::pager::Page,
    },
};

/// What a run could not read
///
/// Messages are set aside as they came, with the reason. The rest of the run is not affected.
#[utoipa::path(
    get,
    path = "/api/runs/{id}/unreadable/",
    tag = "Runs",
    operation_id = "list_unreadable",
    params(
        ("id" = i64, Path, description = "Number of the run"),
        ("after" = Option<i64>, Query, description = "Only messages with a higher number: that of the last one seen"),
        ("page_size" = Option<i64>, Query, description = "How many at most; 50 unless asked for otherwise", minimum = 1, maximum = 1_000)
    ),
    responses((status = 200, description = "Some of them", body = UnreadableListBody))
)]
pub(super) async fn get_list(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
    ApiQuery(query): ApiQuery,
) -> Result<Json<UnreadableListBody>, ApiError> {
    let asker = &context.asker;
    storage.find_run(asker, id).await?.ok_or(Error::NotFound)?;
    let after = query.number("after").unwrap_or(0);
    let size = page_size(&query);
    let found = storage.list_unreadable(asker, id, after, i64::from(size) + 1).await?;
    let page = Page::cut(found, size);
    let count = storage.count_unreadable(asker, id, after, i64::MAX).await?.n_all;
    let path = paths::api_run_page(id, "unreadable/");
    let next = page.last_before_more().map(|last| next_href(&path, &query, "after", last.id));
    let results = page.rows.into_iter().map(|message| UnreadableBody::of(id, message)).collect();
    Ok(Json(UnreadableListBody { count, next, results }))
}

/// Try again to read what a run could not read
///
/// At most 2,000 messages, those first that were never tried again. What can be read now is judged by the filter of the run and
/// counted; the rest stays, with the reason of today.
#[utoipa::path(
    post,
    path = "/api/runs/{id}/unreadable/retry/",
    tag = "Runs",
    operation_id = "retry_unreadable",
    params(("id" = i64, Path, description = "Number of the run")),
    responses(
        (status = 200, description = "What became of them", body = TriedAgainBody),
        (status = 422, description = "The filter of the run no longer fits", body = ErrorsBody)
    )
)]
pub(super) async fn post_retry(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    let run = storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let done = read_again(&storage, &context.asker, &run).await?.ok_or(Error::NotFound)?;
    Ok(match done {
        ReadAgain::Misfit => {
            wrong_field("id", "The filter of this run is none that can be used any more.")
        }
        ReadAgain::Done(kept) => Json(TriedAgainBody::of(kept)).into_response(),
    })
}

/// The bytes of what a run could not read
///
/// As they came. The history of the run notes who took them out.
#[utoipa::path(
    get,
    path = "/api/runs/{run_id}/unreadable/{id}/bytes/",
    tag = "Runs",
    operation_id = "download_unreadable",
    params(
        ("run_id" = i64, Path, description = "Number of the run"),
        ("id" = i64, Path, description = "Number of the message")
    ),
    responses((
        status = 200, description = "Its bytes", body = inline(BytesBody), content_type = "application/octet-stream",
        headers(("Content-Disposition" = String, description = "A name for the file"))
    ))
)]
pub(super) async fn get_bytes(
    State(storage): State<Storage>,
    context: PageContext,
    ApiTwoIds(run_id, id): ApiTwoIds,
) -> Result<Response, ApiError> {
    let bytes = take_out(&storage, &context.asker, run_id, id).await?;
    Ok(as_download(run_id, id, bytes))
}
