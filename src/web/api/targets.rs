//! `/api/targets/`: targets, in the shape that TOM users know (`{count, results}`).

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{errors_of, sharing::sharing_json, version_missing};
use crate::{
    domain::{
        sharing::TeamScope,
        target::{NewTarget, Target},
    },
    storage::{NotDone, Refused, Storage},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, JsonObject, Pairs, Query},
        },
        paths,
        screens::shared::{
            target_fields::{clash_errors, read_target_json},
            target_search::{SearchError, read_filter},
        },
    },
};

/// Rows of a page, unless asked for otherwise, and at most.
const PAGE_SIZE: i64 = 50;
const MAX_PAGE_SIZE: i64 = 1_000;

/// `GET /api/targets/?name=&cone_search=&before=&page_size=`
pub(crate) async fn get_list(
    State(storage): State<Storage>,
    context: PageContext,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let filter = match read_filter(&query, &storage, &context.scope).await {
        Ok(filter) => filter,
        Err(SearchError::Storage(error)) => return Err(error.into()),
        Err(SearchError::Wrong(errors)) => {
            let errors = errors.into_iter();
            let errors =
                errors.map(|(field, message)| (field.to_owned(), json!([message]))).collect();
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors_of(&errors))).into_response());
        }
    };
    let size = query.number("page_size").unwrap_or(PAGE_SIZE).clamp(1, MAX_PAGE_SIZE);
    let before = query.number("before");
    let count = storage.count_targets(&context.scope, &filter, i64::MAX).await?;
    let page = storage
        .list_targets(&context.scope, &filter, before, u32::try_from(size).unwrap_or(1))
        .await?;
    let next =
        page.rows.last().filter(|_| page.has_more).map(|target| next_href(&query, target.id));
    let results: Vec<Value> = page.rows.iter().map(target_json).collect();
    Ok(Json(json!({ "count": count, "next": next, "results": results })).into_response())
}

fn next_href(query: &Pairs, before: i64) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in query.iter().filter(|(name, _)| *name != "before") {
        text.append_pair(name, value);
    }
    text.append_pair("before", &before.to_string());
    format!("/api/targets/?{}", text.finish())
}

/// `GET /api/targets/{id}/`
pub(crate) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    let target = storage.find_target(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let mut body = target_json(&target);
    let evidence = storage.list_evidence(&context.scope, id, 500).await?;
    body["alerts"] = evidence
        .iter()
        .map(|alert| {
            json!({
                "survey": alert.survey.id(),
                "source_id": alert.source_id.to_string(),
                "jd": alert.jd,
                "mag": alert.mag,
                "band": alert.band,
                "run": alert.run_id,
            })
        })
        .collect();
    Ok(Json(body).into_response())
}

/// `POST /api/targets/` `{name, ra, dec, aliases, note}`
pub(crate) async fn post(
    State(storage): State<Storage>,
    context: PageContext,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiError> {
    let target = match read_target_json(&body) {
        Ok(target) => target,
        Err(errors) => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors_of(&errors))).into_response());
        }
    };
    let sharing = context.scope.default_sharing_of_targets();
    let created = storage.create_target(&context.scope, target, sharing).await;
    written(&storage, &context.scope, created, StatusCode::CREATED).await
}

/// `PUT /api/targets/{id}/` the same with the `version` that was read
pub(crate) async fn put(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiError> {
    storage.find_target(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let Some(version) = body.get("version").and_then(Value::as_i64) else {
        return Ok(version_missing());
    };
    let target: NewTarget = match read_target_json(&body) {
        Ok(target) => target,
        Err(errors) => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors_of(&errors))).into_response());
        }
    };
    let updated = storage.update_target(&context.scope, id, version, target).await;
    let updated = match updated {
        Ok(true) => Ok(id),
        Ok(false) => return Err(Error::NotFound.into()),
        Err(error) => Err(error),
    };
    written(&storage, &context.scope, updated, StatusCode::OK).await
}

/// `DELETE /api/targets/{id}/`
pub(crate) async fn delete(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    if storage.delete_target(&context.scope, id).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Error::NotFound.into())
    }
}

async fn written(
    storage: &Storage,
    scope: &TeamScope,
    result: Result<i64, NotDone>,
    status: StatusCode,
) -> Result<Response, ApiError> {
    match result {
        Ok(id) => {
            let target = storage.find_target(scope, id).await?.ok_or(Error::NotFound)?;
            Ok((status, Json(target_json(&target))).into_response())
        }
        Err(NotDone::Refused(Refused::NameClash(clash))) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors_of(&clash_errors(&clash))))
                .into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn target_json(target: &Target) -> Value {
    json!({
        "id": target.id,
        "name": target.name,
        "type": "SIDEREAL",
        "aliases": target.aliases,
        "ra": target.position.map(crate::domain::sky::Position::ra_deg),
        "dec": target.position.map(crate::domain::sky::Position::dec_deg),
        "note": target.note,
        "n_alerts": target.n_alerts,
        "created_by": target.created_by_name,
        "sharing": sharing_json(&target.sharing),
        "created": target.created.to_rfc3339(),
        "modified": target.modified.to_rfc3339(),
        "version": target.version,
        "url": paths::target(target.id),
    })
}
