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

/// Inflates into one buffer at once: piece by piece the decompressor would take a reference to before the
/// beginning for zeros, which is how a damaged stream looks like a sound one.
fn inflate(block: &[u8]) -> Result<Vec<u8>, PacketError> {
    let damaged = |reason| PacketError::Codec { codec: "deflate".to_owned(), reason };
    let mut room = block.len().saturating_mul(4).clamp(64 << 10, UNFOLDED_BYTES);
    loop {
        let mut stream = Decompress::new(false);
        let mut unfolded = Vec::with_capacity(room);
        let status = stream
            .decompress_vec(block, &mut unfolded, FlushDecompress::Finish)
            .map_err(|_| damaged("its deflate stream is damaged"))?;
        let full = unfolded.len() == unfolded.capacity();
        match status {
            // The stream says itself where it ends. Python's writers leave a part of a checksum behind it.
            Status::StreamEnd => return Ok(unfolded),
            _ if !full => return Err(damaged("its deflate stream is truncated")),
            _ if room == UNFOLDED_BYTES => return Err(TOO_LARGE),
            // Straight to the most: pages that are not written to cost nothing, and so large a buffer goes back at once.
            _ => room = UNFOLDED_BYTES,
        }
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let level = flate2::Compression::default();
        let mut stream = flate2::write::DeflateEncoder::new(Vec::new(), level);
        stream.write_all(bytes).unwrap();
        stream.finish().unwrap()
    }

    #[test]
    fn deflate_unfolds_what_is_much_longer_than_its_block_up_to_the_limit() {
        for length in [0, 1, 70_000, 3 << 20, UNFOLDED_BYTES] {
            let zeros = vec![0; length];
            assert!(Codec::Deflate.unfold(&deflated(&zeros)).unwrap() == zeros, "{length}");
        }
        let longer = deflated(&vec![0; UNFOLDED_BYTES + 1]);
        assert_eq!(Codec::Deflate.unfold(&longer), Err(TOO_LARGE));
    }

    #[test]
    fn deflate_refuses_a_stream_that_is_cut() {
        let block = deflated(b"jd ra dec magpsf jd ra dec magpsf");
        for end in 0..block.len() {
            assert!(Codec::Deflate.unfold(&block[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn what_follows_the_end_of_a_deflate_stream_in_its_block_is_ignored() {
        let whole = b"jd ra dec magpsf jd ra dec magpsf";
        let block = deflated(whole);
        // Of a zlib stream: its four bytes of Adler-32, and the three that are left when one is cut off too many.
        let zlib = [0x9e, 0x3b, 0x0b, 0x8d];
        for behind in [&[][..], &[0], &[0xff], &zlib, &zlib[..3], &block, &[0; 4_096]] {
            let longer = [&block[..], behind].concat();
            let unfolded = Codec::Deflate.unfold(&longer).unwrap();
            assert_eq!(unfolded.as_ref(), whole, "{} bytes behind", behind.len());
        }
    }

    #[test]
    fn deflate_refuses_a_reference_to_before_the_beginning() {
        // fixed codes: length 3 at distance 1, then the end, without a byte before
        let error = Codec::Deflate.unfold(&[0b0000_0011, 0b0000_0010, 0]).unwrap_err();
        let reason = "its deflate stream is damaged";
        assert_eq!(error, PacketError::Codec { codec: "deflate".to_owned(), reason });
    }

    #[test]
    fn snappy_refuses_a_wrong_checksum() {
        let mut block = snap::raw::Encoder::new().compress_vec(b"objectId").unwrap();
        block.extend(crc32fast::hash(b"objectId").to_be_bytes());
        assert_eq!(Codec::Snappy.unfold(&block).unwrap().as_ref(), b"objectId");
        *block.last_mut().unwrap() ^= 1;
        assert!(matches!(Codec::Snappy.unfold(&block), Err(PacketError::Codec { .. })));
    }
}
