//! Pub/Sub's JSON. <https://cloud.google.com/pubsub/docs/reference/rest/v1/PubsubMessage>

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::google::GoogleError;

/// What Pub/Sub calls the topic of a subscription whose topic was deleted.
const DELETED_TOPIC: &str = "_deleted-topic_";

/// A subscription, as far as we look at it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Full name of its topic; `_deleted-topic_` when that is gone.
    pub topic: String,
    /// How long a message stays out before it comes again, seconds.
    #[serde(default = "default_ack_deadline")]
    pub ack_deadline_seconds: u32,
    /// The attribute filter, empty for none.
    #[serde(default)]
    pub filter: String,
}

/// Google's default where an answer does not say it.
fn default_ack_deadline() -> u32 {
    10
}

impl Subscription {
    /// Whether its topic was deleted: what waits in it still comes, and nothing new.
    pub fn is_topic_gone(&self) -> bool {
        self.topic == DELETED_TOPIC
    }

    pub(super) fn read(answer: &[u8], what: &str) -> Result<Self, GoogleError> {
        serde_json::from_slice(answer).map_err(|_| GoogleError::not_understood("Pub/Sub", what))
    }
}

/// The answer to a pull; its texts are those of the answer.
#[derive(Debug, Deserialize)]
pub struct PullAnswer<'a> {
    /// The messages, in no order.
    #[serde(borrow, default, rename = "receivedMessages")]
    pub messages: Vec<ReceivedMessage<'a>>,
}

impl<'a> PullAnswer<'a> {
    /// Reads an answer.
    pub fn read(answer: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(answer)
    }
}

/// A message with its lease.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedMessage<'a> {
    /// The lease; a new one at each delivery.
    pub ack_id: String,
    /// The message.
    #[serde(borrow, default)]
    pub message: Message<'a>,
}

/// A message.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message<'a> {
    /// Base64, with padding.
    #[serde(borrow, default)]
    pub data: Cow<'a, str>,
    /// All are texts.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// `messageId`, unique within the topic.
    #[serde(default, rename = "messageId")]
    pub id: String,
    /// RFC 3339, UTC.
    #[serde(default)]
    pub publish_time: String,
}

impl Message<'_> {
    /// The payload; `None` when it is not base64.
    pub fn payload(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.data.as_bytes()).ok()
    }

    /// What is kept of a message besides its payload: `{message_id, publish_time, attributes}`.
    pub fn metadata(&self) -> Value {
        json!({
            "message_id": self.id,
            "publish_time": self.publish_time,
            "attributes": self.attributes,
        })
    }
}

/// A message to be published.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    /// The payload.
    pub data: Vec<u8>,
    /// All are texts.
    pub attributes: BTreeMap<String, String>,
}

impl OutgoingMessage {
    pub(super) fn to_json(&self) -> Value {
        json!({"data": STANDARD.encode(&self.data), "attributes": self.attributes})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_what_it_leaves_out() {
        let answer = br#"{"receivedMessages":[
            {"ackId":"a","message":{"data":"AQI\u003d","attributes":{"k":"v"},"messageId":"7","publishTime":"2026-11-23T00:00:00Z"},"deliveryAttempt":2},
            {"ackId":"b","message":{"messageId":"8"}},
            {"ackId":"c"}]}"#;
        let read = PullAnswer::read(answer).unwrap();
        assert_eq!(read.messages[0].message.payload().unwrap(), [1, 2]);
        assert_eq!(read.messages[0].message.metadata()["attributes"]["k"], "v");
        assert_eq!(read.messages[1].message.payload().unwrap(), b"");
        assert_eq!(read.messages[2].ack_id, "c");
        assert!(PullAnswer::read(b"{}").unwrap().messages.is_empty());
        assert!(PullAnswer::read(b"{\"receivedMessages\":[{\"ackId\":").is_err());
    }
}
