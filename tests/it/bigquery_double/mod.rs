//! A double of BigQuery's REST API: it says what a test wants of bytes, errors and time, and records what it is asked.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Verb {
    DryRun,
    Insert,
    GetJob,
    GetResults,
    Cancel,
}

/// A call as it came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) verb: Verb,
    pub(crate) body: Value,
    pub(crate) query: String,
    pub(crate) token: Option<String>,
}

/// An error in BigQuery's shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: &'static str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message,
            "errors": [{"reason": self.reason, "message": self.message, "domain": "global"}]}});
        (StatusCode::from_u16(self.code).unwrap(), Json(body)).into_response()
    }
}

struct Job {
    is_stopped: bool,
}

/// What the double does.
struct Script {
    estimate: u64,
    billed: u64,
    accuracy: &'static str,
    /// Where jobs run: outside of the US and the EU they are found only there.
    location: &'static str,
    /// Dry runs say where that is.
    names_place: bool,
    /// Pages of rows, each a whole `f`.
    pages: Vec<Vec<Value>>,
    columns: Value,
    /// Answers before a job is complete.
    n_waits: usize,
    refusals: HashMap<Verb, VecDeque<Option<Refusal>>>,
    always: HashMap<Verb, Refusal>,
    /// Jobs that are started although their caller hears of an outage.
    n_lost: usize,
    /// Jobs that are started under an answer without a name.
    n_nameless: usize,
    /// Jobs go on although they were asked to stop.
    is_stubborn: bool,
    /// Jobs end without a word on their bill.
    hides_bill: bool,
    jobs: BTreeMap<String, Job>,
    journal: Vec<Call>,
}

/// The double.
#[derive(Clone)]
pub(crate) struct BigQueryDouble {
    host: String,
    script: Arc<Mutex<Script>>,
}

