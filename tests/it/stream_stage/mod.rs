//! A service before the real Pub/Sub emulator, for every backend that streams.

mod line;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::{Value, json};
use sqlx::PgPool;
use tom_alerts::{brokers::pubsub::PubSubService, domain::timing::Timing, google::Access};

use self::line::Line;
use crate::{
    pubsub_emulator::PubSubEmulator,
    stream_rest::{log, n, night},
    support::TestApp,
    timing,
};

/// A service that reaches the emulator over a line of its own.
pub(crate) struct Stage {
    backend: &'static str,
    pub(crate) app: TestApp,
    pub(crate) emulator: PubSubEmulator,
    pub(crate) line: Arc<Line>,
    /// Full name of the topic `loop-1`.
    pub(crate) topic: String,
}

impl Stage {
    pub(crate) async fn start(backend: &'static str) -> Self {
        Self::start_patient(backend, 60).await
    }

    /// A service whose runs fail after so long a trouble.
    pub(crate) async fn start_patient(backend: &'static str, seconds: u64) -> Self {
        let mut timing = timing::short();
        timing.calls.patience = Duration::from_secs(seconds);
        Self::start_timed(backend, &timing).await
    }

    pub(crate) async fn start_timed(backend: &'static str, timing: &Timing) -> Self {
        let emulator = PubSubEmulator::fresh_project();
        let topic = emulator.create_topic("loop-1").await;
        let line = Line::to(emulator.host()).await;
        let service = PubSubService::at(Some(&line.host()), timing).unwrap();
        let access = Access { project: Some(emulator.project().to_owned()), tokens: None };
        let app = TestApp::start_with(service, access).await;
        Self { backend, app, emulator, line, topic }
    }

    /// The subscription `loop-1`, whose messages come again after so long.
    pub(crate) async fn subscribe(&self, ack_deadline_s: u32) -> String {
        self.emulator.create_subscription("loop-1", &self.topic, ack_deadline_s).await
    }

    /// The emulator goes on sending to a stream whose connection broke, for ever: what is published would be nobody's.
    pub(crate) async fn forget_dead_streams(&self, subscription: &str) {
        self.emulator.delete_subscription(subscription).await;
        // Dead streams look for it by its name, now and then: one that is there again at once would still be theirs.
        tokio::time::sleep(Duration::from_secs(2)).await;
        self.subscribe(10).await;
    }

    pub(crate) async fn begin(&self, parameters: Value) -> i64 {
        let mut all = json!({"subscription_name": "loop-1", "project": self.emulator.project(), "timeout": 2});
        all.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        let body = json!({"broker": self.backend, "parameters": all});
        let started = self.app.post_json("/api/runs/", &body).await.expect(202);
        started.json()["id"].as_i64().unwrap()
    }

    pub(crate) async fn run(&self, parameters: Value) -> Value {
        self.app.wait(self.begin(parameters).await).await
    }

    /// Publishes packets of a night; their ids.
    pub(crate) async fn publish(&self, seed: u64, n_packets: usize) -> BTreeSet<String> {
        let packets = night(seed, n_packets);
        let bytes: Vec<&[u8]> = packets.iter().map(|packet| packet.bytes.as_slice()).collect();
        self.emulator.publish(&self.topic, &bytes, &[("from", "test")]).await;
        packets.iter().map(|packet| packet.candid.to_string()).collect()
    }

    pub(crate) async fn candids(&self, run: &Value) -> BTreeSet<String> {
        let rows = self.app.results(run, "name").await;
        rows.iter().map(|row| row["source_id"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until a run is so.
    pub(crate) async fn until(&self, id: i64, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut run = Value::Null;
        for _ in 0..1_200 {
            run = self.app.get(&format!("/api/runs/{id}/")).await.expect(200).json();
            if is_so(&run) {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what} does not happen: {run}");
    }

    /// Waits until a run's log says something.
    pub(crate) async fn says(&self, id: i64, words: &str) -> Value {
        self.until(id, words, |run| log(run).contains(words)).await
    }

    pub(crate) async fn has_stored(&self, id: i64, at_least: u64) -> Value {
        self.until(id, &format!("{at_least} stored"), |run| n(run, "stored") >= at_least).await
    }

    /// Waits until the service waits for a lock of its database.
    pub(crate) async fn is_waiting_for_a_lock(&self, pool: &PgPool) {
        let waits = "select exists (select from pg_stat_activity
                     where datname = current_database() and wait_event_type = 'Lock')";
        for _ in 0..1_200 {
            if sqlx::query_scalar(waits).fetch_one(pool).await.unwrap() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it waits for no lock");
    }

    /// Waits until so many messages wait in the subscription.
    pub(crate) async fn all_wait(&self, subscription: &str, n_messages: usize) {
        let mut left = 0;
        for _ in 0..1_200 {
            left = self.emulator.count_left(subscription).await;
            if left == n_messages {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{left} messages wait, not {n_messages}");
    }
}

/// What a run received, stored and acknowledged.
pub(crate) fn counts(run: &Value) -> [u64; 3] {
    ["received", "stored", "acknowledged"].map(|count| n(run, count))
}
