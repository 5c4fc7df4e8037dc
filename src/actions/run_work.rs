//! The work of one run: fetch, filter, keep, and only then acknowledge.

use std::{collections::BTreeMap, future::Future, time::Duration};

use futures::StreamExt;
use metrics::counter;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    brokers::{
        AlertBatch, AlertStream, Broker, BrokerError, Delivery, Receipt, RunContext, filter_from,
    },
    domain::{
        filter::Filter,
        grant::Scope,
        kept::Kept,
        run::{LogLevel, RunId, RunState},
        wording::as_sentence,
    },
    forms::Parameters,
    storage::{Batch, KeptAlert, Storage, StorageError},
};

/// How often is a write tried again while the database restarts, and how long is the first pause?
const WRITE_TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Batches whose acknowledgement may be under way at once, and how long the end of a run waits for the last ones.
const ACKNOWLEDGING_AT_ONCE: usize = 4;
const LAST_ACKNOWLEDGEMENTS: Duration = Duration::from_secs(10);

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) state: RunState,
    /// Why, and what can be done.
    pub(super) feedback: String,
    /// The right at Google whose lack ended it: its owner can grant it and run again.
    pub(super) lacks: Option<Scope>,
}

impl Ending {
    fn finished(feedback: String) -> Self {
        Self { state: RunState::Finished, feedback, lacks: None }
    }

    pub(super) fn failed(feedback: String) -> Self {
        Self { state: RunState::Failed, feedback, lacks: None }
    }

    pub(super) fn cancelled() -> Self {
        Self {
            state: RunState::Cancelled,
            feedback: "Stopped on request. What had come until then is kept.".to_owned(),
            lacks: None,
        }
    }

    /// Ended by an error of the backend, which its user can perhaps mend by connecting to Google.
    fn broken(feedback: String, error: &BrokerError, broker: &dyn Broker) -> Self {
        let lacks = match error {
            BrokerError::Google(error) if error.is_cured_by_connecting() => broker.needed_scope(),
            _ => None,
        };
        Self { lacks, ..Self::failed(feedback) }
    }
}

/// How a run ended that lost its right at Google: who takes somebody out stops their runs and ends their grant, and a
/// run may feel the second first.
pub(super) async fn stopped_or(ending: Ending, storage: &Storage, id: RunId) -> Ending {
    let is_asked = ending.lacks.is_some() && matches!(storage.is_asked_to_stop(id).await, Ok(true));
    if is_asked { Ending::cancelled() } else { ending }
}

/// Runs a query to its end.
pub(super) async fn run(
    storage: &Storage,
    id: RunId,
    broker: &dyn Broker,
    parameters: &Parameters,
    context: RunContext,
    stop: &CancellationToken,
) -> Result<Ending, StorageError> {
    let filter = match filter_from(parameters, context.now) {
        Ok(filter) => filter,
        Err(error) => {
            return Ok(Ending::failed(format!(
                "The query no longer fits the form: {error}. Edit it and run it again."
            )));
        }
    };
    let max_results = parameters.integer("max_results").filter(|_| !context.is_listening);
    let max_results = max_results.and_then(|n| u64::try_from(n).ok());
    let log = context.clone();
    let mut stream = match broker.fetch_alerts(parameters, context).await {
        Ok(stream) => stream,
        Err(error) => return Ok(Ending::broken(as_sentence(&error.to_string()), &error, broker)),
    };
    let mut keeper = Keeper {
        storage,
        broker,
        id,
        filter,
        max_results,
        n_batches: 0,
        n_stored: 0,
        n_received: 0,
        n_unreadable: 0,
        acknowledging: JoinSet::new(),
    };
    let ending = keeper.keep_all(&mut stream, &log, stop).await;
    keeper.finish_acknowledging().await;
    ending
}

/// Keeps what passes, until there is enough.
struct Keeper<'a> {
    storage: &'a Storage,
    broker: &'a dyn Broker,
    id: RunId,
    filter: Filter,
    max_results: Option<u64>,
    n_batches: i64,
    n_stored: u64,
    n_received: u64,
    n_unreadable: u64,
    /// Acknowledgements under way: the next batch is kept meanwhile.
    acknowledging: JoinSet<()>,
}

