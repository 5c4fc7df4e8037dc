//! `/api/…`: what the pages do, as JSON, under the same validation. Ids of surveys are strings: they pass 2^53.

use axum::{
    Router,
    middleware::from_fn,
    routing::{get, post},
};

use crate::web::{
    AppState,
    frame::error::{ApiError, Error},
};

mod alert_body;
mod alert_details_body;
mod alert_history_body;
mod alerts;
mod as_described;
mod broker_form;
mod brokers;
mod common_refusals;
pub(super) mod docs;
mod examples;
mod lenient;
mod list_body;
mod listener_body;
mod listeners;
mod openapi;
mod queries;
mod query_body;
mod run_alerts;
mod run_body;
mod runs;
mod sent_back;
mod sharing;
mod sharing_body;
mod starting;
mod target_alerts;
mod target_body;
mod targets;
mod unreadable;
mod unreadable_body;
mod words;
mod wrong_fields;

pub use self::openapi::description;

/// The routes below `/api`; each has its description beside its handler, which `openapi.rs` lists.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/openapi.json", get(openapi::get))
        .route("/brokers/", get(brokers::get))
        .route("/queries/", get(queries::get_list).post(queries::post))
        .route("/queries/{id}/", get(queries::get).put(queries::put).delete(queries::delete))
        .route("/queries/{id}/runs/", post(starting::post_saved))
        .route(
            "/queries/{id}/listener/",
            get(listeners::get).put(listeners::put).delete(listeners::delete),
        )
        .route("/queries/{id}/sharing/", get(sharing::get_query).put(sharing::put_query))
        .route("/runs/", get(runs::get_list).post(starting::post))
        .route("/runs/{id}/", get(runs::get))
        .route("/runs/{id}/cancel/", post(runs::post_cancel))
        .route("/runs/{id}/alerts/", get(run_alerts::get_alerts))
        .route("/runs/{id}/unreadable/", get(unreadable::get_list))
        .route("/runs/{id}/unreadable/retry/", post(unreadable::post_retry))
        .route("/runs/{run_id}/unreadable/{id}/bytes/", get(unreadable::get_bytes))
        .route("/runs/{id}/targets/", post(run_alerts::post_targets))
        .route("/runs/{id}/sharing/", get(sharing::get_run).put(sharing::put_run))
        .route("/alerts/{survey}/{source_id}/", get(alerts::get))
        .route("/targets/", get(targets::get_list).post(targets::post))
        .route("/targets/{id}/", get(targets::get).put(targets::put).delete(targets::delete))
        .route("/targets/{id}/alerts/", get(target_alerts::get))
        .route("/targets/{id}/sharing/", get(sharing::get_target).put(sharing::put_target))
        .layer(from_fn(as_described::refuse_others))
        .fallback(api_not_found)
        .method_not_allowed_fallback(api_method_not_allowed)
}

/// The answer to a path below `/api/` where nothing is.
async fn api_not_found() -> ApiError {
    Error::NotFound.into_json()
}

/// The answer to a method that a path below `/api/` does not take.
async fn api_method_not_allowed() -> ApiError {
    Error::MethodNotAllowed.into_json()
}