impl BigQueryDouble {
    pub(crate) async fn start() -> Self {
        let script = Script {
            estimate: 0,
            billed: 0,
            accuracy: "PRECISE",
            location: "US",
            names_place: true,
            pages: vec![Vec::new()],
            columns: json!([]),
            n_waits: 0,
            refusals: HashMap::new(),
            always: HashMap::new(),
            n_lost: 0,
            n_nameless: 0,
            is_stubborn: false,
            hides_bill: false,
            jobs: BTreeMap::new(),
            journal: Vec::new(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let double = Self { host, script: Arc::new(Mutex::new(script)) };
        let router = Router::new()
            .route("/bigquery/v2/projects/{project}/jobs", post(insert))
            .route("/bigquery/v2/projects/{project}/jobs/{job}", get(get_job))
            .route("/bigquery/v2/projects/{project}/jobs/{job}/cancel", post(cancel))
            .route("/bigquery/v2/projects/{project}/queries/{job}", get(get_results))
            .with_state(double.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        double
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// What dry runs say and what jobs are billed, bytes.
    pub(crate) fn costs(&self, estimate: u64, billed: u64) {
        self.change(|script| (script.estimate, script.billed) = (estimate, billed));
    }

    /// Dry runs say how good their estimate is.
    pub(crate) fn says(&self, accuracy: &'static str) {
        self.change(|script| script.accuracy = accuracy);
    }

    /// Jobs run there.
    pub(crate) fn is_in(&self, location: &'static str) {
        self.change(|script| script.location = location);
    }

    /// Dry runs do not say where jobs run.
    pub(crate) fn names_no_place(&self) {
        self.change(|script| script.names_place = false);
    }

    /// The next job is started under an answer that does not name it.
    pub(crate) fn forgets_a_name(&self) {
        self.change(|script| script.n_nameless = 1);
    }

    /// Whether jobs go on although they were asked to stop.
    pub(crate) fn is_stubborn(&self, is_stubborn: bool) {
        self.change(|script| script.is_stubborn = is_stubborn);
    }

    /// Jobs end without a word on their bill.
    pub(crate) fn hides_the_bill(&self) {
        self.change(|script| script.hides_bill = true);
    }

    /// What jobs find.
    pub(crate) fn finds(&self, columns: Value, pages: Vec<Vec<Value>>) {
        self.change(|script| (script.columns, script.pages) = (columns, pages));
    }

    /// Jobs take so many answers that say "not yet".
    pub(crate) fn takes(&self, n_waits: usize) {
        self.change(|script| script.n_waits = n_waits);
    }

    /// The next call of a kind is refused.
    pub(crate) fn refuses_once(&self, verb: Verb, refusal: Refusal) {
        self.change(|script| script.refusals.entry(verb).or_default().push_back(Some(refusal)));
    }

    /// The next call of a kind is served, before those that are refused once.
    pub(crate) fn serves_once(&self, verb: Verb) {
        self.change(|script| script.refusals.entry(verb).or_default().push_back(None));
    }

    /// Every call of a kind is refused.
    pub(crate) fn refuses(&self, verb: Verb, refusal: Refusal) {
        self.change(|script| _ = script.always.insert(verb, refusal));
    }

    /// The next job is started, but its caller hears of an outage.
    pub(crate) fn loses_an_answer(&self) {
        self.change(|script| script.n_lost = 1);
    }

    pub(crate) fn calls(&self, verb: Verb) -> Vec<Call> {
        self.journal().into_iter().filter(|call| call.verb == verb).collect()
    }

    pub(crate) fn journal(&self) -> Vec<Call> {
        self.change(|script| script.journal.clone())
    }

    /// Ids of the jobs that were started.
    pub(crate) fn jobs(&self) -> Vec<String> {
        self.change(|script| script.jobs.keys().cloned().collect())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.script.lock().unwrap())
    }

    /// Records a call; what it is refused with.
    fn arrive(
        &self,
        verb: Verb,
        headers: &HeaderMap,
        body: Value,
        query: Option<String>,
    ) -> Option<Refusal> {
        let token = headers.get("authorization").map(|token| token.to_str().unwrap().to_owned());
        self.change(|script| {
            script.journal.push(Call { verb, body, query: query.unwrap_or_default(), token });
            let next = script.refusals.get_mut(&verb).and_then(VecDeque::pop_front);
            next.unwrap_or_else(|| script.always.get(&verb).copied())
        })
    }
}

async fn insert(
    State(double): State<BigQueryDouble>,
    Path(project): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let is_dry = body["configuration"]["dryRun"] == true;
    let verb = if is_dry { Verb::DryRun } else { Verb::Insert };
    if let Some(refusal) = double.arrive(verb, &headers, body.clone(), None) {
        return refusal.into_response();
    }
    if is_dry {
        return double.change(|script| {
            let mut answer = json!({"status": {"state": "DONE"}, "statistics": {"totalBytesProcessed": script.estimate.to_string(),
                "query": {"totalBytesProcessedAccuracy": script.accuracy}}});
            if script.names_place {
                answer["jobReference"] = json!({"projectId": project, "location": script.location});
            }
            Json(answer).into_response()
        });
    }
    let id = body["jobReference"]["jobId"].as_str().unwrap().to_owned();
    double.change(|script| {
        if script.jobs.contains_key(&id) {
            let message = "Already Exists: Job";
            return Refusal { code: 409, reason: "duplicate", message }.into_response();
        }
        script.jobs.insert(id.clone(), Job { is_stopped: false });
        if script.n_lost > 0 {
            script.n_lost -= 1;
            return Refusal { code: 503, reason: "backendError", message: "try again" }
                .into_response();
        }
        if script.n_nameless > 0 {
            script.n_nameless -= 1;
            return Json(json!({"status": {"state": "RUNNING"}})).into_response();
        }
        Json(script.reference(&project, &id)).into_response()
    })
}

const NO_JOB: Refusal = Refusal { code: 404, reason: "notFound", message: "Not found: Job" };

impl Script {
    fn reference(&self, project: &str, id: &str) -> Value {
        json!({"jobReference": {"projectId": project, "jobId": id, "location": self.location}, "status": {"state": "RUNNING"}})
    }

    /// Whether a call finds a job.
    fn has(&self, id: &str, query: &str) -> bool {
        let asked = url::form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| (name == "location").then(|| value.into_owned()));
        let is_there = match asked {
            Some(location) => location == self.location,
            None => ["US", "EU"].contains(&self.location),
        };
        is_there && self.jobs.contains_key(id)
    }
}

async fn get_job(
    State(double): State<BigQueryDouble>,
    Path((project, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let text = query.clone().unwrap_or_default();
    if let Some(refusal) = double.arrive(Verb::GetJob, &headers, Value::Null, query) {
        return refusal.into_response();
    }
    double.change(|script| {
        if !script.has(&id, &text) {
            return NO_JOB.into_response();
        }
        let mut job = script.reference(&project, &id);
        let is_stopped = script.jobs.get(&id).is_some_and(|job| job.is_stopped);
        let is_done = is_stopped && !script.is_stubborn || script.n_waits == 0;
        job["status"]["state"] = json!(if is_done { "DONE" } else { "RUNNING" });
        if is_stopped && is_done {
            job["status"]["errorResult"] =
                json!({"reason": "stopped", "message": "Job execution was cancelled"});
        }
        if !script.hides_bill {
            let billed = if is_done { script.billed } else { 0 };
            job["statistics"] = json!({"query": {"totalBytesBilled": billed.to_string()}});
        }
        Json(job).into_response()
    })
}

async fn cancel(
    State(double): State<BigQueryDouble>,
    Path((project, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let text = query.clone().unwrap_or_default();
    if let Some(refusal) = double.arrive(Verb::Cancel, &headers, Value::Null, query) {
        return refusal.into_response();
    }
    double.change(|script| {
        if !script.has(&id, &text) {
            return NO_JOB.into_response();
        }
        let answer = json!({"job": script.reference(&project, &id)});
        if let Some(job) = script.jobs.get_mut(&id) {
            job.is_stopped = true;
        }
        Json(answer).into_response()
    })
}

async fn get_results(
    State(double): State<BigQueryDouble>,
    Path((project, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let text = query.clone().unwrap_or_default();
    if let Some(refusal) = double.arrive(Verb::GetResults, &headers, Value::Null, query) {
        return refusal.into_response();
    }
    if !double.change(|script| script.has(&id, &text)) {
        return NO_JOB.into_response();
    }
    let waiting = double.change(|script| {
        let waits = script.n_waits > 0;
        script.n_waits = script.n_waits.saturating_sub(1);
        waits.then(|| script.reference(&project, &id))
    });
    if let Some(mut answer) = waiting {
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer["jobComplete"] = json!(false);
        return Json(answer).into_response();
    }
    let page = url::form_urlencoded::parse(text.as_bytes())
        .find_map(|(name, value)| (name == "pageToken").then(|| value.parse::<usize>().unwrap()))
        .unwrap_or(0);
    double.change(|script| {
        let total: usize = script.pages.iter().map(Vec::len).sum();
        let next = (page + 1 < script.pages.len()).then(|| (page + 1).to_string());
        Json(json!({"jobComplete": true, "schema": {"fields": script.columns}, "totalRows": total.to_string(),
            "rows": script.pages[page], "pageToken": next}))
        .into_response()
    })
}
