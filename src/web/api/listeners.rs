//! `/api/queries/{id}/listener/`: whether a saved query is listened to, and what that brings.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Days, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    lenient::lenient,
    listener_body::ListenerBody,
    starting::refuse_lacking,
    words::WishWord,
    wrong_fields::{ErrorsBody, unknown_broker, wrong_field},
};
use crate::{
    actions::{runs::Runner, stored_form::why_not_listen},
    brokers::Brokers,
    clock::Clock,
    domain::listener::DAYS_SHOWN,
    storage::{Storage, StorageError},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error, Problem},
            extract::{ApiId, JsonBody},
        },
        state::AppState,
    },
};

/// Whether a query is to be listened to.
#[derive(Deserialize, ToSchema)]
#[schema(as = ChangedListener, example = json!({"state": "on"}))]
pub(super) struct ChangedListenerBody {
    #[serde(default, deserialize_with = "lenient")]
    #[schema(inline, required, value_type = WishWord)]
    state: Option<String>,
}

/// How a listener stands
///
/// Whether the saved query is listened to, and what came by day.
#[utoipa::path(
    get,
    path = "/api/queries/{id}/listener/",
    tag = "Listeners",
    operation_id = "show_listener",
    params(("id" = i64, Path, description = "Number of the query")),
    responses((status = 200, description = "How it stands", body = ListenerBody))
)]
pub(super) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Json<ListenerBody>, ApiError> {
    storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(shown(&storage, &context, id, clock.now()).await?))
}

/// Listen, or pause
#[utoipa::path(
    put,
    path = "/api/queries/{id}/listener/",
    tag = "Listeners",
    operation_id = "change_listener",
    params(("id" = i64, Path, description = "Number of the query")),
    request_body = ChangedListenerBody,
    responses(
        (status = 200, description = "How it stands now", body = ListenerBody),
        (status = 409, description = "As many of your queries as may be are listened to", body = Problem,
            example = json!({"detail": Error::TooManyListeners { going_on: 5 }.to_string()})),
        (status = 422, description = "Some fields are wrong, or the query cannot be listened to", body = ErrorsBody)
    )
)]
pub(super) async fn put(
    State(state): State<AppState>,
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    context: PageContext,
    ApiId(id): ApiId,
    JsonBody(body): JsonBody<ChangedListenerBody>,
) -> Result<Response, ApiError> {
    let (storage, asker, now) = (state.storage(), &context.asker, state.now());
    let query = storage.find_query(asker, id).await?.ok_or(Error::NotFound)?;
    let is_done = match body.state.as_deref() {
        Some("paused") => storage.pause_listening(asker, id).await?,
        Some("on") => {
            let Some(broker) = brokers.find(&query.broker) else {
                return Ok(unknown_broker(&query.broker));
            };
            // Without the right the storage says no, and the history tells of it.
            if asker.rights_on(query.owner_id, &query.sharing).write {
                if let Some(because) = why_not_listen(broker.as_ref(), &query.parameters, now).await
                {
                    return Ok(wrong_field("state", &because));
                }
                refuse_lacking(state.accounts(), &context.visitor, broker.as_ref())?;
            }
            runner.start_listening(&query, asker).await?
        }
        _ => return Ok(wrong_field("state", "This is \"on\" or \"paused\".")),
    };
    if !is_done {
        return Err(Error::NotFound.into());
    }
    Ok(Json(shown(storage, &context, id, now).await?).into_response())
}

/// Stop listening
///
/// Its runs and their alerts stay.
#[utoipa::path(
    delete,
    path = "/api/queries/{id}/listener/",
    tag = "Listeners",
    operation_id = "stop_listening",
    params(("id" = i64, Path, description = "Number of the query")),
    responses((status = 204, description = "Nobody listens to it"))
)]
pub(super) async fn delete(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<StatusCode, ApiError> {
    if storage.stop_listening(&context.asker, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::NotFound.into())
    }
}

async fn shown(
    storage: &Storage,
    context: &PageContext,
    id: i64,
    now: DateTime<Utc>,
) -> Result<ListenerBody, StorageError> {
    let listener = storage.find_listener(&context.asker, id).await?;
    let today = now.date_naive();
    let since = today.checked_sub_days(Days::new(DAYS_SHOWN - 1)).unwrap_or(today);
    let days = storage.listener_days(&context.asker, id, since).await?;
    Ok(ListenerBody::of(id, listener, &days))
}
