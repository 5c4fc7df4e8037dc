//! A record of any schema as JSON, read by apache-avro: packets of surveys for which there is no plan.

use apache_avro::{
    Schema as AvroSchema, error::Details, reader::datum::GenericDatumReader, types::Value,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value as Json};

use super::PacketError;
use super::container::SingleRecord;
use super::cursor::Cursor;
use super::json_values::{byte_count, integer};
use super::limits::{DEPTH, SCHEMA_TYPES, install_limits};
use super::schema::Schema;
use super::skip::skip;

/// What a schema says of how values are written. Nothing else is handed on: apache-avro tries defaults out, and those that
/// refer to one another can unfold into more than there is memory for.
const KEYS: [&str; 9] =
    ["type", "name", "namespace", "fields", "items", "values", "symbols", "size", "logicalType"];

/// Every field of a record, in the order of its schema; times as texts. Bounded as everything that is read.
pub(super) fn to_json(record: &SingleRecord<'_>) -> Result<Json, PacketError> {
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
    Ok(json("", value))
}

fn require_end(rest: &[u8]) -> Result<(), PacketError> {
    match rest.len() {
        0 => Ok(()),
        bytes => Err(PacketError::TrailingBytes { bytes, after: "record" }),
    }
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

/// Whether a type is one of the times that [`json`] shows as such. Others are shown as the numbers, texts and bytes they are.
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

fn json(name: &str, value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::Bool(value),
        Value::Int(value) | Value::TimeMillis(value) => integer(name, value.into()),
        Value::Long(value)
        | Value::TimeMicros(value)
        | Value::LocalTimestampMillis(value)
        | Value::LocalTimestampMicros(value)
        | Value::LocalTimestampNanos(value) => integer(name, value),
        Value::Float(value) => Json::from(f64::from(value)),
        Value::Double(value) => Json::from(value),
        Value::Bytes(bytes) | Value::Fixed(_, bytes) => byte_count(bytes.len()),
        Value::String(text) | Value::Enum(_, text) => Json::from(text),
        Value::Union(_, value) => json(name, *value),
        Value::Array(items) => items.into_iter().map(|item| json(name, item)).collect(),
        Value::Record(fields) => object(fields),
        Value::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().collect();
            entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            object(entries)
        }
        Value::Date(days) => match DateTime::from_timestamp(i64::from(days) * 86_400, 0) {
            Some(time) => Json::from(time.date_naive().to_string()),
            None => Json::from(days),
        },
        Value::TimestampMillis(ms) => time(DateTime::from_timestamp_millis(ms), ms),
        Value::TimestampMicros(us) => time(DateTime::from_timestamp_micros(us), us),
        Value::TimestampNanos(ns) => time(Some(DateTime::from_timestamp_nanos(ns)), ns),
        // Of no such type does the schema tell that is handed on.
        Value::Decimal(_) | Value::BigDecimal(_) | Value::Duration(_) | Value::Uuid(_) => {
            Json::Null
        }
    }
}

fn object(fields: Vec<(String, Value)>) -> Json {
    let fields = fields.into_iter().map(|(name, value)| {
        let value = json(&name, value);
        (name, value)
    });
    fields.collect::<Map<_, _>>().into()
}

/// A time in ISO 8601, UTC; the number where the calendar ends before it.
fn time(time: Option<DateTime<Utc>>, number: i64) -> Json {
    time.map_or_else(
        || integer("", number),
        |time| Json::from(time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
    )
}
