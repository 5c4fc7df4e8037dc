//! BigQuery by REST: dry runs, query jobs, their results in pages, cancelling.
//! <https://cloud.google.com/bigquery/docs/reference/rest>
//!
//! Six calls on `ApiClient`, with the limits, retries and sentences that Pub/Sub has. Google's crate
//! (`google-cloud-bigquery-v2` 1.1) was tried against the emulator and works, but it brings 16 crates that nothing else
//! here needs (22.8 s of compilation on two cores, debug build), reads an answer of any size into memory, and knows
//! neither a run's log of retries nor a token that was refused.

mod job;
mod parameter;
mod rows;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

pub use self::{
    job::{Accuracy, Estimate, JobPath, QueryJob},
    parameter::{Parameter, ParameterValue},
    rows::{Column, ResultPage, named},
};
use super::{api::ApiClient, error::GoogleError, names::encoded};
use crate::http_api::Call;

/// Where Google's own service is.
pub const GOOGLE_ENDPOINT: &str = "https://bigquery.googleapis.com/";

/// Where its methods are below that.
pub const ROOT: &str = "bigquery/v2/";

/// Largest page of results, bytes. BigQuery ends a page near 10 MB itself.
const PAGE_LIMIT: usize = 32 << 20;

/// Why a job was not started, as far as anybody knows.
#[derive(Debug)]
pub struct InsertError {
    /// What went wrong.
    pub error: GoogleError,
    /// Whether the job may be at work all the same: an answer was lost, or could not be read.
    pub may_be_at_work: bool,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits or works.
    AtWork,
    /// It has ended, and was billed for so many bytes; `None` where BigQuery does not say.
    Ended(Option<u64>),
}

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
        Estimate::read(&self.api.call(&call).await?)
            .ok_or_else(|| GoogleError::not_understood("BigQuery", &what))
    }

    /// Starts a query under an id of our own, so that it can be cancelled even when the answer is lost. Starting the
    /// same job twice starts it once.
    pub async fn insert(&self, query: &QueryJob<'_>) -> Result<JobPath, InsertError> {
        let what = query.what();
        let path = format!("projects/{}/jobs", encoded(&query.job.project));
        let body = Some(query.to_json());
        let n_before = self.api.n_retries();
        match self.api.call(&Call::new(Method::POST, path, body, &what)).await {
            // It was accepted, whatever else the answer says: the id is ours, and the dry run knew the place.
            Ok(answer) => Ok(query.job.located(&answer).unwrap_or_else(|| query.job.clone())),
            // An earlier try was served although its answer was lost.
            Err(GoogleError::AlreadyExists { .. }) => Ok(self.located(&query.job).await),
            Err(error) => {
                let is_open =
                    matches!(error, GoogleError::Unreachable { .. } | GoogleError::TooLarge { .. });
                let may_be_at_work = is_open || self.api.n_retries() > n_before;
                Err(InsertError { error, may_be_at_work })
            }
        }
    }

    /// A job that is there, with its place if BigQuery says that.
    async fn located(&self, job: &JobPath) -> JobPath {
        let what = job.what();
        let path = format!("{}{}", job.encoded("jobs"), job.location_query());
        let patience = Some(self.api.timing().brief);
        let call = Call { patience, ..Call::new(Method::GET, path, None, &what) };
        let answer = self.api.call(&call).await;
        answer.ok().and_then(|answer| job.located(&answer)).unwrap_or_else(|| job.clone())
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
        serde_json::from_slice(&answer).map_err(|_| GoogleError::not_understood("BigQuery", &what))
    }

    /// How a job stands, and what it was billed for.
    pub async fn job_state(&self, job: &JobPath) -> Result<JobState, GoogleError> {
        let what = job.what();
        let path = format!("{}{}", job.encoded("jobs"), job.location_query());
        let patience = Some(self.api.timing().brief);
        let call = Call { patience, ..Call::new(Method::GET, path, None, &what) };
        let answer: Value = serde_json::from_slice(&self.api.call(&call).await?)
            .map_err(|_| GoogleError::not_understood("BigQuery", &what))?;
        if answer.pointer("/status/state").and_then(Value::as_str) != Some("DONE") {
            return Ok(JobState::AtWork);
        }
        let billed = answer.pointer("/statistics/query/totalBytesBilled").and_then(Value::as_str);
        let failure = answer.pointer("/status/errorResult");
        let reason = failure.and_then(|failure| failure.get("reason")).and_then(Value::as_str);
        // A query that failed is not billed; one that was stopped, or took too long, may be.
        let is_free = failure.is_some() && reason != Some("stopped");
        Ok(JobState::Ended(billed.and_then(|bytes| bytes.parse().ok()).or(is_free.then_some(0))))
    }

    /// Asks for a job to be stopped.
    pub async fn cancel(&self, job: &JobPath) -> Result<(), GoogleError> {
        let what = job.what();
        let path = format!("{}/cancel{}", job.encoded("jobs"), job.location_query());
        let body = Some(json!({}));
        let patience = Some(self.api.timing().brief);
        let call = Call { patience, ..Call::new(Method::POST, path, body, &what) };
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
