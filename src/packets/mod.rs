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
mod built_in;
mod codec;
mod container;
mod cursor;
mod dia;
mod dia_fields;
mod dia_json;
mod dia_plan;
mod dia_values;
mod error;
mod field_fact;
mod fields;
mod gzip;
mod invalid;
mod json;
mod json_fields;
mod json_packet;
mod json_text;
mod json_tree;
mod json_values;
pub mod limits;
mod opened;
mod plan;
mod program;
mod registry;
mod schema;
mod schema_cache;
mod schema_text;
mod skip;
mod sniff;
mod split;
mod survey;
mod table_row;
mod value;
mod wrap;
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
pub use opened::Hint;
pub use registry::{add_schema, add_schema_file, knows_schema, schema_text};
pub use split::split_container;
pub use table_row::{TableRow, decode_table_row};
pub use wrap::{beside_schema, tells_its_schema};

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use crate::domain::alert::{Alert, Packet, PacketFormat};

use cursor::Cursor;
use opened::{Opened, require_end};
use schema_cache::Plan;

/// Reads one packet of one alert, in whichever format it is: Avro of ZTF, LSST or ELAsTiCC in a container file or in
/// Confluent wire format, or JSON; in gzip too.
///
/// The alert's packet shares `bytes`; nothing of them is copied, unless they are in gzip.
pub fn decode(bytes: &Bytes) -> Result<Alert, PacketError> {
    decode_message(bytes, &Hint::default())
}

/// Reads one packet of which more is known than its bytes say.
pub fn decode_message(bytes: &Bytes, hint: &Hint<'_>) -> Result<Alert, PacketError> {
    let bytes = &gzip::unzipped(bytes.clone())?;
    if hint.schema.is_none() && sniff::is_json(bytes) {
        return json_packet::decode(bytes, "");
    }
    let opened = Opened::of(bytes, hint)?;
    let alert = match &opened.ready.plan {
        Plan::Ztf(plan) => ztf::read_alert(&opened, plan, bytes)?,
        Plan::Dia(plan) => {
            let mut cursor = Cursor::new(&opened.record);
            let dia = plan.run(&opened.ready.schema, &mut cursor)?;
            require_end(cursor.rest())?;
            dia.finish(opened.packet(plan.version.clone(), bytes))?
        }
    };
    opened.keep_schema();
    Ok(alert)
}

/// Reads the packet in a message, with what the broker says of it in the message's attributes.
pub fn decode_delivered(
    bytes: &Bytes,
    hint: &Hint<'_>,
    attributes: &Map<String, Json>,
) -> Result<Alert, PacketError> {
    let mut alert = decode_message(bytes, hint)?;
    broker_says::add_attributes(&mut alert, attributes);
    Ok(alert)
}

/// Reads a packet that is kept, in whichever form it came.
pub fn decode_kept(packet: &Packet) -> Result<Alert, PacketError> {
    match packet.format {
        PacketFormat::TableRow => decode_table_row(&packet.bytes, &packet.schema_version),
        PacketFormat::Json => json_packet::decode(&packet.bytes, &packet.schema_version),
        PacketFormat::AvroContainer | PacketFormat::AvroWire | PacketFormat::AvroSchemaless => {
            decode_message(&packet.bytes, &opened::hint_of(packet))
        }
    }
}
