//! The program under test: started, killed, started again, and asked over its API.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{sync::Mutex, time::Instant};

use crate::{postgres::free_port, settings};

/// How long may a start take?
const START: Duration = Duration::from_mins(1);

/// The program with its data folder; it dies with this value.
pub(crate) struct Program {
    place: TempDir,
    listen: String,
    database_url: String,
    pubsub: String,
    /// Every patience of the program is divided by this.
    timing_divisor: u32,
    child: Mutex<Option<Running>>,
    /// How often it was started.
    lives: AtomicU64,
    http: Client,
}

/// A process that is killed when nobody wants it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    /// The program, between these relays, as patient as is said. It is not started yet.
    pub(crate) fn new(database_url: String, pubsub: String, timing_divisor: u32) -> Self {
        Self {
            place: tempfile::tempdir().unwrap(),
            listen: format!("127.0.0.1:{}", free_port()),
            database_url,
            pubsub,
            timing_divisor,
            child: Mutex::new(None),
            lives: AtomicU64::new(0),
            http: Client::builder().timeout(Duration::from_secs(10)).build().unwrap(),
        }
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn start(&self) {
        let mut child = self.child.lock().await;
        self.lives.fetch_add(1, Ordering::SeqCst);
        *child = Some(Running(self.spawn()));
        let give_up = Instant::now() + START;
        while !self.is_ready().await {
            let ended = child.as_mut().and_then(|child| child.0.try_wait().unwrap());
            assert!(
                ended.is_none() && Instant::now() < give_up,
                "it does not start: {}",
                self.last_words()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        Command::new(settings::program())
            .args(["--listen", &self.listen, "--data-dir"])
            .arg(self.place.path())
            // Without an archive it would simulate a night first.
            .arg("--archive")
            .arg(self.place.path())
            .env("DATABASE_URL", &self.database_url)
            .env("PUBSUB_EMULATOR_HOST", &self.pubsub)
            // Runs of a killed program hold their places until it has been silent for long enough.
            .env("TOM_ALERTS_RUNS_AT_ONCE", "1000")
            .env("TOM_ALERTS_TIMING_DIVISOR", self.timing_divisor.to_string())
            .env_remove("GOOGLE_CLOUD_PROJECT")
            .env_remove("GOOGLE_APPLICATION_CREDENTIALS")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// SIGKILL.
    pub(crate) async fn kill(&self) {
        *self.child.lock().await = None;
    }

    /// Which life this is: runs of another one are nobody's any more.
    pub(crate) fn life(&self) -> u64 {
        self.lives.load(Ordering::SeqCst)
    }

    async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("http://{}/readyz", self.listen)).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// Asks for something; `None` if it is away or refuses.
    pub(crate) async fn get(&self, path: &str) -> Option<Value> {
        let answer = self.http.get(format!("http://{}{path}", self.listen)).send().await.ok()?;
        answer.error_for_status().ok()?.json().await.ok()
    }

    /// Sends JSON; `None` if it is away or has no database. Any other refusal is a fault of the campaign.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Option<Value> {
        self.send(Method::POST, path, body).await
    }

    /// The same to change what is there.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Option<Value> {
        self.send(Method::PUT, path, body).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Option<Value> {
        let request = self.http.request(method, format!("http://{}{path}", self.listen)).json(body);
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let words = answer.text().await.ok()?;
        assert!(!status.is_client_error(), "{status}: {words}");
        serde_json::from_str(&words).ok().filter(|_| status.is_success())
    }

    fn log(&self) -> PathBuf {
        self.place.path().join("faults.log")
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let words = fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&words[words.len().saturating_sub(4_000)..]).into_owned()
    }

    /// Lines of its log that tell of a fault in the software.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let words = fs::read(self.log()).unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        let tells =
            |line: &&str| line.contains("panicked at") || line.contains("fault in the software");
        words.lines().filter(tells).map(str::to_owned).collect()
    }
}
