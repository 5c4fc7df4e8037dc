//! Which format some bytes are in, by their first ones.

use super::PacketError;
use super::container::MAGIC;
use super::limits::MESSAGE_BYTES;

/// Refuses what is not an Avro container file, and what is longer than a packet may be.
pub(super) fn require_container(bytes: &[u8]) -> Result<(), PacketError> {
    if bytes.len() > MESSAGE_BYTES {
        return Err(PacketError::TooLarge { bytes: bytes.len(), limit: MESSAGE_BYTES });
    }
    match bytes {
        _ if is_container(bytes) => Ok(()),
        [0, _, _, _, _, _, ..] => Err(PacketError::unsupported(
            "Confluent wire format (schemaless Avro behind a schema id)",
        )),
        [0xc3, 0x01, ..] => Err(PacketError::unsupported("an Avro single-object message")),
        [0x1f, 0x8b, ..] => Err(PacketError::unsupported("a gzip file")),
        _ => Err(PacketError::NotAPacket),
    }
}

/// Whether the bytes begin as an Avro object container file does.
pub(super) fn is_container(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Whether the bytes begin as a record or a list of JSON does.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start(), [b'{' | b'[', ..])
}
