//! A ZTF packet in the form of Pitt-Google's `ztf-lite`: names of the survey, fewer fields, no stamps, JSON.

use apache_avro::{Reader, types::Value};
use serde_json::{Map, Value as Json, json};

const CANDIDATE: [&str; 16] = [
    "jd",
    "fid",
    "ra",
    "dec",
    "magpsf",
    "sigmapsf",
    "magzpsci",
    "magzpsciunc",
    "diffmaglim",
    "isdiffpos",
    "rb",
    "drb",
    "nbad",
    "fwhm",
    "elong",
    "magdiff",
];
const XMATCH: [&str; 10] = [
    "ssdistnr",
    "objectidps1",
    "objectidps2",
    "objectidps3",
    "distpsnr1",
    "distpsnr2",
    "distpsnr3",
    "sgscore1",
    "sgscore2",
    "sgscore3",
];

/// The lite form of a packet in its container.
pub(super) fn lite(container: &[u8]) -> Vec<u8> {
    let mut records = Reader::new(container).into_iter().flatten();
    let Some(Ok(Value::Record(alert))) = records.next() else { return Vec::new() };
    let field = |name: &str| alert.iter().find(|(field, _)| field == name).map(|(_, value)| value);
    let of =
        |name: &str, wanted: &[&str]| field(name).map_or(Json::Null, |value| only(value, wanted));
    let json = json!({
        "alert_lite": {
            "objectId": field("objectId").map(scalar),
            "candid": field("candid").map(scalar),
            "candidate": of("candidate", &CANDIDATE),
            "prv_candidates": of("prv_candidates", &CANDIDATE),
        },
        "xmatch": of("candidate", &XMATCH),
    });
    json.to_string().into_bytes()
}

fn only(value: &Value, wanted: &[&str]) -> Json {
    match value {
        Value::Union(_, inner) => only(inner, wanted),
        Value::Array(items) => items.iter().map(|item| only(item, wanted)).collect(),
        Value::Record(fields) => {
            let fields = fields.iter().filter(|(name, _)| wanted.contains(&name.as_str()));
            let fields = fields.map(|(name, value)| (name.clone(), scalar(value)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        _ => Json::Null,
    }
}

fn scalar(value: &Value) -> Json {
    match value {
        Value::Union(_, inner) => scalar(inner),
        Value::Int(value) => json!(value),
        Value::Long(value) => json!(value),
        Value::Float(value) => json!(f64::from(*value)),
        Value::Double(value) => json!(value),
        Value::String(value) => json!(value),
        _ => Json::Null,
    }
}
