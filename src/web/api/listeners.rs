//! `/api/queries/{id}/listener/`: whether a saved query is listened to, and what that brings.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Days, Utc};
use serde_json::{Value, json};

use super::{
    error_of,
    runs::{refuse_lacking, unknown_broker},
};
use crate::{
    actions::{listen::why_not_listen, run_query::Runner},
    brokers::Brokers,
    clock::Clock,
    domain::{
        listener::{DAYS_SHOWN, Listener, ListenerDay},
        replica,
    },
    storage::{Storage, StorageError},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, JsonObject},
        },
        paths,
        state::AppState,
    },
};

/// `GET /api/queries/{id}/listener/`
pub(crate) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(shown(&storage, &context, id, clock.now()).await?).into_response())
}

/// `PUT /api/queries/{id}/listener/` `{state}`: `on` or `paused`
pub(crate) async fn put(
    State(state): State<AppState>,
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    context: PageContext,
    ApiId(id): ApiId,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiError> {
    let (storage, scope, now) = (state.storage(), &context.scope, state.now());
    let query = storage.find_query(scope, id).await?.ok_or(Error::NotFound)?;
    let refused =
        |errors: Value| Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors)).into_response());
    let is_done = match body.get("state").and_then(Value::as_str) {
        Some("paused") => storage.pause_listening(scope, id).await?,
        Some("on") => {
            let Some(broker) = brokers.find(&query.broker) else {
                return Ok(unknown_broker(&query.broker));
            };
            // Without the right the storage says no, and the history tells of it.
            if scope.rights_on(query.owner_id, &query.sharing).write {
                if let Some(because) = why_not_listen(broker.as_ref(), &query.parameters, now).await
                {
                    return refused(error_of("state", &because));
                }
                refuse_lacking(state.accounts(), &context.visitor, broker.as_ref())?;
            }
            runner.start_listening(&query, scope).await?
        }
        _ => return refused(error_of("state", "This is \"on\" or \"paused\".")),
    };
    if !is_done {
        return Err(Error::NotFound.into());
    }
    Ok(Json(shown(storage, &context, id, now).await?).into_response())
}

/// `DELETE /api/queries/{id}/listener/`
pub(crate) async fn delete(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    if storage.stop_listening(&context.scope, id).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Error::NotFound.into())
    }
}

async fn shown(
    storage: &Storage,
    context: &PageContext,
    id: i64,
    now: DateTime<Utc>,
) -> Result<Value, StorageError> {
    let listener = storage.find_listener(&context.scope, id).await?;
    let today = now.date_naive();
    let since = today.checked_sub_days(Days::new(DAYS_SHOWN - 1)).unwrap_or(today);
    let days = storage.listener_days(&context.scope, id, since).await?;
    Ok(listener_json(id, listener.as_ref(), &days))
}

fn listener_json(id: i64, listener: Option<&Listener>, days: &[ListenerDay]) -> Value {
    let live = listener.and_then(|listener| listener.live.as_ref());
    let time = |at: Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339());
    json!({
        "query": id,
        "state": listener.map_or("off", |listener| listener.standing().id()),
        "is_on": listener.is_some_and(|listener| listener.is_on),
        "since": time(listener.map(|listener| listener.since)),
        "acts_as": listener.map(|listener| &listener.started_by_name),
        "trouble": listener.and_then(|listener| listener.trouble.as_ref()),
        "failures": listener.map_or(0, |listener| listener.failures),
        "next_try": time(listener.and_then(|listener| listener.next_try)),
        "last_received": time(listener.and_then(|listener| listener.last_received)),
        "run": live.map(|run| run.id),
        "replica": live.map(|run| replica::in_words(&run.instance)),
        "days": days.iter().map(day_json).collect::<Vec<_>>(),
        "url": paths::listener(id),
    })
}

fn day_json(day: &ListenerDay) -> Value {
    json!({
        "day": day.day,
        "received": day.received,
        "stored": day.stored,
        "rejected": day.rejected,
        "duplicates": day.duplicates,
        "unreadable": day.unreadable,
        "acknowledged": day.acknowledged,
    })
}
