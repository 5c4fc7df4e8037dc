//! The real Pub/Sub emulator, with verbs for what a test needs around the service.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// A project of its own on the emulator that runs for all tests.
pub(crate) struct PubSubEmulator {
    host: String,
    project: String,
    http: Client,
}

impl PubSubEmulator {
    /// A project that no other test has.
    pub(crate) fn fresh_project() -> Self {
        #[expect(clippy::disallowed_methods, reason = "tests/run says where the emulator is")]
        let host = std::env::var("TOM_ALERTS_TEST_PUBSUB")
            .expect("tests need TOM_ALERTS_TEST_PUBSUB: run them by tests/run");
        let project = format!("test-{:016x}", rand::random::<u64>());
        Self { host, project, http: Client::new() }
    }

    /// `HOST:PORT`, as `PUBSUB_EMULATOR_HOST` has it.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    pub(crate) fn project(&self) -> &str {
        &self.project
    }

    /// The full name of the new topic.
    pub(crate) async fn create_topic(&self, topic: &str) -> String {
        let name = format!("projects/{}/topics/{topic}", self.project);
        self.call(Method::PUT, &name, &json!({})).await;
        name
    }

    /// The full name of the new subscription; `topic` is a full name too.
    pub(crate) async fn create_subscription(
        &self,
        subscription: &str,
        topic: &str,
        ack_deadline_seconds: u32,
    ) -> String {
        let name = format!("projects/{}/subscriptions/{subscription}", self.project);
        let body = json!({"topic": topic, "ackDeadlineSeconds": ack_deadline_seconds});
        self.call(Method::PUT, &name, &body).await;
        name
    }

    /// A subscription as the emulator has it.
    pub(crate) async fn subscription(&self, subscription: &str) -> Value {
        let name = format!("projects/{}/subscriptions/{subscription}", self.project);
        let answer = self.http.get(format!("{}/v1/{name}", self.url())).send().await.unwrap();
        answer.json().await.unwrap()
    }

    pub(crate) async fn delete_subscription(&self, name: &str) {
        self.call(Method::DELETE, name, &Value::Null).await;
    }

    /// Publishes each packet as a message with the same attributes; the message ids.
    pub(crate) async fn publish(
        &self,
        topic: &str,
        packets: &[&[u8]],
        attributes: &[(&str, &str)],
    ) -> Vec<String> {
        let attributes: serde_json::Map<_, _> =
            attributes.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let mut ids = Vec::new();
        // The emulator takes at most 10 MB at once.
        for some in packets.chunks(50) {
            let message = |packet: &&[u8]| json!({"data": BASE64_STANDARD.encode(packet), "attributes": attributes});
            let messages: Vec<_> = some.iter().map(message).collect();
            let path = format!("{topic}:publish");
            let answer = self.call(Method::POST, &path, &json!({"messages": messages})).await;
            ids.extend(strings(&answer["messageIds"]));
        }
        ids
    }

    /// What can be pulled now, at most so many; empty when there is nothing.
    pub(crate) async fn pull(&self, subscription: &str, max_messages: u32) -> Vec<Value> {
        let path = format!("{subscription}:pull");
        // Without it the emulator waits for a message, for minutes.
        let body = json!({"maxMessages": max_messages, "returnImmediately": true});
        let answer = self.call(Method::POST, &path, &body).await;
        answer["receivedMessages"].as_array().cloned().unwrap_or_default()
    }

    /// Counts the messages that nobody holds, and gives them back.
    pub(crate) async fn count_left(&self, subscription: &str) -> usize {
        let mut ack_ids = Vec::new();
        loop {
            let some = self.pull(subscription, 1000).await;
            if some.is_empty() {
                break;
            }
            ack_ids.extend(some.iter().map(|one| one["ackId"].clone()));
        }
        if !ack_ids.is_empty() {
            let path = format!("{subscription}:modifyAckDeadline");
            let body = json!({"ackIds": ack_ids, "ackDeadlineSeconds": 0});
            self.call(Method::POST, &path, &body).await;
        }
        ack_ids.len()
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("{}/v1/{path}", self.url());
        let response = self.http.request(method, url).json(body).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn strings(list: &Value) -> impl Iterator<Item = String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

#[tokio::test]
async fn the_emulator_keeps_what_is_not_acknowledged() {
    let emulator = PubSubEmulator::fresh_project();
    assert!(emulator.url().ends_with(emulator.host()));
    let topic = emulator.create_topic("night").await;
    let mine = emulator.create_subscription("mine", &topic, 600).await;
    let packets: Vec<&[u8]> = vec![b"packet"; 120];
    let ids = emulator.publish(&topic, &packets, &[("candid", "1")]).await;
    assert_eq!(ids.len(), 120);
    assert_eq!(emulator.count_left(&mine).await, 120);
    let held = emulator.pull(&mine, 1).await;
    assert_eq!(held[0]["message"]["attributes"]["candid"], "1");
    assert_eq!(emulator.count_left(&mine).await, 119);
    emulator.delete_subscription(&mine).await;
}
