//! A packet as JSON.

use serde_json::{Map, Value as Json};

use crate::domain::alert::{Packet, PacketFormat};

use super::PacketError;
use super::container::single_record;
use super::limits::install_limits;
use super::schema::Schema;
use super::sniff::require_container;
use super::table_row::TableRow;
use super::value::{Tree, Value};

/// Integers beyond this are not exact in the number type of JavaScript.
const EXACT_IN_JSON: u64 = 1 << 53;

/// Every field of a packet, in the order of its schema.
///
/// `candid` and integers beyond ±2^53 are texts, bytes are `{"bytes": n}`, what is not a finite number is null.
pub fn to_json(packet: &Packet) -> Result<Json, PacketError> {
    install_limits();
    with_tree(packet, |tree| json("", tree))
}

/// Reads the packet's record and hands its tree to `use_tree`.
pub(super) fn with_tree<T>(
    packet: &Packet,
    use_tree: impl FnOnce(&Value<'_>) -> T,
) -> Result<T, PacketError> {
    match packet.format {
        PacketFormat::AvroContainer => {}
        PacketFormat::AvroWire => return Err(PacketError::unsupported("Confluent wire format")),
        PacketFormat::Json => return Err(PacketError::unsupported("JSON")),
        PacketFormat::TableRow => {
            let kept = TableRow::read(&packet.bytes)?;
            return Ok(use_tree(&kept.tree()));
        }
    }
    require_container(&packet.bytes)?;
    let record = single_record(&packet.bytes)?;
    let schema = Schema::parse(record.schema)?;
    let (tree, left) = Tree::read(&schema, &record.bytes)?;
    match left {
        0 => Ok(use_tree(&tree)),
        bytes => Err(PacketError::TrailingBytes { bytes, after: "record" }),
    }
}

fn json(name: &str, value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::Bool(*value),
        Value::Integer(value) if name == "candid" || value.unsigned_abs() > EXACT_IN_JSON => {
            Json::String(value.to_string())
        }
        Value::Integer(value) => Json::from(*value),
        Value::Float(value) => Json::from(f64::from(*value)),
        Value::Double(value) => Json::from(*value),
        Value::Bytes(count) => Map::from_iter([("bytes".to_owned(), Json::from(*count))]).into(),
        Value::Text(text) => Json::from(*text),
        Value::Array(items) => items.iter().map(|item| json(name, item)).collect(),
        Value::Fields(fields) => fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json(name, value)))
            .collect::<Map<_, _>>()
            .into(),
    }
}
