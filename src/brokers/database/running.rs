//! A query job from its start to its last page; stopped where the run is stopped.
//!
//! Before a job is started there was a dry run, and its cost was reserved. It has an id of our own (`jobs.insert`, not
//! `jobs.query`), so one whose answer was lost is not started twice, and it can be cancelled before its first answer.
//! Where it runs is known from the dry run. A job whose answer was lost is looked for there; only if it stays absent
//! there is it taken for never started. What a job was billed for takes the place of what was reserved; as long as that
//! is not known, the reservation stays counted.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{sync::mpsc, time::Instant};

use super::consumer::Consumer;
use crate::{
    brokers::{AlertBatch, BrokerError, Budget, Cost, Receipt, Reservation, RunContext},
    domain::{run::LogLevel, timing::QueryTiming, wording::counted},
    google::{
        GoogleError,
        bigquery::{Column, InsertError, JobPath, JobState, ResultPage},
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

/// What BigQuery says of what a job was billed for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bill {
    Settled,
    Unknown,
    /// It knows no such job.
    NoJob,
}

impl Running {
    /// Runs the job and hands over its rows; settles what it cost.
    pub(super) async fn run(self, sender: Sender) {
        if self.context.stop.is_cancelled() {
            // Nobody wants it any more, and nothing was asked for.
            self.budget.settle(self.reservation, 0).await;
            return;
        }
        let job = match self.start().await {
            Ok(job) => job,
            Err(InsertError { error, may_be_at_work }) => {
                // A job that was not started costs nothing; one whose answer was lost may.
                if may_be_at_work {
                    self.stop_lost().await;
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
                if !is_complete && self.bill(&job, Duration::ZERO).await != Bill::Settled {
                    self.stop(&job).await;
                }
                let _ = sender.send(Err(error)).await;
            }
        }
    }

    async fn start(&self) -> Result<JobPath, InsertError> {
        let started = self.consumer.start(self.cap).await?;
        let sentence = format!("BigQuery runs the job {}", started.id);
        self.context.log(LogLevel::Info, sentence);
        Ok(started)
    }

    /// Hands over the rows. `is_complete` is set once BigQuery has done its work and what that cost is settled.
    async fn hand_over(&self, job: &JobPath, sender: &Sender, is_complete: &mut bool) -> End {
        let mut columns = Vec::new();
        let mut token: Option<String> = None;
        let timeout = Duration::from_secs(self.consumer.query().timeout_s);
        let QueryTiming { ask_again, bill, grace, .. } = self.consumer.timing();
        let ends = Instant::now() + timeout + grace;
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
                tokio::time::sleep_until(asked + ask_again).await;
                continue;
            }
            if !*is_complete {
                self.tell_total(&page);
                // Before the rows: the run may end with the last of them.
                if !self.settle(job, bill).await {
                    self.budget.ended(self.reservation).await;
                }
                *is_complete = true;
            }
            let ResultPage { schema, rows, page_token, .. } = page;
            // Only the first page has to say which columns there are.
            if !schema.is_empty() {
                columns = schema;
            }
            if let Err(end) = self.send_rows(columns.clone(), rows, sender).await {
                return end;
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

    /// Sends the rows of a page in batches; the error is how the job ended meanwhile.
    async fn send_rows(
        &self,
        columns: Vec<Column>,
        rows: Vec<Value>,
        sender: &Sender,
    ) -> Result<(), End> {
        let consumer = self.consumer.clone();
        let unpacking = tokio::task::spawn_blocking(move || consumer.unpack_query(&columns, &rows));
        let deliveries = unpacking.await.map_err(|_| End::Failed(BrokerError::ReaderBroke))?;
        let mut deliveries = deliveries.into_iter().peekable();
        while deliveries.peek().is_some() {
            let deliveries = deliveries.by_ref().take(ROWS_PER_BATCH).collect();
            let batch = AlertBatch { deliveries, receipt: Receipt::none() };
            sender.send(Ok(batch)).await.map_err(|_| End::Stopped)?;
        }
        Ok(())
    }

    fn tell_total(&self, page: &ResultPage) {
        let query = self.consumer.query();
        let most = u64::try_from(query.max_results).unwrap_or(0);
        let is_more = |n: &str| n.parse().is_ok_and(|n: u64| n > most);
        let sentence = match page.total_rows.as_deref() {
            Some("0") => "BigQuery found no matching alerts".to_owned(),
            // Not all of them may become results: rows can be repeated, or cannot be read.
            Some(n) if is_more(n) => format!(
                "BigQuery found more than {}, the maximum asked for. There may be more: raise \"Maximum results\" to see them",
                counted(most, "row")
            ),
            Some(n) => format!("BigQuery found {}", counted_text(n, "alert")),
            None => "BigQuery has finished the query".to_owned(),
        };
        let span = query.unasked_span().map(|span| format!(" {span}.")).unwrap_or_default();
        self.context.ends_because(format!("{sentence}.{span}"));
        self.context.log(LogLevel::Info, sentence);
    }

    /// Stops a job of which nobody wants more.
    async fn stop(&self, job: &JobPath) {
        self.ask_to_stop(job).await;
        self.settle(job, self.consumer.timing().bill_of_stopped).await;
    }

    /// The same of a job of which nobody knows whether it was started.
    async fn stop_lost(&self) {
        let (job, patience) = (self.consumer.job(), self.consumer.timing().bill_of_stopped);
        let was_absent = self.ask_to_stop(job).await;
        let mut bill = self.bill(job, patience).await;
        if was_absent && bill == Bill::Unknown {
            // It came to be after it was to be stopped.
            self.ask_to_stop(job).await;
            bill = self.bill(job, patience).await;
        }
        match bill {
            Bill::Settled => {}
            // It was looked for where it would be: it never came to be.
            Bill::NoJob if job.location.is_some() => self.budget.settle(self.reservation, 0).await,
            Bill::NoJob | Bill::Unknown => self.tell_unknown(),
        }
    }

    /// Asks BigQuery to stop a job; whether it says that there is none.
    async fn ask_to_stop(&self, job: &JobPath) -> bool {
        match self.consumer.cancel(job).await {
            Ok(()) => self.context.log(LogLevel::Info, "Asked BigQuery to stop the job"),
            Err(GoogleError::NotFound { .. }) => return true,
            Err(error) => self.context.log(
                LogLevel::Warning,
                format!(
                    "The job could not be stopped ({error}); it ends by itself after {} s",
                    self.consumer.query().timeout_s
                ),
            ),
        }
        false
    }

    /// Puts what was billed in the place of what was reserved; whether that is known. What is not stays reserved.
    async fn settle(&self, job: &JobPath, patience: Duration) -> bool {
        let is_settled = self.bill(job, patience).await == Bill::Settled;
        if !is_settled {
            self.tell_unknown();
        }
        is_settled
    }

    fn tell_unknown(&self) {
        let cap = self.cap;
        self.context.log(
            LogLevel::Warning,
            format!("The billed amount is not known: {cap} count for today"),
        );
    }

    /// Puts what was billed in the place of what was reserved, as far as BigQuery says within this time that the job
    /// has ended and what it was billed for.
    async fn bill(&self, job: &JobPath, patience: Duration) -> Bill {
        let ends = Instant::now() + patience;
        let (mut is_absent, mut has_ended) = (true, false);
        loop {
            let state = self.consumer.state(job).await;
            is_absent &= matches!(state, Err(GoogleError::NotFound { .. }));
            if let Ok(JobState::Ended(billed)) = state {
                if let Some(billed) = billed.map(Cost) {
                    self.budget.settle(self.reservation, billed.0).await;
                    let project = &job.project;
                    let sentence = format!("BigQuery billed {billed} to the project {project}");
                    self.context.log(LogLevel::Info, sentence);
                    return Bill::Settled;
                }
                if !has_ended {
                    self.budget.ended(self.reservation).await;
                    has_ended = true;
                }
            }
            if Instant::now() >= ends {
                return if is_absent { Bill::NoJob } else { Bill::Unknown };
            }
            tokio::time::sleep(self.consumer.timing().ask_again).await;
        }
    }
}

/// A count that BigQuery sends as text, with what is counted.
fn counted_text(n: &str, what: &str) -> String {
    n.parse().map_or_else(|_| format!("{n} {what}s"), |n| counted(n, what))
}
