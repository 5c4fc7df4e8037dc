//! A night of packets in one `.tar.gz`, as ZTF publishes it, read as a stream to the true end of the file: behind the mark
//! that ends an archive another one may follow.

use std::{
    fs::File,
    io::{BufReader, Error, ErrorKind, Read},
};

use bytes::Bytes;
use tar::EntryType;
use tokio_util::sync::CancellationToken;

use super::{
    folders::{PACKET_ENDINGS, is_packets, is_schema},
    gzip::GzipStream,
    sink::{Damage, Sink, Stopped},
};
use crate::{domain::wording::counted, packets::limits::SCHEMA_BYTES};

/// A member of a night is one packet: a larger one is not read (the limit of a Pub/Sub message, 10 MB).
const MAX_MEMBER_BYTES: u64 = 10_000_000;
/// A long name stands in an entry of its own; a longer one is not believed.
const MAX_NAME_BYTES: u64 = 8 << 10;
/// A tar is made of blocks of so many bytes, and ends with one of zeros, or two.
const BLOCK_BYTES: u64 = 512;

/// Reads every packet of a night. Damage ends the night with one entry in quarantine; what came before is good.
pub(super) fn read_tarball(file: File, origin: &str, sink: &mut Sink<'_>) -> Result<(), Stopped> {
    let file = Interruptible { inner: file, stop: sink.stop() };
    let is_plain = origin.to_ascii_lowercase().ends_with(".tar");
    let buffered = BufReader::with_capacity(1 << 20, file);
    let stream: Box<dyn Read> =
        if is_plain { Box::new(buffered) } else { Box::new(GzipStream::new(buffered)) };
    let mut archive = tar::Archive::new(EndWatch { inner: stream, n_zeros: 0, is_over: false });
    archive.set_ignore_zeros(true);
    let mut members = Members::default();
    let outcome = members.read(&mut archive, origin, sink);
    sink.read_with(None);
    let end = archive.into_inner();
    match outcome.and_then(|()| end.marked()) {
        Ok(()) => {}
        Err(MemberError::Stopped) => return Err(Stopped),
        Err(MemberError::Damaged(_)) if sink.stop().is_cancelled() => return Err(Stopped),
        Err(MemberError::Damaged(error)) => {
            let is_cut = end.is_over || error.kind() == ErrorKind::UnexpectedEof;
            let damage = Damage {
                is_cut,
                n_packets: members.n_packets,
                last: members.last.as_deref(),
                reason: reason_of(&error),
            };
            sink.broke_off(origin, &damage);
            let n_packets = counted(members.n_packets, "packet");
            let reason = format!("the archive is damaged after {n_packets}: {}", reason_of(&error));
            sink.set_aside(origin.to_owned(), reason, Bytes::new())?;
        }
    }
    if members.n_others > 0 {
        let n_others = counted(members.n_others, "member");
        sink.remark(format!("In {origin}: skipped {n_others} not ending in {PACKET_ENDINGS}"));
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
            return Err(Error::other("the run is to stop"));
        }
        self.inner.read(buffer)
    }
}

/// A tar that is watched for its end: one that is cut between two members looks like a whole one but for the mark.
struct EndWatch {
    inner: Box<dyn Read>,
    /// Zeros since the last byte that is none.
    n_zeros: u64,
    is_over: bool,
}

impl EndWatch {
    /// An error unless the last that came was the mark of an end.
    fn marked(&self) -> Result<(), MemberError> {
        if self.n_zeros >= BLOCK_BYTES {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::UnexpectedEof, "the mark of its end is missing").into())
        }
    }
}

impl Read for EndWatch {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        self.is_over |= n_bytes == 0 && !buffer.is_empty();
        let came = buffer.get(..n_bytes).unwrap_or_default();
        match came.iter().rposition(|byte| *byte != 0) {
            Some(last) => self.n_zeros = (n_bytes - last - 1) as u64,
            None => self.n_zeros += n_bytes as u64,
        }
        Ok(n_bytes)
    }
}

enum MemberError {
    Stopped,
    Damaged(Error),
}

impl From<Stopped> for MemberError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<Error> for MemberError {
    fn from(error: Error) -> Self {
        Self::Damaged(error)
    }
}

/// What was read of an archive.
#[derive(Default)]
struct Members {
    /// Whole packets.
    n_packets: u64,
    /// The name of the last member with packets that came whole.
    last: Option<String>,
    /// Members that are no packets by their name.
    n_others: u64,
}

impl Members {
    fn read(
        &mut self,
        archive: &mut tar::Archive<EndWatch>,
        origin: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), MemberError> {
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
                    let size = entry.header().size()?;
                    self.read_file(name, size, &mut entry, origin, sink)?;
                }
                _ => long_name = None,
            }
        }
        Ok(())
    }

    fn read_file(
        &mut self,
        name: String,
        size: u64,
        content: &mut impl Read,
        origin: &str,
        sink: &mut Sink<'_>,
    ) -> Result<(), MemberError> {
        if is_schema(&name.to_ascii_lowercase()) {
            return read_schema(content, sink);
        }
        if !is_packets(&name.to_ascii_lowercase()) {
            self.n_others += 1;
            return Ok(());
        }
        let place = format!("{origin}/{name}");
        if size > MAX_MEMBER_BYTES {
            let reason = format!("is {size} bytes; a packet has at most 10 MB");
            return Ok(sink.set_aside(place, reason, Bytes::new())?);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        content.read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < size {
            return Err(Error::new(ErrorKind::UnexpectedEof, format!("{name} is not whole")).into());
        }
        self.n_packets += sink.add_container(&place, &bytes.into(), MAX_MEMBER_BYTES)?;
        self.last = Some(name);
        Ok(())
    }
}

/// The schema of the members behind it, which bring none (Rubin's archive). A longer one than a schema may be is none.
fn read_schema(content: &mut impl Read, sink: &mut Sink<'_>) -> Result<(), MemberError> {
    let mut text = Vec::new();
    content.take(SCHEMA_BYTES as u64 + 1).read_to_end(&mut text)?;
    sink.read_with((text.len() <= SCHEMA_BYTES).then(|| text.into()));
    Ok(())
}

/// What the reader of tars says, as far as it is words: it may quote a whole header of bytes that are none.
fn reason_of(error: &Error) -> String {
    let words = error.to_string();
    let words: String = words.chars().take_while(|letter| !letter.is_control()).take(80).collect();
    words.trim_end_matches([':', ' ']).to_owned()
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
    fn a_reason_quotes_no_bytes_of_an_archive() {
        for (told, reason) in [
            ("unexpected end of file", "unexpected end of file"),
            ("not a number: \u{7}\u{7} when getting cksum for \u{7}", "not a number"),
            ("\u{0}", ""),
        ] {
            assert_eq!(reason_of(&Error::other(told)), reason);
        }
        assert_eq!(reason_of(&Error::other("x".repeat(600))).len(), 80);
    }

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
