//! From a message, however it came, to a delivery.

use bytes::Bytes;
use serde_json::Value;

use crate::{
    brokers::Delivery, domain::run::Unreadable, google::pubsub::SubscriptionPath, packets,
};

/// A message as it came.
#[derive(Debug)]
pub(in crate::brokers) struct Arrived {
    pub(in crate::brokers) payload: Bytes,
    /// `{message_id, publish_time, attributes}`
    pub(in crate::brokers) metadata: Value,
    pub(in crate::brokers) message_id: String,
}

impl Arrived {
    /// Reads its packet. This is work for a thread that may block.
    pub(in crate::brokers) fn unpack(self, path: &SubscriptionPath) -> Delivery {
        match packets::decode(&self.payload) {
            Ok(alert) => Delivery {
                content: Ok(Box::new(alert)),
                n_bytes: self.payload.len() as u64,
                attributes: Some(self.metadata),
            },
            Err(error) => self.set_aside(path, error.to_string()),
        }
    }

    /// One that cannot be read.
    pub(in crate::brokers) fn set_aside(self, path: &SubscriptionPath, error: String) -> Delivery {
        let n_bytes = self.payload.len() as u64;
        let unreadable = Unreadable {
            origin: format!("message {} of {path}", self.message_id),
            error,
            attributes: Some(self.metadata.clone()),
            message_id: Some(self.message_id).filter(|id| !id.is_empty()),
            bytes: self.payload,
        };
        Delivery { content: Err(unreadable), attributes: Some(self.metadata), n_bytes }
    }
}
