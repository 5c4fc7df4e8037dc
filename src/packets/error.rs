//! Why a packet could not be read.

use super::cursor::Fault;

/// Why a packet could not be read. Each says what is wrong with the packet; none of them passes by itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// The packet is longer than [`super::limits::MESSAGE_BYTES`].
    #[error("the packet has {bytes} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes are in no format that alerts come in.
    #[error("these bytes are neither an Avro container file, nor Confluent wire format, nor JSON")]
    NotAPacket,
    /// The schema in the header cannot be used.
    #[error("the packet's schema cannot be used: {reason}")]
    Schema {
        /// What is wrong with it.
        reason: String,
    },
    /// The bytes end before the record or the file does.
    #[error("truncated packet")]
    Truncated,
    /// Bytes are left over after the record or the file.
    #[error("{bytes} extra bytes after the end of the {after}")]
    TrailingBytes {
        /// How many.
        bytes: usize,
        /// After what: "record" or "file".
        after: &'static str,
    },
    /// A block does not end with the sync marker of its header.
    #[error("a block does not end with the file's sync marker: the file is damaged")]
    SyncMarker,
    /// The container holds no record.
    #[error("the container has no record")]
    NoRecord,
    /// The container holds more than one record. [`super::split_container`] takes it apart.
    #[error("the container says that it has {n} records; a packet has one")]
    ManyRecords {
        /// How many it says it holds.
        n: u64,
    },
    /// The block cannot be decompressed.
    #[error("a block compressed with {codec:?} cannot be read: {reason}")]
    Codec {
        /// The codec's name in the header.
        codec: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A known format that this software does not read.
    #[error("{what} cannot be read here; alerts of ZTF, LSST and ELAsTiCC can")]
    Unsupported {
        /// What it is.
        what: String,
    },
    /// An alert of a survey that this software does not read.
    #[error("this is an alert of {survey}, not of ZTF, LSST or ELAsTiCC")]
    OtherSurvey {
        /// Which, or what it calls its objects.
        survey: String,
    },
    /// The JSON of a packet cannot be read.
    #[error("the packet's JSON cannot be read: {reason}")]
    Json {
        /// What is wrong, and where.
        reason: String,
    },
    /// The packet names a schema that is neither built in nor was added.
    #[error(
        "the packet's schema has the id {id}, which is not known here; it can be read once that schema is added"
    )]
    UnknownSchema {
        /// The id in the packet.
        id: u32,
    },
    /// The schema that the topic or the archive says is not known.
    #[error(
        "the schema {name:?} is not known here; the packet can be read once that schema is added"
    )]
    UnknownSchemaName {
        /// Its name.
        name: String,
    },
    /// A value does not fit its schema's type.
    #[error("the packet is damaged: {what}")]
    Damaged {
        /// What was met.
        what: &'static str,
    },
    /// A field without which there is no alert is absent or impossible.
    #[error("the alert's {field} is {value}, which is not possible")]
    Invalid {
        /// The field's name in the packet.
        field: &'static str,
        /// The value met there.
        value: String,
    },
    /// Values nest deeper than [`super::limits::DEPTH`].
    #[error("the packet is nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// The packet unfolds into more than is accepted.
    #[error("the packet has more {what} than allowed")]
    TooMuch {
        /// Of what.
        what: &'static str,
    },
}

impl PacketError {
    pub(super) fn schema(reason: impl Into<String>) -> Self {
        Self::Schema { reason: reason.into() }
    }

    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }
}

impl From<Fault> for PacketError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Truncated => Self::Truncated,
            Fault::TooDeep => Self::TooDeep { limit: super::limits::DEPTH },
            Fault::TooManyValues => Self::TooMuch { what: "values" },
            Fault::Number => Self::Damaged { what: "a number does not fit its type" },
            Fault::Length => Self::Damaged { what: "a length or a count is negative or too large" },
            Fault::Boolean => Self::Damaged { what: "a boolean is neither 0 nor 1" },
            Fault::Text => Self::Damaged { what: "a text is not UTF-8" },
            Fault::Choice => Self::Damaged { what: "a union branch or enum symbol does not exist" },
        }
    }
}
