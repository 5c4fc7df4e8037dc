//! What was set aside, read once more: a schema may be there now, or the software may read more than it did.

use bytes::Bytes;
use serde_json::Value;

use crate::{domain::alert::Alert, packets};

/// Reads a packet that was set aside, with what was kept of its message; a sentence says why it still cannot be read. This is
/// work for a thread that may block.
pub fn read_set_aside(packet: &Bytes, metadata: Option<&Value>) -> Result<Alert, String> {
    let attributes = metadata.and_then(|metadata| metadata.get("attributes")?.as_object());
    let hint = packets::Hint::default();
    let read = match attributes {
        Some(attributes) => packets::decode_delivered(packet, &hint, attributes),
        None => packets::decode_message(packet, &hint),
    };
    read.map_err(|error| error.to_string())
}
