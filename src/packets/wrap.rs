//! Writing a record as a container of its own.

use bytes::Bytes;

use super::container::MAGIC;
use super::sniff::{Form, form};

/// The sync marker of containers that are written here.
const SYNC: &[u8; 16] = b"one packet alone";

/// A record that stands beside its schema, as archives keep them, as a packet that stands alone.
///
/// What says itself what it is, and what is in gzip, is no such record and stays as it is.
pub fn beside_schema(file: Bytes, avsc: &[u8]) -> Bytes {
    if tells_its_schema(&file) {
        return file;
    }
    let mut packet = MAGIC.to_vec();
    put_long(&mut packet, 1);
    put_bytes(&mut packet, b"avro.schema");
    put_bytes(&mut packet, avsc);
    put_long(&mut packet, 0);
    packet.extend_from_slice(SYNC);
    append_record(&mut packet, &file, SYNC);
    packet.into()
}

/// Whether a file says itself how it is to be read: by a schema in it, by the id of one, or because it needs none.
pub fn tells_its_schema(file: &[u8]) -> bool {
    !matches!(form(file), Ok(Form::Unknown)) || file.starts_with(&[0x1f, 0x8b]) || file.is_empty()
}

/// Appends a block of one record to a container.
pub(super) fn append_record(packet: &mut Vec<u8>, record: &[u8], sync: &[u8]) {
    put_long(packet, 1);
    put_bytes(packet, record);
    packet.extend_from_slice(sync);
}

pub(super) fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    put_long(to, bytes.len());
    to.extend_from_slice(bytes);
}

/// Appends a count or a length as a zig-zag variable-length integer.
pub(super) fn put_long(to: &mut Vec<u8>, value: usize) {
    let mut left = (value as u64) << 1;
    loop {
        let [low, ..] = left.to_le_bytes();
        if left < 0x80 {
            to.push(low);
            return;
        }
        to.push(low | 0x80);
        left >>= 7;
    }
}
