//! Which format some bytes are in, by their first ones.

use super::PacketError;
use super::container::MAGIC;
use super::limits::MESSAGE_BYTES;

/// The format that some bytes are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form<'a> {
    Container,
    /// Confluent wire format.
    Wire {
        id: u32,
        record: &'a [u8],
    },
    SingleObject,
    Json,
    Unknown,
}

impl Form<'_> {
    /// The error of a form that is not read.
    pub(super) fn refused(self) -> PacketError {
        match self {
            Self::Json => PacketError::unsupported("JSON"),
            Self::SingleObject => PacketError::unsupported("an Avro single-object message"),
            _ => PacketError::NotAPacket,
        }
    }
}

/// The format of these bytes. What is longer than a packet may be is refused.
pub(super) fn form(bytes: &[u8]) -> Result<Form<'_>, PacketError> {
    require_length(bytes)?;
    Ok(match bytes {
        _ if is_container(bytes) => Form::Container,
        [0, a, b, c, d, record @ ..] if !record.is_empty() => {
            Form::Wire { id: u32::from_be_bytes([*a, *b, *c, *d]), record }
        }
        [0xc3, 0x01, ..] => Form::SingleObject,
        _ if is_json(bytes) => Form::Json,
        _ => Form::Unknown,
    })
}

/// Refuses what is longer than a packet may be.
pub(super) fn require_length(bytes: &[u8]) -> Result<(), PacketError> {
    if bytes.len() > MESSAGE_BYTES {
        return Err(PacketError::TooLarge { bytes: bytes.len(), limit: MESSAGE_BYTES });
    }
    Ok(())
}

/// Whether the bytes begin as an Avro object container file does.
pub(super) fn is_container(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Whether the bytes begin as a record or a list of JSON does.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start(), [b'{' | b'[', ..])
}
