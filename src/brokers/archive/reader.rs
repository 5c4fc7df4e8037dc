//! Walks an archive, file by file.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{
    folders::{is_avro, is_tarball},
    sink::{Sink, Stopped},
    tarball::read_tarball,
};
use crate::{
    brokers::{AlertBatch, BrokerError, RunContext},
    domain::{run::LogLevel, wording::counted},
};

/// Folders within folders are followed this far: a link that leads back into its own folder ends here.
const MAX_DEPTH: usize = 12;
/// A container file is read whole; a larger one is set aside.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// Reads an archive to its end, or until the run stops.
pub(super) fn read_archive(
    path: &Path,
    sender: &mpsc::Sender<Result<AlertBatch, BrokerError>>,
    context: &RunContext,
) {
    let mut sink = Sink::new(sender, context);
    let files = match list_files(path, context) {
        Ok(files) => files,
        Err(error) => {
            let _ = sender.blocking_send(Err(error));
            return;
        }
    };
    context.log(
        LogLevel::Info,
        format!("Reading {} in {}", counted(files.len() as u64, "file"), name_of(path)),
    );
    let outcome = files.iter().try_for_each(|file| read_file(path, file, &mut sink));
    if outcome.is_ok() {
        // Nobody may be waiting for the rest.
        let _ = sink.flush();
    }
}

/// Reads one file of the archive.
fn read_file(root: &Path, file: &Path, sink: &mut Sink<'_>) -> Result<(), Stopped> {
    let origin = origin_of(root, file);
    if is_tarball(&origin.to_ascii_lowercase()) {
        return match File::open(file) {
            Ok(opened) => read_tarball(opened, &origin, sink),
            Err(error) => {
                sink.set_aside(origin, format!("cannot be opened: {error}"), Bytes::new())
            }
        };
    }
    match read_bounded(file) {
        Ok(bytes) => sink.add_container(&origin, &bytes),
        Err(reason) => sink.set_aside(origin, reason, Bytes::new()),
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
                context.log(LogLevel::Warning, format!("Skipped the folder {name}: {error}"));
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
