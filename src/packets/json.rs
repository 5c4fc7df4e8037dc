//! A packet as JSON.

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use crate::domain::{
    alert::{Packet, PacketFormat},
    numbers::shortest,
};

use super::PacketError;
use super::any_schema;
use super::container::single_record;
use super::gzip::unzipped;
use super::json_tree::Node;
use super::json_values::{byte_count, in_json, integer};
use super::limits::install_limits;
use super::opened::{Hint, Opened, hint_of};
use super::schema::Schema;
use super::sniff::{is_container, is_json};
use super::table_row::with_row;
use super::value::{Tree, Value};

/// Every field of a packet, in the order of its schema.
///
/// `candid` and integers beyond ±2^53 are texts, bytes are `{"bytes": n}`, what is not a finite number is null.
pub fn to_json(packet: &Packet) -> Result<Json, PacketError> {
    install_limits();
    with_tree(packet, |tree| json("", tree))
}

/// The text of the same, of a packet of one record, whatever survey it is of, or of JSON.
pub fn container_to_json(bytes: &[u8]) -> Result<String, PacketError> {
    let bytes = unzipped(Bytes::copy_from_slice(bytes))?;
    if is_json(&bytes) {
        return in_json(&json("", &Node::parse(&bytes)?.tree()));
    }
    match Opened::of(&bytes, &Hint::default()) {
        Ok(opened) => {
            read_tree(&opened.ready.schema, &opened.record, |tree| in_json(&json("", tree)))?
        }
        // No schema of ours, or none at all: that shows when it is read.
        Err(_) if is_container(&bytes) => any_schema::to_json(&single_record(&bytes)?),
        Err(error) => Err(error),
    }
}

/// Reads the record of a packet of ours and hands its tree to `use_tree`.
pub(super) fn with_tree<T>(
    packet: &Packet,
    use_tree: impl FnOnce(&Value<'_>) -> T,
) -> Result<T, PacketError> {
    match packet.format {
        PacketFormat::Json => return Ok(use_tree(&Node::parse(&packet.bytes)?.tree())),
        PacketFormat::TableRow => return with_row(&packet.bytes, |row| use_tree(&row.tree())),
        PacketFormat::AvroContainer | PacketFormat::AvroWire | PacketFormat::AvroSchemaless => {}
    }
    let opened = Opened::of(&packet.bytes, &hint_of(packet))?;
    read_tree(&opened.ready.schema, &opened.record, use_tree)
}

fn read_tree<T>(
    schema: &Schema,
    record: &[u8],
    use_tree: impl FnOnce(&Value<'_>) -> T,
) -> Result<T, PacketError> {
    let (tree, left) = Tree::read(schema, record)?;
    match left {
        0 => Ok(use_tree(&tree)),
        bytes => Err(PacketError::TrailingBytes { bytes, after: "record" }),
    }
}

fn json(name: &str, value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::Bool(*value),
        Value::Integer(value) => integer(name, *value),
        Value::Float(value) => Json::from(shortest(f64::from(*value))),
        Value::Double(value) => Json::from(*value),
        Value::Bytes(count) => byte_count(*count),
        Value::Text(text) => Json::from(*text),
        Value::Array(items) => items.iter().map(|item| json(name, item)).collect(),
        Value::Fields(fields) => fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json(name, value)))
            .collect::<Map<_, _>>()
            .into(),
    }
}
