//! Gzip as it is met: members behind each other are one stream, and zeros behind the last one are padding.

use std::io::{BufRead, Read, Result};

use bytes::Bytes;
use flate2::bufread::GzDecoder;

/// What a gzip stream unfolds into, to the true end of the file: a member that is appended is read as well.
pub(super) struct GzipStream<R> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> GzipStream<R> {
    /// Reads the header of the first member.
    pub(super) fn new(file: R) -> Self {
        Self { member: Some(GzDecoder::new(file)) }
    }
}

impl<R: BufRead> Read for GzipStream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            let Some(member) = &mut self.member else { return Ok(0) };
            let n_bytes = member.read(buffer)?;
            if n_bytes > 0 || buffer.is_empty() {
                return Ok(n_bytes);
            }
            // The member is whole, and its checksum is right.
            let Some(mut rest) = self.member.take().map(GzDecoder::into_inner) else {
                return Ok(0);
            };
            if skip_zeros(&mut rest)? {
                self.member = Some(GzDecoder::new(rest));
            }
        }
    }
}

/// Whether something follows the zeros.
fn skip_zeros(file: &mut impl BufRead) -> Result<bool> {
    loop {
        let buffer = file.fill_buf()?;
        let n_bytes = buffer.len();
        match buffer.iter().position(|byte| *byte != 0) {
            Some(n_zeros) => {
                file.consume(n_zeros);
                return Ok(true);
            }
            None if n_bytes == 0 => return Ok(false),
            None => file.consume(n_bytes),
        }
    }
}

/// A file, out of its gzip where it is in one.
pub(super) struct Unzipped {
    pub(super) bytes: Bytes,
    /// Why the bytes are not all that there is.
    pub(super) fault: Option<String>,
}

impl Unzipped {
    /// Of a file that may unfold into so many bytes.
    pub(super) fn of(file: &Bytes, most_bytes: u64) -> Self {
        if !file.starts_with(&[0x1f, 0x8b]) {
            return Self { bytes: file.clone(), fault: None };
        }
        let mut bytes = Vec::new();
        let mut stream = GzipStream::new(&**file).take(most_bytes + 1);
        match stream.read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 <= most_bytes => Self { bytes: bytes.into(), fault: None },
            Ok(_) => Self {
                bytes: Bytes::new(),
                fault: Some(format!("has more than {} MB behind its gzip", most_bytes / 1_000_000)),
            },
            Err(error) => {
                Self { bytes: bytes.into(), fault: Some(format!("its gzip is damaged: {error}")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        member.write_all(bytes).unwrap();
        member.finish().unwrap()
    }

    fn read(file: &[u8]) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        let is_whole = GzipStream::new(file).read_to_end(&mut bytes).is_ok();
        (bytes, is_whole)
    }

    #[test]
    fn members_are_one_stream_and_zeros_behind_them_padding() {
        let (one, two) = (gzip(b"one"), gzip(b"two"));
        for (file, expected, is_whole) in [
            (one.clone(), &b"one"[..], true),
            ([&one[..], &two].concat(), b"onetwo", true),
            ([&one[..], &two, &one].concat(), b"onetwoone", true),
            ([&one[..], &[0; 3]].concat(), b"one", true),
            ([&one[..], &[0; 5_000], &two].concat(), b"onetwo", true),
            ([&gzip(b"")[..], &two].concat(), b"two", true),
            ([&one[..], b"no gzip"].concat(), b"one", false),
            ([&one[..], &two[..two.len() - 1]].concat(), b"onetwo", false),
            (one[..one.len() - 8].to_vec(), b"one", false),
            (Vec::new(), b"", false),
            (b"no gzip".to_vec(), b"", false),
        ] {
            assert_eq!(read(&file), (expected.to_vec(), is_whole), "{file:?}");
        }
        let mut wrong_sum = one;
        *wrong_sum.iter_mut().rev().nth(4).unwrap() ^= 1;
        assert_eq!(read(&wrong_sum), (b"one".to_vec(), false));
    }

    #[test]
    fn a_file_is_unzipped_as_far_as_it_goes_and_may_be() {
        let file = gzip(&[7; 100]);
        for (file, most_bytes, expected, fault) in [
            (b"Obj".to_vec(), 1, &b"Obj"[..], ""),
            (file.clone(), 100, &[7; 100], ""),
            (file.clone(), 99, b"", "has more than"),
            (file[..file.len() - 3].to_vec(), 100, &[7; 100], "its gzip is damaged"),
        ] {
            let unzipped = Unzipped::of(&file.into(), most_bytes);
            assert_eq!(unzipped.bytes, expected);
            let told = unzipped.fault.unwrap_or_default();
            assert!(told.contains(fault) && told.is_empty() == fault.is_empty(), "{told}");
        }
    }
}
