//! An alert in the formats in which brokers pass it on.

use std::io::Write;

use apache_avro::{types::Value, writer::datum::GenericDatumWriter};
use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, write::DeflateEncoder};
use serde_json::{Map, Value as Json, json};

use super::schema::{SCHEMA, text};

/// The id of schema 11.1 in Confluent wire format.
const SCHEMA_ID: u32 = 1101;

/// What of a detection and of an object stands in the lite form.
const LITE_SOURCE: [&str; 9] = [
    "diaSourceId",
    "midpointMjdTai",
    "ra",
    "raErr",
    "dec",
    "decErr",
    "psfFlux",
    "psfFluxErr",
    "band",
];
const LITE_OBJECT: [&str; 4] =
    ["diaObjectId", "firstDiaSourceMjdTai", "lastDiaSourceMjdTai", "nDiaSources"];

/// How a packet is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An Avro object container file with its schema.
    Container,
    /// Confluent wire format: the number of the schema, then the record.
    Wire,
    /// JSON of the whole alert: no number is null, bytes are in base64.
    Json,
    /// JSON of the fields that light curves need, without stamps.
    Lite,
}

impl Format {
    /// How the name of a file in this format ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Container | Self::Wire => "avro",
            Self::Json | Self::Lite => "json",
        }
    }

    /// The bytes of an alert.
    pub(super) fn encode(self, alert: Value, sync_marker: [u8; 16]) -> Vec<u8> {
        match self {
            Self::Container => container(alert, sync_marker),
            Self::Wire => [&[0][..], &SCHEMA_ID.to_be_bytes()[..], &datum(alert)[..]].concat(),
            Self::Json => json_of(&alert).to_string().into_bytes(),
            Self::Lite => json!({"alert_lite": lite(&alert)}).to_string().into_bytes(),
        }
    }
}

/// The bytes of the record alone.
fn datum(alert: Value) -> Vec<u8> {
    let writer = GenericDatumWriter::builder(&SCHEMA).build();
    let body = writer.and_then(|writer| writer.write_value_to_vec(alert));
    body.expect("a record has the fields of its schema")
}

/// A container file in deflate. Written here, since apache-avro's writer puts the entries of the header in any order.
fn container(alert: Value, sync_marker: [u8; 16]) -> Vec<u8> {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    let body = deflate.write_all(&datum(alert)).and_then(|()| deflate.finish());
    let body = body.expect("writing to memory cannot fail");
    let mut file = b"Obj\x01".to_vec();
    put_long(&mut file, 2);
    for (name, value) in [("avro.codec", "deflate"), ("avro.schema", text())] {
        for part in [name, value] {
            put_long(&mut file, part.len());
            file.extend(part.bytes());
        }
    }
    put_long(&mut file, 0);
    file.extend(sync_marker);
    put_long(&mut file, 1);
    put_long(&mut file, body.len());
    file.extend(body);
    file.extend(sync_marker);
    file
}

/// A length or a count as Avro writes a `long`.
fn put_long(file: &mut Vec<u8>, value: usize) {
    let mut rest = (value as u64) << 1;
    while rest > 0x7f {
        file.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    file.push(rest as u8);
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Union(_, inner) => json_of(inner),
        Value::Boolean(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Long(value) => json!(value),
        // What is no number is null.
        Value::Float(value) => json!(f64::from(*value)),
        Value::Double(value) => json!(value),
        Value::String(value) => json!(value),
        Value::Bytes(value) => json!(STANDARD.encode(value)),
        Value::TimestampMicros(value) => json!(*value as f64 / 1e6),
        Value::Array(items) => items.iter().map(json_of).collect(),
        Value::Record(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), json_of(value)));
            Json::Object(fields.collect())
        }
        _ => Json::Null,
    }
}

fn lite(alert: &Value) -> Json {
    let Json::Object(whole) = json_of(alert) else { return Json::Null };
    let lite = whole.into_iter().filter(|(name, _)| !name.starts_with("cutout"));
    let lite = lite.map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("diaSource", value) => only(value, |name| LITE_SOURCE.contains(&name)),
            ("prvDiaSources", Json::Array(sources)) => sources
                .into_iter()
                .map(|source| only(source, |name| LITE_SOURCE.contains(&name)))
                .collect(),
            ("diaObject", value) => {
                only(value, |name| LITE_OBJECT.contains(&name) || name.ends_with("_psfFluxErrMean"))
            }
            (_, value) => value,
        };
        (name, value)
    });
    Json::Object(lite.collect::<Map<_, _>>())
}

fn only(value: Json, is_wanted: impl Fn(&str) -> bool) -> Json {
    match value {
        Json::Object(fields) => {
            Json::Object(fields.into_iter().filter(|(name, _)| is_wanted(name)).collect())
        }
        other => other,
    }
}
