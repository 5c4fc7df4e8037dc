//! `/api/targets/{id}/alerts/`: the alerts of a target, a page at a time.

use axum::{Json, extract::State};

use super::target_body::TargetAlertListBody;
use crate::{
    storage::{EvidencePage, EvidencePlace, Storage},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, Query},
        },
        paths,
    },
};

/// Rows of a page, unless asked for otherwise, and at most.
const PAGE_SIZE: i64 = 50;
const MAX_PAGE_SIZE: i64 = 1_000;

/// The alerts of a target
///
/// The latest observation first.
#[utoipa::path(
    get,
    path = "/api/targets/{id}/alerts/",
    tag = "Targets",
    operation_id = "list_alerts_of_target",
    params(
        ("id" = i64, Path, description = "Number of the target"),
        ("before" = Option<i64>, Query, description = "Only alerts that stand after this one of the target's: that of the last one seen"),
        ("page_size" = Option<i64>, Query, description = "How many at most; 50 unless asked for otherwise", minimum = 1, maximum = 1_000)
    ),
    responses((status = 200, description = "Some of them", body = TargetAlertListBody))
)]
pub(super) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
    Query(query): Query,
) -> Result<Json<TargetAlertListBody>, ApiError> {
    let target = storage.find_target(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let size = query.number("page_size").map(|size| size.clamp(1, MAX_PAGE_SIZE));
    let place = query.number("before").map_or(EvidencePlace::Latest, EvidencePlace::Before);
    let rows = u32::try_from(size.unwrap_or(PAGE_SIZE)).unwrap_or(1);
    let page = storage.list_evidence(&context.asker, id, place, rows).await?;
    let next = next_href(id, &page, size);
    Ok(Json(TargetAlertListBody::of(target.n_alerts, next, page)))
}

/// Where the alerts after a page are; nothing after the last.
pub(super) fn next_href(target_id: i64, page: &EvidencePage, size: Option<i64>) -> Option<String> {
    let last = page.rows.last().filter(|_| page.has_more)?;
    let mut pairs: Vec<_> = size.map(|size| ("page_size", size.to_string())).into_iter().collect();
    pairs.push(("before", last.alert_id.to_string()));
    Some(format!("{}{}", paths::api_target_alerts(target_id), paths::query_string_of(&pairs)))
}
