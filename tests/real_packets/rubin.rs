//! Packets of LSST and ELAsTiCC: each is its row in the manifest, and fastavro's reading of it field by field.

use std::process::Command;

use serde_json::Value;
use tom_alerts::domain::alert::{FluxUnit, Measurement, PacketFormat, Survey};
use tom_alerts::packets::{Hint, decode_kept, decode_message};

use super::*;

/// The alerts of a file.
fn alerts(folder: &Path, row: &Row) -> Vec<Alert> {
    let schema = row["opens"].contains("schemaless elasticc").then_some("elasticc.v0_9");
    split_container(read(folder, row))
        .map(|packet| decode_message(&packet.unwrap(), &Hint { schema }))
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("{}: {error}", row["file"]))
}

fn rows(folder: &Path) -> Vec<Row> {
    let rows: Vec<_> = manifest(folder).into_iter().filter(is_rubin).collect();
    assert!(rows.len() > 40, "only {} rows", rows.len());
    rows
}

#[test]
fn every_packet_of_rubin_decodes_to_its_row_in_the_manifest() {
    let Some(folder) = folder() else { return };
    for row in &rows(&folder) {
        let file = row["file"].as_str();
        let alerts = alerts(&folder, row);
        assert_eq!(alerts.len().to_string(), row["n"], "{file}");
        let alert = &alerts[0];
        let is_lsst = row["kind"] == "LSST";
        assert_eq!(alert.survey, if is_lsst { Survey::Lsst } else { Survey::Elasticc }, "{file}");
        assert_eq!(alert.object_id, row["objectId"], "{file}");
        assert_eq!(alert.source_id.to_string(), row["sourceId"], "{file}");
        assert_close(Some(alert.ra), &row["ra"], 0.0, file);
        assert_close(Some(alert.dec), &row["dec"], 0.0, file);
        let flux = alert.fluxes.difference.unwrap();
        assert_close(Some(flux.value), &row["mag_or_flux"], 0.0, file);
        assert_eq!(flux.unit, if is_lsst { FluxUnit::Njy } else { FluxUnit::Zp27_5 }, "{file}");
        assert_close(alert.reliability, &row["rb"], 0.0, file);
        assert_eq!(alert.band, Band::from_letter(&row["filter"]), "{file}");
        assert_eq!(alert.rb, None, "{file}");
        assert_time(alert, &row["time"], file);
        assert_history(alert, row);
        let stamps = [alert.stamps.science, alert.stamps.template, alert.stamps.difference];
        let sizes = row["cutout_bytes"].split('/').map(|size| size != "0");
        assert!(sizes.zip(stamps).all(|(wanted, got)| wanted == got), "{file}");
        assert_body(alert, file);
        let version = row["schema"].split_once(".v").unwrap().1.replace('_', ".");
        assert_eq!(alert.packet.schema_version, version, "{file}");
        assert_eq!(alert.packet.format == PacketFormat::AvroWire, file_is_wire(row), "{file}");
        assert_eq!(decode_kept(&alert.packet).as_ref(), Ok(alert), "{file}");
    }
}

/// A body of the solar system is one with an id; in these packets each has a designation, or is an example of schemas 7.
fn assert_body(alert: &Alert, file: &str) {
    let json = to_json(&alert.packet).unwrap();
    let ids = ["ssSource", "ssObject"].map(|name| json[name]["ssObjectId"].clone());
    let is_body = ids.iter().any(|id| !id.is_null() && *id != 0);
    assert_eq!(alert.solar_system.is_some(), is_body, "{file}");
    assert_eq!(alert.ssdistnr.is_some(), is_body, "{file}");
    let Some(body) = alert.solar_system.as_ref().filter(|_| json["ssSource"].is_object()) else {
        return;
    };
    let designation = body.designation.as_deref().unwrap();
    assert!(designation.as_bytes()[4] == b' ', "{file}: {designation}");
    // Proven by the places: the offset is in arcsec.
    let ephemeris = json["ssSource"]["ephDec"].as_f64().unwrap();
    let offset = body.offset_arcsec.unwrap();
    assert!(((alert.dec - ephemeris) * 3600.0).abs() <= offset * 1.01 && offset < 1.0, "{file}");
    assert_eq!(body.v_mag, None, "{file}");
}

