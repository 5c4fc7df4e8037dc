//! Real packets decode to what `MANIFEST.csv` beside them says. Skipped where `TOM_ALERTS_PACKETS` is not set.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the packets come from outside"
)]

mod other_surveys;
mod rubin;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tom_alerts::domain::alert::{Alert, Band, Measurement};
use tom_alerts::packets::{PacketError, decode, fields, split_container, to_json};

type Row = HashMap<String, String>;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("TOM_ALERTS_PACKETS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: TOM_ALERTS_PACKETS is not set");
    }
    folder
}

/// The rows of the manifest. Its only quoted column is `opens`, of which only the beginning counts here.
fn manifest(folder: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(folder.join("MANIFEST.csv")).unwrap();
    let mut lines = text.lines();
    let names: Vec<_> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    lines.map(|line| names.iter().cloned().zip(cells(line)).collect()).collect()
}

fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

fn read(folder: &Path, row: &Row) -> Bytes {
    std::fs::read(folder.join(&row["file"])).unwrap().into()
}

fn is_ztf(row: &Row) -> bool {
    row["kind"] == "ZTF" && !row["opens"].starts_with("FAILS")
}

/// What the survey's own reader in `rubin` takes.
fn is_rubin(row: &Row) -> bool {
    ["LSST", "ELAsTiCC"].contains(&row["kind"].as_str()) && !row["opens"].starts_with("FAILS")
}

/// What is none of these and no JSON, which `other_surveys` takes.
fn is_of_neither(row: &Row) -> bool {
    !is_ztf(row) && !is_rubin(row) && row["opens"] != "json"
}

fn assert_close(got: Option<f64>, cell: &str, tolerance: f64, what: &str) {
    match (got, cell.parse::<f64>()) {
        (Some(got), Ok(wanted)) => {
            assert!((got - wanted).abs() <= tolerance, "{what}: {got} {wanted}");
        }
        (None, Err(_)) => {}
        (got, _) => panic!("{what}: {got:?} for {cell:?}"),
    }
}

fn assert_as_in_manifest(alert: &Alert, row: &Row) {
    let file = row["file"].as_str();
    assert_eq!(alert.object_id, row["objectId"], "{file}");
    assert_eq!(alert.source_id.to_string(), row["sourceId"], "{file}");
    assert_close(Some(alert.ra), &row["ra"], 0.0, file);
    assert_close(Some(alert.dec), &row["dec"], 0.0, file);
    assert_close(Some(alert.jd), &row["time"], 0.0, file);
    assert_close(alert.mag, &row["mag_or_flux"], 0.0, file);
    assert_close(alert.classtar, &row["classtar"], 0.0, file);
    assert_close(alert.rb, &row["rb"], 0.0, file);
    assert_eq!(alert.band, Band::from_ztf_fid(row["filter"].parse().unwrap()), "{file}");
    assert!(alert.is_positive.is_some(), "{file}");
    let (forced, previous): (Vec<_>, Vec<_>) = alert
        .history
        .iter()
        .partition(|point| matches!(point.measurement, Measurement::Forced { .. }));
    assert_eq!((previous.len() + without_magnitude(alert)).to_string(), row["nprv"], "{file}");
    assert!(forced.len() <= row["nforced"].parse().unwrap_or(0), "{file}");
    assert!(alert.history.is_sorted_by(|one, next| one.jd <= next.jd), "{file}");
    let stamps = [alert.stamps.science, alert.stamps.template, alert.stamps.difference];
    let sizes = row["cutout_bytes"].split('/').map(|size| size.parse().unwrap_or(0) > 0);
    assert!(sizes.chain([false; 3]).zip(stamps).all(|(wanted, got)| wanted == got), "{file}");
    let version = if row["schema"].starts_with('<') { "" } else { &row["schema"] };
    assert_eq!(alert.packet.schema_version, version, "{file}");
}

