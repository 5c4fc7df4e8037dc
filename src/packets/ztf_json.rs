//! ZTF's alerts in JSON: rows of tables, and Pitt-Google's streams in both of their shapes.

use crate::domain::alert::{Alert, Packet};

use super::PacketError;
use super::json_fields::{complete, field, row};
use super::json_tree::Node;
use super::plan::Stamp;
use super::program::Scalar;
use super::ztf::Draft;
use super::ztf_plan::{ALERT, CANDIDATE, FORCED, PREVIOUS, Sink};

/// Where and under which names the fields stand.
pub(super) struct Shape {
    /// The record of the alert's ids, where they do not stand in the alert itself.
    ids: Option<&'static str>,
    alert: [&'static str; ALERT.len()],
    candidate: &'static str,
    candidate_fields: [&'static str; CANDIDATE.len()],
    previous: &'static str,
    previous_fields: [&'static str; PREVIOUS.len()],
}

/// The survey's own names.
pub(super) const OWN: Shape = Shape {
    ids: None,
    alert: ALERT,
    candidate: "candidate",
    candidate_fields: CANDIDATE,
    previous: "prv_candidates",
    previous_fields: PREVIOUS,
};

/// The names that Pitt-Google gave the fields until 2024.
pub(super) const RENAMED: Shape = Shape {
    ids: Some("alertIds"),
    alert: ["schemavsn", "publisher", "objectId", "alertId", "sourceId"],
    candidate: "source",
    candidate_fields: [
        "jd",
        "filter",
        "sourceId",
        "isdiffpos",
        "ra",
        "dec",
        "mag",
        "magerr",
        "classtar",
        "rb",
        "drb",
        "ndethist",
        "jdstarthist",
        "sgscore1",
        "distpsnr1",
        "ssdistnr",
    ],
    previous: "prvSources",
    previous_fields: ["jd", "filter", "sourceId", "isdiffpos", "mag", "magerr", "rb", "diffmaglim"],
};

/// The record that Pitt-Google moves the nearest catalogue sources to.
const CROSS_MATCH: &str = "xmatch";

const STAMPS: [(&str, Stamp); 3] = [
    ("cutoutScience", Stamp::Science),
    ("cutoutTemplate", Stamp::Template),
    ("cutoutDifference", Stamp::Difference),
];

/// Reads the alert, with cross-matches that may stand in it or in one of the records around it.
pub(super) fn read_ztf(
    shape: &Shape,
    alert: &Node<'_>,
    around: &[&Node<'_>],
    packet: Packet,
) -> Result<Alert, PacketError> {
    let mut draft = Draft::default();
    let ids = match shape.ids {
        Some(name) => alert.record(name)?.unwrap_or(&Node::Null),
        None => alert,
    };
    draft.alert(&row(ids, &shape.alert)?);
    let inner = alert.record(shape.candidate)?.unwrap_or(&Node::Null);
    // In a flat table the candidate's columns stand beside the alert's.
    let mut candidate = row(alert, &shape.candidate_fields)?;
    complete(&mut candidate, &row(inner, &shape.candidate_fields)?);
    for layer in around {
        if let Some(matches) = layer.record(CROSS_MATCH)? {
            complete(&mut candidate, &row(matches, &shape.candidate_fields)?);
        }
    }
    // `decl` is what some call `dec`, a word of SQL.
    if let [_, _, _, _, _, dec @ Scalar::Absent, ..] = &mut candidate {
        *dec = field(alert, "decl")?;
    }
    draft.candidate(&candidate);
    for entry in records(alert, shape.previous)? {
        draft.previous(&row(entry, &shape.previous_fields)?)?;
    }
    for entry in records(alert, "fp_hists")? {
        draft.forced(&row(entry, &FORCED)?)?;
    }
    for (name, stamp) in STAMPS {
        draft.stamp(stamp, &Scalar::Bytes(stamp_bytes(alert, name)?));
    }
    draft.finish(packet)
}

/// The items of a list that holds records.
pub(super) fn records<'n, 't>(
    record: &'n Node<'t>,
    name: &'static str,
) -> Result<&'n [Node<'t>], PacketError> {
    let items = record.list(name)?;
    match items.iter().find(|item| !matches!(item, Node::Record(_))) {
        Some(other) => Err(other.impossible(name)),
        None => Ok(items),
    }
}

/// How many bytes a stamp has: base64, alone or in a record as ZTF's packets have it.
pub(super) fn stamp_bytes(alert: &Node<'_>, name: &'static str) -> Result<usize, PacketError> {
    let stamp = match alert.get(name) {
        Some(record @ Node::Record(_)) => record.get("stampData"),
        other => other,
    };
    stamp.map_or(Ok(0), |text| text.n_bytes().ok_or_else(|| text.impossible(name)))
}
