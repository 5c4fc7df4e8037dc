//! Reads an HTTP/1.1 answer to its end in one buffer, keeping nothing but its size.

use std::io::{Error, ErrorKind, Result};

use tokio::{io::AsyncReadExt, net::TcpStream};

/// What matters of an answer.
pub(super) struct Answer {
    /// Whether its status is 200.
    pub(super) is_ok: bool,
    /// Its size with its head.
    pub(super) n_bytes: u64,
}

/// Reads one answer.
pub(super) async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<Answer> {
    let mut filled = 0_usize;
    let head_end = loop {
        let scanned = filled.saturating_sub(3);
        filled += read_some(stream, &mut buffer[filled..]).await?;
        if let Some(at) = buffer[scanned..filled].windows(4).position(|end| end == b"\r\n\r\n") {
            break scanned + at + 4;
        }
    };
    let is_ok = buffer.starts_with(b"HTTP/1.1 200");
    let mut rest = Rest::of(&buffer[..head_end])?;
    let mut n_bytes = filled as u64;
    let mut is_whole = rest.take(&buffer[head_end..filled]);
    while !is_whole {
        let n = read_some(stream, buffer).await?;
        n_bytes += n as u64;
        is_whole = rest.take(&buffer[..n]);
    }
    Ok(Answer { is_ok, n_bytes })
}

async fn read_some(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<usize> {
    match stream.read(buffer).await? {
        0 => Err(Error::new(
            ErrorKind::UnexpectedEof,
            "the answer ended early, or its head is too long",
        )),
        n => Ok(n),
    }
}

/// How much of the body is still to come.
enum Rest {
    /// So many bytes.
    Length(usize),
    /// The size of the next chunk, as far as its digits have come.
    ChunkSize(usize),
    /// So many bytes of a chunk and its line end.
    Chunk(usize),
    /// So many bytes after the last chunk.
    LastLine(usize),
}

impl Rest {
    fn of(head: &[u8]) -> Result<Self> {
        for line in head.split(|byte| *byte == b'\n') {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"transfer-encoding") && value == b"chunked" {
                return Ok(Self::ChunkSize(0));
            }
            if name.eq_ignore_ascii_case(b"content-length") {
                let length = str::from_utf8(value).ok().and_then(|length| length.parse().ok());
                return length.map(Self::Length).ok_or_else(|| Error::from(ErrorKind::InvalidData));
            }
        }
        Err(Error::new(ErrorKind::InvalidData, "the answer does not say where it ends"))
    }

    /// Takes what has come; whether that was the end.
    fn take(&mut self, mut bytes: &[u8]) -> bool {
        while let Some((&byte, after)) = bytes.split_first() {
            match self {
                Self::Length(left) => {
                    *left = left.saturating_sub(bytes.len());
                    break;
                }
                Self::ChunkSize(size) => {
                    bytes = after;
                    match (char::from(byte).to_digit(16), byte) {
                        (Some(digit), _) => *size = *size * 16 + digit as usize,
                        (None, b'\n') if *size == 0 => *self = Self::LastLine(2),
                        (None, b'\n') => *self = Self::Chunk(*size + 2),
                        (None, _) => {}
                    }
                }
                Self::Chunk(left) => {
                    let n = bytes.len().min(*left);
                    bytes = &bytes[n..];
                    *left -= n;
                    if *left == 0 {
                        *self = Self::ChunkSize(0);
                    }
                }
                Self::LastLine(left) => {
                    bytes = after;
                    *left = left.saturating_sub(1);
                }
            }
        }
        matches!(self, Self::Length(0) | Self::LastLine(0))
    }
}
