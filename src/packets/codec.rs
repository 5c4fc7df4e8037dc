//! Decompression of one block of a container, bounded by `UNFOLDED_BYTES`.

use std::borrow::Cow;

use flate2::{Decompress, FlushDecompress, Status};

use super::PacketError;
use super::limits::UNFOLDED_BYTES;

/// How the blocks of a container are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Null,
    Deflate,
    Snappy,
}

impl Codec {
    /// The codec of the header's `avro.codec`; an absent one is `null`.
    pub(super) fn named(name: Option<&[u8]>) -> Result<Self, PacketError> {
        match name {
            None | Some(b"null") => Ok(Self::Null),
            Some(b"deflate") => Ok(Self::Deflate),
            Some(b"snappy") => Ok(Self::Snappy),
            Some(other) => Err(PacketError::Codec {
                codec: String::from_utf8_lossy(other).chars().take(32).collect(),
                reason: "only null, deflate and snappy are read",
            }),
        }
    }

    /// The records' bytes in a block's bytes.
    pub(super) fn unfold(self, block: &[u8]) -> Result<Cow<'_, [u8]>, PacketError> {
        match self {
            Self::Null => Ok(Cow::Borrowed(block)),
            Self::Deflate => inflate(block).map(Cow::Owned),
            Self::Snappy => unsnap(block).map(Cow::Owned),
        }
    }
}

const TOO_LARGE: PacketError = PacketError::TooMuch { what: "bytes in a compressed block" };

fn inflate(block: &[u8]) -> Result<Vec<u8>, PacketError> {
    let damaged = |reason| PacketError::Codec { codec: "deflate".to_owned(), reason };
    let mut stream = Decompress::new(false);
    let mut unfolded =
        Vec::with_capacity(block.len().saturating_mul(2).clamp(4096, UNFOLDED_BYTES));
    loop {
        let used = usize::try_from(stream.total_in()).unwrap_or(usize::MAX);
        let before = (stream.total_in(), stream.total_out());
        let input = block.get(used..).unwrap_or_default();
        let status = stream
            .decompress_vec(input, &mut unfolded, FlushDecompress::None)
            .map_err(|_| damaged("its deflate stream is damaged"))?;
        if status == Status::StreamEnd {
            break;
        }
        if unfolded.len() < unfolded.capacity() && before == (stream.total_in(), stream.total_out())
        {
            return Err(damaged("its deflate stream is cut short"));
        }
        if unfolded.len() >= UNFOLDED_BYTES {
            return Err(TOO_LARGE);
        }
        if unfolded.len() == unfolded.capacity() {
            unfolded.reserve_exact(unfolded.len().min(UNFOLDED_BYTES - unfolded.len()));
        }
    }
    if stream.total_in() == block.len() as u64 {
        Ok(unfolded)
    } else {
        Err(damaged("bytes follow its deflate stream"))
    }
}

/// Snappy as Avro writes it: the raw format, then the CRC-32 of the unfolded bytes, big-endian.
fn unsnap(block: &[u8]) -> Result<Vec<u8>, PacketError> {
    let damaged = |reason| PacketError::Codec { codec: "snappy".to_owned(), reason };
    let (folded, sum) = block.split_last_chunk::<4>().ok_or(PacketError::Truncated)?;
    let length = snap::raw::decompress_len(folded).map_err(|_| damaged("its length is damaged"))?;
    if length > UNFOLDED_BYTES {
        return Err(TOO_LARGE);
    }
    let unfolded = snap::raw::Decoder::new()
        .decompress_vec(folded)
        .map_err(|_| damaged("its snappy bytes are damaged"))?;
    if crc32fast::hash(&unfolded) == u32::from_be_bytes(*sum) {
        Ok(unfolded)
    } else {
        Err(damaged("its checksum does not match"))
    }
}
