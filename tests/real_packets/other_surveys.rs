//! Packets of other surveys, re-encodings, and the streams in JSON: each what its list beside it says, or refused by name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Map, Value};
use tom_alerts::domain::alert::{Alert, Band, FluxUnit, Measurement, PacketFormat, Survey};
use tom_alerts::domain::time::{MJD_ZERO_JD, mjd_tai_to_jd_utc};
use tom_alerts::packets::{
    Hint, PacketError, decode, decode_delivered, decode_kept, fields, split_container, to_json,
};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("TOM_ALERTS_PACKETS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: TOM_ALERTS_PACKETS is not set");
    }
    folder
}

/// The rows of a list without quotes.
fn rows(list: &Path) -> Vec<HashMap<String, String>> {
    let text = std::fs::read_to_string(list).unwrap();
    let mut lines = text.lines();
    let names: Vec<_> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    lines
        .map(|line| names.iter().cloned().zip(line.split(',').map(str::to_owned)).collect())
        .collect()
}

/// What is in a file: the packets of a container, or the one packet that it is.
fn alerts(bytes: &Bytes) -> Vec<Result<Alert, PacketError>> {
    if bytes.starts_with(b"Obj\x01") {
        split_container(bytes.clone()).map(|packet| decode(&packet?)).collect()
    } else {
        vec![decode(bytes)]
    }
}

fn close(got: f64, cell: &str, tolerance: f64, what: &str) {
    let wanted: f64 = cell.parse().unwrap();
    assert!((got - wanted).abs() <= tolerance, "{what}: {got} {wanted}");
}

#[test]
fn packets_of_other_surveys_are_set_aside_as_what_they_are() {
    let Some(folder) = folder() else { return };
    let cases = folder.join("../cases/packets");
    for row in rows(&cases.join("MANIFEST.csv")) {
        let file = row["file"].as_str();
        let bytes = Bytes::from(std::fs::read(cases.join(file)).unwrap());
        let read = alerts(&bytes);
        if !["ZTF", "LSST"].contains(&row["survey"].as_str()) {
            let word = row["survey"].split(['-', '/', ' ']).next().unwrap();
            for alert in read {
                let error = alert.unwrap_err();
                assert!(matches!(error, PacketError::OtherSurvey { .. }), "{file}: {error}");
                assert!(error.to_string().contains(word), "{file}: {error}");
            }
            continue;
        }
        let read: Vec<Alert> = read
            .into_iter()
            .map(|alert| alert.unwrap_or_else(|error| panic!("{file}: {error}")))
            .collect();
        assert_eq!(read.len().to_string(), row["n"], "{file}");
        let alert = &read[0];
        assert_eq!(alert.survey.name(), row["survey"], "{file}");
        assert_eq!(alert.source_id.to_string(), row["sourceId"], "{file}");
        assert_eq!(alert.object_id, row["objectId"], "{file}");
        close(alert.ra, &row["ra"], 1e-9, file);
        close(alert.dec, &row["dec"], 1e-9, file);
        assert_eq!(alert.band, Band::from_letter(&row["band"]), "{file}");
        if alert.survey == Survey::Ztf {
            close(alert.mag.unwrap(), &row["mag_or_flux"], 0.0, file);
            close(alert.jd - MJD_ZERO_JD, &row["time_mjd"], 1e-9, file);
        } else {
            close(alert.fluxes.difference.unwrap().value, &row["mag_or_flux"], 0.0, file);
            let tai: f64 = row["time_mjd"].parse().unwrap();
            assert!((alert.jd - mjd_tai_to_jd_utc(tai)).abs() < 1e-8, "{file}");
        }
        assert!(!fields(&alert.packet).unwrap().is_empty(), "{file}");
        assert!(to_json(&alert.packet).unwrap().is_object(), "{file}");
    }
}

/// The messages of an answer to a pull: bytes and attributes.
fn messages(folder: &Path, stream: &str) -> Vec<(Bytes, Map<String, Value>)> {
    let text = std::fs::read(folder.join(format!("derived-pubsub/{stream}.pull.json"))).unwrap();
    let answer: Value = serde_json::from_slice(&text).unwrap();
    let received = answer["receivedMessages"].as_array().unwrap();
    received
        .iter()
        .map(|received| {
            let data = received["message"]["data"].as_str().unwrap();
            let attributes = received["message"]["attributes"].as_object().unwrap().clone();
            (STANDARD.decode(data).unwrap().into(), attributes)
        })
        .collect()
}

