//! Avro object container files: header and blocks. Layout: Avro specification, "Object container files".

use std::borrow::Cow;

use super::PacketError;
use super::codec::Codec;
use super::cursor::Cursor;
use super::limits::{HEADER_ENTRIES, SCHEMA_BYTES};

/// The first bytes of every Avro object container file.
pub(super) const MAGIC: &[u8; 4] = b"Obj\x01";

/// What stands before a container's blocks.
#[derive(Clone, Debug)]
pub(super) struct Header<'a> {
    /// The header as it stands in the file, magic and sync marker included.
    pub(super) bytes: &'a [u8],
    pub(super) entries: Vec<(&'a str, &'a [u8])>,
    pub(super) schema: &'a [u8],
    pub(super) codec: Codec,
    pub(super) sync: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads the header and returns it with what follows it.
    pub(super) fn read(file: &'a [u8]) -> Result<(Self, &'a [u8]), PacketError> {
        let after_magic = file.strip_prefix(MAGIC).ok_or(PacketError::NotAPacket)?;
        let mut cursor = Cursor::new(after_magic);
        let entries = read_entries(&mut cursor)?;
        let sync = cursor.take(16)?;
        let schema = entry(&entries, "avro.schema")?
            .ok_or_else(|| PacketError::schema("the header holds none"))?;
        if schema.len() > SCHEMA_BYTES {
            return Err(PacketError::schema(format!(
                "its text is longer than {SCHEMA_BYTES} bytes"
            )));
        }
        let codec = Codec::named(entry(&entries, "avro.codec")?)?;
        let bytes = file.get(..file.len() - cursor.rest().len()).unwrap_or_default();
        Ok((Self { bytes, entries, schema, codec, sync }, cursor.rest()))
    }

    /// The blocks in `rest`, up to the first that is damaged, or to another container that is appended.
    pub(super) fn blocks(&self, rest: &'a [u8]) -> Blocks<'a> {
        Blocks { rest, sync: self.sync }
    }
}

fn read_entries<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<(&'a str, &'a [u8])>, PacketError> {
    let mut entries = Vec::new();
    loop {
        let count = cursor.items()?;
        if count == 0 {
            return Ok(entries);
        }
        for _ in 0..count {
            if entries.len() == HEADER_ENTRIES {
                return Err(PacketError::TooMuch { what: "entries in its header" });
            }
            entries.push((cursor.text()?, cursor.bytes()?));
        }
    }
}

fn entry<'a>(entries: &[(&'a str, &'a [u8])], key: &str) -> Result<Option<&'a [u8]>, PacketError> {
    let mut found = entries.iter().filter(|(name, _)| *name == key).map(|(_, value)| *value);
    let first = found.next();
    match found.next() {
        Some(_) => Err(PacketError::Damaged { what: "an entry is twice in the header" }),
        None => Ok(first),
    }
}

/// One block: how many records it says it holds, and their bytes as compressed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    pub(super) records: u64,
    pub(super) data: &'a [u8],
}

/// The blocks of a container that hold records, in order: what is flushed when nothing was written is a block of none.
/// The first damaged one yields its error and ends them.
#[derive(Clone, Debug)]
pub(super) struct Blocks<'a> {
    rest: &'a [u8],
    sync: &'a [u8],
}

impl<'a> Blocks<'a> {
    /// What is left once they have been read: nothing, or another container. No block begins as one does: its count would be
    /// negative.
    pub(super) fn appended(&self) -> &'a [u8] {
        self.rest
    }

    /// The number of records that the blocks left say they hold, and `before` them.
    pub(super) fn count_records(mut self, before: u64) -> Result<u64, PacketError> {
        let mut records = before;
        while !self.rest.is_empty() {
            let bytes = self.rest.len();
            match self.read() {
                Ok(block) => records = records.saturating_add(block.records),
                Err(_) => return Err(PacketError::TrailingBytes { bytes, after: "last block" }),
            }
        }
        Ok(records)
    }

    fn read(&mut self) -> Result<Block<'a>, PacketError> {
        let mut cursor = Cursor::new(self.rest);
        let records = cursor.length()? as u64;
        let data = cursor.bytes()?;
        if cursor.take(16)? != self.sync {
            return Err(PacketError::SyncMarker);
        }
        self.rest = cursor.rest();
        Ok(Block { records, data })
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Result<Block<'a>, PacketError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() && !self.rest.starts_with(MAGIC) {
            match self.read() {
                Ok(Block { records: 0, .. }) => {}
                Ok(block) => return Some(Ok(block)),
                Err(error) => {
                    self.rest = &[];
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

/// The one record of a container, unfolded.
#[derive(Clone, Debug)]
pub(super) struct SingleRecord<'a> {
    pub(super) schema: &'a [u8],
    /// Bytes of the file before its sync marker, which each file has its own of.
    pub(super) n_head_bytes: usize,
    pub(super) bytes: Cow<'a, [u8]>,
}

/// The record of a container that holds one record and nothing else.
pub(super) fn single_record(file: &[u8]) -> Result<SingleRecord<'_>, PacketError> {
    let (header, rest) = Header::read(file)?;
    let mut blocks = header.blocks(rest);
    let first = blocks.next().ok_or(PacketError::NoRecord)??;
    let records = blocks.count_records(first.records)?;
    if records > 1 {
        return Err(PacketError::ManyRecords { n: records });
    }
    Ok(SingleRecord {
        schema: header.schema,
        n_head_bytes: header.bytes.len() - header.sync.len(),
        bytes: header.codec.unfold(first.data)?,
    })
}
