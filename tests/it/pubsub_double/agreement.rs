//! The double does what the real emulator does.

use serde_json::{Value, json};

use super::PubSubDouble;
use crate::pubsub_emulator::PubSubEmulator;

const ROOT: &str = "projects/agreement";
const TOPIC: &str = "projects/agreement/topics/night";
const SUBSCRIPTION: &str = "projects/agreement/subscriptions/mine";

/// One of the two, with what it said so far in words that both share.
struct Side {
    url: String,
    project: String,
    said: Vec<String>,
}

impl Side {
    async fn call(&mut self, method: &str, path: &str, body: Value) -> Value {
        let there = |text: &str| text.replace(ROOT, &self.project);
        let url = format!("{}/v1/{}", self.url, there(path));
        let body = there(&body.to_string());
        let request = reqwest::Client::new()
            .request(method.parse().unwrap(), url)
            .header("content-type", "application/json")
            .body(body);
        let response = request.send().await.unwrap();
        let code = response.status().as_u16();
        let answer: Value = response.json().await.unwrap();
        self.said.push(format!("{method} {path}: {code} {}", answer["error"]["status"]));
        answer
    }

    /// The ack ids of what is pulled.
    async fn pull(&mut self, max_messages: u32) -> Vec<String> {
        let body = json!({"maxMessages": max_messages, "returnImmediately": true});
        let answer = self.call("POST", &format!("{SUBSCRIPTION}:pull"), body).await;
        let received = answer["receivedMessages"].as_array().cloned().unwrap_or_default();
        for one in &received {
            let message = &one["message"];
            assert!(message["messageId"].is_string() && message["publishTime"].is_string());
            let fields: Vec<_> = one.as_object().unwrap().keys().collect();
            let text =
                format!("{fields:?} data {} attributes {}", message["data"], message["attributes"]);
            self.said.push(text);
        }
        received.iter().map(|one| one["ackId"].as_str().unwrap().to_owned()).collect()
    }

    async fn acknowledge(&mut self, ack_ids: &[String]) {
        let body = json!({"ackIds": ack_ids});
        self.call("POST", &format!("{SUBSCRIPTION}:acknowledge"), body).await;
    }

    async fn nack(&mut self, ack_ids: &[String]) {
        let body = json!({"ackIds": ack_ids, "ackDeadlineSeconds": 0});
        self.call("POST", &format!("{SUBSCRIPTION}:modifyAckDeadline"), body).await;
    }

    /// Makes the topic and the subscription.
    async fn create(&mut self) {
        let subscription = json!({"topic": TOPIC, "ackDeadlineSeconds": 600});
        self.call("PUT", SUBSCRIPTION, subscription.clone()).await;
        for _ in 0..2 {
            self.call("PUT", TOPIC, json!({})).await;
        }
        for _ in 0..2 {
            self.call("PUT", SUBSCRIPTION, subscription.clone()).await;
        }
        let made = self.call("GET", SUBSCRIPTION, json!({})).await;
        assert_eq!(made["ackDeadlineSeconds"], 600);
        self.said.push(made["topic"].to_string().replace(&self.project, ROOT));
    }
}

/// Both sides, each with a project of its own.
async fn both() -> (PubSubDouble, [Side; 2]) {
    let emulator = PubSubEmulator::fresh_project();
    let double = PubSubDouble::start().await;
    let project = format!("projects/{}", emulator.project());
    let sides = [double.url(), emulator.url()].map(|url| Side {
        url,
        project: project.clone(),
        said: Vec::new(),
    });
    (double, sides)
}

#[track_caller]
fn assert_agreement([double, emulator]: [Side; 2], at_least: usize) {
    assert!(double.said.len() >= at_least, "{:#?}", double.said);
    assert_eq!(double.said, emulator.said);
}

#[tokio::test]
async fn messages_go_the_same_way_in_the_double_and_in_the_emulator() {
    let (double, mut sides) = both().await;
    for side in &mut sides {
        side.create().await;
        let messages = json!({"messages": [
            {"data": "YQ==", "attributes": {"candid": "1"}},
            {"data": "-_8="},
            {"attributes": {"candid": "3"}},
        ]});
        side.call("POST", &format!("{TOPIC}:publish"), messages).await;
        let mut ack_ids = side.pull(2).await;
        ack_ids.extend(side.pull(10).await);
        assert_eq!(ack_ids.len(), 3);
        side.acknowledge(&ack_ids[..1]).await;
        side.nack(&ack_ids[1..2]).await;
        let again = side.pull(10).await;
        assert_eq!(again.len(), 1);
        assert!(!ack_ids.contains(&again[0]));
        assert_eq!(side.pull(10).await.len(), 0);
        side.acknowledge(&[again[0].clone(), ack_ids[2].clone()]).await;
        side.call("DELETE", TOPIC, json!({})).await;
        let left = side.call("GET", SUBSCRIPTION, json!({})).await;
        side.said.push(left["topic"].to_string());
        side.call("DELETE", SUBSCRIPTION, json!({})).await;
    }
    assert_eq!(double.acknowledged().len(), 3);
    assert_agreement(sides, 20);
}

#[tokio::test]
async fn the_double_and_the_emulator_refuse_alike() {
    let (_double, mut sides) = both().await;
    for side in &mut sides {
        for (method, path) in [("GET", TOPIC), ("DELETE", TOPIC)] {
            side.call(method, path, json!({})).await;
        }
        for (method, path) in [("GET", SUBSCRIPTION), ("DELETE", SUBSCRIPTION)] {
            side.call(method, path, json!({})).await;
        }
        side.call("PUT", &format!("{ROOT}/topics/t"), json!({})).await;
        let publish = format!("{TOPIC}:publish");
        side.call("POST", &publish, json!({"messages": [{"data": "YQ=="}]})).await;
        side.pull(1).await;
        side.acknowledge(&["1".to_owned()]).await;
        side.nack(&["1".to_owned()]).await;
        side.create().await;
        for messages in [json!([]), json!([{}]), json!([{"data": "!"}])] {
            side.call("POST", &publish, json!({"messages": messages})).await;
        }
        side.pull(0).await;
        side.acknowledge(&[]).await;
        side.acknowledge(&["bogus".to_owned()]).await;
        side.nack(&["bogus".to_owned()]).await;
    }
    assert_agreement(sides, 22);
}
