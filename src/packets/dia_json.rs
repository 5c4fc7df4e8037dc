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
