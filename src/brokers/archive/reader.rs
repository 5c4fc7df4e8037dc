//! Walks an archive, file by file.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{
    folders::{PACKET_ENDINGS, SCHEMA_FILE, is_packets, is_schema, is_tarball},
    sink::{Damage, Sink, Stopped},
    tarball::read_tarball,
};
use crate::{
    brokers::{AlertBatch, BrokerError, RunContext},
    domain::{run::LogLevel, wording::counted},
    packets::{limits::SCHEMA_BYTES, tells_its_schema},
};

/// Folders within folders are followed this far: a link that leads back into its own folder ends here.
const MAX_DEPTH: usize = 12;
/// A container file is read whole; a larger one is set aside.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// What a file may unfold into is bounded more closely: a few hundred kilobytes of gzip can hold any number of zeros.
const MAX_UNZIPPED_BYTES: u64 = 64 << 20;

/// Reads an archive to its end, or until the run stops.
pub(super) fn read_archive(
    path: &Path,
    sender: &mpsc::Sender<Result<AlertBatch, BrokerError>>,
    context: &RunContext,
) {
    let mut sink = Sink::new(sender, context);
    let Listed { files, n_skipped } = match list_files(path, &sink) {
        Ok(listed) => listed,
        Err(error) => {
            let _ = sender.blocking_send(Err(error));
            return;
        }
    };
    context.log(
        LogLevel::Info,
        format!("Reading {} in {}", counted(files.len() as u64, "file"), name_of(path)),
    );
    if n_skipped > 0 {
        let skipped = counted(n_skipped, "file");
        sink.remark(format!(
            "Skipped {skipped} not ending in {PACKET_ENDINGS}, nor in .tar.gz, .tgz or .tar"
        ));
    }
    let outcome = files.iter().try_for_each(|file| read_file(path, file, &mut sink));
    if outcome.is_ok() {
        // Nobody may be waiting for the rest.
        let _ = sink.finish();
    }
}

/// Reads one file of the archive.
fn read_file(root: &Path, file: &Path, sink: &mut Sink<'_>) -> Result<(), Stopped> {
    let origin = origin_of(root, file);
    if is_tarball(&origin.to_ascii_lowercase()) {
        return match File::open(file) {
            Ok(opened) => read_tarball(opened, &origin, sink),
            Err(error) => {
                let damage = Damage { reason: error.to_string(), ..Damage::default() };
                sink.broke_off(&origin, &damage);
                sink.set_aside(origin, format!("cannot be opened: {error}"), Bytes::new())
            }
        };
    }
    match read_bounded(file) {
        Ok(bytes) => {
            // In gzip it is not seen yet whether a packet brings its schema.
            let is_gzip = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
            let needs_schema = is_gzip || !tells_its_schema(&bytes);
            sink.read_with(if needs_schema { schema_beside(file) } else { None });
            sink.add_container(&origin, &bytes, MAX_UNZIPPED_BYTES).map(|_| ())
        }
        Err(reason) => sink.set_aside(origin, reason, Bytes::new()),
    }
}

/// The schema that stands beside a file for packets that bring none.
fn schema_beside(file: &Path) -> Option<Bytes> {
    let schema = File::open(file.with_file_name(SCHEMA_FILE)).ok()?;
    let mut text = Vec::new();
    schema.take(SCHEMA_BYTES as u64 + 1).read_to_end(&mut text).ok()?;
    (text.len() <= SCHEMA_BYTES).then(|| text.into())
}

/// The files of an archive.
#[derive(Default)]
struct Listed {
    /// Those that may hold packets.
    files: Vec<PathBuf>,
    /// Those that do not, by their name. Hidden ones are not counted.
    n_skipped: u64,
}

/// Every file of an archive, in the order of its path.
fn list_files(path: &Path, sink: &Sink<'_>) -> Result<Listed, BrokerError> {
    if path.is_file() {
        return Ok(Listed { files: vec![path.to_owned()], n_skipped: 0 });
    }
    let mut listed = Listed::default();
    collect_files(path, 0, sink, &mut listed).map_err(|error| BrokerError::Unreadable {
        what: format!("the archive {}", name_of(path)),
        reason: error.to_string(),
    })?;
    listed.files.sort();
    Ok(listed)
}

fn collect_files(
    folder: &Path,
    depth: usize,
    sink: &Sink<'_>,
    listed: &mut Listed,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = name_of(&path).to_ascii_lowercase();
        if path.is_dir() {
            let is_followed = depth < MAX_DEPTH && !name.starts_with('.');
            if is_followed && let Err(error) = collect_files(&path, depth + 1, sink, listed) {
                sink.remark(format!("Skipped the folder {name}: {error}"));
            }
        } else if path.is_file() {
            // A pipe or a device would hold the reader for ever.
            if is_packets(&name) || is_tarball(&name) {
                listed.files.push(path);
            } else if !name.starts_with('.') && !is_schema(&name) {
                listed.n_skipped += 1;
            }
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
