//! Values that JSON has no good form for, the same in every packet's JSON.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::PacketError;

/// Integers beyond this are not exact in the number type of JavaScript.
const EXACT_IN_JSON: u64 = 1 << 53;

/// An integer, as a text where JavaScript would round it.
pub(super) fn integer(name: &str, value: i64) -> Json {
    if name == "candid" || value.unsigned_abs() > EXACT_IN_JSON {
        Json::String(value.to_string())
    } else {
        Json::from(value)
    }
}

/// Bytes, of which only the number is told.
pub(super) fn byte_count(n_bytes: usize) -> Json {
    Map::from_iter([("bytes".to_owned(), Json::from(n_bytes))]).into()
}

/// The text of it.
pub(super) fn in_json(value: &impl Serialize) -> Result<String, PacketError> {
    serde_json::to_string(value).map_err(|error| PacketError::schema(error.to_string()))
}