/// The alerts of a stream, each read twice, and each as its attributes call it.
fn stream(folder: &Path, name: &str) -> Vec<Alert> {
    let messages = messages(folder, name);
    assert!(!messages.is_empty(), "{name}");
    messages
        .iter()
        .map(|(bytes, attributes)| {
            let alert = decode_delivered(bytes, &Hint::default(), attributes)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let of = |key: &str| attributes.get(key).and_then(Value::as_str);
            let source = of("candid").or_else(|| of("diaSource_diaSourceId")).unwrap();
            let object = of("objectId").or_else(|| of("diaObject_diaObjectId"));
            let object = object.or_else(|| of("ssSource_ssObjectId")).unwrap();
            assert_eq!(
                (alert.source_id.to_string().as_str(), alert.object_id.as_str()),
                (source, object)
            );
            let mut again = decode_kept(&alert.packet).unwrap();
            assert_eq!(again.classifications, alert.classifications, "{name}");
            again.tags.clone_from(&alert.tags);
            assert_eq!(again, alert, "{name}");
            assert!(!fields(&alert.packet).unwrap().is_empty(), "{name}");
            assert!(to_json(&alert.packet).unwrap().is_object(), "{name}");
            alert
        })
        .collect()
}

/// The alert without its packet.
fn content(alert: &Alert, like: &Alert) -> Alert {
    Alert { packet: like.packet.clone(), ..alert.clone() }
}

#[test]
fn lsst_in_json_is_the_same_alert_as_on_the_wire() {
    let Some(folder) = folder() else { return };
    let wire = stream(&folder, "lsst-alerts");
    let json = stream(&folder, "lsst-alerts-json");
    assert_eq!(wire.len(), json.len());
    for (one, other) in wire.iter().zip(&json) {
        assert_eq!(one.packet.format, PacketFormat::AvroWire);
        assert_eq!(other.packet.format, PacketFormat::Json);
        assert_eq!(one.packet.schema_version, other.packet.schema_version);
        assert_eq!(content(other, one), *one);
        assert!(other.stamps.science && other.stamps.template && other.stamps.difference);
    }
}

#[test]
fn lsst_lite_is_the_same_alert_as_far_as_it_goes() {
    let Some(folder) = folder() else { return };
    let whole = stream(&folder, "lsst-alerts-json");
    for (lite, whole) in stream(&folder, "lsst-lite").iter().zip(&whole) {
        assert_eq!((lite.jd, lite.ra, lite.dec), (whole.jd, whole.ra, whole.dec));
        assert_eq!((lite.mag, lite.mag_err, lite.band), (whole.mag, whole.mag_err, whole.band));
        assert_eq!(lite.fluxes.difference, whole.fluxes.difference);
        assert_eq!(lite.fluxes.difference.unwrap().unit, FluxUnit::Njy);
        assert_eq!(lite.solar_system, whole.solar_system);
        assert_eq!(lite.history.len(), whole.history.len());
        assert!(!lite.stamps.science && lite.reliability.is_none());
    }
}

#[test]
fn ztf_lite_is_the_same_alert_as_far_as_it_goes() {
    let Some(folder) = folder() else { return };
    let whole = stream(&folder, "ztf-alerts");
    for name in ["ztf-lite.2024shape", "ztf-lite.newshape", "ztf-tagged.2024shape"] {
        let lite = stream(&folder, name);
        assert_eq!(lite.len(), whole.len(), "{name}");
        for (lite, whole) in lite.iter().zip(&whole) {
            let mut wanted = content(whole, lite);
            wanted.classtar = None;
            wanted.ndethist = None;
            wanted.first_detection_jd = None;
            wanted.stamps = lite.stamps;
            wanted.history.retain(|point| !matches!(point.measurement, Measurement::Forced { .. }));
            wanted.n_impossible_limits = lite.n_impossible_limits;
            wanted.tags.clone_from(&lite.tags);
            assert_eq!(*lite, wanted, "{name}");
            assert_eq!(lite.tags.is_empty(), !name.contains("tagged"), "{name}");
        }
        let has = |alert: &Alert, tag: &str| alert.tags.iter().any(|known| known == tag);
        if name.contains("tagged") {
            let pure: Vec<_> = lite.iter().map(|alert| has(alert, "is_pure")).collect();
            assert_eq!(pure, [false, true, false]);
            assert!(lite.iter().all(|alert| has(alert, "no_ssobject")));
        }
    }
}
