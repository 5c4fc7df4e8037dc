//! Takes packets as they are read and hands them over in batches of bounded size, so that a night of any length fits.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::gzip::Unzipped;
use crate::{
    brokers::{AlertBatch, BrokerError, Delivery, Receipt, RunContext},
    domain::{
        run::{LogLevel, Unreadable},
        wording::{as_sentence, counted},
    },
    packets,
};

/// A batch is handed over when it holds this many messages …
const BATCH_MESSAGES: usize = 200;
/// … or this many bytes.
const BATCH_BYTES: u64 = 16 << 20;
/// What is kept of a file that is set aside.
const MAX_QUARANTINED_BYTES: usize = 1 << 20;

/// How much of what broke is told by name when the run ends; the log has all of it.
const MOST_TOLD: usize = 3;
/// How many characters of a member's name are told.
const MOST_OF_NAME: usize = 100;

/// The run no longer wants more, or has gone.
#[derive(Debug)]
pub(super) struct Stopped;

/// How far something could be read of which more was to come.
#[derive(Default)]
pub(super) struct Damage<'a> {
    /// Whether it ends too early; else something in it is wrong.
    pub(super) is_cut: bool,
    /// Whole packets before it.
    pub(super) n_packets: u64,
    /// The name of the last of them, where they have names.
    pub(super) last: Option<&'a str>,
    pub(super) reason: String,
}

impl Damage<'_> {
    fn of(&self, origin: &str) -> String {
        let Self { is_cut, n_packets, last, reason } = self;
        if *n_packets == 0 {
            return format!("{origin} cannot be read: {reason}");
        }
        let what = if *is_cut { "breaks off" } else { "is damaged" };
        let last = last.map(|name| format!(", the last of them {}", shown(name)));
        let last = last.unwrap_or_default();
        format!("{origin} {what} after {}{last}: {reason}", counted(*n_packets, "packet"))
    }
}

/// A name as sentences have it: as long as one reads, and of characters that are seen.
fn shown(name: &str) -> String {
    let seen = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    let mut shown: String = name.chars().take(MOST_OF_NAME).map(seen).collect();
    if name.chars().nth(MOST_OF_NAME).is_some() {
        shown.push('…');
    }
    shown
}

/// Takes what is read, and has what is not yet handed over.
pub(super) struct Sink<'a> {
    sender: &'a mpsc::Sender<Result<AlertBatch, BrokerError>>,
    context: &'a RunContext,
    deliveries: Vec<Delivery>,
    n_bytes: u64,
    /// The schema of packets that bring none, where the archive has one.
    schema: Option<Bytes>,
    /// What could not be read to its end: the first of it.
    broken: Vec<String>,
    n_broken: u64,
}

impl<'a> Sink<'a> {
    /// Hands batches to `sender`, on behalf of a run.
    pub(super) fn new(
        sender: &'a mpsc::Sender<Result<AlertBatch, BrokerError>>,
        context: &'a RunContext,
    ) -> Self {
        Self {
            sender,
            context,
            deliveries: Vec::new(),
            n_bytes: 0,
            schema: None,
            broken: Vec::new(),
            n_broken: 0,
        }
    }

    /// Reads packets that bring no schema with this one from here on.
    pub(super) fn read_with(&mut self, schema: Option<Bytes>) {
        self.schema = schema;
    }

    /// Adds every packet of a container file, which may be in gzip and then unfold into so many bytes; how many came whole.
    pub(super) fn add_container(
        &mut self,
        origin: &str,
        file: &Bytes,
        most_bytes: u64,
    ) -> Result<u64, Stopped> {
        let Unzipped { bytes, mut fault } = Unzipped::of(file, most_bytes);
        let is_zipped_badly = fault.is_some();
        let bytes = match &self.schema {
            Some(schema) => packets::beside_schema(bytes, schema),
            None => bytes,
        };
        let mut n_packets = 0;
        for packet in packets::split_container(bytes) {
            match packet {
                Ok(packet) => {
                    n_packets += 1;
                    let place = match n_packets {
                        1 => origin.to_owned(),
                        n => format!("{origin}#{n}"),
                    };
                    let is_read = self.add_packet(place, packet, is_zipped_badly)?;
                    // What breaks off with its gzip is not whole.
                    n_packets -= u64::from(is_zipped_badly && !is_read);
                }
                Err(error) => _ = fault.get_or_insert_with(|| error.to_string()),
            }
        }
        if let Some(reason) = fault {
            if n_packets > 0 {
                let damage = Damage { n_packets, reason: reason.clone(), ..Damage::default() };
                self.broke_off(origin, &damage);
            }
            let place = match n_packets {
                0 => origin.to_owned(),
                n => format!("{origin}#{}", n + 1),
            };
            self.set_aside(place, reason, file.clone())?;
        }
        Ok(n_packets)
    }

    /// Adds a packet; whether it can be read. One that cannot is left out where the whole file is set aside.
    fn add_packet(
        &mut self,
        place: String,
        packet: Bytes,
        is_set_aside: bool,
    ) -> Result<bool, Stopped> {
        match packets::decode(&packet) {
            Ok(alert) => {
                let n_bytes = packet.len() as u64;
                self.push(Delivery { content: Ok(Box::new(alert)), attributes: None, n_bytes })?;
                Ok(true)
            }
            Err(_) if is_set_aside => Ok(false),
            Err(error) => {
                self.set_aside(place, error.to_string(), packet)?;
                Ok(false)
            }
        }
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

    /// Notes what was left out by its name, for whoever reads how the run ended.
    pub(super) fn remark(&self, sentence: String) {
        self.context.remark(as_sentence(&sentence));
        self.context.log(LogLevel::Warning, sentence);
    }

    /// Notes that the rest of something could not be read: the run goes on, and fails at its end.
    pub(super) fn broke_off(&mut self, origin: &str, damage: &Damage<'_>) {
        let sentence = damage.of(&shown(origin));
        self.context.log(LogLevel::Warning, sentence.clone());
        self.n_broken += 1;
        if self.broken.len() < MOST_TOLD {
            self.broken.push(sentence);
        }
    }

    /// Hands over the last, and what was broken.
    pub(super) fn finish(mut self) -> Result<(), Stopped> {
        self.flush()?;
        if self.broken.is_empty() {
            return Ok(());
        }
        let told = std::mem::take(&mut self.broken);
        let n_more = self.n_broken - told.len() as u64;
        let error = BrokerError::BrokenArchive { told, n_more };
        self.sender.blocking_send(Err(error)).map_err(|_| Stopped)
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
    fn flush(&mut self) -> Result<(), Stopped> {
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
