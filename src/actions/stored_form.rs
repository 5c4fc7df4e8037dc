//! A stored form: what somebody typed, validated again each time it is used, against the form that its backend has now.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    brokers::Broker,
    forms::{Context, FormState, Parameters, RawForm},
};

/// What TOM keeps among the parameters of a query; here both have places of their own.
const KEPT_ELSEWHERE: [&str; 2] = ["query_name", "broker"];

const ONLY_STREAMS: &str =
    "Only streams can be listened to: this broker has no new alerts to wait for.";
const MISFIT: &str = "The query no longer fits the form of its backend. Open it, correct what is marked and save it.";

/// Checks a stored form against today's: a form that no longer fits comes back with what is wrong.
pub async fn validate_stored(
    broker: &dyn Broker,
    parameters: &Value,
    now: DateTime<Utc>,
) -> Result<Parameters, FormState> {
    let context = Context { now, choices: broker.choices().await };
    let mut parameters = parameters.clone();
    if let Some(fields) = parameters.as_object_mut() {
        fields.retain(|name, _| !KEPT_ELSEWHERE.contains(&name.as_str()));
    }
    broker.form().validate(&RawForm::from_json(&parameters), &context)
}

/// Why a saved query cannot be listened to, as it stands.
pub async fn why_not_listen(
    broker: &dyn Broker,
    parameters: &Value,
    now: DateTime<Utc>,
) -> Option<String> {
    if !broker.can_listen() {
        return Some(ONLY_STREAMS.to_owned());
    }
    match validate_stored(broker, parameters, now).await {
        Ok(parameters) => broker.why_not_listen(&parameters).map(str::to_owned),
        Err(_) => Some(MISFIT.to_owned()),
    }
}
