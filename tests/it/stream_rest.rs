//! Streams by REST: what is kept is acknowledged, and nothing else; every trouble is a sentence.

use serde_json::{Value, json};
use tom_alerts::{brokers::stream_rest::PubSubService, google::Access};

use crate::{pubsub_double::PubSubDouble, support::TestApp};

/// A service whose Pub/Sub is a double with a topic and a subscription `loop-1` in `test-proj`.
pub(crate) struct Streaming {
    pub(crate) app: TestApp,
    pub(crate) double: PubSubDouble,
    pub(crate) topic: String,
}

impl Streaming {
    pub(crate) async fn start() -> Self {
        let double = PubSubDouble::start().await;
        let topic = double.create_topic("test-proj", "loop-1");
        double.create_subscription("test-proj", "loop-1", &topic);
        let mut service = PubSubService::at(Some(double.host())).unwrap();
        service.patience = std::time::Duration::from_secs(3);
        let app = TestApp::start_with(service, Access::default()).await;
        Self { app, double, topic }
    }

    /// Publishes packets of a simulated night; their candids.
    pub(crate) fn publish(&self, seed: u64, n_packets: usize) -> Vec<i64> {
        let night = tom_alerts::simulate::Night {
            seed,
            n_packets,
            ..tom_alerts::simulate::default_night()
        };
        night
            .packets()
            .map(|packet| {
                self.double.publish(
                    &self.topic,
                    &packet.bytes,
                    &[("candid", &packet.candid.to_string())],
                );
                packet.candid
            })
            .collect()
    }

    /// Runs a query on the stream and waits for its end.
    pub(crate) async fn run(&self, parameters: Value) -> Value {
        let mut all = json!({"subscription_name": "loop-1", "project": "test-proj", "timeout": 1});
        all.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        let started = self
            .app
            .post_json("/api/runs/", &json!({"broker": "stream-rest", "parameters": all}))
            .await
            .expect(202);
        self.app.wait(started.json()["id"].as_i64().unwrap()).await
    }
}

#[tokio::test]
async fn a_short_pull_and_then_silence_is_a_finished_run_with_what_came() {
    let streaming = Streaming::start().await;
    let candids = streaming.publish(1, 1);
    let run = streaming.run(json!({"max_results": 2})).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert_eq!(run["counts"]["stored"], 1);
    assert_eq!(run["counts"]["acknowledged"], 1);
    assert_eq!(run["feedback"], "No message for 1 s: stopped.");
    let rows = streaming.app.results(&run, "-time").await;
    assert_eq!(rows[0]["source_id"], candids[0].to_string());
    assert_eq!(streaming.double.acknowledged().len(), 1);
}
