//! One pull: asked at its turn, for fewer messages where an answer is too large, and read on a thread that may block.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::sleep;

use super::{
    leases::{HeldBatch, Leases},
    unpack::Unpacked,
};
use crate::{
    brokers::{
        BrokerError, Delivery,
        pubsub::{Consumer, Pacing},
    },
    google::GoogleError,
};

/// How often an answer that is no JSON is asked for again.
const READ_TRIES: u32 = 3;

/// Messages with their leases; `None` where none came.
pub(super) type Outcome = Result<Option<(Vec<Delivery>, HeldBatch)>, BrokerError>;

/// Asks for so many messages. `most_at_once` learns from answers that are too large; after an empty one it pauses.
pub(super) async fn pull_once(
    consumer: Arc<Consumer>,
    leases: Leases,
    pacing: &Pacing,
    asked: u64,
    most_at_once: Arc<AtomicU64>,
    empty_pause: Duration,
) -> Outcome {
    let mut n_tries = 0;
    loop {
        if !pacing.turn().await {
            return Ok(None);
        }
        let max_messages = most_at_once.load(Ordering::Relaxed).min(asked);
        let asking = u32::try_from(max_messages).unwrap_or(u32::MAX);
        let answer = match consumer.pull(asking).await {
            // What such an answer took out comes again when its lease ends.
            Err(BrokerError::Google(GoogleError::TooLarge { .. })) if max_messages > 1 => {
                most_at_once.fetch_min(max_messages.div_ceil(2), Ordering::Relaxed);
                continue;
            }
            other => other?,
        };
        let (reader, holder) = (consumer.clone(), leases.clone());
        let read = tokio::task::spawn_blocking(move || {
            let unpacked = Unpacked::read(&answer, reader.path())?;
            Ok::<_, serde_json::Error>((unpacked.deliveries, holder.hold(unpacked.ack_ids)))
        });
        match read.await.map_err(|_| BrokerError::ReaderBroke)? {
            Ok((deliveries, _)) if deliveries.is_empty() => {
                sleep(empty_pause).await;
                return Ok(None);
            }
            Ok(batch) => return Ok(Some(batch)),
            Err(error) => {
                tracing::warn!(%error, "An answer to a pull is not what Pub/Sub says");
                n_tries += 1;
                sleep(empty_pause).await;
            }
        }
        if n_tries >= READ_TRIES {
            let what = consumer.path().what();
            return Err(GoogleError::not_understood("Pub/Sub", &what).into());
        }
    }
}
