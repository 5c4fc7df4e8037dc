//! Walks an archive and hands its packets over in batches of bounded size, so that a night of any length fits.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{
    folders::{is_avro, is_tarball},
    tarball::read_tarball,
};
use crate::{
    brokers::{AlertBatch, BrokerError, Delivery, Receipt, RunContext},
    domain::run::{LogLevel, Unreadable},
    packets,
};

/// A batch is handed over when it holds this many messages …
const BATCH_MESSAGES: usize = 200;
/// … or this many bytes.
const BATCH_BYTES: u64 = 16 << 20;
/// Folders within folders are followed this far: a link that leads back into its own folder ends here.
const MAX_DEPTH: usize = 12;
/// A container file is read whole; a larger one is set aside.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// What is kept of a file that is set aside.
const MAX_QUARANTINED_BYTES: usize = 1 << 20;

/// The run no longer wants more, or has gone.
#[derive(Debug)]
pub(super) struct Stopped;

/// Reads an archive to its end, or until the run stops.
pub(super) fn read_archive(
    path: &Path,
    sender: &mpsc::Sender<Result<AlertBatch, BrokerError>>,
    context: &RunContext,
) {
    let mut reading = Reading { sender, context, deliveries: Vec::new(), n_bytes: 0 };
    let files = match list_files(path, context) {
        Ok(files) => files,
        Err(error) => {
            let _ = sender.blocking_send(Err(error));
            return;
        }
    };
    context.log(
        LogLevel::Info,
        format!("Reading {} in {}", count(files.len(), "file"), name_of(path)),
    );
    let outcome = files.iter().try_for_each(|file| reading.read_file(path, file));
    if outcome.is_ok() {
        // Nobody may be waiting for the rest.
        let _ = reading.flush();
    }
}

/// A reading in progress: what is read and not yet handed over.
pub(super) struct Reading<'a> {
    sender: &'a mpsc::Sender<Result<AlertBatch, BrokerError>>,
    context: &'a RunContext,
    deliveries: Vec<Delivery>,
    n_bytes: u64,
}

impl Reading<'_> {
    fn read_file(&mut self, root: &Path, file: &Path) -> Result<(), Stopped> {
        let origin = origin_of(root, file);
        if is_tarball(&origin.to_ascii_lowercase()) {
            return match File::open(file) {
                Ok(opened) => read_tarball(opened, &origin, self),
                Err(error) => {
                    self.set_aside(origin, format!("cannot be opened: {error}"), Bytes::new())
                }
            };
        }
        match read_bounded(file) {
            Ok(bytes) => self.add_container(&origin, &bytes),
            Err(reason) => self.set_aside(origin, reason, Bytes::new()),
        }
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
    pub(super) fn stop(&self) -> tokio_util::sync::CancellationToken {
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

/// Every file of an archive that may hold packets, in the order of its path.
fn list_files(path: &Path, context: &RunContext) -> Result<Vec<PathBuf>, BrokerError> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    collect_files(path, 0, context, &mut files).map_err(|error| BrokerError::Unreadable {
        what: format!("the archive {}", name_of(path)),
        reason: error.to_string(),
    })?;
    files.sort();
    Ok(files)
}

fn collect_files(
    folder: &Path,
    depth: usize,
    context: &RunContext,
    files: &mut Vec<PathBuf>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = name_of(&path).to_ascii_lowercase();
        if path.is_dir() {
            let is_followed = depth < MAX_DEPTH && !name.starts_with('.');
            if is_followed && let Err(error) = collect_files(&path, depth + 1, context, files) {
                context.log(LogLevel::Warning, format!("Passed over the folder {name}: {error}"));
            }
        } else if path.is_file() && (is_avro(&name) || is_tarball(&name)) {
            // A pipe or a device would hold the reader for ever.
            files.push(path);
        }
    }
    Ok(())
}

fn read_bounded(file: &Path) -> Result<Bytes, String> {
    let opened = File::open(file).map_err(|error| format!("cannot be opened: {error}"))?;
    let mut bytes = Vec::new();
    opened
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("is larger than {} MiB; split it", MAX_FILE_BYTES >> 20));
    }
    Ok(bytes.into())
}

fn origin_of(root: &Path, file: &Path) -> String {
    let below = file.strip_prefix(root).unwrap_or(file);
    if below.as_os_str().is_empty() { name_of(file) } else { below.to_string_lossy().into_owned() }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
