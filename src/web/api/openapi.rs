//! `GET /api/openapi.json`: the API described for tools.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

/// The description, written by hand beside the routes; a test compares the two.
pub(super) const DESCRIPTION: &str = include_str!("openapi.json");

/// The description as it stands.
pub(crate) async fn get() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}
