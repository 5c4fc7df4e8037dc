//! The real BigQuery emulator, with verbs for what a test needs around the service: tables, rows, statements.

use axum::{Json, Router, extract::Request, response::IntoResponse};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tom_alerts::google::bigquery::{Parameter, ResultPage, named};

/// The project of every test; each has datasets of its own.
pub(crate) const PROJECT: &str = "test-proj";

/// Rows in one request.
const ROWS_AT_ONCE: usize = 50;

/// A dataset of its own on the emulator that runs for all tests.
pub(crate) struct BigQueryEmulator {
    host: String,
    dataset: String,
    http: Client,
}

impl BigQueryEmulator {
    /// A dataset that no other test has.
    pub(crate) async fn fresh_dataset() -> Self {
        #[expect(clippy::disallowed_methods, reason = "tests/run says where the emulator is")]
        let host = std::env::var("TOM_ALERTS_TEST_BIGQUERY")
            .expect("tests need TOM_ALERTS_TEST_BIGQUERY: run them by tests/run");
        let dataset = format!("d_{:016x}", rand::random::<u64>());
        // The emulator closes idle connections when it likes, also while a request is on its way.
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let emulator = Self { host, dataset, http };
        emulator.create_dataset(PROJECT, &emulator.dataset).await;
        emulator
    }

    /// `HOST:PORT`, as `BIGQUERY_EMULATOR_HOST` has it.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// A front of the emulator that answers dry runs itself: what they would read, and at once. The emulator says 0
    /// bytes, and runs a query that has parameters. `HOST:PORT`.
    ///
    /// And the paths that were asked for through it.
    pub(crate) async fn front(&self, estimate: u64) -> (String, Arc<Mutex<Vec<String>>>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let paths = asked.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (host, http) = (self.host.clone(), self.http.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (host, http, paths) = (host.clone(), http.clone(), paths.clone());
            async move {
                let (parts, body) = request.into_parts();
                paths.lock().unwrap().push(parts.uri.path().to_owned());
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
                if asked["configuration"]["dryRun"] == true {
                    let said = json!({"statistics": {"totalBytesProcessed": estimate.to_string()}});
                    return Json(said).into_response();
                }
                let answer = http
                    .request(parts.method, format!("http://{host}{}", parts.uri))
                    .header("content-type", "application/json")
                    .body(body)
                    .send()
                    .await
                    .unwrap();
                (answer.status(), answer.bytes().await.unwrap()).into_response()
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (address, asked)
    }

    /// The full name of a table of this dataset.
    pub(crate) fn table(&self, table: &str) -> String {
        format!("{PROJECT}.{}.{table}", self.dataset)
    }

    /// Creates a table.
    pub(crate) async fn create_table(&self, table: &str, columns: &Value) {
        let body = json!({
            "tableReference": {"projectId": PROJECT, "datasetId": self.dataset, "tableId": table},
            "schema": {"fields": columns},
        });
        let path = format!("{PROJECT}/datasets/{}/tables", self.dataset);
        self.expect(Method::POST, &path, &body).await;
    }

    /// Puts rows into a table.
    pub(crate) async fn insert(&self, table: &str, rows: &[Value]) {
        let path = format!("{PROJECT}/datasets/{}/tables/{table}/insertAll", self.dataset);
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let rows: Vec<Value> = rows.iter().map(|row| json!({"json": row})).collect();
            let answer = self.expect(Method::POST, &path, &json!({"rows": rows})).await;
            assert!(answer.get("insertErrors").is_none(), "{answer}");
        }
    }

    /// Runs a statement; its rows, by the names of their columns.
    pub(crate) async fn query(&self, statement: &str, parameters: &[Parameter]) -> Vec<Value> {
        let body = json!({
            "query": statement,
            "useLegacySql": false,
            "parameterMode": "NAMED",
            "queryParameters": parameters.iter().map(Parameter::to_json).collect::<Vec<_>>(),
            "formatOptions": {"useInt64Timestamp": true},
            "timeoutMs": 120_000,
        });
        let answer = self.expect(Method::POST, &format!("{PROJECT}/queries"), &body).await;
        let page: ResultPage = serde_json::from_value(answer).unwrap();
        assert!(page.job_complete && page.page_token.is_none());
        page.rows.iter().map(|row| Value::Object(named(&page.schema, row).unwrap())).collect()
    }

    /// Every job of the project, newest first.
    pub(crate) async fn jobs(&self) -> Vec<Value> {
        let path = format!("{PROJECT}/jobs?projection=full&maxResults=1000");
        let answer = self.expect(Method::GET, &path, &Value::Null).await;
        answer["jobs"].as_array().cloned().unwrap_or_default()
    }

    /// Asks for the end of a job. One that ends in this moment may be answered with an error: its state tells.
    pub(crate) async fn cancel(&self, job: &str) {
        _ = self.ask(Method::POST, &format!("{PROJECT}/jobs/{job}/cancel"), &json!({})).await;
    }

    async fn create_dataset(&self, project: &str, dataset: &str) {
        let body = json!({"datasetReference": {"projectId": project, "datasetId": dataset}});
        self.expect(Method::POST, &format!("{project}/datasets"), &body).await;
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> (StatusCode, String) {
        let url = format!("http://{}/bigquery/v2/projects/{path}", self.host);
        let request = self.http.request(method, url);
        let request = if body.is_null() { request } else { request.json(body) };
        let response = request.send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    async fn expect(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, text) = self.ask(method, path, body).await;
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}
