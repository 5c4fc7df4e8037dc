//! Judges, stores and acknowledges what a run has received. One batch is committed while the next one is being
//! inserted.
//!
//! `storage/turns.rs` has the order of two batches. Near `max_results` there is one at a time, because how much room a
//! batch leaves is only known after it. Exactly `max_results` alerts are kept; repeats use up no room.
//!
//! What was kept, rejected or set aside is acknowledged while the next batches are being stored. Acknowledgements are
//! counted as far as Pub/Sub confirms them. This count alone is written without waiting for the disk: when PostgreSQL
//! crashes, the last of it may be lost, but no alert.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::FutureExt;
use metrics::counter;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use super::retrying::patiently;
use crate::{
    brokers::{AlertBatch, Delivery, Receipt, RunContext},
    domain::{
        filter::Filter,
        kept::Kept,
        run::{LogLevel, RunId},
        timing::RunTiming,
        wording::as_sentence,
    },
    storage::{Batch, Follower, KeptAlert, KeptBatch, NotKept, Storage, StorageError, Turn},
};

/// Batches whose acknowledgement may be under way at once.
const ACKNOWLEDGING_AT_ONCE: usize = 4;

/// Keeps what passes, until there is enough.
pub(super) struct BatchWriter {
    settings: WriterSettings,
    n_batches: i64,
    n_stored: u64,
    n_received: u64,
    n_unreadable: u64,
    /// Whether something came after the last alert there was room for that the filter lets pass.
    has_left_over: bool,
    pending: Option<PendingBatch>,
    /// Acknowledgements under way: the next batch is kept meanwhile.
    acknowledging: JoinSet<()>,
    /// Messages whose acknowledgement the backend has.
    n_acknowledged: Arc<AtomicU64>,
}

/// What is kept, for which run.
pub(super) struct WriterSettings {
    pub(super) storage: Storage,
    pub(super) run_id: RunId,
    /// Only what it lets pass is kept.
    pub(super) filter: Filter,
    /// How many alerts are enough.
    pub(super) max_results: Option<u64>,
    /// Told how far the run has come, and what could not be acknowledged.
    pub(super) context: RunContext,
    pub(super) timing: RunTiming,
}

/// A batch that is being kept while the next one comes.
struct PendingBatch {
    keeping: JoinHandle<Result<KeptBatch, NotKept>>,
    follower: Follower,
    /// To be sent again if nobody knows what became of it.
    batch: Batch,
    receipt: Receipt,
    settled: Vec<usize>,
    /// Received with this batch and before it.
    n_received: u64,
}

impl BatchWriter {
    /// A writer that has kept nothing yet.
    pub(super) fn new(settings: WriterSettings) -> Self {
        Self {
            settings,
            n_batches: 0,
            n_stored: 0,
            n_received: 0,
            n_unreadable: 0,
            has_left_over: false,
            pending: None,
            acknowledging: JoinSet::new(),
            n_acknowledged: Arc::default(),
        }
    }

    /// Alerts in the run's results.
    pub(super) fn n_stored(&self) -> u64 {
        self.n_stored
    }

    /// Messages that came.
    pub(super) fn n_received(&self) -> u64 {
        self.n_received
    }

    /// Those of them that could not be read.
    pub(super) fn n_unreadable(&self) -> u64 {
        self.n_unreadable
    }

    /// Whether something passed that there was no room for.
    pub(super) fn has_left_over(&self) -> bool {
        self.has_left_over
    }

    /// Whether the filter lets a delivery pass.
    pub(super) fn lets_pass(&self, delivery: &Delivery) -> bool {
        let filter = &self.settings.filter;
        delivery.content.as_ref().is_ok_and(|alert| filter.judge(alert).is_ok())
    }

    /// Keeps a batch, or begins to while there is room for all of it; whether there is enough now.
    pub(super) async fn keep(&mut self, batch: AlertBatch) -> Result<bool, NotKept> {
        if self.guaranteed_room() < batch.deliveries.len() as u64 {
            self.settle().await?;
            self.keep_to_the_limit(batch).await?;
        } else {
            self.begin_to_keep(batch).await?;
            if self.guaranteed_room() == 0 {
                self.settle().await?;
            }
        }
        Ok(self.has_enough())
    }

    /// Waits until the pending batch is to be settled; for ever when there is none. Safe to cancel.
    pub(super) async fn pending_batch_done(&mut self) {
        match &mut self.pending {
            Some(pending) => pending.follower.is_over().await,
            None => std::future::pending().await,
        }
    }

    /// Waits for the pending batch, and lets it be acknowledged.
    pub(super) async fn settle(&mut self) -> Result<(), NotKept> {
        let Some(pending) = self.pending.take() else { return Ok(()) };
        let PendingBatch { keeping, follower: _, batch, receipt, settled, n_received } = pending;
        let kept = match keeping.await.unwrap_or(Err(StorageError::BrokenOff.into())) {
            Err(error) if error.is_passing() => self.keep_patiently(batch).await?,
            kept => kept?,
        };
        self.n_stored = kept.stored_in_run;
        self.settings.context.progress.set(n_received, self.n_stored);
        self.acknowledge(receipt, kept.proof, settled).await;
        Ok(())
    }

