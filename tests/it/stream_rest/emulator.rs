//! Whole runs on the real emulator.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use tom_alerts::{brokers::pubsub::PubSubService, google::Access};

use super::{feedback, log, n, night};
use crate::{pubsub_emulator::PubSubEmulator, support::TestApp};

struct Stage {
    app: TestApp,
    emulator: PubSubEmulator,
    topic: String,
}

impl Stage {
    async fn start() -> Self {
        let emulator = PubSubEmulator::fresh_project();
        let topic = emulator.create_topic("loop-1").await;
        let service = PubSubService::at(Some(emulator.host())).unwrap();
        let access = Access { project: Some(emulator.project().to_owned()), tokens: None };
        let app = TestApp::start_with(service, access).await;
        Self { app, emulator, topic }
    }

    async fn begin(&self, parameters: Value) -> i64 {
        let project = self.emulator.project();
        let mut all = json!({"subscription_name": "loop-1", "project": project, "timeout": 2});
        all.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        let body = json!({"broker": "stream-rest", "parameters": all});
        let started = self.app.post_json("/api/runs/", &body).await.expect(202);
        started.json()["id"].as_i64().unwrap()
    }

    async fn run(&self, parameters: Value) -> Value {
        self.app.wait(self.begin(parameters).await).await
    }

    async fn publish(&self, seed: u64, n_packets: usize) -> BTreeSet<String> {
        let packets = night(seed, n_packets);
        let bytes: Vec<&[u8]> = packets.iter().map(|packet| packet.bytes.as_slice()).collect();
        self.emulator.publish(&self.topic, &bytes, &[("from", "test")]).await;
        packets.iter().map(|packet| packet.candid.to_string()).collect()
    }

    /// Waits until a run's log says something.
    async fn says(&self, id: i64, words: &str) {
        let mut run = Value::Null;
        for _ in 0..400 {
            run = self.app.get(&format!("/api/runs/{id}/")).await.expect(200).json();
            if log(&run).contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("\"{words}\" is not said: {run}");
    }

    async fn candids(&self, run: &Value) -> BTreeSet<String> {
        let rows = self.app.results(run, "name").await;
        rows.iter().map(|row| row["source_id"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn on_the_emulator_a_subscription_is_created_and_gives_each_message_once() {
    let stage = Stage::start().await;
    let id = stage.begin(json!({"max_results": 5, "timeout": 60})).await;
    stage.says(id, "Created the subscription loop-1 on the topic projects/").await;
    let candids = stage.publish(1, 5).await;
    let run = stage.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 5), "{run}");
    assert_eq!(n(&run, "acknowledged"), 5, "{run}");
    assert_eq!(stage.candids(&run).await, candids);

    let again = stage.run(json!({})).await;
    assert_eq!((&again["state"], n(&again, "received")), (&json!("finished"), 0), "{again}");
    assert!(feedback(&again).starts_with("No message came in 2 s."), "{again}");
}

#[tokio::test]
async fn on_the_emulator_two_runs_share_a_night_without_loss_or_repeat() {
    let stage = Stage::start().await;
    let subscription = stage.emulator.create_subscription("loop-1", &stage.topic, 60).await;
    let candids = stage.publish(5, 300).await;
    let first = stage.run(json!({"max_results": 120, "timeout": 20})).await;
    let counts = ["received", "stored", "acknowledged"].map(|count| n(&first, count));
    assert_eq!(counts, [120, 120, 120], "{first}");

    let second = stage.run(json!({})).await;
    let counts = ["received", "stored", "acknowledged"].map(|count| n(&second, count));
    assert_eq!(counts, [180, 180, 180], "{second}");
    let (one, two) = (stage.candids(&first).await, stage.candids(&second).await);
    assert!(one.is_disjoint(&two));
    assert_eq!(one.union(&two).cloned().collect::<BTreeSet<_>>(), candids);
    let stored: i64 = sqlx::query_scalar("select count(*) from alert")
        .fetch_one(&stage.app.pool().await)
        .await
        .unwrap();
    assert_eq!(stored, 300);
    assert_eq!(stage.emulator.count_left(&subscription).await, 0);
}

#[tokio::test]
async fn on_the_emulator_peek_leaves_everything_there() {
    let stage = Stage::start().await;
    let subscription = stage.emulator.create_subscription("loop-1", &stage.topic, 600).await;
    let candids = stage.publish(6, 20).await;
    let run = stage.run(json!({"acknowledge": "peek"})).await;
    let counts = ["received", "stored", "acknowledged"].map(|count| n(&run, count));
    assert_eq!(counts, [20, 20, 0], "{run}");
    let mut left = 0;
    for _ in 0..200 {
        left = stage.emulator.count_left(&subscription).await;
        if left == candids.len() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{left} messages are left of {}", candids.len());
}
