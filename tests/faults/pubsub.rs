//! Google's Pub/Sub emulator, spoken to over REST: a topic and a subscription of the campaign's own.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Client;
use serde_json::{Value, json};

use crate::{ledger::Ledger, messages::Message};

/// Messages of one publishing request.
const CHUNK: usize = 200;

/// How long Pub/Sub waits for an acknowledgement before it delivers again.
pub(crate) const LEASE: Duration = Duration::from_secs(10);

/// Name of the topic.
pub(crate) const TOPIC: &str = "ztf-loop";

/// Name of the subscription.
pub(crate) const SUBSCRIPTION: &str = "faults-ztf-loop";

/// A project of the campaign's own at an emulator that others may use too.
pub(crate) struct Pubsub {
    base: String,
    pub(crate) project: String,
    http: Client,
}

impl Pubsub {
    /// Makes the topic and the subscription.
    pub(crate) async fn create(emulator: &str) -> Self {
        let project = format!("faults-{:08x}", rand::random::<u32>());
        let base = format!("http://{emulator}/v1/projects/{project}");
        let pubsub = Self { base, project, http: Client::new() };
        let topic = format!("projects/{}/topics/{TOPIC}", pubsub.project);
        pubsub.put(&format!("topics/{TOPIC}"), &json!({})).await;
        let subscription = json!({"topic": topic, "ackDeadlineSeconds": LEASE.as_secs()});
        pubsub.put(&format!("subscriptions/{SUBSCRIPTION}"), &subscription).await;
        pubsub
    }

    /// The subscription's full name.
    pub(crate) fn subscription(&self) -> String {
        format!("projects/{}/subscriptions/{SUBSCRIPTION}", self.project)
    }

    async fn put(&self, path: &str, body: &Value) {
        let request = self.http.put(format!("{}/{path}", self.base)).json(body);
        request.send().await.unwrap().error_for_status().unwrap();
    }

    /// Publishes all messages and enters them in the book.
    pub(crate) async fn publish(&self, messages: Vec<Message>, ledger: &Ledger) {
        let url = format!("{}/topics/{TOPIC}:publish", self.base);
        for chunk in messages.chunks(CHUNK) {
            let sent: Vec<Value> = chunk
                .iter()
                .map(|message| json!({"data": STANDARD.encode(&message.bytes), "attributes": {"origin": "faults"}}))
                .collect();
            let request = self.http.post(&url).json(&json!({ "messages": sent }));
            let answer = request.send().await.unwrap().error_for_status().unwrap();
            let answer: Value = answer.json().await.unwrap();
            let ids = answer["messageIds"].as_array().unwrap();
            assert_eq!(ids.len(), chunk.len());
            for (id, message) in ids.iter().zip(chunk) {
                ledger.published(id.as_str().unwrap().to_owned(), message.clone());
            }
        }
    }

    /// Takes the topic and the subscription away: the emulator keeps all in memory.
    pub(crate) async fn delete(&self) {
        for path in [format!("subscriptions/{SUBSCRIPTION}"), format!("topics/{TOPIC}")] {
            let request = self.http.delete(format!("{}/{path}", self.base));
            request.send().await.unwrap().error_for_status().unwrap();
        }
    }
}
