//! Tables shaped as Pitt-Google's, filled from simulated packets.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tom_alerts::{
    domain::{
        sky::{Position, healpix29},
        time::{MJD_ZERO_JD, jd_to_utc},
    },
    packets,
    simulate::{Night, default_night},
};

/// Rows of ZTF's table: what simulated packets hold but for the images.
pub(super) fn ztf_rows(seed: u64, n_packets: usize) -> Vec<Value> {
    let night = Night { seed, n_packets, ..default_night() };
    let rows = night.packets().map(|packet| {
        let alert = packets::decode(&Bytes::from(packet.bytes.clone())).unwrap();
        let mut row = packets::to_json(&alert.packet).unwrap();
        let fields = row.as_object_mut().unwrap();
        fields.retain(|name, _| !name.starts_with("cutout"));
        // A list that the packet lacks is an empty one in a table.
        for list in ["prv_candidates", "fp_hists"] {
            if fields[list].is_null() {
                fields[list] = json!([]);
            }
        }
        row
    });
    rows.collect()
}

/// Columns of ZTF's table, from the schema of the packets.
pub(super) fn ztf_columns() -> Value {
    let schema: Value =
        serde_json::from_str(include_str!("../../../src/simulate/ztf_v4_02.avsc")).unwrap();
    columns(&schema)
}

fn columns(record: &Value) -> Value {
    let fields = record["fields"].as_array().unwrap().iter();
    fields
        .filter(|field| !field["name"].as_str().unwrap().starts_with("cutout"))
        .map(column)
        .collect()
}

fn column(field: &Value) -> Value {
    let mut kind = &field["type"];
    if let Some(branches) = kind.as_array() {
        kind = branches.iter().find(|branch| *branch != "null").unwrap();
    }
    let mut column = json!({"name": field["name"], "mode": "NULLABLE"});
    if kind["type"] == "array" {
        column["mode"] = json!("REPEATED");
        kind = &kind["items"];
    }
    column["type"] = match kind["type"].as_str().or_else(|| kind.as_str()).unwrap() {
        "record" => {
            column["fields"] = columns(kind);
            json!("RECORD")
        }
        "int" | "long" => json!("INTEGER"),
        "float" | "double" => json!("FLOAT"),
        "boolean" => json!("BOOLEAN"),
        _ => json!("STRING"),
    };
    column
}

/// Rows of LSST's table that show the same sky as those of ZTF's.
pub(super) fn lsst_rows(ztf: &[Value]) -> Vec<Value> {
    ztf.iter().enumerate().map(|(n, row)| lsst_row(n, row)).collect()
}

fn lsst_row(n: usize, ztf: &Value) -> Value {
    let candidate = &ztf["candidate"];
    let number = |record: &Value, name: &str| record[name].as_f64();
    let (ra, dec) = (number(candidate, "ra").unwrap(), number(candidate, "dec").unwrap());
    let source = |entry: &Value| {
        let sign = if entry["isdiffpos"] == "f" { -1.0 } else { 1.0 };
        let flux = number(entry, "magpsf").map(|mag| sign * 10_f64.powf((31.4 - mag) / 2.5));
        let band =
            entry["fid"].as_i64().map(|fid| ["g", "r", "i"][usize::try_from(fid).unwrap() - 1]);
        json!({
            "midpointMjdTai": number(entry, "jd").unwrap() - MJD_ZERO_JD + 37.0 / 86_400.0,
            "ra": number(entry, "ra"), "dec": number(entry, "dec"), "band": band,
            "psfFlux": flux, "psfFluxErr": flux.map(|flux| flux.abs() / 20.0), "snr": 20.0,
            "isNegative": entry["isdiffpos"].as_str().map(|sign| sign == "f"),
            "reliability": entry["rb"], "extendedness": number(entry, "classtar").map(|star| 1.0 - star),
        })
    };
    let number_of =
        |entry: &Value| entry["candid"].as_str().map(|text| text.parse::<i64>().unwrap());
    let with_id = |entry: &Value| {
        let mut source = source(entry);
        source["diaSourceId"] = json!(number_of(entry));
        source
    };
    let is_solar = n % 7 == 3;
    let cell = healpix29(Position::new(ra, dec).unwrap());
    let at = jd_to_utc(candidate["jd"].as_f64().unwrap()).unwrap() + chrono::Duration::minutes(5);
    let detections = ztf["prv_candidates"].as_array().unwrap().iter();
    let id = number_of(ztf).unwrap();
    json!({
        "diaSourceId": id,
        "diaSource": source(candidate),
        "prvDiaSources": detections.filter(|entry| !entry["magpsf"].is_null()).map(with_id).collect::<Vec<_>>(),
        "prvDiaForcedSources": [],
        "diaObject": if is_solar { Value::Null } else { json!({"diaObjectId": id / 1_000, "nDiaSources": candidate["ndethist"]}) },
        "ssSource": if is_solar { json!({"ssObjectId": 1_000 + n, "ephOffset": if n.is_multiple_of(2) { Value::Null } else { json!(n % 11) }}) } else { Value::Null },
        "healpix9": cell >> 40, "healpix19": cell >> 20, "healpix29": cell,
        "kafkaPublishTimestamp": at.format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
    })
}

