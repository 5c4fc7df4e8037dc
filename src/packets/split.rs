//! Taking a container of several records apart into packets that each stand alone.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::PacketError;
use super::codec::Codec;
use super::container::{Header, MAGIC};
use super::cursor::Cursor;
use super::limits::RECORDS;
use super::schema_cache::{ReadySchema, ready};
use super::skip::skip;
use super::sniff::is_container;

/// The packets in `bytes`, in order.
///
/// A container of several records yields each of them as a container of its own, uncompressed, with the header of
/// the file. Anything else, a container of one record too, is yielded as it is, for [`super::decode`] to judge.
/// What is damaged yields its error once, after the packets before it, and ends.
pub fn split_container(bytes: Bytes) -> SplitContainer {
    let whole = |bytes| SplitContainer { state: State::Whole(bytes) };
    if !is_container(&bytes) {
        return whole(bytes);
    }
    match Records::open(&bytes) {
        Ok(Some(records)) => SplitContainer { state: State::Records(Box::new(records)) },
        Ok(None) => whole(bytes),
        Err(error) => SplitContainer { state: State::Failed(error) },
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

impl Iterator for SplitContainer {
    type Item = Result<Bytes, PacketError>;

    fn next(&mut self) -> Option<Self::Item> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Whole(bytes) => Some(Ok(bytes)),
            State::Failed(error) => Some(Err(error)),
            State::Ended => None,
            State::Records(mut records) => {
                let packet = records.next_packet().transpose()?;
                if packet.is_ok() {
                    self.state = State::Records(records);
                }
                Some(packet)
            }
        }
    }
}

/// The records of a container that says it holds several.
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
    yielded: u64,
}

impl Records {
    /// `None` where the file holds fewer than two records.
    fn open(file: &Bytes) -> Result<Option<Self>, PacketError> {
        let (header, rest) = Header::read(file)?;
        let blocks: VecDeque<_> = header
            .blocks(rest)
            .map(|block| block.map(|block| (block.records, file.slice_ref(block.data))))
            .collect();
        let records = blocks.iter().flatten().fold(0, |sum: u64, (n, _)| sum.saturating_add(*n));
        if records < 2 {
            return Ok(None);
        }
        Ok(Some(Self {
            ready: ready(header.schema)?,
            codec: header.codec,
            header: null_header(&header),
            sync: header.sync.to_vec(),
            blocks,
            block: Bytes::new(),
            left_in_block: 0,
            yielded: 0,
        }))
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
        put_long(&mut packet, 1);
        put_bytes(&mut packet, record);
        packet.extend_from_slice(&self.sync);
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

fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    put_long(to, bytes.len());
    to.extend_from_slice(bytes);
}

/// Appends a count or a length as a zig-zag variable-length integer.
fn put_long(to: &mut Vec<u8>, value: usize) {
    let mut left = (value as u64) << 1;
    loop {
        let [low, ..] = left.to_le_bytes();
        if left < 0x80 {
            to.push(low);
            return;
        }
        to.push(low | 0x80);
        left >>= 7;
    }
}
