//! A query job from its start to its last page; stopped where the run is stopped.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::Instant};

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

/// How often a job that is at work is asked after.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// How long the bill of a job that has ended may take, and of one that was asked to stop.
const BRIEF: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(8);

/// How much longer than it was given a job may take before we give it up.
const GRACE: Duration = Duration::from_mins(1);

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
                let is_lost = matches!(error, GoogleError::Unreachable { .. });
                if is_lost || self.consumer.n_unanswered() > 0 {
                    self.stop(self.consumer.job()).await;
                } else {
                    self.budget.settle(self.reservation, 0).await;
                }
                let _ = sender.send(Err(error.into())).await;
                return;
            }
        };
        let mut is_complete = false;
        match self.hand_over(&job, &sender, &mut is_complete).await {
            End::Stopped if !is_complete => self.stop(&job).await,
            End::Done | End::Stopped => {}
            End::Failed(error) => {
                // It may still be at work: nobody wants more of it.
                if !is_complete && !self.is_settled(&job, Duration::ZERO).await {
                    self.stop(&job).await;
                }
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

    /// Hands over the rows. `is_complete` is set once BigQuery has done its work and what that cost is settled.
    async fn hand_over(&self, job: &JobPath, sender: &Sender, is_complete: &mut bool) -> End {
        let mut columns = Vec::new();
        let mut token: Option<String> = None;
        let timeout = Duration::from_secs(self.consumer.query().timeout_s);
        let ends = Instant::now() + timeout + GRACE;
        loop {
            let asked = Instant::now();
            let next = tokio::select! {
                next = self.consumer.next_page(job, token.as_deref()) => next,
                () = self.context.stop.cancelled() => return End::Stopped,
            };
            let page = match next {
                Ok(page) => page,
                Err(error) => return End::Failed(error.into()),
            };
            if !page.job_complete {
                if Instant::now() > ends {
                    return End::Failed(BrokerError::TooLong(timeout.as_secs()));
                }
                // An answer that comes at once is not to be asked for at once again.
                tokio::time::sleep_until(asked + ASK_AGAIN).await;
                continue;
            }
            if !*is_complete {
                self.tell_total(&page);
                // Before the rows: the run may end with the last of them.
                self.settle(job, BRIEF).await;
                *is_complete = true;
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
            if page_token.is_none() {
                return End::Done;
            }
            if page_token == token {
                return End::Failed(BrokerError::ReaderBroke);
            }
            token = page_token;
        }
    }

    fn tell_total(&self, page: &ResultPage) {
        let sentence = match page.total_rows.as_deref() {
            Some("0") => "BigQuery found no alert that fits".to_owned(),
            Some("1") => "BigQuery found 1 alert".to_owned(),
            Some(n) => format!("BigQuery found {n} alerts"),
            None => "BigQuery has finished the query".to_owned(),
        };
        self.context.ends_because(format!("{sentence}."));
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
        self.settle(job, PATIENCE).await;
    }

    /// Puts what was billed in the place of what was reserved. What is not known stays reserved.
    async fn settle(&self, job: &JobPath, patience: Duration) {
        if !self.is_settled(job, patience).await {
            self.context.log(
                LogLevel::Warning,
                format!(
                    "What the job was billed for is not known: {} stay counted for today",
                    self.cap
                ),
            );
        }
    }

    /// The same, as far as BigQuery says within this time that the job has ended and what it was billed for.
    async fn is_settled(&self, job: &JobPath, patience: Duration) -> bool {
        let ends = Instant::now() + patience;
        loop {
            if let Ok(Some(billed)) = self.consumer.billed(job).await {
                self.budget.settle(self.reservation, billed.0).await;
                let project = &job.project;
                let sentence = format!("BigQuery billed {billed} to the project {project}");
                self.context.log(LogLevel::Info, sentence);
                return true;
            }
            if Instant::now() >= ends {
                return false;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }
}
