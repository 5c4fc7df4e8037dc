//! Alerts of LSST and ELAsTiCC in JSON: rows of tables, and Pitt-Google's streams, whole or with few fields.

use crate::domain::alert::{Alert, Packet, Survey};

use super::PacketError;
use super::dia::{ALERT, Dia, FORCED, LIMIT, MPC_ORBITS, OBJECT, PREVIOUS, SOURCE, SS_SOURCE};
use super::json_fields::row;
use super::json_tree::Node;
use super::plan::Stamp;
use super::program::Scalar;
use super::ztf_json::{records, stamp_bytes};

/// Names of the records by versions of the schema, the newest first.
const SS_SOURCES: [&str; 2] = ["ssSource", "ssObject"];
const ORBITS: [&str; 2] = ["mpc_orbits", "MPCORB"];

/// Whether a record of JSON is such an alert.
pub(super) fn is_dia(alert: &Node<'_>) -> bool {
    alert.get("diaSource").is_some() || alert.get("diaSourceId").is_some()
}

/// Reads the alert.
pub(super) fn read_dia(alert: &Node<'_>, packet: Packet) -> Result<Alert, PacketError> {
    let source = alert.record("diaSource")?.unwrap_or(&Node::Null);
    let survey = match source.get("decl") {
        Some(_) => Survey::Elasticc,
        None => Survey::Lsst,
    };
    let mut dia = Dia::new(survey);
    dia.alert = row(alert, &ALERT)?;
    dia.source = row(source, &SOURCE)?;
    dia.object = row(alert.record("diaObject")?.unwrap_or(&Node::Null), &OBJECT)?;
    dia.ss_source = row(first_of(alert, SS_SOURCES)?, &SS_SOURCE)?;
    dia.mpc_orbits = row(first_of(alert, ORBITS)?, &MPC_ORBITS)?;
    for entry in records(alert, "prvDiaSources")? {
        dia.previous(&row(entry, &PREVIOUS)?)?;
    }
    for entry in records(alert, "prvDiaForcedSources")? {
        dia.forced(&row(entry, &FORCED)?)?;
    }
    for entry in records(alert, "prvDiaNondetectionLimits")? {
        dia.limit(&row(entry, &LIMIT)?)?;
    }
    for name in ["cutoutScience", "cutoutTemplate", "cutoutDifference"] {
        if let Some(stamp) = Stamp::of_field(name) {
            dia.stamp(stamp, &[Scalar::Bytes(stamp_bytes(alert, name)?)]);
        }
    }
    dia.finish(packet)
}

/// The first of these records that is there.
fn first_of<'n, 't>(
    alert: &'n Node<'t>,
    names: [&'static str; 2],
) -> Result<&'n Node<'t>, PacketError> {
    for name in names {
        if let Some(record) = alert.record(name)? {
            return Ok(record);
        }
    }
    Ok(&Node::Null)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value as Json, json};

    use super::super::table_row::{TableRow, decode_table_row};
    use super::*;
    use crate::domain::alert::{Band, Measurement};

    fn decode(row: &Json) -> Result<Alert, PacketError> {
        let row = row.as_object().unwrap().clone();
        let bytes: Bytes = TableRow { table: "p.d.t".to_owned(), row }.to_bytes();
        decode_table_row(&bytes, "10.0")
    }

    fn lsst() -> Json {
        json!({"diaSourceId": 170_028_485_835_751_490_i64,
            "diaSource": {"midpointMjdTai": 61_295.25, "ra": 150.5, "dec": 2.25, "band": "y", "psfFlux": -1000.0,
                "psfFluxErr": 100.0, "isNegative": true, "reliability": 0.9, "extendedness": 0.25},
            "diaObject": {"diaObjectId": 170_028_485_835_751_491_i64, "nDiaSources": 7}, "ssSource": null,
            "prvDiaSources": [{"diaSourceId": 5, "midpointMjdTai": 61_290.25, "band": "g", "psfFlux": 3630.0}],
            "prvDiaForcedSources": [{"midpointMjdTai": 61_289.25, "band": "g", "psfFlux": -5.0, "psfFluxErr": 2.0}]})
    }

    #[test]
    fn a_row_of_lsst_is_an_alert_in_magnitudes_and_utc() {
        let alert = decode(&lsst()).unwrap();
        assert_eq!(alert.object_id, "170028485835751491");
        assert!((alert.jd - (2_461_295.75 - 37.0 / 86_400.0)).abs() < 1e-8);
        assert!((alert.mag.unwrap() - 23.9).abs() < 1e-12);
        assert!((alert.mag_err.unwrap() - 0.108_573_6).abs() < 1e-6);
        assert_eq!(
            (alert.band, alert.is_positive, alert.classtar),
            (Some(Band::Y), Some(false), Some(0.75))
        );
        assert_eq!((alert.ndethist, alert.ssdistnr), (Some(7), None));
        assert!(
            matches!(alert.history[0].measurement, Measurement::Forced { flux, .. } if flux.value < 0.0)
        );
        assert!(matches!(
            alert.history[1].measurement,
            Measurement::Detection { source_id: Some(5), .. }
        ));
    }

    #[test]
    fn a_body_of_the_solar_system_is_named_by_its_own_id() {
        let mut row = lsst();
        row["diaObject"] = Json::Null;
        row["ssSource"] = json!({"ssObjectId": 21, "ephOffset": null});
        let alert = decode(&row).unwrap();
        assert_eq!((alert.object_id.as_str(), alert.ssdistnr), ("21", Some(0.0)));
        row["ssSource"] = json!({"ssObjectId": 0});
        assert!(matches!(decode(&row), Err(PacketError::Invalid { field: "diaObjectId", .. })));
    }
}
