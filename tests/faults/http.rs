//! As much of HTTP/1.1 as a relay needs that breaks answers off at will.

use std::io::{Error, ErrorKind};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::TcpStream,
};

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// The next request of a connection; `None` at its end.
pub(crate) async fn read_request(
    reader: &mut BufReader<TcpStream>,
) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(Error::new(ErrorKind::InvalidData, line));
    };
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).await?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        assert!(!name.eq_ignore_ascii_case("transfer-encoding"), "this relay wants a length");
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(|_| Error::new(ErrorKind::InvalidData, value))?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    Ok(Some(Request { method, path, body }))
}

/// An answer, ready to be written.
pub(crate) fn answer(status: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status} \r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Waits until the other side has closed the connection.
pub(crate) async fn closed(reader: &BufReader<TcpStream>) {
    // Nothing is to be read while an answer is due: bytes would be the next request.
    while matches!(reader.get_ref().peek(&mut [0]).await, Ok(1..)) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
