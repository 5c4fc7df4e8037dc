//! Listeners: a saved query that is kept running, on whichever process has it.

mod ending;
mod giving_up;
mod processes;
mod replicas;
mod running;
mod team;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use sqlx::PgPool;
use tom_alerts::{
    actions::run_limits::RunLimits,
    brokers::{database::BigQueryService, pubsub::PubSubService},
    clock::Clock,
    domain::timing::Timing,
    google::Access,
    simulate::{Night, SimulatedPacket, default_night},
    web::Site,
};

use crate::{
    pubsub_double::PubSubDouble,
    support::{Ground, Parts, TestApp, fresh_database},
    timing,
};

const PROJECT: &str = "proj";

/// Processes that share a database, each of which watches as the program does, and a stream.
struct Listening {
    apps: Vec<TestApp>,
    pool: PgPool,
    double: Arc<PubSubDouble>,
    topic: String,
    clock: Clock,
}

/// How they are set up.
struct Setup {
    n_apps: usize,
    clock: Clock,
    timing: Timing,
    limits: RunLimits,
    watches: bool,
}

impl Default for Setup {
    fn default() -> Self {
        let (clock, limits) = (Clock::system(), RunLimits::default());
        let mut timing = timing::short();
        timing.calls.patience = Duration::from_secs(1);
        Self { n_apps: 1, clock, timing, limits, watches: true }
    }
}

impl Setup {
    async fn start(self) -> Listening {
        let double = Arc::new(PubSubDouble::start().await);
        let topic = double.create_topic(PROJECT, "loop-1");
        double.create_subscription(PROJECT, "loop-1", &topic);
        let database_url = fresh_database().await;
        let mut apps = Vec::new();
        for _ in 0..self.n_apps {
            let ground = Ground::lay(database_url.clone()).await;
            let asker = ground.storage.local_asker().await.unwrap();
            let site = Site::local(ground.base.parse().unwrap(), ground.address, asker);
            let timing = self.timing;
            let app = ground.build(Parts {
                pubsub: PubSubService::at(Some(double.host()), &timing).unwrap(),
                bigquery: BigQueryService::at(None, &timing).unwrap(),
                credentials: Access { project: Some(PROJECT.to_owned()), tokens: None }.into(),
                site,
                sign_in: None,
                clock: self.clock.clone(),
                timing,
                requests_a_minute: None,
                limits: self.limits,
            });
            if self.watches {
                tokio::spawn(app.runner.clone().watch());
            }
            apps.push(app);
        }
        let pool = PgPool::connect(&database_url).await.unwrap();
        Listening { apps, pool, double, topic, clock: self.clock }
    }
}

/// Packets of a simulated night.
fn night(seed: u64, n_packets: usize) -> Vec<SimulatedPacket> {
    Night { seed, n_packets, ..default_night() }.packets().collect()
}

/// The form of a stream whose stop conditions would end any run at once.
fn stream_form() -> Value {
    json!({"subscription_name": "loop-1", "project": PROJECT, "timeout": 1, "max_results": 3, "deadline": 2})
}

impl Listening {
    async fn start() -> Self {
        Setup::default().start().await
    }

    fn app(&self) -> &TestApp {
        &self.apps[0]
    }

    fn publish(&self, packets: &[SimulatedPacket]) {
        for packet in packets {
            self.double.publish(&self.topic, &packet.bytes, &[]);
        }
    }

    /// Saves a query; its id.
    async fn save(&self, name: &str, broker: &str, parameters: &Value) -> i64 {
        let body = json!({"name": name, "broker": broker, "parameters": parameters});
        let saved = self.app().post_json("/api/queries/", &body).await.expect(201);
        saved.json()["id"].as_i64().unwrap()
    }

    /// Saves a query of the stream and listens to it; its id.
    async fn listen(&self, name: &str) -> i64 {
        let id = self.save(name, "stream-rest", &stream_form()).await;
        self.press(id, "start").await;
        id
    }

    /// Presses a button of the listener's page.
    async fn press(&self, query: i64, button: &str) {
        let path = format!("/alerts/query/{query}/listener/{button}/");
        let answer = self.app().post(&path, &[]).await.expect(303);
        assert_eq!(answer.location(), format!("/alerts/query/{query}/listener/"));
    }

    /// The listener as the API tells it, at the last process.
    async fn listener(&self, query: i64) -> Value {
        let app = self.apps.last().unwrap();
        app.get(&format!("/api/queries/{query}/listener/")).await.expect(200).json()
    }

    /// Waits until the listener is as wanted.
    async fn until(&self, query: i64, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut listener = Value::Null;
        for _ in 0..2_400 {
            listener = self.listener(query).await;
            if is_so(&listener) {
                return listener;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it does not become so that {what}: {listener}");
    }

    async fn until_state(&self, query: i64, state: &str) -> Value {
        self.until(query, state, |listener| listener["state"] == state).await
    }

    /// Waits until so many alerts were stored on all days together and a run goes on; the listener.
    async fn until_stored(&self, query: i64, n: u64) -> Value {
        let what = format!("{n} alerts are stored");
        // The run is read before the counts: it may have begun in between.
        let is_so = |listener: &Value| listener["run"].is_i64() && total(listener, "stored") >= n;
        self.until(query, &what, is_so).await
    }

    /// Waits until a run has ended; the run.
    async fn ended(&self, run: &Value) -> Value {
        self.apps.last().unwrap().wait(run.as_i64().unwrap()).await
    }

    /// Runs of listeners, the oldest first, by their states.
    async fn states(&self) -> Vec<String> {
        sqlx::query_scalar("select state from run where day is not null order by id")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Lines of the history about listening, the oldest first, with who did it.
    async fn history(&self) -> Vec<(String, String)> {
        sqlx::query_as(
            "select actor, action from history where action like '%listening' order by id",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }
}

/// Long enough for each process to look several times.
async fn some_looks() {
    tokio::time::sleep(timing::short().runs.look * 7).await;
}

/// A count over all days.
fn total(listener: &Value, count: &str) -> u64 {
    let days = listener["days"].as_array().unwrap();
    days.iter().map(|day| day[count].as_u64().unwrap()).sum()
}

/// Writes a line for whoever watches.
fn say(line: &str) {
    use std::io::Write;
    // Nobody may be watching.
    let _ = writeln!(std::io::stderr(), "{line}");
}