fn file_is_wire(row: &Row) -> bool {
    row["opens"].contains("Confluent")
}

/// The manifest has Modified Julian Dates in TAI; examples of schemas 7 have seconds since 1970.
fn assert_time(alert: &Alert, cell: &str, file: &str) {
    let time: f64 = cell.parse().unwrap();
    let mjd = if time < 1e8 { time } else { 40_587.0 + time / 86_400.0 };
    let tai_minus_utc_s = if mjd < 57_754.0 { 36.0 } else { 37.0 };
    let wanted = mjd + 2_400_000.5 - tai_minus_utc_s / 86_400.0;
    assert!((alert.jd - wanted).abs() < 1e-8, "{file}: {} {wanted}", alert.jd);
}

fn assert_history(alert: &Alert, row: &Row) {
    let count = |is_forced: bool| {
        let points = alert.history.iter().map(|point| &point.measurement);
        points.filter(|it| matches!(it, Measurement::Forced { .. }) == is_forced).count()
    };
    let wanted = |column: &str| row[column].parse::<usize>().unwrap_or(0);
    let n_without = wanted("nprv") - count(false);
    assert!(n_without as u64 <= alert.n_impossible_limits, "{}: {n_without}", row["file"]);
    assert!(count(true) <= wanted("nforced"), "{}", row["file"]);
    assert!(alert.history.is_sorted_by(|one, next| one.jd <= next.jd), "{}", row["file"]);
    assert!(alert.first_detection() <= alert.jd, "{}", row["file"]);
}

#[test]
fn json_of_rubin_is_what_fastavro_reads_with_the_published_schema() {
    let Some(folder) = folder() else { return };
    let Some(python) = std::env::var_os("TOM_ALERTS_PYTHON") else {
        println!("skipped: TOM_ALERTS_PYTHON is not set");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/packets_as_json.py");
    let rows = rows(&folder);
    let files = rows.iter().map(|row| folder.join(&row["file"]));
    let said = Command::new(python)
        .arg(script)
        .arg(folder.join("../schemas"))
        .args(files)
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let mut theirs = said.stdout.split(|byte| *byte == b'\n');
    for row in &rows {
        for alert in alerts(&folder, row) {
            let theirs: Value = serde_json::from_slice(theirs.next().unwrap()).unwrap();
            assert_equal(&to_json(&alert.packet).unwrap(), &theirs, &row["file"]);
            let shown = fields(&alert.packet).unwrap();
            assert!(shown.iter().map(|group| group.fields.len()).sum::<usize>() > 10);
        }
    }
    assert_eq!(theirs.next(), Some(&b""[..]));
}

fn assert_equal(ours: &Value, theirs: &Value, what: &str) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            assert!(ours.keys().eq(theirs.keys()), "{what}");
            for (name, value) in ours {
                assert_equal(value, &theirs[name], &format!("{what} {name}"));
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len(), "{what}");
            ours.iter().zip(theirs).for_each(|(ours, theirs)| assert_equal(ours, theirs, what));
        }
        // Ours is as short as it is exact: 18.785053, not 18.785053253173828.
        (Value::Number(one), Value::Number(other)) if one != other => {
            let single = |number: &serde_json::Number| number.to_string().parse::<f32>().unwrap();
            let is_single = single(one).to_bits() == single(other).to_bits();
            assert!(is_single, "{what}: {one} {other}");
        }
        (Value::String(ours), Value::Number(theirs)) => {
            assert_eq!(*ours, theirs.to_string(), "{what}");
        }
        (ours, theirs) => assert_eq!(ours, theirs, "{what}"),
    }
}
