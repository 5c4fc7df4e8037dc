//! A packet as it came, and the forms in which packets come.

use bytes::Bytes;

/// The form in which a packet came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketFormat {
    /// Avro object container file holding one record, its schema in the header.
    AvroContainer,
    /// Confluent wire format: `00`, schema id (big-endian u32), schemaless Avro.
    AvroWire,
    /// Schemaless Avro; which schema, the topic or the archive says (ELAsTiCC's topics).
    AvroSchemaless,
    /// JSON text.
    Json,
    /// A row of a database table, as JSON: `{"table": …, "row": {column: value}}`.
    TableRow,
}

impl PacketFormat {
    /// Every format.
    pub const ALL: [Self; 5] =
        [Self::AvroContainer, Self::AvroWire, Self::AvroSchemaless, Self::Json, Self::TableRow];

    /// The word used in the database.
    pub fn id(self) -> &'static str {
        match self {
            Self::AvroContainer => "avro",
            Self::AvroWire => "avro-wire",
            Self::AvroSchemaless => "avro-schemaless",
            Self::Json => "json",
            Self::TableRow => "table-row",
        }
    }

    /// How the name of a file with such a packet ends.
    pub fn file_ending(self) -> &'static str {
        match self {
            Self::TableRow => "json",
            other => other.id(),
        }
    }

    /// The format with this id, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.id() == id)
    }
}

/// The packet of an alert, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// How `bytes` are to be read.
    pub format: PacketFormat,
    /// The schema's version as the packet says it (ZTF `schemavsn`), empty where it does not.
    pub schema_version: String,
    /// The packet's own bytes.
    pub bytes: Bytes,
    /// How many of them, from the first, are the same in all packets with this schema: a container's header up to its sync
    /// marker. 0 where there is no such head.
    pub n_head_bytes: usize,
}

impl Packet {
    /// What all packets with this schema begin with, and the rest.
    pub fn head_and_rest(&self) -> (&[u8], &[u8]) {
        self.bytes.split_at(self.n_head_bytes.min(self.bytes.len()))
    }
}
