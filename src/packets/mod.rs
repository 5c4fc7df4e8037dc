//! Reading alert packets: from bytes that may be anything to an [`Alert`], to JSON, to fields with units.
//!
//! Every read is bounded by [`limits`]; a packet is accepted only where each value fits its schema and each byte is
//! used. What a survey writes for "absent" (-999, "null", NaN) is `None` from here on.
//!
//! The reader of Avro is our own. A query reads thousands of packets: a plan that is compiled once for each schema, and
//! skips what nobody wants, is some 90 times faster than fastavro, and bounded in depth, count and bytes. The tests
//! compare it with apache-avro.

mod any_schema;
mod broker_fields;
mod broker_says;
mod codec;
mod container;
mod cursor;
mod error;
mod fields;
mod json;
mod json_fields;
mod json_packet;
mod json_tree;
mod json_values;
pub mod limits;
mod program;
mod row_values;
mod schema;
mod schema_cache;
mod schema_text;
mod skip;
mod sniff;
mod split;
mod survey;
mod table_row;
mod table_row_lsst;
mod value;
mod ztf;
mod ztf_fields;
mod ztf_json;
mod ztf_plan;
mod ztf_values;

pub use broker_says::add_attributes;
pub use error::PacketError;
pub use fields::{Field, FieldGroup, fields};
pub use json::{container_to_json, to_json};
pub use limits::install_limits;
pub use split::split_container;
pub use table_row::{TableRow, decode_table_row};

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use crate::domain::alert::{Alert, Packet, PacketFormat};

/// Reads one packet of one alert: an Avro container file with one ZTF alert, schemas 1.x to 4.02, or JSON.
///
/// The alert's packet shares `bytes`; nothing of them is copied.
pub fn decode(bytes: &Bytes) -> Result<Alert, PacketError> {
    if sniff::is_json(bytes) {
        return json_packet::decode(bytes, "");
    }
    sniff::require_container(bytes)?;
    let record = container::single_record(bytes)?;
    let ready = schema_cache::ready(record.schema)?;
    let alert = ztf::read_alert(&ready.schema, &ready.plan, &record, bytes)?;
    schema_cache::keep(&ready);
    Ok(alert)
}

/// Reads the packet in a message, with what the broker says of it in the message's attributes.
pub fn decode_message(bytes: &Bytes, attributes: &Map<String, Json>) -> Result<Alert, PacketError> {
    let mut alert = decode(bytes)?;
    broker_says::add_attributes(&mut alert, attributes);
    Ok(alert)
}

/// Reads a packet that is kept, in whichever form it came.
pub fn decode_kept(packet: &Packet) -> Result<Alert, PacketError> {
    match packet.format {
        PacketFormat::TableRow => decode_table_row(&packet.bytes, &packet.schema_version),
        PacketFormat::Json => json_packet::decode(&packet.bytes, &packet.schema_version),
        PacketFormat::AvroContainer | PacketFormat::AvroWire | PacketFormat::AvroSchemaless => {
            decode(&packet.bytes)
        }
    }
}
