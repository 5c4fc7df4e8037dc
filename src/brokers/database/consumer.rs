//! One query of BigQuery and what is done with it, in the verbs of the Python module.

use std::time::Duration;

use serde_json::Value;

use super::{
    query::{Columns, Query},
    sql::{Statement, create_sql_stmnt},
    unpack::unpack_row,
};
use crate::{
    brokers::{BrokerError, Cost, Delivery, EstimatedCost},
    domain::timing::QueryTiming,
    google::{
        GoogleError,
        bigquery::{BigQuery, Column, InsertError, JobPath, JobState, QueryJob, ResultPage},
    },
};

/// Who the bill is told it was.
const LABELS: &[(&str, &str)] = &[("application", "tom-alerts"), ("backend", "database")];

/// BigQuery bills at least this much for a table, bytes: below that it refuses every query.
/// <https://cloud.google.com/bigquery/pricing#on_demand_pricing>
const LEAST_BILLED: u64 = 10 << 20;

/// Rows in one page: some megabytes at most.
const SUMMARY_ROWS: u32 = 1_000;
const HISTORY_ROWS: u32 = 100;

/// Runs one query.
#[derive(Debug)]
pub(super) struct Consumer {
    bigquery: BigQuery,
    query: Query,
    statement: Statement,
    job: JobPath,
    /// What one query may read at most, bytes.
    limit: u64,
    timing: QueryTiming,
}

impl Consumer {
    /// A consumer of a query whose job runs in `project`.
    pub(super) fn new(
        bigquery: BigQuery,
        query: Query,
        project: String,
        limit: u64,
        timing: QueryTiming,
    ) -> Self {
        let statement = create_sql_stmnt(&query);
        let job = JobPath { project, id: new_job_id(), location: None };
        Self { bigquery, query, statement, job, limit, timing }
    }

    pub(super) fn query(&self) -> &Query {
        &self.query
    }

    pub(super) fn statement(&self) -> &Statement {
        &self.statement
    }

    pub(super) fn job(&self) -> &JobPath {
        &self.job
    }

    /// How patient we are with it.
    pub(super) fn timing(&self) -> QueryTiming {
        self.timing
    }

    /// What one query may read at most.
    pub(super) fn limit(&self) -> Cost {
        Cost(self.limit)
    }

    pub(super) fn acts_as(&self) -> String {
        self.bigquery.api().acts_as()
    }

    /// What the query would read, by a dry run; where its job is to run is known from then on.
    pub(super) async fn estimate(&mut self) -> Result<EstimatedCost, GoogleError> {
        let estimate = self.bigquery.estimate(&self.query_job(self.limit)).await?;
        self.job.location = estimate.location;
        Ok(EstimatedCost {
            cost: Cost(estimate.bytes),
            accuracy: estimate.accuracy,
            cap: Cost(cap(estimate.bytes, self.limit)),
            limit: Cost(self.limit),
        })
    }

    /// Starts the job, which may be billed for `cap` at most.
    pub(super) async fn start(&self, cap: Cost) -> Result<JobPath, InsertError> {
        self.bigquery.insert(&self.query_job(cap.0)).await
    }

    /// The next page of a job's results, or one that is not complete.
    pub(super) async fn next_page(
        &self,
        job: &JobPath,
        page_token: Option<&str>,
    ) -> Result<ResultPage, GoogleError> {
        let most = match self.query.columns {
            Columns::Summary => SUMMARY_ROWS,
            _ => HISTORY_ROWS,
        };
        self.bigquery.get_query_results(job, page_token, most, self.timing.wait).await
    }

    /// Reads rows. This is work for a thread that may block.
    pub(super) fn unpack_query(&self, columns: &[Column], rows: &[Value]) -> Vec<Delivery> {
        let (table, version) = (&self.query.table, self.query.like.schema_version);
        rows.iter().map(|row| unpack_row(table, version, columns, row)).collect()
    }

    /// How the job stands, and what it was billed for.
    pub(super) async fn state(&self, job: &JobPath) -> Result<JobState, GoogleError> {
        self.bigquery.job_state(job).await
    }

    /// Stops the job.
    pub(super) async fn cancel(&self, job: &JobPath) -> Result<(), GoogleError> {
        self.bigquery.cancel(job).await
    }

    fn query_job(&self, maximum_bytes_billed: u64) -> QueryJob<'_> {
        QueryJob {
            job: self.job.clone(),
            statement: &self.statement.text,
            parameters: &self.statement.parameters,
            maximum_bytes_billed,
            timeout: Duration::from_secs(self.query.timeout_s),
            labels: LABELS,
        }
    }
}

fn new_job_id() -> String {
    format!("tom_alerts_{:032x}", rand::random::<u128>())
}

/// The smallest query there is, for a dry run that shows whether BigQuery takes queries at all.
pub(super) fn test_job(project: &str) -> QueryJob<'static> {
    QueryJob {
        job: JobPath { project: project.to_owned(), id: new_job_id(), location: None },
        statement: "SELECT 1",
        parameters: &[],
        maximum_bytes_billed: LEAST_BILLED,
        timeout: Duration::from_secs(10),
        labels: LABELS,
    }
}

/// What a job may be billed for: a tenth more than its estimate, as much as one query may at most.
fn cap(estimate: u64, limit: u64) -> u64 {
    estimate.saturating_add(estimate / 10).max(LEAST_BILLED).min(limit)
}

/// That an estimate is within the limit, and so is the least that is billed for any query.
pub(super) fn check_limit(estimated: &EstimatedCost) -> Result<(), BrokerError> {
    let (estimate, limit) = (estimated.cost.max(Cost(LEAST_BILLED)), estimated.limit);
    if estimate > limit {
        return Err(BrokerError::TooMuchToRead { estimate, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::bigquery::Accuracy;

    #[test]
    fn a_job_is_capped_a_tenth_above_its_estimate_and_never_above_the_limit() {
        let gib = 1 << 30;
        assert_eq!(cap(10 * gib, 100 * gib), 11 * gib);
        assert_eq!(cap(99 * gib, 100 * gib), 100 * gib);
        assert_eq!(cap(0, 100 * gib), LEAST_BILLED);
        assert_eq!(cap(u64::MAX, 100 * gib), 100 * gib);
        for (estimate, limit) in [(0, 0), (0, 5 << 20), (u64::MAX, 5 << 20), (1 << 20, 5 << 20)] {
            assert_eq!(cap(estimate, limit), limit, "{estimate}");
        }
    }

    #[test]
    fn below_what_is_billed_for_any_query_there_is_none() {
        let estimated = |cost, limit| EstimatedCost {
            cost: Cost(cost),
            accuracy: Accuracy::Exact,
            cap: Cost(cap(cost, limit)),
            limit: Cost(limit),
        };
        for limit in [0, 1, LEAST_BILLED - 1] {
            assert!(check_limit(&estimated(0, limit)).is_err(), "{limit}");
        }
        assert!(check_limit(&estimated(0, LEAST_BILLED)).is_ok());
        assert!(check_limit(&estimated(LEAST_BILLED + 1, LEAST_BILLED)).is_err());
    }
}
