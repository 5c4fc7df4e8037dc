//! A record of any schema as JSON, read by apache-avro: packets of surveys for which there is no plan.

use std::collections::BTreeMap;

use apache_avro::{
    Schema as AvroSchema, error::Details, reader::datum::GenericDatumReader, types::Value,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::domain::numbers::shortest;

use super::PacketError;
use super::container::SingleRecord;
use super::cursor::Cursor;
use super::json_values::{byte_count, in_json, integer};
use super::limits::{DEPTH, SCHEMA_TYPES, install_limits};
use super::opened::require_end;
use super::schema::Schema;
use super::skip::skip;

/// What a schema says of how values are written. Nothing else is handed on: apache-avro tries defaults out, and those that
/// refer to one another can unfold into more than there is memory for.
const KEYS: [&str; 9] =
    ["type", "name", "namespace", "fields", "items", "values", "symbols", "size", "logicalType"];

/// The JSON of every field of a record, in the order of its schema; times as texts. Bounded as everything that is read.
pub(super) fn to_json(record: &SingleRecord<'_>) -> Result<String, PacketError> {
    let schema = Schema::parse(record.schema)?;
    if schema.nodes.len() > SCHEMA_TYPES {
        return Err(PacketError::TooMuch { what: "types in its schema" });
    }
    // First by our own reader, which counts values, is exact in what it refuses, and keeps nothing.
    let mut cursor = Cursor::new(&record.bytes);
    skip(&schema, schema.root, &mut cursor, 0)?;
    require_end(cursor.rest())?;
    install_limits();
    let schema = avro_schema(record.schema)?;
    let reader = GenericDatumReader::builder(&schema).build().map_err(refused)?;
    let mut rest = &record.bytes[..];
    let value = reader.read_value(&mut rest).map_err(refused)?;
    require_end(rest)?;
    in_json(&Shown { name: "", value: &value })
}

fn avro_schema(text: &[u8]) -> Result<AvroSchema, PacketError> {
    let mut json = serde_json::from_slice(text)
        .map_err(|error| PacketError::schema(format!("it is not JSON: {error}")))?;
    keep_what_matters(&mut json);
    AvroSchema::parse(json).map_err(refused)
}

fn keep_what_matters(json: &mut Json) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(keep_what_matters),
        Json::Object(object) => {
            let is_time = is_time(object);
            object
                .retain(|key, _| KEYS.contains(&key.as_str()) && (key != "logicalType" || is_time));
            object.values_mut().for_each(keep_what_matters);
        }
        _ => {}
    }
}

/// Whether a type is one of the times that [`Shown`] shows as such. Others are shown as the numbers, texts and bytes they are.
fn is_time(object: &Map<String, Json>) -> bool {
    let text = |key: &str| object.get(key).and_then(Json::as_str);
    matches!(
        (text("name"), text("type"), text("logicalType")),
        (None, Some("int"), Some("date"))
            | (
                None,
                Some("long"),
                Some("timestamp-millis" | "timestamp-micros" | "timestamp-nanos")
            )
    )
}

/// What apache-avro says, within bounds: it may quote the whole schema.
fn refused(error: apache_avro::Error) -> PacketError {
    match error.into_details() {
        Details::DecodeRecursionLimit { .. } => PacketError::TooDeep { limit: DEPTH },
        Details::MemoryAllocation { .. } => PacketError::TooMuch { what: "values" },
        other => PacketError::schema(other.to_string().chars().take(200).collect::<String>()),
    }
}

/// A value under the name of its field, written without a second tree of it: packets of others may be large.
struct Shown<'v> {
    name: &'v str,
    value: &'v Value,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let Self { name, value } = *self;
        match value {
            Value::Boolean(value) => out.serialize_bool(*value),
            Value::Int(value) | Value::TimeMillis(value) => {
                integer(name, i64::from(*value)).serialize(out)
            }
            Value::Long(value)
            | Value::TimeMicros(value)
            | Value::LocalTimestampMillis(value)
            | Value::LocalTimestampMicros(value)
            | Value::LocalTimestampNanos(value) => integer(name, *value).serialize(out),
            Value::Float(value) => out.serialize_f64(shortest(f64::from(*value))),
            Value::Double(value) => out.serialize_f64(*value),
            Value::Bytes(bytes) | Value::Fixed(_, bytes) => byte_count(bytes.len()).serialize(out),
            Value::String(text) | Value::Enum(_, text) => out.serialize_str(text),
            Value::Union(_, value) => Shown { name, value }.serialize(out),
            Value::Array(items) => out.collect_seq(items.iter().map(|value| Shown { name, value })),
            Value::Record(fields) => {
                out.collect_map(fields.iter().map(|(name, value)| (name, Shown { name, value })))
            }
            // It has no order of its own.
            Value::Map(entries) => {
                let entries = entries.iter().map(|(name, value)| (name, Shown { name, value }));
                out.collect_map(entries.collect::<BTreeMap<_, _>>())
            }
            Value::Date(days) => date(*days).serialize(out),
            Value::TimestampMillis(ms) => {
                time(DateTime::from_timestamp_millis(*ms), *ms).serialize(out)
            }
            Value::TimestampMicros(us) => {
                time(DateTime::from_timestamp_micros(*us), *us).serialize(out)
            }
            Value::TimestampNanos(ns) => {
                time(Some(DateTime::from_timestamp_nanos(*ns)), *ns).serialize(out)
            }
            // Of the last four the schema does not tell that is handed on.
            Value::Null
            | Value::Decimal(_)
            | Value::BigDecimal(_)
            | Value::Duration(_)
            | Value::Uuid(_) => out.serialize_unit(),
        }
    }
}

fn date(days: i32) -> Json {
    DateTime::from_timestamp(i64::from(days) * 86_400, 0)
        .map_or_else(|| Json::from(days), |time| Json::from(time.date_naive().to_string()))
}

/// A time in ISO 8601, UTC; the number where the calendar ends before it.
fn time(time: Option<DateTime<Utc>>, number: i64) -> Json {
    time.map_or_else(
        || integer("", number),
        |time| Json::from(time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
    )
}
