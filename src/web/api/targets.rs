//! `/api/targets/`: targets, in the shape that TOM users know (`{count, results}`).

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    list_body::{next_href, page_size},
    target_alerts::next_alerts,
    target_body::{
        ChangedTargetBody, NewTargetBody, TargetBody, TargetListBody, TargetWithAlertsBody,
    },
    words::WhoseWord,
    wrong_fields::{ErrorsBody, version_missing, wrong_fields},
};
use crate::{
    actions::save_targets::{ReadTarget, save_target},
    domain::sharing::Asker,
    storage::{EvidencePlace, NotDone, Refused, Storage},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error, Problem},
            extract::{ApiId, ApiQuery, JsonBody, Pairs},
        },
        paths,
        screens::shared::{
            target_fields::clash_errors,
            target_search::{SearchError, read_filter},
        },
    },
};

/// Alerts that are told with a target; the others have pages of their own.
const MAX_ALERTS: u32 = 500;

/// Targets, newest first
#[utoipa::path(
    get,
    path = "/api/targets/",
    tag = "Targets",
    operation_id = "list_targets",
    params(
        ("name" = Option<String>, Query, description = "A part of a name or alias; case does not matter; spaces and `- _ ( )` count only between two digits"),
        ("cone_search" = Option<String>, Query, example = "83.63, 22.01, 30",
            description = "RA, Dec and radius; the radius is in arcsec unless it has a unit (`'`, `°`)"),
        ("cone" = Option<String>, Query, description = "The same as `cone_search`"),
        ("target_cone_search" = Option<String>, Query, example = "ZTF26abcdefg, 30",
            description = "Name of a target, and a radius around it, as of `cone_search`"),
        ("before" = Option<i64>, Query, description = "Only targets with a lower number: that of the last one seen"),
        ("page_size" = Option<i64>, Query, description = "How many at most; 50 unless asked for otherwise", minimum = 1, maximum = 1_000),
        ("whose" = inline(Option<WhoseWord>), Query, description = "All that one sees, one's own, or what is shared with one's groups")
    ),
    responses(
        (status = 200, description = "Some of them", body = TargetListBody),
        (status = 422, description = "A name or a cone cannot be read, or there is no such parameter, or a value is wrong", body = ErrorsBody)
    )
)]
pub(super) async fn get_list(
    State(storage): State<Storage>,
    context: PageContext,
    ApiQuery(query): ApiQuery,
) -> Result<Response, ApiError> {
    let filter = match read_filter(&query, &storage, &context.asker).await {
        Ok(filter) => filter,
        Err(SearchError::Storage(error)) => return Err(error.into()),
        Err(SearchError::Wrong(errors)) => {
            let errors = errors.into_iter();
            return Ok(wrong_fields(
                errors.map(|(field, message)| (field.to_owned(), json!([message]))).collect(),
            ));
        }
    };
    let size = page_size(&query).into();
    let before = query.number("before");
    let count = storage.count_targets(&context.asker, &filter, i64::MAX).await?;
    let page = storage.list_targets(&context.asker, &filter, before, size).await?;
    let last = page.rows.last().filter(|_| page.has_more);
    let next = last.map(|target| next_href(paths::API_TARGETS, &query, "before", target.id));
    let results = page.rows.into_iter().map(TargetBody::of).collect();
    Ok(Json(TargetListBody { count, next, results }).into_response())
}

/// A target with its alerts
#[utoipa::path(
    get,
    path = "/api/targets/{id}/",
    tag = "Targets",
    operation_id = "show_target",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 200, description = "The target", body = TargetWithAlertsBody))
)]
pub(super) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Json<TargetWithAlertsBody>, ApiError> {
    let target = storage.find_target(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let place = EvidencePlace::Latest;
    let alerts = storage.list_evidence(&context.asker, id, place, MAX_ALERTS).await?;
    let next = next_alerts(id, &alerts, &Pairs::default());
    Ok(Json(TargetWithAlertsBody::of(target, alerts, next)))
}

/// Save a target
#[utoipa::path(
    post,
    path = "/api/targets/",
    tag = "Targets",
    operation_id = "save_target",
    request_body = NewTargetBody,
    responses(
        (status = 201, description = "The target that was saved", body = TargetBody),
        (status = 422, description = "Some fields are wrong, or a name is another target's", body = ErrorsBody)
    )
)]
pub(super) async fn post(
    State(storage): State<Storage>,
    context: PageContext,
    JsonBody(body): JsonBody<NewTargetBody>,
) -> Result<Response, ApiError> {
    let target = match body.read() {
        Ok(target) => target,
        Err(errors) => return Ok(wrong_fields(errors)),
    };
    let created = save_target(&storage, &context.asker, target, None).await;
    written(&storage, &context.asker, created, StatusCode::CREATED).await
}

/// Change a target
///
/// Fields that are left out become empty. The whole answer of `GET` may be sent back: what this request does not change is to be
/// as it is told, or is not looked at.
#[utoipa::path(
    put,
    path = "/api/targets/{id}/",
    tag = "Targets",
    operation_id = "change_target",
    params(("id" = i64, Path, description = "Its number")),
    request_body = ChangedTargetBody,
    responses(
        (status = 200, description = "The target as it is now", body = TargetBody),
        (status = 409, description = "Somebody else changed it meanwhile", body = Problem,
            example = json!({"detail": Error::Changed.to_string()})),
        (status = 422, description = "Some fields are wrong, or a name is another target's", body = ErrorsBody)
    )
)]
pub(super) async fn put(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
    JsonBody(body): JsonBody<ChangedTargetBody>,
) -> Result<Response, ApiError> {
    let old = storage.find_target(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let Some(version) = body.version else {
        return Ok(version_missing());
    };
    let wrong = body.told.differing(&TargetBody::of(old));
    let target = match body.target.read() {
        Ok(target) if wrong.is_empty() => target,
        read => {
            let mut errors = read.err().unwrap_or_default();
            errors.extend(wrong);
            return Ok(wrong_fields(errors));
        }
    };
    let read = ReadTarget { id, version };
    let updated = save_target(&storage, &context.asker, target, Some(read)).await;
    written(&storage, &context.asker, updated, StatusCode::OK).await
}

/// Delete a target
#[utoipa::path(
    delete,
    path = "/api/targets/{id}/",
    tag = "Targets",
    operation_id = "delete_target",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 204, description = "Deleted"))
)]
pub(super) async fn delete(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<StatusCode, ApiError> {
    if storage.delete_target(&context.asker, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::NotFound.into())
    }
}

async fn written(
    storage: &Storage,
    asker: &Asker,
    result: Result<Option<i64>, NotDone>,
    status: StatusCode,
) -> Result<Response, ApiError> {
    match result {
        Ok(None) => Err(Error::NotFound.into()),
        Ok(Some(id)) => {
            let target = storage.find_target(asker, id).await?.ok_or(Error::NotFound)?;
            Ok((status, Json(TargetBody::of(target))).into_response())
        }
        Err(NotDone::Refused(Refused::NameClash(clash))) => Ok(wrong_fields(clash_errors(&clash))),
        Err(error) => Err(error.into()),
    }
}