/// Columns of LSST's table, of those that are asked for.
pub(super) fn lsst_columns() -> Value {
    let plain = |names: &[(&str, &str)]| -> Value {
        names.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect()
    };
    let source = [
        ("diaSourceId", "INTEGER"),
        ("midpointMjdTai", "FLOAT"),
        ("ra", "FLOAT"),
        ("dec", "FLOAT"),
        ("band", "STRING"),
        ("psfFlux", "FLOAT"),
        ("psfFluxErr", "FLOAT"),
        ("snr", "FLOAT"),
        ("isNegative", "BOOLEAN"),
        ("reliability", "FLOAT"),
        ("extendedness", "FLOAT"),
    ];
    let record = |name: &str, mode: &str, fields: Value| json!({"name": name, "type": "RECORD", "mode": mode, "fields": fields});
    json!([
        {"name": "diaSourceId", "type": "INTEGER"},
        record("diaSource", "NULLABLE", plain(&source)),
        record("prvDiaSources", "REPEATED", plain(&source)),
        record("prvDiaForcedSources", "REPEATED", plain(&source)),
        record("diaObject", "NULLABLE", plain(&[("diaObjectId", "INTEGER"), ("nDiaSources", "INTEGER")])),
        record("ssSource", "NULLABLE", plain(&[("ssObjectId", "INTEGER"), ("ephOffset", "FLOAT")])),
        {"name": "healpix9", "type": "INTEGER"},
        {"name": "healpix19", "type": "INTEGER"},
        {"name": "healpix29", "type": "INTEGER"},
        {"name": "kafkaPublishTimestamp", "type": "TIMESTAMP"},
    ])
}

/// Puts a source elsewhere.
pub(super) fn moved(row: &Value, source_id: i64, ra: f64, dec: f64) -> Value {
    let mut row = row.clone();
    row["candid"] = json!(source_id.to_string());
    row["candidate"]["candid"] = row["candid"].clone();
    row["candidate"]["ra"] = json!(ra);
    row["candidate"]["dec"] = json!(dec);
    row
}

/// The row of a table as the alert that it is.
pub(super) fn alert_of(row: Value) -> tom_alerts::domain::alert::Alert {
    read(row).unwrap()
}

/// The same, or why it is none.
pub(super) fn read(row: Value) -> Result<tom_alerts::domain::alert::Alert, packets::PacketError> {
    let Value::Object(row) = row else { panic!("no row: {row}") };
    let row: Map<String, Value> = row;
    let bytes = packets::TableRow { table: "test".to_owned(), row }.to_bytes();
    packets::decode_table_row(&bytes, "")
}
