//! Taking a container of several records apart into packets that each stand alone.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::PacketError;
use super::codec::Codec;
use super::container::{Header, MAGIC};
use super::cursor::Cursor;
use super::gzip::unzipped;
use super::limits::RECORDS;
use super::schema_cache::{ReadySchema, ready};
use super::skip::skip;
use super::sniff::is_container;
use super::wrap::{append_record, put_bytes, put_long};

/// The packets in `bytes`, in order.
///
/// A container of several records, or of one and what cannot be read, yields each of them as a container of its own,
/// uncompressed, with the header of the file. So do several containers behind each other: files that were joined. Anything
/// else, a container of one record too, is yielded as it is, for [`super::decode`] to judge.
/// What is damaged yields its error once, after the packets before it, and ends.
pub fn split_container(bytes: Bytes) -> SplitContainer {
    let whole = |bytes| SplitContainer { state: State::Whole(bytes) };
    let bytes = match unzipped(bytes) {
        Ok(bytes) => bytes,
        Err(error) => return SplitContainer { state: State::Failed(error) },
    };
    if !is_container(&bytes) {
        return whole(bytes);
    }
    match Records::of_file(&bytes).transpose() {
        Some(opened) => SplitContainer { state: State::of(opened) },
        None => whole(bytes),
    }
}

/// The packets of a file; see [`split_container`].
#[derive(Debug)]
pub struct SplitContainer {
    state: State,
}

#[derive(Debug)]
enum State {
    Whole(Bytes),
    Records(Box<Records>),
    Failed(PacketError),
    Ended,
}

impl State {
    fn of(opened: Result<Records, PacketError>) -> Self {
        opened.map_or_else(Self::Failed, |records| Self::Records(Box::new(records)))
    }
}

impl Iterator for SplitContainer {
    type Item = Result<Bytes, PacketError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Whole(bytes) => return Some(Ok(bytes)),
                State::Failed(error) => return Some(Err(error)),
                State::Ended => return None,
                State::Records(mut records) => match records.next_packet() {
                    Ok(Some(packet)) => {
                        self.state = State::Records(records);
                        return Some(Ok(packet));
                    }
                    Ok(None) if records.appended.is_empty() => return None,
                    Ok(None) => self.state = State::of(records.open_appended()),
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    }
}

/// The records of a container.
#[derive(Debug)]
struct Records {
    ready: Arc<ReadySchema>,
    codec: Codec,
    /// The header of each packet: the file's, with the codec null.
    header: Vec<u8>,
    sync: Vec<u8>,
    blocks: VecDeque<Result<(u64, Bytes), PacketError>>,
    /// The unfolded bytes of the block being read and how many records are still in them.
    block: Bytes,
    left_in_block: u64,
    /// Of the whole file.
    yielded: u64,
    /// The containers behind it.
    appended: Bytes,
}

impl Records {
    /// `None` where the file is one packet, or none that can be taken apart.
    fn of_file(file: &Bytes) -> Result<Option<Self>, PacketError> {
        let (header, rest) = Header::read(file)?;
        let mut found = header.blocks(rest);
        let (mut n_records, mut is_damaged) = (0_u64, false);
        for block in found.by_ref() {
            match block {
                Ok(block) => n_records = n_records.saturating_add(block.records),
                Err(_) => is_damaged = true,
            }
        }
        let is_one = n_records == 0 || n_records == 1 && !is_damaged;
        if is_one && found.appended().is_empty() { Ok(None) } else { Self::open(file, 0).map(Some) }
    }

    fn open(file: &Bytes, yielded: u64) -> Result<Self, PacketError> {
        let (header, rest) = Header::read(file)?;
        let mut found = header.blocks(rest);
        let blocks: VecDeque<_> = found
            .by_ref()
            .map(|block| block.map(|block| (block.records, file.slice_ref(block.data))))
            .collect();
        Ok(Self {
            ready: ready(header.schema)?,
            codec: header.codec,
            header: null_header(&header),
            sync: header.sync.to_vec(),
            blocks,
            block: Bytes::new(),
            left_in_block: 0,
            yielded,
            appended: file.slice_ref(found.appended()),
        })
    }

    /// The container behind this one.
    fn open_appended(&self) -> Result<Self, PacketError> {
        Self::open(&self.appended, self.yielded)
    }

    fn next_packet(&mut self) -> Result<Option<Bytes>, PacketError> {
        if self.left_in_block == 0 {
            if !self.block.is_empty() {
                return Err(PacketError::TrailingBytes {
                    bytes: self.block.len(),
                    after: "record",
                });
            }
            let Some(block) = self.blocks.pop_front() else { return Ok(None) };
            let (records, folded) = block?;
            self.left_in_block = records;
            self.block = match self.codec {
                Codec::Null => folded,
                codec => codec.unfold(&folded)?.into_owned().into(),
            };
        }
        if self.yielded == RECORDS {
            return Err(PacketError::TooMuch { what: "records in one file" });
        }
        let record = self.next_record()?;
        self.left_in_block -= 1;
        self.yielded += 1;
        Ok(Some(self.packet(&record)))
    }

    fn next_record(&mut self) -> Result<Bytes, PacketError> {
        let schema = &self.ready.schema;
        let mut cursor = Cursor::new(&self.block);
        skip(schema, schema.root, &mut cursor, 0)?;
        let length = self.block.len() - cursor.rest().len();
        Ok(self.block.split_to(length))
    }

    fn packet(&self, record: &[u8]) -> Bytes {
        let mut packet = Vec::with_capacity(self.header.len() + record.len() + 32);
        packet.extend_from_slice(&self.header);
        append_record(&mut packet, record, &self.sync);
        packet.into()
    }
}

/// The header as it stands in the file, but for its codec, which becomes null.
fn null_header(header: &Header<'_>) -> Vec<u8> {
    if header.codec == Codec::Null {
        return header.bytes.to_vec();
    }
    let mut bytes = MAGIC.to_vec();
    put_long(&mut bytes, header.entries.len());
    for (key, value) in &header.entries {
        put_bytes(&mut bytes, key.as_bytes());
        put_bytes(&mut bytes, if *key == "avro.codec" { b"null" } else { value });
    }
    put_long(&mut bytes, 0);
    bytes.extend_from_slice(header.sync);
    bytes
}
