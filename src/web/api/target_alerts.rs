//! `/api/targets/{id}/alerts/`: the alerts of a target, a page at a time.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    list_body::{next_href, page_size},
    target_body::{TargetAlertListBody, alert_bodies},
    wrong_fields::{ErrorsBody, wrong_fields},
};
use crate::{
    storage::{EvidencePage, EvidencePlace, Storage},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, ApiQuery, Pairs},
        },
        paths,
    },
};

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
    responses(
        (status = 200, description = "Some of them", body = TargetAlertListBody),
        (status = 422, description = "The target has no such alert", body = ErrorsBody)
    )
)]
pub(super) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
    ApiQuery(query): ApiQuery,
) -> Result<Response, ApiError> {
    let target = storage.find_target(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let place = query.number("before").map_or(EvidencePlace::Latest, EvidencePlace::Before);
    let size = page_size(&query).into();
    let page = storage.list_evidence(&context.asker, id, place, size).await?;
    if let (EvidencePlace::Before(anchor), true) = (place, page.rows.is_empty()) {
        // Behind the last there are none; behind one that is not the target's there is no place.
        let place = EvidencePlace::After(anchor);
        if storage.list_evidence(&context.asker, id, place, 1).await?.rows.is_empty() {
            let wrong = ("before".to_owned(), json!(["This is no alert of the target's."]));
            return Ok(wrong_fields(std::iter::once(wrong).collect()));
        }
    }
    let next = next_alerts(id, &page, &query);
    let results = alert_bodies(page);
    Ok(Json(TargetAlertListBody { count: target.n_alerts, next, results }).into_response())
}

/// Where the alerts after a page are; nothing after the last.
pub(super) fn next_alerts(target_id: i64, page: &EvidencePage, sent: &Pairs) -> Option<String> {
    let last = page.rows.last().filter(|_| page.has_more)?;
    Some(next_href(&paths::api_target_alerts(target_id), sent, "before", last.alert_id))
}
