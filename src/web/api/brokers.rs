//! `GET /api/brokers/`: the backends with their forms.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{broker_form::FormBody, list_body::list_body};
use crate::brokers::{Brokers, EXAMPLE_BROKER, EXAMPLE_NAME};

/// A broker that queries can ask.
#[derive(Serialize, ToSchema)]
#[schema(as = Broker)]
pub(super) struct BrokerBody {
    /// Its id, which queries and runs name as `broker`.
    #[schema(example = json!(EXAMPLE_BROKER))]
    id: &'static str,
    /// What pages call it.
    #[schema(example = json!(EXAMPLE_NAME))]
    name: &'static str,
    /// What it is, in a sentence.
    #[schema(
        example = "Avro files and nightly archives on this server, or your own upload. No account needed."
    )]
    summary: &'static str,
    /// What a query of it can ask for.
    form: FormBody,
}

list_body! {
    /// The brokers, all on one page.
    BrokerListBody, BrokerList, BrokerBody, "The brokers.", 1, json!(null)
}

/// Brokers with their forms
#[utoipa::path(
    get,
    path = "/api/brokers/",
    tag = "Brokers",
    operation_id = "list_brokers",
    responses((status = 200, description = "Every broker", body = BrokerListBody))
)]
pub(super) async fn get(State(brokers): State<Brokers>) -> Json<BrokerListBody> {
    let mut results = Vec::new();
    for broker in brokers.all() {
        let choices = broker.choices().await;
        results.push(BrokerBody {
            id: broker.id(),
            name: broker.name(),
            summary: broker.summary(),
            form: FormBody::of(broker.form(), &choices),
        });
    }
    Json(BrokerListBody { count: results.len() as u64, next: None, results })
}
