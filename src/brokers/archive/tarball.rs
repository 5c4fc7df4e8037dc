//! A night of packets in one `.tar.gz`, as ZTF publishes it, read as a stream.

use std::{
    fs::File,
    io::{BufReader, Read},
};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use tar::EntryType;
use tokio_util::sync::CancellationToken;

use super::{
    folders::is_avro,
    sink::{Sink, Stopped},
};
use crate::domain::{run::LogLevel, wording::counted};

/// A member of a night is one packet: a larger one is not read (the limit of a Pub/Sub message, 10 MB).
const MAX_MEMBER_BYTES: u64 = 10_000_000;
/// A long name stands in an entry of its own; a longer one is not believed.
const MAX_NAME_BYTES: u64 = 8 << 10;

/// Reads every packet of a night. Damage ends the night with one entry in quarantine; what came before is good.
pub(super) fn read_tarball(file: File, origin: &str, sink: &mut Sink<'_>) -> Result<(), Stopped> {
    let file = Interruptible { inner: file, stop: sink.stop() };
    let is_plain = origin.to_ascii_lowercase().ends_with(".tar");
    let buffered = BufReader::with_capacity(1 << 20, file);
    let stream: Box<dyn Read> =
        if is_plain { Box::new(buffered) } else { Box::new(MultiGzDecoder::new(buffered)) };
    let mut counts = MemberCounts::default();
    match read_members(stream, origin, sink, &mut counts) {
        Ok(()) => {}
        Err(MemberError::Stopped) => return Err(Stopped),
        Err(MemberError::Damaged(_)) if sink.stop().is_cancelled() => return Err(Stopped),
        Err(MemberError::Damaged(error)) => {
            sink.log(
                LogLevel::Warning,
                format!(
                    "{origin} is damaged: it ends after {}",
                    counted(counts.packets as u64, "packet")
                ),
            );
            let reason = format!(
                "the archive is damaged after {}: {error}",
                counted(counts.packets as u64, "member")
            );
            sink.set_aside(origin.to_owned(), reason, Bytes::new())?;
        }
    }
    if counts.others > 0 {
        let sentence = format!(
            "{origin}: skipped {} not ending in .avro",
            counted(counts.others as u64, "member")
        );
        sink.log(LogLevel::Warning, sentence);
    }
    Ok(())
}

/// A file that ends in an error once the run is to stop: a member may be any number of gigabytes.
struct Interruptible {
    inner: File,
    stop: CancellationToken,
}

impl Read for Interruptible {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.stop.is_cancelled() {
            return Err(std::io::Error::other("the run is to stop"));
        }
        self.inner.read(buffer)
    }
}

#[derive(Default)]
struct MemberCounts {
    packets: usize,
    others: usize,
}

enum MemberError {
    Stopped,
    Damaged(std::io::Error),
}

impl From<Stopped> for MemberError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<std::io::Error> for MemberError {
    fn from(error: std::io::Error) -> Self {
        Self::Damaged(error)
    }
}

fn read_members(
    stream: Box<dyn Read>,
    origin: &str,
    sink: &mut Sink<'_>,
    counts: &mut MemberCounts,
) -> Result<(), MemberError> {
    let mut archive = tar::Archive::new(stream);
    let mut long_name: Option<String> = None;
    // Raw: the crate would otherwise read a long name into memory whatever its length.
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        match entry.header().entry_type() {
            EntryType::GNULongName | EntryType::XHeader => {
                let is_pax = entry.header().entry_type() == EntryType::XHeader;
                let mut text = Vec::new();
                entry.by_ref().take(MAX_NAME_BYTES).read_to_end(&mut text)?;
                long_name = if is_pax { pax_path(&text) } else { Some(text_of(&text)) };
            }
            kind if kind.is_file() => {
                let name = long_name.take().unwrap_or_else(|| text_of(&entry.path_bytes()));
                if !is_avro(&name.to_ascii_lowercase()) {
                    counts.others += 1;
                    continue;
                }
                counts.packets += 1;
                let place = format!("{origin}/{name}");
                let size = entry.header().size()?;
                if size > MAX_MEMBER_BYTES {
                    sink.set_aside(
                        place,
                        format!("is {size} bytes; a packet has at most 10 MB"),
                        Bytes::new(),
                    )?;
                    continue;
                }
                let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
                entry.read_to_end(&mut bytes)?;
                sink.add_container(&place, &bytes.into())?;
            }
            _ => long_name = None,
        }
    }
    Ok(())
}

/// The `path` record of a PAX header: lines of "LENGTH KEY=VALUE".
fn pax_path(header: &[u8]) -> Option<String> {
    text_of(header).lines().find_map(|line| {
        line.split_once(' ').and_then(|(_, record)| record.strip_prefix("path=")).map(str::to_owned)
    })
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_is_read_no_further_once_the_run_is_to_stop() {
        let place = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(place.path(), [7; 10]).unwrap();
        let stop = CancellationToken::new();
        let mut file =
            Interruptible { inner: File::open(place.path()).unwrap(), stop: stop.clone() };
        let mut buffer = [0; 4];
        assert_eq!(file.read(&mut buffer).unwrap(), 4);
        stop.cancel();
        assert!(file.read(&mut buffer).is_err());
    }
}
