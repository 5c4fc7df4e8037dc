//! Takes packets as they are read and hands them over in batches of bounded size, so that a night of any length fits.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    brokers::{AlertBatch, BrokerError, Delivery, Receipt, RunContext},
    domain::run::{LogLevel, Unreadable},
    packets,
};

/// A batch is handed over when it holds this many messages …
const BATCH_MESSAGES: usize = 200;
/// … or this many bytes.
const BATCH_BYTES: u64 = 16 << 20;
/// What is kept of a file that is set aside.
const MAX_QUARANTINED_BYTES: usize = 1 << 20;

/// The run no longer wants more, or has gone.
#[derive(Debug)]
pub(super) struct Stopped;

/// Takes what is read, and has what is not yet handed over.
pub(super) struct Sink<'a> {
    sender: &'a mpsc::Sender<Result<AlertBatch, BrokerError>>,
    context: &'a RunContext,
    deliveries: Vec<Delivery>,
    n_bytes: u64,
}

impl<'a> Sink<'a> {
    /// Hands batches to `sender`, on behalf of a run.
    pub(super) fn new(
        sender: &'a mpsc::Sender<Result<AlertBatch, BrokerError>>,
        context: &'a RunContext,
    ) -> Self {
        Self { sender, context, deliveries: Vec::new(), n_bytes: 0 }
    }

    /// Adds every packet of a container file.
    pub(super) fn add_container(&mut self, origin: &str, bytes: &Bytes) -> Result<(), Stopped> {
        let mut n_packets = 0_usize;
        for packet in packets::split_container(bytes.clone()) {
            n_packets += 1;
            let place =
                if n_packets == 1 { origin.to_owned() } else { format!("{origin}#{n_packets}") };
            let (read, bytes) = match packet {
                Ok(packet) => (packets::decode(&packet), packet),
                Err(error) => (Err(error), bytes.clone()),
            };
            match read {
                Ok(alert) => {
                    let n_bytes = bytes.len() as u64;
                    self.push(Delivery {
                        content: Ok(Box::new(alert)),
                        attributes: None,
                        n_bytes,
                    })?;
                }
                Err(error) => self.set_aside(place, error.to_string(), bytes)?,
            }
        }
        Ok(())
    }

    /// Puts something that cannot be read into quarantine.
    pub(super) fn set_aside(
        &mut self,
        origin: String,
        error: String,
        bytes: Bytes,
    ) -> Result<(), Stopped> {
        let n_bytes = bytes.len() as u64;
        let bytes = if bytes.len() > MAX_QUARANTINED_BYTES { Bytes::new() } else { bytes };
        self.push(Delivery {
            content: Err(Unreadable { origin, error, attributes: None, message_id: None, bytes }),
            attributes: None,
            n_bytes,
        })
    }

    /// Set when the run is to end.
    pub(super) fn stop(&self) -> CancellationToken {
        self.context.stop.clone()
    }

    /// Writes a sentence into the run's log.
    pub(super) fn log(&self, level: LogLevel, sentence: String) {
        self.context.log(level, sentence);
    }

    fn push(&mut self, delivery: Delivery) -> Result<(), Stopped> {
        if self.context.stop.is_cancelled() {
            return Err(Stopped);
        }
        self.n_bytes += delivery.n_bytes;
        self.deliveries.push(delivery);
        if self.deliveries.len() >= BATCH_MESSAGES || self.n_bytes >= BATCH_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Hands over what there is.
    pub(super) fn flush(&mut self) -> Result<(), Stopped> {
        if self.deliveries.is_empty() {
            return Ok(());
        }
        self.n_bytes = 0;
        let batch = AlertBatch {
            deliveries: std::mem::take(&mut self.deliveries),
            receipt: Receipt::none(),
        };
        self.sender.blocking_send(Ok(batch)).map_err(|_| Stopped)
    }
}
