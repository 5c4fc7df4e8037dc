//! `GET /api/brokers/`: the backends with their forms.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::brokers::Brokers;

/// Every backend as `{id, name, form}`.
pub(crate) async fn get(State(brokers): State<Brokers>) -> Response {
    let mut list = Vec::new();
    for broker in brokers.all() {
        let choices = broker.choices().await;
        list.push(json!({
            "id": broker.id(),
            "name": broker.name(),
            "summary": broker.summary(),
            "form": broker.form().to_json(&choices),
        }));
    }
    Json(list).into_response()
}
