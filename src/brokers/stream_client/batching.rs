//! Messages are gathered for a moment and read together, so that they are kept together.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    brokers::{AlertBatch, BrokerError, Receipt, pubsub::unpack},
    google::pubsub::{Lease, PulledMessage, SubscriptionPath},
};

/// A batch is handed over when it has so many messages, so many bytes, or is so old.
const MOST_MESSAGES: usize = 200;
const MOST_BYTES: usize = 8 << 20;
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// Messages that wait for others.
#[derive(Debug, Default)]
pub(super) struct Batching {
    messages: Vec<PulledMessage>,
    n_bytes: usize,
    due: Option<Instant>,
}

impl Batching {
    /// Adds a message; whether there are enough now.
    pub(super) fn add(&mut self, message: PulledMessage) -> bool {
        self.n_bytes += message.payload.len();
        self.messages.push(message);
        self.due.get_or_insert_with(|| Instant::now() + LONGEST_WAIT);
        self.messages.len() >= MOST_MESSAGES || self.n_bytes >= MOST_BYTES
    }

    /// When what waits has to be handed over; `None` while nothing does.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// What waits.
    pub(super) fn take(&mut self) -> Vec<PulledMessage> {
        std::mem::take(self).messages
    }
}

/// Reads the packets of messages on a thread that may block. Dropping the batch gives its messages back.
pub(super) async fn read(
    messages: Vec<PulledMessage>,
    path: SubscriptionPath,
) -> Result<AlertBatch, BrokerError> {
    let reading = tokio::task::spawn_blocking(move || {
        messages
            .into_iter()
            .map(|message| {
                let PulledMessage { payload, metadata, lease } = message;
                (unpack(payload, metadata, &path), lease)
            })
            .unzip()
    });
    let (deliveries, leases) = reading.await.map_err(|_| BrokerError::ReaderBroke)?;
    Ok(AlertBatch { deliveries, receipt: receipt(leases) })
}

/// Acknowledges what was kept, and gives the rest back by dropping its leases.
fn receipt(leases: Vec<Lease>) -> Receipt {
    Receipt::new(Box::new(move |kept| {
        let mut is_kept = vec![false; leases.len()];
        for position in kept {
            if let Some(mark) = is_kept.get_mut(position) {
                *mark = true;
            }
        }
        let kept = leases.into_iter().zip(is_kept).filter(|(_, is_kept)| *is_kept);
        let kept = kept.map(|(lease, _)| lease).collect();
        Box::pin(async move { Ok(Lease::acknowledge_all(kept).await) })
    }))
}
