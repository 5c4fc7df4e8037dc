//! From a message, however it came, to a delivery. Its metadata are `{message_id, publish_time, attributes}`.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    brokers::Delivery, domain::run::Unreadable, google::pubsub::SubscriptionPath, packets,
};

/// Reads the packet of a message, and what its attributes say of it. This is work for a thread that may block.
pub(in crate::brokers) fn unpack(
    payload: Bytes,
    metadata: Value,
    path: &SubscriptionPath,
) -> Delivery {
    let none = Map::new();
    let attributes = metadata.get("attributes").and_then(Value::as_object).unwrap_or(&none);
    match packets::decode_delivered(&payload, &packets::Hint::default(), attributes) {
        Ok(alert) => Delivery {
            content: Ok(Box::new(alert)),
            n_bytes: payload.len() as u64,
            attributes: Some(metadata),
        },
        Err(error) => set_aside(payload, metadata, path, error.to_string()),
    }
}

/// A message that cannot be read.
pub(in crate::brokers) fn set_aside(
    payload: Bytes,
    metadata: Value,
    path: &SubscriptionPath,
    error: String,
) -> Delivery {
    let n_bytes = payload.len() as u64;
    let id = metadata["message_id"].as_str().unwrap_or_default();
    let unreadable = Unreadable {
        origin: format!("message {id} of {path}"),
        error,
        message_id: Some(id.to_owned()).filter(|id| !id.is_empty()),
        attributes: Some(metadata.clone()),
        bytes: payload,
    };
    Delivery { content: Err(unreadable), attributes: Some(metadata), n_bytes }
}
