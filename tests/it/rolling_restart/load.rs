//! What people and scripts do meanwhile: pages, changes by the API, runs.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, RequestBuilder, StatusCode, header, redirect};
use serde_json::{Value, json};

use crate::support::IDLE;

const PAGES: [&str; 7] = [
    "/",
    "/runs/",
    "/targets/",
    "/alerts/query/list/",
    "/accounts/profile/",
    "/api/runs/",
    "/api/targets/",
];

/// One who is signed in, and what became of their requests.
#[derive(Clone)]
pub(super) struct User {
    base: String,
    cookie: String,
    project: String,
    http: Client,
    tally: Arc<Tally>,
}

#[derive(Default)]
pub(super) struct Tally {
    pub(super) is_over: AtomicBool,
    pub(super) n_requests: AtomicU64,
    /// Targets that the service said it made.
    pub(super) n_created: AtomicU64,
    pub(super) failed: Mutex<Vec<String>>,
    /// How runs ended.
    pub(super) ends: Mutex<BTreeMap<String, usize>>,
}

impl User {
    pub(super) fn new(base: &str, session: &str, project: &str, tally: Arc<Tally>) -> Self {
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .pool_idle_timeout(IDLE)
            .build()
            .unwrap();
        let (base, project) = (base.to_owned(), project.to_owned());
        Self { base, cookie: format!("sid={session}"), project, http, tally }
    }

    fn is_over(&self) -> bool {
        self.tally.is_over.load(Ordering::SeqCst)
    }

    /// Sends a request; what came, if it is what should come.
    async fn ask(&self, request: RequestBuilder, expected: StatusCode) -> Option<Value> {
        let request = request.header(header::COOKIE, &self.cookie).build().unwrap();
        let what = format!("{} {}", request.method(), request.url().path());
        self.tally.n_requests.fetch_add(1, Ordering::Relaxed);
        let failure = match self.http.execute(request).await {
            Ok(answer) if answer.status() == expected => {
                let body = answer.bytes().await.unwrap();
                return Some(serde_json::from_slice(&body).unwrap_or(Value::Null));
            }
            Ok(answer) => format!("{what}: {} {}", answer.status(), answer.text().await.unwrap()),
            Err(error) => format!("{what}: {error:?}"),
        };
        self.tally.failed.lock().unwrap().push(failure);
        None
    }

    async fn post(&self, path: &str, body: &Value, expected: StatusCode) -> Option<Value> {
        self.ask(self.http.post(format!("{}{path}", self.base)).json(body), expected).await
    }

    async fn get(&self, path: &str) -> Option<Value> {
        self.ask(self.http.get(format!("{}{path}", self.base)), StatusCode::OK).await
    }

    /// Looks at page after page.
    pub(super) async fn look_around(self) {
        for path in PAGES.iter().cycle() {
            if self.is_over() {
                return;
            }
            self.get(path).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Makes target after target.
    pub(super) async fn make_targets(self) {
        while !self.is_over() {
            let name = format!("T {:016x}", rand::random::<u64>());
            let target = json!({"name": name, "ra": 10.0, "dec": -20.0});
            if self.post("/api/targets/", &target, StatusCode::CREATED).await.is_some() {
                self.tally.n_created.fetch_add(1, Ordering::Relaxed);
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// Runs the stream again and again.
    pub(super) async fn run_streams(self) {
        while !self.is_over() {
            self.run_stream().await;
        }
    }

    /// Runs the stream once; how many messages came, and how the run ended.
    pub(super) async fn run_stream(&self) -> (u64, String) {
        let parameters = json!({"subscription_name": "loop-1", "project": self.project, "timeout": 2, "max_results": 200});
        let body = json!({"broker": "stream-rest", "parameters": parameters});
        let Some(started) = self.post("/api/runs/", &body, StatusCode::ACCEPTED).await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            return (0, "not started".to_owned());
        };
        let path = format!("/api/runs/{}/", started["id"]);
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let Some(run) = self.get(&path).await else { continue };
            let state = run["state"].as_str().unwrap_or_default().to_owned();
            if !matches!(&*state, "queued" | "running") {
                *self.tally.ends.lock().unwrap().entry(state.clone()).or_default() += 1;
                return (run["counts"]["received"].as_u64().unwrap_or_default(), state);
            }
        }
    }
}