    /// Waits for the acknowledgements under way, but not for ever: what is not acknowledged comes again.
    pub(super) async fn finish_acknowledging(&mut self) {
        let WriterSettings { run_id, timing, context, .. } = &self.settings;
        let all = async { while self.acknowledging.join_next().await.is_some() {} };
        // Who stops a run does not wait for a service that confirms nothing.
        let stopped = context.stop.cancelled().then(|()| sleep(timing.acknowledgements_of_stopped));
        tokio::select! {
            () = all => return,
            () = sleep(timing.last_acknowledgements) => {}
            () = stopped => {}
        }
        tracing::warn!(run.id = run_id, "Some acknowledgements were not confirmed in time");
        self.acknowledging.shutdown().await;
    }

    fn has_enough(&self) -> bool {
        self.settings.max_results.is_some_and(|enough| self.n_stored >= enough)
    }

    /// Results that there is room for even if all that is being kept turns out to be new.
    fn guaranteed_room(&self) -> u64 {
        let Some(enough) = self.settings.max_results else { return u64::MAX };
        let pending = self.pending.as_ref().map_or(0, |it| it.batch.alerts.len() as u64);
        enough.saturating_sub(self.n_stored + pending)
    }

    /// Begins to keep a batch as a whole, then settles the one before.
    async fn begin_to_keep(&mut self, batch: AlertBatch) -> Result<(), NotKept> {
        let AlertBatch { deliveries, receipt } = batch;
        let mut settled = Vec::with_capacity(deliveries.len());
        let batch = self.next_part(&mut deliveries.into_iter().enumerate(), &mut settled);
        let before = self.pending.as_ref().map(|pending| pending.follower.clone());
        let turn = before.map_or_else(Turn::first, Turn::after);
        let follower = turn.follower();
        let (storage, id, sent) =
            (self.settings.storage.clone(), self.settings.run_id, batch.clone());
        let keeping = tokio::spawn(async move { storage.keep_batch_in_turn(id, sent, turn).await });
        let n_received = self.n_received;
        self.settle().await?;
        self.pending =
            Some(PendingBatch { keeping, follower, batch, receipt, settled, n_received });
        Ok(())
    }

    /// Keeps as much of a batch as there is room for. Exactly `max_results` are kept: what comes after is neither counted
    /// nor acknowledged.
    async fn keep_to_the_limit(&mut self, batch: AlertBatch) -> Result<(), NotKept> {
        let AlertBatch { deliveries, receipt } = batch;
        let mut settled = Vec::with_capacity(deliveries.len());
        let mut proof = None;
        let mut deliveries = deliveries.into_iter().enumerate().peekable();
        while deliveries.peek().is_some() && !self.has_enough() {
            let part = self.next_part(&mut deliveries, &mut settled);
            let kept = self.keep_patiently(part).await?;
            self.n_stored = kept.stored_in_run;
            self.settings.context.progress.set(self.n_received, self.n_stored);
            proof = Some(kept.proof);
        }
        self.has_left_over = deliveries.any(|(_, delivery)| self.lets_pass(&delivery));
        if let Some(proof) = proof {
            self.acknowledge(receipt, proof, settled).await;
        }
        Ok(())
    }

    /// As many deliveries as may be kept in one go without passing the limit: some of them may turn out
    /// to be in the run already, then there is room for more.
    fn next_part(
        &mut self,
        deliveries: &mut impl Iterator<Item = (usize, Delivery)>,
        settled: &mut Vec<usize>,
    ) -> Batch {
        self.n_batches += 1;
        let room = self.guaranteed_room();
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
                Ok(alert) => match self.settings.filter.judge(&alert) {
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
        counter!("tom_alerts_alerts_passed_total").increment(part.alerts.len() as u64);
        counter!("tom_alerts_packets_unreadable_total").increment(part.unreadable.len() as u64);
        counter!("tom_alerts_received_bytes_total").increment(part.received_bytes);
        part
    }

    async fn keep_patiently(&mut self, batch: Batch) -> Result<KeptBatch, NotKept> {
        let (storage, id) = (&self.settings.storage, self.settings.run_id);
        patiently(self.settings.timing, || storage.keep_batch(id, batch.clone())).await
    }

    /// Acknowledges what was kept, while the next batch is being kept.
    async fn acknowledge(&mut self, receipt: Receipt, proof: Kept, settled: Vec<usize>) {
        if self.acknowledging.len() >= ACKNOWLEDGING_AT_ONCE {
            tokio::select! {
                _ = self.acknowledging.join_next() => {}
                // Who stops a run does not wait for a service that confirms nothing.
                () = self.settings.context.stop.cancelled() => {}
            }
        }
        let (storage, id, context) =
            (self.settings.storage.clone(), self.settings.run_id, self.settings.context.clone());
        let (timing, n_acknowledged) = (self.settings.timing, self.n_acknowledged.clone());
        self.acknowledging.spawn(async move {
            match receipt.acknowledge(proof, settled).await {
                Ok(0) => {}
                Ok(n) => {
                    let so_far = n_acknowledged.fetch_add(n, Ordering::Relaxed) + n;
                    let counted = patiently(timing, || storage.note_acknowledged(id, so_far)).await;
                    if let Err(error) = counted {
                        tracing::warn!(run.id = id, %error, "{n} acknowledgements were not noted");
                    }
                }
                Err(error) => context.log(
                    LogLevel::Warning,
                    format!(
                        "{} The messages will be delivered again; nothing is stored twice.",
                        as_sentence(&error.to_string())
                    ),
                ),
            }
        });
    }
}
