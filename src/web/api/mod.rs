//! `/api/…`: what the pages do, as JSON, under the same validation. Ids of surveys are strings: they pass 2^53.

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};

use crate::web::{
    AppState,
    frame::error::{ApiError, Error},
};

mod brokers;
mod listeners;
mod openapi;
mod queries;
mod runs;
mod sharing;
mod targets;

/// The routes below `/api`.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/openapi.json", get(openapi::get))
        .route("/brokers/", get(brokers::get))
        .route("/queries/", get(queries::get_list).post(queries::post))
        .route("/queries/{id}/", get(queries::get).put(queries::put).delete(queries::delete))
        .route("/queries/{id}/runs/", post(queries::post_run))
        .route(
            "/queries/{id}/listener/",
            get(listeners::get).put(listeners::put).delete(listeners::delete),
        )
        .route("/queries/{id}/sharing/", get(sharing::get_query).put(sharing::put_query))
        .route("/runs/", get(runs::get_list).post(runs::post))
        .route("/runs/{id}/", get(runs::get))
        .route("/runs/{id}/cancel/", post(runs::post_cancel))
        .route("/runs/{id}/alerts/", get(runs::get_alerts))
        .route("/runs/{id}/targets/", post(runs::post_targets))
        .route("/runs/{id}/sharing/", get(sharing::get_run).put(sharing::put_run))
        .route("/targets/", get(targets::get_list).post(targets::post))
        .route("/targets/{id}/", get(targets::get).put(targets::put).delete(targets::delete))
        .route("/targets/{id}/sharing/", get(sharing::get_target).put(sharing::put_target))
        .fallback(api_not_found)
        .method_not_allowed_fallback(api_method_not_allowed)
}

/// A body that says which fields are wrong, and how: `{"errors": {field: [message]}}`.
fn errors_of(errors: &Map<String, Value>) -> Value {
    json!({ "errors": errors })
}

/// One wrong field.
fn error_of(field: &str, message: &str) -> Value {
    json!({ "errors": { field: [message] } })
}

/// Whoever changes a thing says which state of it they have read, so that nobody's change is lost without a word.
fn version_missing() -> Response {
    let errors = error_of("version", "Enter the version that was read, a whole number.");
    (StatusCode::UNPROCESSABLE_ENTITY, Json(errors)).into_response()
}

/// The answer to a path below `/api/` where nothing is.
async fn api_not_found() -> ApiError {
    Error::NotFound.into_json()
}

/// The answer to a method that a path below `/api/` does not take.
async fn api_method_not_allowed() -> ApiError {
    Error::MethodNotAllowed.into_json()
}
