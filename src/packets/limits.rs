//! The bounds within which a packet is read, whatever it claims.

use apache_avro::util::{max_allocation_bytes, max_decode_recursion_depth};

/// Longest packet that is read, bytes.
pub const MESSAGE_BYTES: usize = 10_000_000;
/// Longest schema text in a header, bytes.
pub const SCHEMA_BYTES: usize = 256 << 10;
/// Most types that a schema may name, for a packet of a survey for which there is no plan. LSST's has some 1,500.
pub(super) const SCHEMA_TYPES: usize = 4_096;
/// Deepest nesting of a schema's text and of a value.
pub const DEPTH: usize = 32;
/// Most bytes that one compressed block may unfold into, and most memory that a packet's values may take.
pub const UNFOLDED_BYTES: usize = 32 << 20;
/// Most values, empty ones counted too, that one record may hold. A ZTF packet has up to some 7,000.
pub const VALUES: usize = 200_000;
/// Most earlier measurements that one alert may bring.
pub const HISTORY_POINTS: usize = 50_000;
/// Most records that one container file is split into.
pub const RECORDS: u64 = 1_000_000;
/// Most entries in a container's header.
pub(super) const HEADER_ENTRIES: usize = 256;

/// Gives `apache_avro` the same bounds. They are global to the process and can be set once.
/// Returns whether they hold: `false` means that something else had set others before.
pub fn install_limits() -> bool {
    max_allocation_bytes(UNFOLDED_BYTES) == UNFOLDED_BYTES
        && max_decode_recursion_depth(DEPTH) == DEPTH
}
