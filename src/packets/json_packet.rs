//! Messages in JSON: what a broker made of an alert, in a record `alert_lite` or two of them, with what it says beside it.

use bytes::Bytes;

use crate::domain::alert::{Alert, Packet, PacketFormat};

use super::dia_json::{is_dia, read_dia};
use super::json_tree::Node;
use super::ztf_json::{OWN, RENAMED, read_ztf};
use super::{PacketError, broker_says};

/// The record that holds the alert where a broker says something beside it.
const WRAPPING: &str = "alert_lite";

/// Reads a message; which version of the survey's schema it follows, its attributes say.
pub(super) fn decode(bytes: &Bytes, schema_version: &str) -> Result<Alert, PacketError> {
    let root = Node::parse(bytes)?;
    let layers = layers(&root)?;
    let packet = Packet {
        format: PacketFormat::Json,
        schema_version: schema_version.to_owned(),
        bytes: bytes.clone(),
        n_head_bytes: 0,
    };
    let inmost = layers.last().copied().unwrap_or(&root);
    let mut alert = read(inmost, &layers, packet)?;
    for layer in layers {
        broker_says::add_payload(&mut alert, layer)?;
    }
    Ok(alert)
}

/// The message and the records `alert_lite` in it, the inmost last.
pub(super) fn layers<'n, 't>(root: &'n Node<'t>) -> Result<Vec<&'n Node<'t>>, PacketError> {
    let mut layers = vec![root];
    let mut outer = root;
    while let Some(inner) = outer.record(WRAPPING)? {
        layers.push(inner);
        outer = inner;
    }
    Ok(layers)
}

fn read(alert: &Node<'_>, layers: &[&Node<'_>], packet: Packet) -> Result<Alert, PacketError> {
    let has = |name: &str| alert.get(name).is_some();
    if is_dia(alert) {
        read_dia(alert, packet)
    } else if has("alertIds") {
        read_ztf(&RENAMED, alert, layers, packet)
    } else if has("candidate") || (has("objectId") && has("candid")) {
        read_ztf(&OWN, alert, layers, packet)
    } else {
        Err(PacketError::unsupported(what_else(alert)))
    }
}

