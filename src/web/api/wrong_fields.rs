//! The answer 422: what is wrong with a request, by field.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// What is wrong with a request, by field.
#[derive(Serialize, ToSchema)]
#[schema(as = Errors, example = json!({"errors": {"max_results": ["Enter a whole number."]}}))]
pub(super) struct ErrorsBody {
    /// Messages by the name of their field; those of the whole form stand under `__all__`.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    errors: Map<String, Value>,
}

/// Says which fields are wrong.
pub(super) fn wrong_fields(errors: Map<String, Value>) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(ErrorsBody { errors })).into_response()
}

/// Says that one field is wrong.
pub(super) fn wrong_field(field: &str, message: &str) -> Response {
    wrong_fields(Map::from_iter([(field.to_owned(), json!([message]))]))
}

/// Whoever changes a thing says which state of it they have read, so that nobody's change is lost without a word.
pub(super) fn version_missing() -> Response {
    wrong_field("version", "Enter the version that was read, a whole number.")
}

/// There is no such broker.
pub(super) fn unknown_broker(id: &str) -> Response {
    if id.is_empty() {
        wrong_field("broker", "This field is required.")
    } else {
        wrong_field("broker", &format!("There is no broker \"{id}\"."))
    }
}
