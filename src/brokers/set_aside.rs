//! What was set aside, read once more: a schema may be there now, or the software may read more than it did.

use bytes::Bytes;

use crate::{domain::alert::Alert, packets};

/// Reads a packet that was set aside; a sentence says why it still cannot be read. This is work for a thread that may block.
pub fn read_set_aside(packet: &Bytes) -> Result<Alert, String> {
    packets::decode(packet).map_err(|error| error.to_string())
}