/// Entries of `prv_candidates` that say nothing: one real packet has a limit of magnitude -1006.9.
fn without_magnitude(alert: &Alert) -> usize {
    let json = to_json(&alert.packet).unwrap();
    let possible = |mag: &serde_json::Value| mag.as_f64().is_some_and(|mag| mag.abs() < 99.0);
    let entries = json["prv_candidates"].as_array().cloned().unwrap_or_default();
    let silent =
        |entry: &&serde_json::Value| !possible(&entry["magpsf"]) && !possible(&entry["diffmaglim"]);
    entries.iter().filter(silent).count()
}

#[test]
fn every_ztf_file_decodes_to_its_row_in_the_manifest() {
    let Some(folder) = folder() else { return };
    let rows: Vec<_> = manifest(&folder).into_iter().filter(is_ztf).collect();
    assert!(rows.len() > 100, "only {} rows", rows.len());
    for row in &rows {
        let packets: Vec<_> =
            split_container(read(&folder, row)).collect::<Result<_, _>>().unwrap();
        assert_eq!(packets.len().to_string(), row["n"], "{}", row["file"]);
        let alerts: Vec<_> = packets.iter().map(|packet| decode(packet).unwrap()).collect();
        assert_as_in_manifest(&alerts[0], row);
        let objects = alerts.iter().map(|alert| alert.source_id);
        assert_eq!(objects.collect::<std::collections::HashSet<_>>().len(), alerts.len());
    }
}

#[test]
fn every_packet_becomes_json_and_fields_that_agree_with_the_alert() {
    let Some(folder) = folder() else { return };
    for row in manifest(&folder).iter().filter(|row| is_ztf(row)) {
        for packet in split_container(read(&folder, row)) {
            let alert = decode(&packet.unwrap()).unwrap();
            let json = to_json(&alert.packet).unwrap();
            assert_eq!(json["candid"], alert.source_id.to_string(), "{}", row["file"]);
            assert_eq!(json["candidate"]["ra"], alert.ra);
            let groups = fields(&alert.packet).unwrap();
            let shown = groups.iter().flat_map(|group| &group.fields);
            let object = shown.clone().find(|field| field.name == "objectId").unwrap();
            assert_eq!(object.value, alert.object_id);
            let known = row["opens"].ends_with("ztf.alert") && !row["schema"].starts_with('<');
            assert!(!known || shown.clone().all(|field| !field.meaning.is_empty()), "{groups:?}");
        }
    }
}

#[test]
fn json_agrees_with_an_independent_decoder() {
    let Some(folder) = folder() else { return };
    assert!(tom_alerts::packets::install_limits());
    for row in manifest(&folder).iter().filter(|row| is_ztf(row) && row["n"] == "1") {
        let bytes = read(&folder, row);
        let json = to_json(&decode(&bytes).unwrap().packet).unwrap();
        let other = apache_avro::Reader::new(&bytes[..]).unwrap().next().unwrap().unwrap();
        assert_same(&other, &json, &row["file"]);
    }
}

fn assert_same(avro: &apache_avro::types::Value, json: &serde_json::Value, what: &str) {
    use apache_avro::types::Value as Avro;
    match avro {
        Avro::Null => assert!(json.is_null(), "{what}"),
        Avro::Boolean(value) => assert_eq!(json, value, "{what}"),
        Avro::Int(value) => assert_eq!(json, value, "{what}"),
        Avro::Long(value) => {
            assert!(json == value || json.as_str() == Some(&value.to_string()), "{what}: {json}");
        }
        Avro::Float(value) if !value.is_finite() => assert!(json.is_null(), "{what}"),
        // As short as it is exact: 18.785053, not 18.785053253173828.
        Avro::Float(value) => assert_eq!(json.to_string().parse(), Ok(*value), "{what}"),
        Avro::Double(value) if !value.is_finite() => assert!(json.is_null(), "{what}"),
        Avro::Double(value) => assert_eq!(json.as_f64(), Some(*value), "{what}"),
        Avro::Bytes(bytes) => assert_eq!(json["bytes"], bytes.len(), "{what}"),
        Avro::String(text) => assert_eq!(json, text, "{what}"),
        Avro::Union(_, inner) => assert_same(inner, json, what),
        Avro::Array(items) => {
            let others = json.as_array().unwrap();
            assert_eq!(items.len(), others.len(), "{what}");
            items.iter().zip(others).for_each(|(item, other)| assert_same(item, other, what));
        }
        Avro::Record(fields) => {
            let names: Vec<_> = json.as_object().unwrap().keys().collect();
            assert_eq!(fields.iter().map(|field| &field.0).collect::<Vec<_>>(), names, "{what}");
            for (name, value) in fields {
                assert_same(value, &json[name], &format!("{what} {name}"));
            }
        }
        other => panic!("{what}: no ZTF packet holds {other:?}"),
    }
}

