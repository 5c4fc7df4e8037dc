//! The program itself, several times on one database: killed while it listens, and listening without pages.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;

use super::{night, say, total};
use crate::{
    pubsub_emulator::PubSubEmulator,
    support::{fresh_database, write_night},
};

/// By how much less patient the program is here: who is killed is missed after 4 s.
const TIMING_DIVISOR: &str = "5";

/// A database, a stream of the emulator, and programs that use both.
struct Ground {
    emulator: PubSubEmulator,
    topic: String,
    subscription: String,
    database_url: String,
    pool: PgPool,
    place: TempDir,
    http: Client,
}

/// A running program; it ends with the test.
struct Program {
    child: Child,
    out: PathBuf,
    log: PathBuf,
}

impl Program {
    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.out).unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    async fn until_said(&self, words: &str) {
        for _ in 0..1_200 {
            if self.said().contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not say {words}: {} {}", self.said(), self.log());
    }

    async fn ended(&mut self) -> ExitStatus {
        for _ in 0..1_200 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not end: {}", self.log());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ground {
    async fn lay() -> Self {
        let emulator = PubSubEmulator::fresh_project();
        let topic = emulator.create_topic("loop-1").await;
        let subscription = emulator.create_subscription("loop-1", &topic, 10).await;
        let database_url = fresh_database().await;
        let place = tempfile::tempdir().unwrap();
        write_night(&place.path().join("night"), 1, 1);
        tom_alerts::storage::Storage::connect(&database_url).await.unwrap().close().await;
        let pool = PgPool::connect(&database_url).await.unwrap();
        // A connection that is left idle is soon closed.
        let http = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { emulator, topic, subscription, database_url, pool, place, http }
    }

    fn start(&self, name: &str, arguments: &[&str]) -> Program {
        let file = |ending: &str| self.place.path().join(format!("{name}.{ending}"));
        let (out, log) = (file("out"), file("log"));
        let child = Command::new(env!("CARGO_BIN_EXE_tom-alerts"))
            .args(arguments)
            .arg("--data-dir")
            .arg(self.place.path().join(name))
            .env("DATABASE_URL", &self.database_url)
            .env("TOM_ALERTS_TIMING_DIVISOR", TIMING_DIVISOR)
            .env("PUBSUB_EMULATOR_HOST", self.emulator.host())
            .env("GOOGLE_CLOUD_PROJECT", self.emulator.project())
            .env("TOM_ALERTS_ARCHIVES", self.place.path().join("night"))
            .env_remove("PITTGOOGLE_OAUTH_CLIENT_ID")
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Program { child, out, log }
    }

    /// A service; its address.
    async fn serve(&self, name: &str) -> (Program, String) {
        let program = self.start(name, &["serve", "--listen", "127.0.0.1:0"]);
        for _ in 0..1_200 {
            let log = program.log();
            if let Some(at) = log.find("Ready: open ") {
                let base = log[at + "Ready: open ".len()..].split('/').take(3);
                return (program, base.collect::<Vec<_>>().join("/"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not start: {}", program.log());
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    /// Saves a query of the stream; its id.
    async fn save(&self, base: &str, name: &str) -> i64 {
        let form = json!({"subscription_name": "loop-1", "project": self.emulator.project(), "timeout": 1});
        let body = json!({"name": name, "broker": "stream-rest", "parameters": form});
        let saved = self.send(self.http.post(format!("{base}/api/queries/")).json(&body)).await;
        saved["id"].as_i64().unwrap()
    }

    async fn listener(&self, base: &str, query: i64) -> Value {
        self.send(self.http.get(format!("{base}/api/queries/{query}/listener/"))).await
    }

    async fn until(
        &self,
        base: &str,
        query: i64,
        what: &str,
        is_so: impl Fn(&Value) -> bool,
    ) -> Value {
        let mut listener = Value::Null;
        for _ in 0..1_800 {
            listener = self.listener(base, query).await;
            if is_so(&listener) {
                return listener;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not become so that {what}: {listener}");
    }

    async fn publish(&self, seed: u64, n_packets: usize) {
        let packets = night(seed, n_packets);
        let packets: Vec<&[u8]> = packets.iter().map(|packet| &*packet.bytes).collect();
        self.emulator.publish(&self.topic, &packets, &[]).await;
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_process_that_listens_is_killed_another_goes_on_and_nothing_is_lost_or_twice() {
    let ground = Ground::lay().await;
    let (one, one_base) = ground.serve("one").await;
    let (two, two_base) = ground.serve("two").await;
    let query = ground.save(&one_base, "young").await;
    let put = ground.http.put(format!("{one_base}/api/queries/{query}/listener/"));
    ground.send(put.json(&json!({"state": "on"}))).await;
    ground.publish(1, 100).await;
    let first =
        ground.until(&two_base, query, "some are stored", |it| total(it, "stored") > 0).await;
    let process = first["replica"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
    let is_one = process == one.child.id().to_string();
    let (mut holder, other, base) =
        if is_one { (one, two, two_base) } else { (two, one, one_base) };
    assert_eq!(process, holder.child.id().to_string());
    // In the middle of work: while messages come and are stored.
    let killing = async {
        ground.until(&base, query, "more are stored", |it| total(it, "stored") >= 180).await;
        holder.signal(Signal::SIGKILL);
        let killed = Instant::now();
        holder.ended().await;
        killed
    };
    let ((), killed) = tokio::join!(ground.publish(2, 300), killing);
    ground.publish(3, 100).await;
    ground
        .until(&base, query, "the other goes on", |it| {
            it["run"].is_i64() && it["run"] != first["run"]
        })
        .await;
    let taken_over_after = killed.elapsed();
    let all = ground.until(&base, query, "all are stored", |it| total(it, "stored") >= 500).await;
    ground
        .until(&base, query, "all is acknowledged", |it| {
            it["days"][0]["acknowledged"].as_u64() > Some(0)
        })
        .await;
    say(&format!(
        "taken over {taken_over_after:.1?} after the kill; {} stored, {} came again",
        total(&all, "stored"),
        total(&all, "duplicates")
    ));
    assert_eq!(ground.count("select count(*) from alert").await, 500, "nothing is lost");
    assert_eq!(ground.count("select count(*) from run_alert").await, 500, "nothing twice");
    let put = ground.http.put(format!("{base}/api/queries/{query}/listener/"));
    ground.send(put.json(&json!({"state": "paused"}))).await;
    ground.until(&base, query, "it has ended", |it| it["run"].is_null()).await;
    let log = other.log();
    assert!(log.contains("is taken over: its process is gone"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_listened_to_without_pages_and_is_as_before_when_that_ends() {
    let ground = Ground::lay().await;
    let storage = tom_alerts::storage::Storage::connect(&ground.database_url).await.unwrap();
    let asker = storage.local_asker().await.unwrap();
    let form =
        json!({"subscription_name": "loop-1", "project": ground.emulator.project(), "timeout": 1});
    let new = |name: &str, broker: &str, parameters: &Value| {
        tom_alerts::domain::saved_query::NewSavedQuery {
            name: name.to_owned(),
            broker: broker.to_owned(),
            parameters: parameters.clone(),
            sharing: asker.default_sharing(),
        }
    };
    let query = storage.save_query(&asker, &new("young", "stream-rest", &form)).await.unwrap();
    storage.save_query(&asker, &new("old", "archive", &json!({"folder": "night"}))).await.unwrap();
    for _ in 0..2 {
        storage.save_query(&asker, &new("both", "stream-rest", &form)).await.unwrap();
    }
    for (name, because) in [
        ("nothing", "there is no saved query named “nothing”"),
        ("old", "“old” cannot be listened to. Only streams"),
        ("both", "several saved queries are named “both”"),
    ] {
        let mut program = ground.start(name, &["ingest", "--query", name]);
        assert_eq!(program.ended().await.code(), Some(1), "{}", program.log());
        assert!(program.log().contains(because), "{}", program.log());
        assert_eq!(program.said(), "");
    }

    let mut ingest = ground.start("ingest", &["ingest", "--query", "young", "--every", "1"]);
    ingest.until_said("young: listening as Local user, run ").await;
    ground.publish(1, 40).await;
    ingest.until_said("today 40 received, 40 stored, 0 filtered out").await;
    // A service on the same database sees it, and leaves it to whoever has it.
    let (service, base) = ground.serve("service").await;
    let on = ground.until(&base, query, "it is listened to", |it| it["state"] == "listening").await;
    assert!(on["replica"].as_str().unwrap().starts_with("ingest on "), "{on}");
    // Paused on its page it waits, and goes on from there.
    let put = |state: &str| {
        let url = format!("{base}/api/queries/{query}/listener/");
        ground.http.put(url).json(&json!({ "state": state }))
    };
    ground.send(put("paused")).await;
    ingest.until_said("young: paused, and waits until it goes on there").await;
    drop(service);
    assert!(storage.start_listening(&asker, query, None, 4).await.unwrap(), "it goes on");
    ground.publish(2, 10).await;
    ingest.until_said("today 50 received, 50 stored").await;
    ingest.signal(Signal::SIGTERM);
    assert!(ingest.ended().await.success(), "{}", ingest.log());
    assert!(storage.find_listener(&asker, query).await.unwrap().is_none(), "as it was before");
    let live = "select count(*) from run where state in ('queued', 'running')";
    assert_eq!(ground.count(live).await, 0);
    assert_eq!(ground.emulator.count_left(&ground.subscription).await, 0);
    ground.publish(3, 5).await;
    assert_eq!(ground.emulator.count_left(&ground.subscription).await, 5, "nobody takes them");
    let warning = format!("Every patience is divided by {TIMING_DIVISOR}");
    assert!(ingest.log().contains(&warning), "{}", ingest.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn ingest_waits_for_its_turn_and_a_listener_that_was_on_goes_on_elsewhere_when_it_ends() {
    let ground = Ground::lay().await;
    let (mut service, base) = ground.serve("service").await;
    let query = ground.save(&base, "young").await;
    let put = ground.http.put(format!("{base}/api/queries/{query}/listener/"));
    ground.send(put.json(&json!({"state": "on"}))).await;
    ground.until(&base, query, "it is listened to", |it| it["state"] == "listening").await;
    let mut ingest = ground.start("ingest", &["ingest", "--query", "young"]);
    ingest.until_said("waits, serve on ").await;
    service.signal(Signal::SIGTERM);
    assert!(service.ended().await.success());
    ingest.until_said("young: listening as ").await;
    let (_again, base) = ground.serve("again").await;
    ingest.signal(Signal::SIGINT);
    assert!(ingest.ended().await.success(), "{}", ingest.log());
    let on =
        ground.until(&base, query, "the service goes on", |it| it["state"] == "listening").await;
    assert!(on["replica"].as_str().unwrap().starts_with("serve on "), "{on}");
}
