//! A row of a database table as a packet: JSON in the shape of the survey's own packet, or of a part of it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::domain::alert::{Alert, Packet, PacketFormat};

use super::PacketError;
use super::dia_json::{is_dia, read_dia};
use super::json_tree::Node;
use super::ztf_json::{OWN, read_ztf};

/// A row with the table it comes from.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TableRow {
    /// Full name of the table.
    pub table: String,
    /// The row, by the names of its columns.
    pub row: Map<String, Json>,
}

impl TableRow {
    /// The bytes that are kept as the alert's packet.
    pub fn to_bytes(&self) -> Bytes {
        // Names and JSON values can always be written.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}

const NO_ROW: PacketError =
    PacketError::Damaged { what: "a row of a table is not the JSON it was" };

/// Reads the kept bytes of a row and hands the row to `use_row`.
pub(super) fn with_row<T>(
    bytes: &[u8],
    use_row: impl FnOnce(&Node<'_>) -> T,
) -> Result<T, PacketError> {
    let kept = Node::parse(bytes).map_err(|error| match error {
        PacketError::Json { .. } => NO_ROW,
        other => other,
    })?;
    match (kept.get("table"), kept.get("row")) {
        (Some(Node::Text(_)), Some(row @ Node::Record(_))) => Ok(use_row(row)),
        _ => Err(NO_ROW),
    }
}

/// Reads the alert in a kept row.
///
/// Rows hold what a query selected: every value but the ids, the time and the place may be absent. ZTF's columns may
/// stand in a record `candidate`, as in the survey's packets, or beside each other.
pub fn decode_table_row(bytes: &Bytes, schema_version: &str) -> Result<Alert, PacketError> {
    let packet = Packet {
        format: PacketFormat::TableRow,
        schema_version: schema_version.to_owned(),
        bytes: bytes.clone(),
        n_head_bytes: 0,
    };
    with_row(bytes, |row| {
        if is_dia(row) { read_dia(row, packet) } else { read_ztf(&OWN, row, &[], packet) }
    })?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::alert::{Band, Flux, FluxUnit, Measurement, Survey};

    fn decode(row: &Json) -> Result<Alert, PacketError> {
        let row = row.as_object().unwrap().clone();
        let bytes = TableRow { table: "p.d.t".to_owned(), row }.to_bytes();
        decode_table_row(&bytes, "4.02")
    }

    fn ztf() -> Json {
        json!({"objectId": "ZTF21abcdefg", "candid": 2_982_177_112_815_010_003_i64,
            "candidate": {"jd": 2_461_295.75, "fid": 2, "ra": 10.5, "dec": -3.25, "magpsf": 18.5, "sigmapsf": 0.1,
                "isdiffpos": "f", "rb": 0.75, "drb": null, "ssdistnr": -999.0, "classtar": 0.5},
            "prv_candidates": [{"jd": 2_461_290.5, "fid": 1, "diffmaglim": 20.5}, {"jd": 2_461_280.5, "fid": 1, "magpsf": 19.0}],
            "fp_hists": [{"jd": 2_461_285.5, "fid": 2, "forcediffimflux": 100.0, "magzpsci": 26.0}]})
    }

    #[test]
    fn a_row_of_ztf_is_an_alert_with_history() {
        let alert = decode(&ztf()).unwrap();
        assert_eq!(alert.source_id, 2_982_177_112_815_010_003);
        assert_eq!(
            (alert.survey, alert.band, alert.is_positive),
            (Survey::Ztf, Some(Band::R), Some(false))
        );
        assert_eq!((alert.drb, alert.ssdistnr, alert.rb), (None, None, Some(0.75)));
        assert_eq!(
            alert.history.iter().map(|point| point.jd).collect::<Vec<_>>(),
            [2_461_280.5, 2_461_285.5, 2_461_290.5]
        );
        assert_eq!(
            alert.history[1].measurement,
            Measurement::Forced {
                flux: Flux { value: 100.0, err: None, unit: FluxUnit::Dn },
                zero_point: Some(26.0),
                status: None
            }
        );
        assert_eq!(alert.packet.schema_version, "4.02");
        assert_eq!(super::super::decode_kept(&alert.packet).unwrap(), alert);
    }

    #[test]
    fn impossible_limits_are_left_out_and_counted() {
        let mut row = ztf();
        row["prv_candidates"] = json!([
            {"jd": 2_461_290.5, "fid": 1, "diffmaglim": 20.5},
            {"jd": 2_461_289.5, "fid": 1, "diffmaglim": 57.75},
            {"jd": 2_461_288.5, "fid": 1, "diffmaglim": 0.0},
            {"jd": 2_461_287.5, "fid": 1, "diffmaglim": null},
            {"jd": 2_461_286.5, "fid": 1, "magpsf": 18.0, "diffmaglim": -1.98}
        ]);
        row["fp_hists"] = json!([]);
        let alert = decode(&row).unwrap();
        assert_eq!((alert.history.len(), alert.n_impossible_limits), (2, 2));
    }

    #[test]
    fn columns_beside_each_other_are_read_as_well() {
        let flat = json!({"objectId": "ZTF19acfixfe", "candid": 1, "jd": 2_460_284.64, "fid": 1, "magpsf": 18.1, "ra": 322.9, "decl": 49.2});
        let alert = decode(&flat).unwrap();
        assert_eq!((alert.dec, alert.mag), (49.2, Some(18.1)));
    }

    #[test]
    fn what_lacks_an_id_a_time_or_a_place_is_no_alert() {
        for name in ["objectId", "candid"] {
            let mut row = ztf();
            row[name] = Json::Null;
            assert!(
                matches!(decode(&row), Err(PacketError::Invalid { field, .. }) if field == name)
            );
        }
        for (name, value) in [("jd", json!(-1)), ("ra", json!(361.0)), ("dec", json!("x"))] {
            let mut row = ztf();
            row["candidate"][name] = value;
            assert!(
                matches!(decode(&row), Err(PacketError::Invalid { field, .. }) if field == name),
                "{name}"
            );
        }
        for odd in [&b""[..], b"{}", b"[]", b"{\"table\":\"t\",\"row\":[]}", b"\xff"] {
            assert!(decode_table_row(&Bytes::from_static(odd), "").is_err());
        }
    }

    #[test]
    fn fields_and_json_come_from_the_row() {
        let alert = decode(&ztf()).unwrap();
        let json = super::super::to_json(&alert.packet).unwrap();
        assert_eq!(json["candid"], "2982177112815010003");
        assert_eq!(json["candidate"]["rb"], 0.75);
        let groups = super::super::fields(&alert.packet).unwrap();
        let magpsf = groups
            .iter()
            .flat_map(|group| &group.fields)
            .find(|field| field.name == "magpsf")
            .unwrap();
        assert_eq!((magpsf.value.as_str(), magpsf.unit), ("18.5", "mag"));
    }
}