#[test]
fn damaged_files_and_files_of_other_surveys_give_an_error() {
    let Some(folder) = folder() else { return };
    for row in manifest(&folder).iter().filter(|row| is_of_neither(row)) {
        let file = &row["file"];
        let error = match decode(&read(&folder, row)) {
            Ok(alert) => panic!("{file}: {}", alert.object_id),
            Err(error) => error,
        };
        let many = row["n"].parse().unwrap_or(1) > 1;
        match row["opens"].as_str() {
            opens if opens.starts_with("FAILS") => {
                assert!(!matches!(error, PacketError::Unsupported { .. }), "{file}: {error}");
            }
            opens if opens.contains("OCF") && many => {
                assert!(matches!(error, PacketError::ManyRecords { .. }), "{file}: {error}");
            }
            opens if opens.contains("Confluent") => {
                assert!(matches!(error, PacketError::UnknownSchema { .. }), "{file}: {error}");
            }
            opens if opens.contains("OCF") => {
                assert!(matches!(error, PacketError::Unsupported { .. }), "{file}: {error}");
            }
            _ => println!("{file}: {error}"),
        }
        let packets: Vec<_> = split_container(read(&folder, row)).collect();
        let n_read = packets.iter().flatten().filter(|packet| decode(packet).is_ok()).count();
        // A whole packet stands before the damage; fastavro gives it too.
        let is_half_whole = file.ends_with("ampel-ztf-archive/schema_4.02.avro");
        assert_eq!(n_read, usize::from(is_half_whole), "{file}");
        assert!(!is_half_whole || packets.last().is_some_and(Result::is_err), "{file}");
    }
}

/// The packets of pittgoogle-client's own samples, with the values that its documentation gives.
#[test]
fn the_two_ztf_samples_of_pittgoogle_client_hold_their_published_values() {
    let Some(folder) = folder() else { return };
    let alert = |candid: &str| {
        let rows = manifest(&folder);
        let row = rows
            .iter()
            .find(|row| row["sourceId"] == candid && row["file"].starts_with("pittgoogle-client/"));
        decode(&read(&folder, row.unwrap())).unwrap()
    };
    let near = |one: f64, other: f64, digits: i32| (one - other).abs() < 0.6 * 10_f64.powi(-digits);

    let newer = alert("2982177112815010003");
    assert_eq!(newer.object_id, "ZTF17aaarzyp");
    assert!(near(newer.jd, 2_460_736.677_118_1, 7), "{}", newer.jd);
    assert!(near(newer.ra, 97.889_019_6, 7) && near(newer.dec, -2.798_349, 6));
    assert!(near(newer.mag.unwrap(), 15.8836, 4) && near(newer.classtar.unwrap(), 0.997, 3));
    assert_eq!((newer.band, newer.is_positive), (Some(Band::R), Some(false)));
    assert_eq!(newer.packet.schema_version, "4.02");
    let previous = |alert: &Alert| {
        let points = alert.history.iter().map(|point| &point.measurement);
        points.filter(|point| !matches!(point, Measurement::Forced { .. })).count()
    };
    assert_eq!(previous(&newer), 14);

    let older = alert("2188216843315010016");
    assert_eq!(older.object_id, "ZTF18abfkwnk");
    assert!(near(older.jd, 2_459_942.716_840_3, 7), "{}", older.jd);
    assert!(near(older.ra, 24.561_447_3, 7) && near(older.dec, 63.335_883_1, 7));
    assert!(near(older.mag.unwrap(), 16.9784, 4) && near(older.classtar.unwrap(), 0.687, 3));
    assert_eq!((older.packet.schema_version.as_str(), previous(&older)), ("3.3", 11));
}