/// What a message is that is no alert of a survey.
fn what_else(message: &Node<'_>) -> &'static str {
    let is_notice = ["superevent_id", "alert_type"].iter().all(|name| message.get(name).is_some());
    match message {
        _ if is_notice => {
            "a notice of gravitational waves (LIGO, Virgo, KAGRA), which tells of an event and of no source in the sky,"
        }
        Node::List(_) => "a list in JSON",
        Node::Record(_) => "JSON without the fields of an alert",
        _ => "JSON that is no record",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::table_row::{TableRow, decode_table_row};
    use super::*;
    use crate::domain::alert::{Band, ForcedStatus, Measurement, Survey};

    fn read_json(message: &Json) -> Result<Alert, PacketError> {
        decode(&Bytes::from(message.to_string()), "")
    }

    fn own() -> Json {
        json!({"objectId": "ZTF21abcdefg", "candid": 2_982_177_112_815_010_003_i64,
            "candidate": {"jd": 2_461_295.75, "fid": 2, "ra": 10.5, "dec": -3.25, "magpsf": 18.5, "sigmapsf": 0.1,
                "isdiffpos": "f", "rb": 0.75, "drb": null},
            "prv_candidates": [{"jd": 2_461_290.5, "fid": 1, "diffmaglim": 20.5, "magpsf": null},
                {"jd": 2_461_280.5, "fid": 1, "magpsf": 19.0, "candid": "2982177112815010002"}]})
    }

    fn cross_match() -> Json {
        json!({"ssdistnr": -999.0, "sgscore1": 0.25, "distpsnr1": 1.5})
    }

    fn renamed() -> Json {
        json!({"alertIds": {"objectId": "ZTF21abcdefg", "sourceId": 2_982_177_112_815_010_003_i64},
            "source": {"jd": 2_461_295.75, "filter": 2, "ra": 10.5, "dec": -3.25, "mag": 18.5, "magerr": 0.1,
                "isdiffpos": "f", "rb": 0.75, "drb": null},
            "prvSources": [{"jd": 2_461_290.5, "filter": 1, "diffmaglim": 20.5, "mag": null},
                {"jd": 2_461_280.5, "filter": 1, "mag": 19.0, "sourceId": 2_982_177_112_815_010_002_i64}],
            "xmatch": cross_match()})
    }

    fn lsst() -> Json {
        json!({"diaSourceId": 170_028_485_835_751_490_i64,
            "diaSource": {"diaSourceId": 170_028_485_835_751_490_i64, "midpointMjdTai": 61_295.25, "ra": 150.5, "dec": 2.25,
                "band": "y", "psfFlux": -1000.0, "psfFluxErr": 100.0},
            "prvDiaSources": [{"diaSourceId": 5, "midpointMjdTai": 61_290.25, "band": "g", "psfFlux": 3630.0, "psfFluxErr": 30.0}],
            "prvDiaForcedSources": [{"midpointMjdTai": 61_289.25, "band": "g", "psfFlux": -5.0, "psfFluxErr": 2.0}],
            "diaObject": {"diaObjectId": 170_028_485_835_751_491_i64, "nDiaSources": 7, "firstDiaSourceMjdTai": 61_280.5},
            "ssSource": {"ssObjectId": 0, "designation": null}, "mpc_orbits": {"a": 2.5}})
    }

    #[test]
    fn lsst_lite_is_an_alert_however_often_it_is_wrapped() {
        let alone = read_json(&lsst()).unwrap();
        assert_eq!((alone.survey, alone.band), (Survey::Lsst, Some(Band::Y)));
        assert_eq!(alone.object_id, "170028485835751491");
        assert_eq!((alone.is_positive, alone.history.len()), (Some(false), 2));
        let mut message = lsst();
        for _ in 0..2 {
            message = json!({"alert_lite": message});
            let wrapped = read_json(&message).unwrap();
            assert_eq!(Alert { packet: alone.packet.clone(), ..wrapped }, alone);
        }
        message["upsilon"] = json!({"g_label": "RRL_ab", "g_probability": 0.75, "g_flag": 0});
        message["SuperNNova"] =
            json!({"prob_class0": 0.25, "prob_class1": 0.75, "predicted_class": 1});
        let told = read_json(&message).unwrap().classifications;
        let told: Vec<_> =
            told.iter().map(|said| (said.class.as_str(), said.probability)).collect();
        let wanted = [("Ia", Some(0.25)), ("non-Ia", Some(0.75)), ("RRL_ab", Some(0.75))];
        assert_eq!(told, wanted);
    }

    #[test]
    fn ids_may_be_texts() {
        let mut message = lsst();
        message["diaSourceId"] = json!("170028485835751490");
        message["diaObject"]["diaObjectId"] = json!("170028485835751491");
        let (one, other) = (read_json(&message).unwrap(), read_json(&lsst()).unwrap());
        assert_eq!((one.source_id, one.object_id), (other.source_id, other.object_id));
    }

    #[test]
    fn both_shapes_of_ztf_lite_are_the_same_alert() {
        let mut one = read_json(&renamed()).unwrap();
        let other = read_json(&json!({"alert_lite": own(), "xmatch": cross_match()})).unwrap();
        assert_eq!((one.survey, one.band, one.mag), (Survey::Ztf, Some(Band::R), Some(18.5)));
        assert_eq!(
            (one.sgscore1, one.distpsnr1, one.ssdistnr, one.classtar),
            (Some(0.25), Some(1.5), None, None)
        );
        assert!(matches!(
            one.history[0].measurement,
            Measurement::Detection { source_id: Some(2_982_177_112_815_010_002), .. }
        ));
        assert_eq!(one.packet.format, PacketFormat::Json);
        one.packet = other.packet.clone();
        assert_eq!(one, other);
    }

    #[test]
    fn a_row_of_a_table_is_the_same_alert_too() {
        let mut row = own();
        row["fp_hists"] = json!([
            {"jd": 2_461_285.5, "fid": 2, "forcediffimflux": -100.0, "forcediffimfluxunc": 10.0, "magzpsci": 26.0, "procstatus": "56"},
            {"jd": 2_461_286.5, "fid": 2, "forcediffimflux": -99_999.0, "procstatus": "61"}
        ]);
        row["candidate"]["jdstarthist"] = json!(2_461_000.5);
        let mut message = read_json(&row).unwrap();
        let row = TableRow { table: "t".to_owned(), row: row.as_object().unwrap().clone() };
        let from_table = decode_table_row(&row.to_bytes(), "").unwrap();
        assert_eq!((message.n_impossible_limits, message.history.len()), (1, 3));
        assert_eq!(message.first_detection_jd, Some(2_461_000.5));
        assert!(matches!(
            &message.history[1].measurement,
            Measurement::Forced { status: Some(ForcedStatus::ProcStatus(codes)), .. } if codes == "56"
        ));
        message.packet = from_table.packet.clone();
        assert_eq!(message, from_table);
    }

    #[test]
    fn stamps_are_base64_alone_or_in_a_record() {
        let mut message = own();
        message["cutoutScience"] = json!("U0lNUExF");
        message["cutoutTemplate"] = json!({"fileName": "a.fits.gz", "stampData": "U0lNUExF"});
        message["cutoutDifference"] = Json::Null;
        let stamps = read_json(&message).unwrap().stamps;
        assert_eq!((stamps.science, stamps.template, stamps.difference), (true, true, false));
        for odd in [json!("%%%"), json!(5), json!([1]), json!({"stampData": 7})] {
            message["cutoutDifference"] = odd;
            let error = read_json(&message).unwrap_err();
            assert!(matches!(error, PacketError::Invalid { field: "cutoutDifference", .. }));
        }
    }

    #[test]
    fn other_surveys_in_ztfs_shape_are_refused() {
        for (id, publisher, survey) in
            [("PGIR21abbvao", "", "PGIR"), ("None.20", "turbo_test", "TURBO"), ("x1", "", "\"x1\"")]
        {
            let mut message = own();
            message["objectId"] = json!(id);
            message["publisher"] = json!(publisher);
            let error = read_json(&message).unwrap_err().to_string();
            assert!(error.contains(survey), "{error}");
        }
    }

    #[test]
    fn what_is_no_alert_is_refused_with_what_it_is() {
        let notice = json!({"superevent_id": "S230518h", "alert_type": "INITIAL", "event": {}});
        assert!(read_json(&notice).unwrap_err().to_string().contains("gravitational waves"));
        for (odd, what) in [
            (json!([own()]), "a list"),
            (json!({}), "without the fields"),
            (json!(5), "no record"),
            (json!({"alert_lite": 5}), "alert_lite"),
        ] {
            assert!(read_json(&odd).unwrap_err().to_string().contains(what), "{odd}");
        }
    }

    #[test]
    fn a_wrong_type_in_any_field_is_an_error_that_names_it() {
        for message in [own(), renamed(), lsst()] {
            for place in places(&message) {
                let name = place.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap();
                for odd in [json!({"a": 1}), json!([[]]), json!("\u{0}"), json!(true)] {
                    let right = message.pointer(&place).unwrap();
                    let is_alike = right.is_object() && odd.is_object()
                        || right.is_string() && odd.is_string();
                    if is_alike || place.ends_with("designation") && odd.is_string() {
                        continue;
                    }
                    let mut broken = message.clone();
                    *broken.pointer_mut(&place).unwrap() = odd.clone();
                    match read_json(&broken) {
                        Err(error) => {
                            let said = error.to_string();
                            // An id that is no id shows as an alert of nobody.
                            let named = ["objectId", name].iter().any(|name| said.contains(name));
                            assert!(named, "{place} {odd}: {said}");
                        }
                        Ok(_) => assert!(place.ends_with("isdiffpos"), "{place} {odd}"),
                    }
                }
            }
        }
    }

    /// The places of all values in it.
    fn places(message: &Json) -> Vec<String> {
        let inside = |name: &str, value: &Json| {
            let under = places(value).into_iter().map(|place| format!("/{name}{place}"));
            std::iter::once(format!("/{name}")).chain(under).collect::<Vec<_>>()
        };
        match message {
            Json::Object(members) => {
                members.iter().flat_map(|(name, value)| inside(name, value)).collect()
            }
            Json::Array(items) => {
                let items = items.iter().enumerate();
                items.flat_map(|(index, value)| inside(&index.to_string(), value)).collect()
            }
            _ => Vec::new(),
        }
    }
}
