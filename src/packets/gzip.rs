//! Packets in gzip: what is in them, bounded.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::PacketError;
use super::limits::MESSAGE_BYTES;

/// The first bytes of a gzip file whose bytes are deflated, as all are.
const MAGIC: &[u8; 3] = &[0x1f, 0x8b, 8];

/// What these bytes hold, if they are a gzip file of one or more members; else they themselves.
pub(super) fn unzipped(bytes: Bytes) -> Result<Bytes, PacketError> {
    if !bytes.starts_with(MAGIC) {
        return Ok(bytes);
    }
    let mut unfolded = Vec::new();
    let limit = MESSAGE_BYTES as u64 + 1;
    let damaged = |_| PacketError::Codec {
        codec: "gzip".to_owned(),
        reason: "its bytes are damaged or cut off",
    };
    MultiGzDecoder::new(&bytes[..]).take(limit).read_to_end(&mut unfolded).map_err(damaged)?;
    Ok(unfolded.into())
}
