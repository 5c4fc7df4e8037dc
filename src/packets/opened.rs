//! A packet taken apart as far as its format says: its one record, and the schema that this is read with.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use crate::domain::alert::{Packet, PacketFormat};

use super::PacketError;
use super::container::single_record;
use super::registry;
use super::schema_cache::{self, ReadySchema};
use super::sniff::{Form, form};

/// What is known of a packet beside its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hint<'h> {
    /// The schema of Avro without one, where the topic or the archive says it: `elasticc.v0_9_1`.
    pub schema: Option<&'h str>,
}

/// A packet's record, to be read with its schema.
pub(super) struct Opened<'a> {
    pub(super) ready: Arc<ReadySchema>,
    pub(super) record: Cow<'a, [u8]>,
    pub(super) format: PacketFormat,
    /// What packets with this schema begin with, where that is its text.
    n_head_bytes: usize,
}

impl<'a> Opened<'a> {
    /// Opens the packet in `bytes`, which is not folded.
    pub(super) fn of(bytes: &'a [u8], hint: &Hint<'_>) -> Result<Self, PacketError> {
        match form(bytes)? {
            Form::Container => {
                let record = single_record(bytes)?;
                Ok(Self {
                    ready: schema_cache::ready(record.schema)?,
                    record: record.bytes,
                    format: PacketFormat::AvroContainer,
                    n_head_bytes: record.n_head_bytes,
                })
            }
            Form::Wire { id, record } if hint.schema.is_none() => {
                Ok(Self::bare(registry::by_id(id)?, record, PacketFormat::AvroWire))
            }
            other => match hint.schema {
                Some(name) => {
                    let ready = registry::by_name(name)?;
                    Ok(Self::bare(ready, bytes, PacketFormat::AvroSchemaless))
                }
                None => Err(other.refused()),
            },
        }
    }

    fn bare(ready: Arc<ReadySchema>, record: &'a [u8], format: PacketFormat) -> Self {
        Self { ready, record: Cow::Borrowed(record), format, n_head_bytes: 0 }
    }

    /// Keeps the schema for other packets with the same text, now that one was read with it.
    pub(super) fn keep_schema(&self) {
        if self.format == PacketFormat::AvroContainer {
            schema_cache::keep(&self.ready);
        }
    }

    /// The packet as the alert keeps it.
    pub(super) fn packet(&self, schema_version: String, bytes: &Bytes) -> Packet {
        Packet {
            format: self.format,
            schema_version,
            bytes: bytes.clone(),
            n_head_bytes: self.n_head_bytes,
        }
    }
}

/// What is known of a packet that is kept: without a schema of its own, its version says which it is.
pub(super) fn hint_of(packet: &Packet) -> Hint<'_> {
    let is_bare = packet.format == PacketFormat::AvroSchemaless;
    Hint { schema: is_bare.then_some(packet.schema_version.as_str()) }
}

/// Refuses what is left behind a record.
pub(super) fn require_end(rest: &[u8]) -> Result<(), PacketError> {
    match rest.len() {
        0 => Ok(()),
        bytes => Err(PacketError::TrailingBytes { bytes, after: "record" }),
    }
}
