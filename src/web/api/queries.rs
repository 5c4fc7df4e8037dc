//! `/api/queries/`: saved queries.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{
    list_body::{next_page_href, page_number},
    query_body::{ChangedQueryBody, NewQueryBody, QueryBody, QueryListBody},
    words::WhoseWord,
    wrong_fields::{ErrorsBody, unknown_broker, version_missing, wrong_field, wrong_fields},
};
use crate::{
    brokers::{Broker, Brokers},
    clock::Clock,
    domain::{
        saved_query::NewSavedQuery,
        sharing::{Asker, Whose},
    },
    storage::{QueryFilter, QueryOrder, Storage},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error, Problem},
            extract::{ApiId, ApiQuery, JsonBody},
        },
        paths,
        screens::shared::parameters::{check_query_name, validate_sent},
    },
};

/// Rows of a page.
const PAGE_SIZE: u32 = 100;

/// Saved queries, newest first
#[utoipa::path(
    get,
    path = "/api/queries/",
    tag = "Queries",
    operation_id = "list_queries",
    params(
        ("broker" = Option<String>, Query, description = "Id of their broker"),
        ("name" = Option<String>, Query, description = "A part of their name"),
        ("page" = Option<i64>, Query, description = "Which page of 100", minimum = 1),
        ("whose" = inline(Option<WhoseWord>), Query, description = "All that one sees, one's own, or what is shared with one's groups")
    ),
    responses(
        (status = 200, description = "A page of them", body = QueryListBody),
        (status = 422, description = "There is no such broker, or no such parameter, or a value is wrong", body = ErrorsBody)
    )
)]
pub(super) async fn get_list(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    context: PageContext,
    ApiQuery(query): ApiQuery,
) -> Result<Response, ApiError> {
    if let Some(id) = query.text("broker").filter(|id| brokers.find(id).is_none()) {
        return Ok(unknown_broker(id));
    }
    let filter = QueryFilter {
        broker: query.text("broker").map(str::to_owned),
        name: query.text("name").map(str::to_owned),
        whose: query.text("whose").and_then(Whose::from_id).unwrap_or_default(),
    };
    let page = page_number(&query);
    let size = i64::from(PAGE_SIZE);
    let skipped = i64::try_from(page - 1).unwrap_or(i64::MAX).saturating_mul(size);
    let asker = &context.asker;
    let queries =
        storage.list_queries(asker, &filter, QueryOrder::default(), size, skipped).await?;
    let count = storage.count_queries(asker, &filter, i64::MAX).await?;
    let next = next_page_href(paths::API_QUERIES, &query, (page, PAGE_SIZE.into()), count);
    let results = queries.into_iter().map(QueryBody::of).collect();
    Ok(Json(QueryListBody { count, next, results }).into_response())
}

/// A saved query
#[utoipa::path(
    get,
    path = "/api/queries/{id}/",
    tag = "Queries",
    operation_id = "show_query",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 200, description = "The query", body = QueryBody))
)]
pub(super) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Json<QueryBody>, ApiError> {
    let query = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(QueryBody::of(query)))
}

/// Save a query
#[utoipa::path(
    post,
    path = "/api/queries/",
    tag = "Queries",
    operation_id = "save_query",
    request_body = NewQueryBody,
    responses(
        (status = 201, description = "The query that was saved", body = QueryBody),
        (status = 422, description = "Some fields are wrong", body = ErrorsBody)
    )
)]
pub(super) async fn post(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    context: PageContext,
    JsonBody(body): JsonBody<NewQueryBody>,
) -> Result<Response, ApiError> {
    let id = body.broker.as_deref().unwrap_or_default();
    let Some(broker) = brokers.find(id) else {
        return Ok(unknown_broker(id));
    };
    let sent = (body.name(), body.parameters.as_ref());
    match read_query(broker.as_ref(), sent, &context.asker, clock.now()).await {
        Ok(query) => {
            let id = storage.save_query(&context.asker, &query).await?;
            let saved = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
            Ok((StatusCode::CREATED, Json(QueryBody::of(saved))).into_response())
        }
        Err(errors) => Ok(wrong_fields(errors)),
    }
}

/// Change a saved query
///
/// The whole answer of `GET` may be sent back: what this request does not change is to be as it is told, or is not looked at.
#[utoipa::path(
    put,
    path = "/api/queries/{id}/",
    tag = "Queries",
    operation_id = "change_query",
    params(("id" = i64, Path, description = "Its number")),
    request_body = ChangedQueryBody,
    responses(
        (status = 200, description = "The query as it is now", body = QueryBody),
        (status = 409, description = "Somebody else changed it meanwhile", body = Problem, example = json!({"detail": Error::Changed.to_string()})),
        (status = 422, description = "Some fields are wrong", body = ErrorsBody)
    )
)]
pub(super) async fn put(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    context: PageContext,
    ApiId(id): ApiId,
    JsonBody(body): JsonBody<ChangedQueryBody>,
) -> Result<Response, ApiError> {
    let old = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let Some(broker) = brokers.find(&old.broker) else {
        return Ok(unknown_broker(&old.broker));
    };
    let Some(version) = body.version else {
        return Ok(version_missing());
    };
    if body.broker.as_ref().is_some_and(|sent| *sent != old.broker) {
        return Ok(wrong_field("broker", "A saved query keeps its broker. Save a new one."));
    }
    let sent = (body.name(), body.parameters.as_ref());
    let read = read_query(broker.as_ref(), sent, &context.asker, clock.now()).await;
    let wrong = body.told.differing(&QueryBody::of(old));
    match read {
        Ok(query) if wrong.is_empty() => {
            storage
                .update_query(&context.asker, id, version, &query.name, &query.parameters)
                .await?;
            let saved = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
            Ok(Json(QueryBody::of(saved)).into_response())
        }
        read => {
            let mut errors = read.err().unwrap_or_default();
            errors.extend(wrong);
            Ok(wrong_fields(errors))
        }
    }
}

/// Delete a saved query
///
/// Its runs and their alerts stay.
#[utoipa::path(
    delete,
    path = "/api/queries/{id}/",
    tag = "Queries",
    operation_id = "delete_query",
    params(("id" = i64, Path, description = "Its number")),
    responses((status = 204, description = "Deleted"))
)]
pub(super) async fn delete(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<StatusCode, ApiError> {
    if storage.delete_query(&context.asker, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::NotFound.into())
    }
}

async fn read_query(
    broker: &dyn Broker,
    (name, parameters): (&str, Option<&Value>),
    asker: &Asker,
    now: DateTime<Utc>,
) -> Result<NewSavedQuery, Map<String, Value>> {
    let checked = validate_sent(broker, parameters, now).await;
    match (check_query_name(name), checked) {
        (None, Ok(parameters)) => Ok(NewSavedQuery {
            name: name.to_owned(),
            broker: broker.id().to_owned(),
            parameters: parameters.to_json(),
            sharing: asker.default_sharing(),
        }),
        (message, checked) => {
            let mut errors = checked.err().unwrap_or_default();
            if let Some(message) = message {
                errors.insert("name".to_owned(), json!([message]));
            }
            Err(errors)
        }
    }
}
