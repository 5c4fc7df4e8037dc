//! The leases of messages that are out: extended while a batch is being kept, given back when it is not.
//!
//! No lease is left to run out. The messages of a dropped receipt, and a surplus, go back at once. What a peek has
//! seen, and what a pull brings that was under way when the run ended, go back at the end of the run.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use crate::brokers::{BrokerError, Receipt, pubsub::Consumer};

/// Shortest time between two extensions.
const SHORTEST_TICK: Duration = Duration::from_secs(3);

enum Command {
    Hold(Vec<String>),
    /// Acknowledged: no longer ours.
    Release(Vec<String>),
    GiveBack(Vec<String>),
}

/// All leases of a run. When the last handle and batch are gone, what is still held is given back.
#[derive(Clone, Debug)]
pub(super) struct Leases {
    commands: mpsc::UnboundedSender<Command>,
    n_unsettled: watch::Sender<usize>,
}

impl Leases {
    /// Starts to look after the leases of a subscription, whose messages come again after `ack_deadline_s`.
    pub(super) fn start(consumer: Arc<Consumer>, ack_deadline_s: u32, tasks: &TaskTracker) -> Self {
        let (commands, received) = mpsc::unbounded_channel();
        let extender =
            LeaseExtender { consumer, ack_deadline_s, tasks: tasks.clone(), held: HashSet::new() };
        tasks.spawn(extender.look_after(received));
        Self { commands, n_unsettled: watch::Sender::new(0) }
    }

    /// Messages that are out and not settled yet.
    pub(super) fn n_unsettled(&self) -> usize {
        *self.n_unsettled.borrow()
    }

    /// Tells of changes of the number of unsettled messages.
    pub(super) fn watch_unsettled(&self) -> watch::Receiver<usize> {
        self.n_unsettled.subscribe()
    }

    /// Holds the leases of a batch until it is settled or dropped.
    pub(super) fn hold(&self, ack_ids: Vec<String>) -> HeldBatch {
        self.tell(Command::Hold(ack_ids.clone()));
        self.n_unsettled.send_modify(|n| *n += ack_ids.len());
        HeldBatch { ack_ids, leases: self.clone() }
    }

    fn tell(&self, command: Command) {
        // The task ends only after the last handle is gone.
        let _ = self.commands.send(command);
    }
}

/// The leases of one batch. Dropping it gives all of them back.
#[derive(Debug)]
pub(super) struct HeldBatch {
    ack_ids: Vec<String>,
    leases: Leases,
}

impl HeldBatch {
    /// A receipt that acknowledges what was kept, and gives the rest back.
    pub(super) fn into_receipt(self, consumer: Arc<Consumer>) -> Receipt {
        Receipt::new(Box::new(move |kept| Box::pin(self.acknowledge(consumer, kept))))
    }

    /// A receipt that acknowledges nothing: the messages stay out until the run ends, so that it does not meet them
    /// again, and are then given back.
    pub(super) fn into_peek(mut self) -> Receipt {
        Receipt::new(Box::new(move |_| {
            self.take();
            Box::pin(async { Ok(0) })
        }))
    }

    async fn acknowledge(
        mut self,
        consumer: Arc<Consumer>,
        kept: Vec<usize>,
    ) -> Result<u64, BrokerError> {
        let kept: HashSet<usize> = kept.into_iter().collect();
        let (acknowledged, surplus): (Vec<_>, Vec<_>) = std::mem::take(&mut self.ack_ids)
            .into_iter()
            .enumerate()
            .partition(|(position, _)| kept.contains(position));
        let ids = |numbered: Vec<(usize, String)>| {
            numbered.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
        };
        let n = surplus.len() + acknowledged.len();
        // What is not confirmed stays out until the run ends: given back now, it would come round and round.
        let mut unconfirmed =
            Unsettled { ack_ids: ids(acknowledged), n, leases: self.leases.clone() };
        if !surplus.is_empty() {
            self.leases.tell(Command::GiveBack(ids(surplus)));
        }
        consumer.acknowledge(&unconfirmed.ack_ids).await?;
        let confirmed = std::mem::take(&mut unconfirmed.ack_ids);
        let n_confirmed = confirmed.len() as u64;
        self.leases.tell(Command::Release(confirmed));
        Ok(n_confirmed)
    }

    fn take(&mut self) -> Vec<String> {
        let ack_ids = std::mem::take(&mut self.ack_ids);
        settle(&self.leases, ack_ids.len());
        ack_ids
    }
}

impl Drop for HeldBatch {
    fn drop(&mut self) {
        let ack_ids = self.take();
        if !ack_ids.is_empty() {
            self.leases.tell(Command::GiveBack(ack_ids));
        }
    }
}

/// Messages whose acknowledgement is under way.
struct Unsettled {
    ack_ids: Vec<String>,
    n: usize,
    leases: Leases,
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        settle(&self.leases, self.n);
    }
}

fn settle(leases: &Leases, n: usize) {
    if n > 0 {
        leases.n_unsettled.send_modify(|unsettled| *unsettled = unsettled.saturating_sub(n));
    }
}

/// Looks after what is out.
struct LeaseExtender {
    consumer: Arc<Consumer>,
    ack_deadline_s: u32,
    tasks: TaskTracker,
    held: HashSet<String>,
}

impl LeaseExtender {
    async fn look_after(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let tick = Duration::from_secs(u64::from(self.ack_deadline_s) / 3).max(SHORTEST_TICK);
        let mut ticks = tokio::time::interval(tick);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Hold(ids)) => {
                        if self.held.is_empty() {
                            // They have just been leased.
                            ticks.reset();
                        }
                        self.held.extend(ids);
                    }
                    Some(Command::Release(ids)) => self.forget(&ids),
                    Some(Command::GiveBack(ids)) => {
                        self.forget(&ids);
                        // Aside: a service that does not answer must not hold up the others' extension.
                        self.tasks.spawn(give_back(self.consumer.clone(), ids));
                    }
                    None => break,
                },
                _ = ticks.tick(), if !self.held.is_empty() => self.extend().await,
            }
        }
        give_back(self.consumer, self.held.into_iter().collect()).await;
    }

    fn forget(&mut self, ids: &[String]) {
        for id in ids {
            self.held.remove(id);
        }
    }

    /// By the subscription's own time: after a crash the messages come again no later than they would otherwise.
    async fn extend(&self) {
        let ids: Vec<String> = self.held.iter().cloned().collect();
        if let Err(error) = self.consumer.modify_ack_deadline(&ids, self.ack_deadline_s).await {
            tracing::warn!(%error, "Leases were not extended: the messages may come again");
        }
    }
}

/// What cannot be given back comes again by itself when its lease ends.
async fn give_back(consumer: Arc<Consumer>, ids: Vec<String>) {
    let n_messages = ids.len();
    if n_messages > 0
        && let Err(error) = consumer.modify_ack_deadline(&ids, 0).await
    {
        tracing::warn!(%error, n_messages, "Messages were not given back: they come again when their lease ends");
    }
}
