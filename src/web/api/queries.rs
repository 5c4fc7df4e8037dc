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
    errors_of,
    runs::{accepted, unknown_broker},
    sharing::sharing_json,
    version_missing,
};
use crate::{
    actions::{
        run_stored::{StoredForm, StoredRun, run_stored},
        runs::Runner,
    },
    brokers::{Broker, Brokers},
    clock::Clock,
    domain::{
        saved_query::{NewSavedQuery, SavedQuery},
        sharing::{TeamScope, Whose},
    },
    storage::{QueryFilter, QueryOrder, Storage},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, JsonObject, Query},
        },
        paths,
        screens::shared::parameters::{check_query_name, validate_sent},
    },
};

/// Rows of a page.
const PAGE_SIZE: i64 = 100;

/// `GET /api/queries/?broker=&name=&page=`
pub(crate) async fn get_list(
    State(storage): State<Storage>,
    context: PageContext,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let filter = QueryFilter {
        broker: query.text("broker").map(str::to_owned),
        name: query.text("name").map(str::to_owned),
        whose: query.text("whose").and_then(Whose::from_id).unwrap_or_default(),
    };
    let page = query.number("page").unwrap_or(1).clamp(1, 100_000);
    let queries = storage
        .list_queries(
            &context.scope,
            &filter,
            QueryOrder::default(),
            PAGE_SIZE,
            (page - 1) * PAGE_SIZE,
        )
        .await?;
    let count = storage.count_queries(&context.scope, &filter).await?;
    let results: Vec<Value> = queries.iter().map(query_json).collect();
    Ok(Json(json!({ "count": count, "results": results })).into_response())
}

/// `GET /api/queries/{id}/`
pub(crate) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    let query = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(query_json(&query)).into_response())
}

/// `POST /api/queries/` `{name, broker, parameters}`
pub(crate) async fn post(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    context: PageContext,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiError> {
    let id = body.get("broker").and_then(Value::as_str).unwrap_or_default();
    let Some(broker) = brokers.find(id) else {
        return Ok(unknown_broker(id));
    };
    match read_query(broker.as_ref(), &body, &context.scope, clock.now()).await {
        Ok(query) => {
            let id = storage.save_query(&context.scope, &query).await?;
            let saved = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
            Ok((StatusCode::CREATED, Json(query_json(&saved))).into_response())
        }
        Err(errors) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors_of(&errors))).into_response())
        }
    }
}

/// `PUT /api/queries/{id}/` `{name, parameters}` with the `version` that was read
pub(crate) async fn put(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    context: PageContext,
    ApiId(id): ApiId,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiError> {
    let old = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let Some(broker) = brokers.find(&old.broker) else {
        return Ok(unknown_broker(&old.broker));
    };
    let Some(version) = body.get("version").and_then(Value::as_i64) else {
        return Ok(version_missing());
    };
    match read_query(broker.as_ref(), &body, &context.scope, clock.now()).await {
        Ok(query) => {
            storage
                .update_query(&context.scope, id, version, &query.name, &query.parameters)
                .await?;
            let saved = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
            Ok(Json(query_json(&saved)).into_response())
        }
        Err(errors) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors_of(&errors))).into_response())
        }
    }
}

/// `DELETE /api/queries/{id}/`
pub(crate) async fn delete(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    if storage.delete_query(&context.scope, id).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Error::NotFound.into())
    }
}

/// `POST /api/queries/{id}/runs/`
pub(crate) async fn post_run(
    State(storage): State<Storage>,
    State(runner): State<Runner>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    let query = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    match run_stored(&runner, &context.visitor, StoredForm::from(&query)).await? {
        StoredRun::Started(run) => Ok(accepted(run)),
        StoredRun::Lacks(right) => Err(Error::NotGranted(right).into()),
        StoredRun::Invalid(form) => {
            let errors = errors_of(&form.errors_json());
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors)).into_response())
        }
        StoredRun::NoSuchBackend => Ok(unknown_broker(&query.broker)),
    }
}

async fn read_query(
    broker: &dyn Broker,
    body: &Map<String, Value>,
    scope: &TeamScope,
    now: DateTime<Utc>,
) -> Result<NewSavedQuery, Map<String, Value>> {
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let checked = validate_sent(broker, body.get("parameters"), now).await;
    match (check_query_name(&name), checked) {
        (None, Ok(parameters)) => Ok(NewSavedQuery {
            name,
            broker: broker.id().to_owned(),
            parameters: parameters.to_json(),
            sharing: scope.default_sharing(),
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

fn query_json(query: &SavedQuery) -> Value {
    json!({
        "id": query.id,
        "name": query.name,
        "broker": query.broker,
        "parameters": query.parameters,
        "owner": query.owner_name,
        "sharing": sharing_json(&query.sharing),
        "created": query.created.to_rfc3339(),
        "modified": query.modified.to_rfc3339(),
        "version": query.version,
        "last_run": query.last_run.as_ref().map(|run| json!({
            "id": run.id, "created": run.created.to_rfc3339(), "state": run.state.id(), "stored": run.stored,
        })),
        "url": paths::query_form(query.id),
    })
}