impl Keeper<'_> {
    /// Keeps what comes, to the end of the stream, the limit or a request to stop.
    async fn keep_all(
        &mut self,
        stream: &mut AlertStream,
        log: &RunContext,
        stop: &CancellationToken,
    ) -> Result<Ending, StorageError> {
        loop {
            let next = tokio::select! {
                // Cancel wins over a stream that always has more.
                biased;
                () = stop.cancelled() => return Ok(Ending::cancelled()),
                next = stream.next() => next,
            };
            match next {
                None if stop.is_cancelled() => return Ok(Ending::cancelled()),
                None => return Ok(self.read_to_end(log.ending())),
                Some(Err(error)) => {
                    log.log(LogLevel::Error, as_sentence(&error.to_string()));
                    let feedback = format!(
                        "{} What had come until then is kept.",
                        as_sentence(&error.to_string())
                    );
                    return Ok(Ending::broken(feedback, &error, self.broker));
                }
                Some(Ok(batch)) => {
                    if self.keep(batch, log).await? {
                        return Ok(self.reached_limit());
                    }
                }
            }
        }
    }

    /// Keeps a batch and acknowledges it; whether there is enough now. Exactly `max_results` are kept:
    /// what comes after is neither counted nor acknowledged.
    async fn keep(&mut self, batch: AlertBatch, log: &RunContext) -> Result<bool, StorageError> {
        let AlertBatch { deliveries, receipt } = batch;
        let mut settled = Vec::with_capacity(deliveries.len());
        let mut proof = None;
        let mut deliveries = deliveries.into_iter().enumerate().peekable();
        while deliveries.peek().is_some() && !self.has_enough() {
            let part = self.next_part(&mut deliveries, &mut settled);
            proof = Some(self.store(part).await?);
            log.progress.set(self.n_received, self.n_stored);
        }
        if let Some(proof) = proof {
            self.acknowledge(receipt, proof, settled, log).await;
        }
        Ok(self.has_enough())
    }

    fn has_enough(&self) -> bool {
        self.max_results.is_some_and(|enough| self.n_stored >= enough)
    }

    /// As many deliveries as may be kept in one go without passing the limit: some of them may turn out
    /// to be in the run already, then there is room for more.
    fn next_part(
        &mut self,
        deliveries: &mut impl Iterator<Item = (usize, Delivery)>,
        settled: &mut Vec<usize>,
    ) -> Batch {
        self.n_batches += 1;
        let room = self.max_results.map_or(u64::MAX, |enough| enough - self.n_stored);
        let mut part = Batch { number: self.n_batches, ..Batch::default() };
        let mut rejected_by = BTreeMap::new();
        while (part.alerts.len() as u64) < room {
            let Some((position, delivery)) = deliveries.next() else { break };
            settled.push(position);
            self.n_received += 1;
            part.received_bytes += delivery.n_bytes;
            match delivery.content {
                Err(unreadable) => {
                    self.n_unreadable += 1;
                    part.unreadable.push(unreadable);
                }
                Ok(alert) => match self.filter.judge(&alert) {
                    Ok(()) => part
                        .alerts
                        .push(KeptAlert { alert: *alert, attributes: delivery.attributes }),
                    Err(rejection) => {
                        *rejected_by.entry(rejection.rule.id().to_owned()).or_insert(0) += 1;
                    }
                },
            }
        }
        part.rejected_by = rejected_by;
        part
    }

    async fn store(&mut self, part: Batch) -> Result<Kept, StorageError> {
        counter!("tom_alerts_alerts_passed_total").increment(part.alerts.len() as u64);
        counter!("tom_alerts_packets_unreadable_total").increment(part.unreadable.len() as u64);
        counter!("tom_alerts_received_bytes_total").increment(part.received_bytes);
        let kept = patiently(|| self.storage.keep_batch(self.id, part.clone())).await?;
        self.n_stored = kept.stored_in_run;
        Ok(kept.proof)
    }

    /// Acknowledges what was kept, while the next batch is being kept.
    async fn acknowledge(
        &mut self,
        receipt: Receipt,
        proof: Kept,
        settled: Vec<usize>,
        log: &RunContext,
    ) {
        if self.acknowledging.len() >= ACKNOWLEDGING_AT_ONCE {
            self.acknowledging.join_next().await;
        }
        let (storage, id, log) = (self.storage.clone(), self.id, log.clone());
        self.acknowledging.spawn(async move {
            match receipt.acknowledge(proof, settled).await {
                Ok(0) => {}
                Ok(n) => {
                    let counted = patiently(|| storage.count_acknowledged(id, n)).await;
                    if let Err(error) = counted {
                        tracing::warn!(run.id = id, %error, "{n} acknowledgements were not counted");
                    }
                }
                Err(error) => log.log(
                    LogLevel::Warning,
                    format!(
                        "{} The messages will come again; nothing is stored twice.",
                        as_sentence(&error.to_string())
                    ),
                ),
            }
        });
    }

    /// Waits for the acknowledgements under way, but not for ever: what is not acknowledged comes again.
    async fn finish_acknowledging(&mut self) {
        let all = async { while self.acknowledging.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_ACKNOWLEDGEMENTS, all).await.is_err() {
            tracing::warn!(run.id = self.id, "Some acknowledgements were not confirmed in time");
            self.acknowledging.shutdown().await;
        }
    }

    fn read_to_end(&self, because: Option<String>) -> Ending {
        let read = match self.n_received {
            _ if because.is_some() => because.unwrap_or_default(),
            0 => "Nothing to read: no packets were found.".to_owned(),
            1 => "Read to the end: 1 packet.".to_owned(),
            n => format!("Read to the end: {n} packets."),
        };
        let set_aside = match self.n_unreadable {
            0 => String::new(),
            1 => " 1 could not be read and was set aside.".to_owned(),
            n => format!(" {n} could not be read and were set aside."),
        };
        Ending::finished(read + &set_aside)
    }

    fn reached_limit(&self) -> Ending {
        let n = self.n_stored;
        let results = if n == 1 { "result" } else { "results" };
        Ending::finished(format!(
            "Stopped at the limit of {n} {results}. There may be more: raise \"Maximum results\" to see them."
        ))
    }
}

/// Tries a write again while the database restarts or is out of connections, pausing longer each time.
pub(super) async fn patiently<T, F>(mut write: impl FnMut() -> F) -> Result<T, StorageError>
where
    F: Future<Output = Result<T, StorageError>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..WRITE_TRIES {
        match write().await {
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "The database is not ready: trying again in {pause:?}");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            other => return other,
        }
    }
    write().await
}
