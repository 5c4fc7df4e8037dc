//! BigQuery by REST: dry runs, query jobs, their results in pages, cancelling.
//! <https://cloud.google.com/bigquery/docs/reference/rest>

mod job;
mod parameter;
mod rows;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

pub use self::{
    job::{Estimate, JobPath, QueryJob},
    parameter::{Parameter, ParameterValue},
    rows::{Column, ResultPage, named},
};
use super::{
    api::{ApiClient, Call},
    names::encoded,
    trouble::GoogleError,
};

/// Where Google's own service is.
pub const GOOGLE_ENDPOINT: &str = "https://bigquery.googleapis.com/";

/// Where its methods are below that.
pub const ROOT: &str = "bigquery/v2";

/// Largest page of results, bytes. BigQuery ends a page near 10 MB itself.
const PAGE_LIMIT: usize = 32 << 20;

/// How long to try to cancel a job: its own time-out ends it in any case.
const BRIEF: Duration = Duration::from_secs(8);

/// The service, as one user sees it.
#[derive(Debug)]
pub struct BigQuery {
    api: ApiClient,
}

impl BigQuery {
    /// The service behind a client of [`ROOT`].
    pub fn new(api: ApiClient) -> Self {
        Self { api }
    }

    /// The client: whom it acts as, whether it is in trouble.
    pub fn api(&self) -> &ApiClient {
        &self.api
    }

    /// What a query would read: a dry run, which is free and reads nothing.
    pub async fn estimate(&self, query: &QueryJob<'_>) -> Result<Estimate, GoogleError> {
        let what = query.what();
        let path = format!("projects/{}/jobs", encoded(&query.job.project));
        let call = Call::new(Method::POST, path, Some(query.dry_run()), &what);
        Estimate::read(&self.api.call(&call).await?).ok_or_else(|| not_understood(&what))
    }

    /// Starts a query under an id of our own, so that it can be cancelled even when the answer is lost. Starting the
    /// same job twice starts it once.
    pub async fn insert(&self, query: &QueryJob<'_>) -> Result<JobPath, GoogleError> {
        let what = query.what();
        let path = format!("projects/{}/jobs", encoded(&query.job.project));
        let body = Some(query.to_json());
        match self.api.call(&Call::new(Method::POST, path, body, &what)).await {
            Ok(answer) => query.job.located(&answer).ok_or_else(|| not_understood(&what)),
            // The first try was served although its answer was lost.
            Err(GoogleError::AlreadyExists { .. }) => {
                let call = Call::new(Method::GET, query.job.encoded("jobs"), None, &what);
                let answer = self.api.call(&call).await?;
                query.job.located(&answer).ok_or_else(|| not_understood(&what))
            }
            Err(error) => Err(error),
        }
    }

    /// A page of a job's results; one that is not complete when the job is still at work after `wait`.
    /// A job that failed is an error here.
    pub async fn get_query_results(
        &self,
        job: &JobPath,
        page_token: Option<&str>,
        max_results: u32,
        wait: Duration,
    ) -> Result<ResultPage, GoogleError> {
        let what = job.what();
        let path = format!(
            "{}?{}",
            job.encoded("queries"),
            results_query(job, page_token, max_results, wait)
        );
        let call = Call { limit: PAGE_LIMIT, ..Call::new(Method::GET, path, None, &what) };
        let answer = self.api.call(&call).await?;
        serde_json::from_slice(&answer).map_err(|_| not_understood(&what))
    }

    /// Bytes that a job was billed for; `None` while it is at work, or BigQuery does not say.
    pub async fn billed_bytes(&self, job: &JobPath) -> Result<Option<u64>, GoogleError> {
        let what = job.what();
        let path = format!("{}{}", job.encoded("jobs"), job.location_query());
        let call = Call { patience: Some(BRIEF), ..Call::new(Method::GET, path, None, &what) };
        let answer: Value = serde_json::from_slice(&self.api.call(&call).await?)
            .map_err(|_| not_understood(&what))?;
        if answer.pointer("/status/state").and_then(Value::as_str) != Some("DONE") {
            return Ok(None);
        }
        let billed = answer.pointer("/statistics/query/totalBytesBilled").and_then(Value::as_str);
        let has_failed = answer.pointer("/status/errorResult").is_some();
        // A query that failed is not billed.
        Ok(billed.and_then(|bytes| bytes.parse().ok()).or(has_failed.then_some(0)))
    }

    /// Asks for a job to be stopped.
    pub async fn cancel(&self, job: &JobPath) -> Result<(), GoogleError> {
        let what = job.what();
        let path = format!("{}/cancel{}", job.encoded("jobs"), job.location_query());
        let body = Some(json!({}));
        let call = Call { patience: Some(BRIEF), ..Call::new(Method::POST, path, body, &what) };
        self.api.call(&call).await?;
        Ok(())
    }
}

fn results_query(
    job: &JobPath,
    page_token: Option<&str>,
    max_results: u32,
    wait: Duration,
) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("maxResults", &max_results.to_string())
        .append_pair("timeoutMs", &wait.as_millis().to_string())
        .append_pair("formatOptions.useInt64Timestamp", "true");
    if let Some(location) = &job.location {
        query.append_pair("location", location);
    }
    if let Some(token) = page_token {
        query.append_pair("pageToken", token);
    }
    query.finish()
}

fn not_understood(what: &str) -> GoogleError {
    let message = "its answer is not what its documentation says".to_owned();
    GoogleError::Refused { what: what.to_owned(), message }
}
