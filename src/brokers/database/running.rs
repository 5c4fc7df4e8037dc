//! A query job from its start to its last page; stopped where the run is stopped.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::consumer::Consumer;
use crate::{
    brokers::{AlertBatch, BrokerError, Budget, Cost, Receipt, Reservation, RunContext},
    domain::run::LogLevel,
    google::{
        GoogleError,
        bigquery::{JobPath, ResultPage},
    },
};

/// Rows that are kept in one go.
const ROWS_PER_BATCH: usize = 250;

type Sender = mpsc::Sender<Result<AlertBatch, BrokerError>>;

/// A job with what was reserved for it.
pub(super) struct Running {
    pub(super) consumer: Arc<Consumer>,
    pub(super) cap: Cost,
    pub(super) budget: Arc<dyn Budget>,
    pub(super) reservation: Reservation,
    pub(super) context: RunContext,
}

/// How a job ended for us.
enum End {
    Done,
    Stopped,
    Failed(BrokerError),
}

impl Running {
    /// Runs the job and hands over its rows; settles what it cost.
    pub(super) async fn run(self, sender: Sender) {
        let job = match self.start().await {
            Ok(job) => job,
            Err(error) => {
                // A job that was not started costs nothing; one whose answer was lost may.
                if matches!(error, GoogleError::Unreachable { .. }) {
                    self.stop(self.consumer.job()).await;
                } else {
                    self.budget.settle(self.reservation, 0).await;
                }
                let _ = sender.send(Err(error.into())).await;
                return;
            }
        };
        match self.hand_over(&job, &sender).await {
            End::Done => self.settle(&job, None).await,
            End::Stopped => self.stop(&job).await,
            End::Failed(error) => {
                self.settle(&job, Some(&error)).await;
                let _ = sender.send(Err(error)).await;
            }
        }
    }

    async fn start(&self) -> Result<JobPath, GoogleError> {
        let started = self.consumer.start(self.cap).await?;
        let sentence = format!("BigQuery works on the job {}", started.id);
        self.context.log(LogLevel::Info, sentence);
        Ok(started)
    }

    async fn hand_over(&self, job: &JobPath, sender: &Sender) -> End {
        let mut columns = Vec::new();
        let mut token: Option<String> = None;
        let mut is_told = false;
        loop {
            let next = tokio::select! {
                next = self.consumer.next_page(job, token.as_deref()) => next,
                () = self.context.stop.cancelled() => return End::Stopped,
            };
            let page = match next {
                Ok(page) => page,
                Err(error) => return End::Failed(error.into()),
            };
            if !page.job_complete {
                continue;
            }
            if !is_told {
                is_told = true;
                self.tell_total(&page);
            }
            let ResultPage { schema, rows, page_token, .. } = page;
            // Only the first page has to say which columns there are.
            if !schema.is_empty() {
                columns = schema;
            }
            let consumer = self.consumer.clone();
            let these = columns.clone();
            let unpacking =
                tokio::task::spawn_blocking(move || consumer.unpack_query(&these, &rows));
            let Ok(deliveries) = unpacking.await else {
                return End::Failed(BrokerError::ReaderBroke);
            };
            let mut deliveries = deliveries.into_iter().peekable();
            while deliveries.peek().is_some() {
                let deliveries = deliveries.by_ref().take(ROWS_PER_BATCH).collect();
                let batch = AlertBatch { deliveries, receipt: Receipt::none() };
                if sender.send(Ok(batch)).await.is_err() {
                    return End::Stopped;
                }
            }
            token = page_token;
            if token.is_none() {
                return End::Done;
            }
        }
    }

    fn tell_total(&self, page: &ResultPage) {
        let sentence = match page.total_rows.as_deref() {
            Some("0") => {
                self.context.ends_because("BigQuery found no alert that fits.");
                "BigQuery found no alert that fits".to_owned()
            }
            Some("1") => "BigQuery found 1 alert".to_owned(),
            Some(n) => format!("BigQuery found {n} alerts"),
            None => "BigQuery has finished the query".to_owned(),
        };
        self.context.log(LogLevel::Info, sentence);
    }

    /// Asks BigQuery to stop a job of which nobody wants more.
    async fn stop(&self, job: &JobPath) {
        match self.consumer.cancel(job).await {
            Ok(()) => {
                self.context.log(LogLevel::Info, "Asked BigQuery to stop the job");
            }
            // It never came to be.
            Err(GoogleError::NotFound { .. }) => {
                self.budget.settle(self.reservation, 0).await;
                return;
            }
            Err(error) => self.context.log(
                LogLevel::Warning,
                format!(
                    "The job could not be stopped ({error}); it ends by itself after {} s",
                    self.consumer.query().timeout_s
                ),
            ),
        }
        self.settle(job, None).await;
    }

    /// Puts what was billed in the place of what was reserved. What is not known stays reserved.
    async fn settle(&self, job: &JobPath, failure: Option<&BrokerError>) {
        match self.consumer.billed(job).await {
            Ok(Some(billed)) => {
                self.budget.settle(self.reservation, billed.0).await;
                let project = &job.project;
                let sentence = format!("BigQuery billed {billed} to the project {project}");
                self.context.log(LogLevel::Info, sentence);
            }
            // A query that failed is not billed.
            Ok(None) if failure.is_some() => self.budget.settle(self.reservation, 0).await,
            Ok(None) | Err(_) => self.context.log(
                LogLevel::Warning,
                format!(
                    "What the job was billed for is not known: {} stay counted for today",
                    self.cap
                ),
            ),
        }
    }
}
