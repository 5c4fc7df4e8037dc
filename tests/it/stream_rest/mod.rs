//! Streams by REST: what is kept is acknowledged, and nothing else; every trouble is a sentence.

use std::{collections::BTreeSet, fmt::Write, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tom_alerts::{
    actions::run_limits::RunLimits,
    brokers::pubsub::PubSubService,
    domain::timing::Timing,
    google::{Access, TokenSource},
    simulate::{Night, SimulatedPacket, default_night},
};

use crate::{pubsub_double::PubSubDouble, support::TestApp, timing};

mod acknowledging;
mod credentials;
mod deleted_topics;
mod emulator;
mod ending;
mod form;
mod keeping;
mod leases;
mod limits;
mod pace;
mod peek;
mod pulling;
mod quarantine;
mod redelivery;
mod refusals;
mod subscriptions;
mod waiting;

const PROJECT: &str = "test-proj";

/// A service whose Pub/Sub is a double.
struct Streaming {
    app: TestApp,
    double: Arc<PubSubDouble>,
    /// Full name of the topic `loop-1`.
    topic: String,
    /// Full name of the subscription `loop-1`.
    subscription: String,
}

/// How the service is to take the double.
struct Setup {
    timing: Timing,
    /// As Google's own service, which asks for credentials.
    is_google: bool,
    access: Access,
    limits: RunLimits,
}

impl Setup {
    fn patient(patience_s: u64) -> Self {
        let access = Access { project: Some(PROJECT.to_owned()), tokens: None };
        let mut timing = timing::short();
        timing.calls.patience = Duration::from_secs(patience_s);
        Self { timing, is_google: false, access, limits: RunLimits::default() }
    }

    fn google(tokens: Arc<dyn TokenSource>) -> Self {
        let access = Access { project: Some(PROJECT.to_owned()), tokens: Some(tokens) };
        Self { is_google: true, access, ..Self::patient(3) }
    }

    /// The service, without any topic or subscription.
    async fn start_bare(self) -> Streaming {
        let double = Arc::new(PubSubDouble::start().await);
        let mut service = PubSubService::at(Some(double.host()), &self.timing).unwrap();
        service.is_emulator = !self.is_google;
        let app = TestApp::start_limited(service, self.access, self.limits).await;
        let (topic, subscription) = (String::new(), String::new());
        Streaming { app, double, topic, subscription }
    }

    /// The service, with a topic and a subscription `loop-1`.
    async fn start(self) -> Streaming {
        let mut streaming = self.start_bare().await;
        streaming.topic = streaming.double.create_topic(PROJECT, "loop-1");
        streaming.subscription =
            streaming.double.create_subscription(PROJECT, "loop-1", &streaming.topic);
        streaming
    }
}

/// Packets of a simulated night.
pub(crate) fn night(seed: u64, n_packets: usize) -> Vec<SimulatedPacket> {
    Night { seed, n_packets, ..default_night() }.packets().collect()
}

impl Streaming {
    async fn start() -> Self {
        Setup::patient(3).start().await
    }

    /// Publishes packets, each with its candid as an attribute; the message ids.
    fn publish(&self, packets: &[SimulatedPacket]) -> Vec<String> {
        let publish = |packet: &SimulatedPacket| {
            let candid = packet.candid.to_string();
            self.double.publish(&self.topic, &packet.bytes, &[("candid", &candid)])
        };
        packets.iter().map(publish).collect()
    }

    /// Starts a query with exactly these parameters; the run's id.
    async fn begin_exactly(&self, parameters: &Value) -> i64 {
        let body = json!({"broker": "stream-rest", "parameters": parameters});
        let started = self.app.post_json("/api/runs/", &body).await.expect(202);
        started.json()["id"].as_i64().unwrap()
    }

    /// Starts a query on `loop-1` that ends after a second of silence unless it says otherwise.
    async fn begin(&self, parameters: Value) -> i64 {
        let mut all = json!({"subscription_name": "loop-1", "project": PROJECT, "timeout": 1});
        all.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        self.begin_exactly(&all).await
    }

    /// Runs a query on `loop-1` and waits for its end.
    async fn run(&self, parameters: Value) -> Value {
        let id = self.begin(parameters).await;
        self.app.wait(id).await
    }

    /// Waits until a count of a run has come so far.
    async fn until(&self, id: i64, count: &str, at_least: u64) {
        let mut run = Value::Null;
        for _ in 0..1_200 {
            run = self.app.get(&format!("/api/runs/{id}/")).await.expect(200).json();
            if n(&run, count) >= at_least {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} does not become {at_least}: {run}");
    }

    /// Waits until so many messages can be pulled and none is out.
    async fn all_given_back(&self, n_available: usize) {
        let is_so =
            || self.double.outstanding().is_empty() && self.double.available().len() == n_available;
        eventually(is_so, || {
            let (out, here) = (self.double.outstanding(), self.double.available());
            format!("{n_available} messages are expected here: out {out:?}, here {here:?}")
        })
        .await;
    }

    /// Ids of the messages whose alerts are among a run's results.
    async fn stored_messages(&self, run: &Value) -> BTreeSet<String> {
        let ids: Vec<String> =
            sqlx::query_scalar("select attributes->>'message_id' from run_alert where run_id = $1")
                .bind(run["id"].as_i64().unwrap())
                .fetch_all(&self.app.pool().await)
                .await
                .unwrap();
        ids.into_iter().collect()
    }

    /// Rows of a table that should hold each alert once.
    async fn count_alerts(&self) -> i64 {
        let pool = self.app.pool().await;
        sqlx::query_scalar("select count(*) from alert").fetch_one(&pool).await.unwrap()
    }

    fn acknowledged(&self) -> BTreeSet<String> {
        self.double.acknowledged().into_iter().collect()
    }
}

/// Waits until a condition holds; `otherwise` says what is the case instead.
async fn eventually(is_so: impl Fn() -> bool, otherwise: impl Fn() -> String) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{}", otherwise());
}

/// A count of a run.
pub(crate) fn n(run: &Value, count: &str) -> u64 {
    run["counts"][count].as_u64().unwrap_or_else(|| panic!("no count {count}: {run}"))
}

/// What a run's log says, line by line.
pub(crate) fn log(run: &Value) -> String {
    run["log"].as_array().unwrap().iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{}: {}", line["level"], line["message"]).unwrap();
        text
    })
}

/// What a run tells its user at the end.
pub(crate) fn feedback(run: &Value) -> &str {
    run["feedback"].as_str().unwrap()
}

fn sorted(ids: &[String]) -> BTreeSet<String> {
    ids.iter().cloned().collect()
}

/// Star/galaxy score of a packet, by which a filter may reject it.
fn classtar(packet: &SimulatedPacket) -> f64 {
    let bytes = bytes::Bytes::from(packet.bytes.clone());
    tom_alerts::packets::decode(&bytes).unwrap().classtar.unwrap()
}
