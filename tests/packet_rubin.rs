//! Packets of LSST and ELAsTiCC in every format, what is absent in them, and what attacks them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;

use apache_avro::{Schema, types::Value as Avro, writer::datum::GenericDatumWriter};
use bytes::Bytes;
use serde_json::{Value, json};
use tom_alerts::domain::alert::{
    Alert, Band, ForcedStatus, HistoryPoint, Measurement, PacketFormat, Survey,
};
use tom_alerts::packets::{
    Hint, PacketError, add_schema, add_schema_file, beside_schema, decode, decode_kept,
    decode_message, fields, knows_schema, schema_text, split_container, to_json,
};

/// A record of this schema, schemaless: what `content` has, null and zero elsewhere.
fn record(schema: &Value, content: &Value) -> Vec<u8> {
    let parsed = Schema::parse(schema.clone()).unwrap();
    let mut filled = content.clone();
    fill(schema, &mut filled, schema);
    let value = Avro::try_from(filled).unwrap().resolve(&parsed).unwrap();
    GenericDatumWriter::builder(&parsed).build().unwrap().write_value_to_vec(value).unwrap()
}

/// Puts a plain value wherever the schema wants one and the content has none.
fn fill(kind: &Value, content: &mut Value, root: &Value) {
    match kind {
        Value::Array(branches) if !content.is_null() => fill(&branches[1], content, root),
        Value::Object(object) if object["type"] == "record" => {
            for field in object["fields"].as_array().unwrap() {
                let name = field["name"].as_str().unwrap();
                let mut inner = content[name].take();
                fill(&field["type"], &mut inner, root);
                content[name] = inner;
            }
        }
        Value::Object(object) if object["type"] == "array" => {
            let items = content.as_array_mut().unwrap();
            for item in items {
                fill(&object["items"], item, root);
            }
        }
        Value::Object(object) if object["type"] == "long" && content.is_null() => {
            *content = json!(0);
        }
        Value::String(name) if name.contains('.') => fill(declared(root, name), content, root),
        Value::String(name) if content.is_null() => {
            *content = if name == "string" { json!("") } else { json!(0) };
        }
        _ => {}
    }
}

fn declared<'s>(schema: &'s Value, name: &str) -> &'s Value {
    fn find<'s>(at: &'s Value, name: &str) -> Option<&'s Value> {
        match at {
            Value::Object(object) if object.get("name").is_some_and(|it| it == name) => Some(at),
            Value::Object(object) => object.values().find_map(|inner| find(inner, name)),
            Value::Array(items) => items.iter().find_map(|inner| find(inner, name)),
            _ => None,
        }
    }
    find(schema, name).unwrap()
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&schema_text(name).unwrap()).unwrap()
}

/// A packet in Confluent wire format.
fn wire(id: u32, record: &[u8]) -> Bytes {
    [&[0], &id.to_be_bytes()[..], record].concat().into()
}

fn gzipped(bytes: &[u8]) -> Bytes {
    let mut folded = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    folded.write_all(bytes).unwrap();
    folded.finish().unwrap().into()
}

fn lsst() -> Value {
    let source = |id: i64, mjd: f64, flux: f64| {
        json!({"diaSourceId": id, "midpointMjdTai": mjd, "ra": 150.5, "dec": 2.25, "band": "g",
            "psfFlux": flux, "psfFluxErr": 100.0})
    };
    let mut own = source(170_028_485_835_751_490, 61_295.25, -1000.0);
    for (name, value) in [
        ("band", json!("y")),
        ("isNegative", json!(true)),
        ("snr", json!(10.0)),
        ("extendedness", json!(0.25)),
        ("reliability", json!(0.75)),
        ("scienceFlux", json!(5000.0)),
        ("scienceFluxErr", json!(50.0)),
        ("templateFlux", json!(6000.0)),
        ("apFlux", json!(-1100.0)),
    ] {
        own[name] = value;
    }
    let forced = |mjd: f64, withdrawn: Value| {
        json!({"midpointMjdTai": mjd, "band": "r", "psfFlux": -5.0, "psfFluxErr": 2.0,
            "timeWithdrawnMjdTai": withdrawn})
    };
    json!({"diaSourceId": 170_028_485_835_751_490_i64, "diaSource": own,
        "prvDiaSources": [source(5, 61_290.25, 3630.0), source(6, 61_291.25, 0.0)],
        "prvDiaForcedSources": [forced(61_289.25, Value::Null), forced(61_288.25, json!(61_294.0))],
        "diaObject": {"diaObjectId": 170_028_485_835_751_491_i64, "nDiaSources": 7, "firstDiaSourceMjdTai": 61_200.5}})
}

fn decoded(name: &str, id: u32, content: &Value) -> Result<Alert, PacketError> {
    decode(&wire(id, &record(&schema(name), content)))
}

fn at(mjd_tai: f64) -> f64 {
    mjd_tai + 2_400_000.5 - 37.0 / 86_400.0
}

#[test]
fn a_packet_of_lsst_has_fluxes_with_sign_magnitudes_and_utc() {
    let alert = decoded("lsst.v11_1", 1101, &lsst()).unwrap();
    assert_eq!((alert.survey, alert.band), (Survey::Lsst, Some(Band::Y)));
    assert_eq!(alert.object_id, "170028485835751491");
    assert!((alert.jd - at(61_295.25)).abs() < 1e-8);
    assert!((alert.first_detection_jd.unwrap() - at(61_200.5)).abs() < 1e-8);
    assert!((alert.mag.unwrap() - 23.9).abs() < 1e-9);
    assert!((alert.mag_err.unwrap() - 0.108_574).abs() < 1e-6);
    let value = |flux: Option<tom_alerts::domain::alert::Flux>| flux.map(|flux| flux.value);
    assert_eq!(value(alert.fluxes.difference), Some(-1000.0));
    assert_eq!(value(alert.fluxes.science), Some(5000.0));
    assert_eq!(value(alert.fluxes.template), Some(6000.0));
    assert_eq!(value(alert.fluxes.aperture), Some(-1100.0));
    assert_eq!(alert.fluxes.template.unwrap().err, None);
    assert_eq!((alert.snr, alert.is_positive), (Some(-10.0), Some(false)));
    assert_eq!((alert.classtar, alert.reliability, alert.rb), (Some(0.75), Some(0.75), None));
    assert_eq!((alert.ndethist, alert.ssdistnr, &alert.solar_system), (Some(7), None, &None));
    assert_eq!(alert.packet.format, PacketFormat::AvroWire);
    assert_eq!(alert.packet.schema_version, "11.1");
    let [withdrawn, forced, detection] = &alert.history[..] else { panic!("{:?}", alert.history) };
    let status = |point: &HistoryPoint| match &point.measurement {
        Measurement::Forced { status, flux, .. } if flux.value < 0.0 => status.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((status(withdrawn), status(forced)), (Some(ForcedStatus::Withdrawn), None));
    assert!(matches!(detection.measurement, Measurement::Detection { source_id: Some(5), .. }));
    // The detection without flux has no magnitude.
    assert_eq!(alert.n_impossible_limits, 1);
}

#[test]
fn zero_ids_nan_and_null_are_absent() {
    let mut content = lsst();
    content["diaObject"] = Value::Null;
    content["diaSource"]["diaObjectId"] = json!(0);
    let absent = |content: &Value| match decoded("lsst.v10_0", 1000, content) {
        Err(PacketError::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(absent(&content), "diaObjectId");
    content["ssSource"] = json!({"ssObjectId": 21, "designation": "", "ephVmag": 0.0});
    let body = decoded("lsst.v10_0", 1000, &content).unwrap();
    assert_eq!((body.object_id.as_str(), body.ssdistnr), ("21", Some(0.0)));
    let known = body.solar_system.unwrap();
    assert_eq!((known.designation, known.v_mag, known.offset_arcsec), (None, None, None));
    content["mpc_orbits"] = json!({"unpacked_primary_provisional_designation": "2004 JQ12",
        "a": 2.5, "e": 0.25, "i": 7.5});
    content["ssSource"]["ephOffset"] = json!(0.5);
    let body = decoded("lsst.v10_0", 1000, &content).unwrap();
    assert_eq!((body.designation(), body.ssdistnr), (Some("2004 JQ12"), Some(0.5)));
    assert_eq!(body.solar_system.unwrap().a_au, Some(2.5));
    // A record of a body whose values are all absent is none.
    let mut content = lsst();
    content["ssSource"] = json!({"ssObjectId": 0});
    content["diaSource"]["psfFlux"] = Value::Null;
    let alert = decoded("lsst.v11_0", 1100, &content).unwrap();
    assert_eq!((alert.solar_system, alert.ssdistnr, alert.mag), (None, None, None));
    assert_eq!((alert.fluxes.difference, alert.is_positive), (None, Some(false)));
    content["diaSource"]["midpointMjdTai"] = json!(0);
    assert_eq!(absent(&content), "midpointMjdTai");
}

fn elasticc() -> Value {
    json!({"alertId": 9, "diaSource": {"diaSourceId": 9, "midPointTai": 60_563.112, "filterName": "Y",
            "ra": 315.125, "decl": 2.5, "psFlux": 1000.0, "psFluxErr": 100.0, "snr": 10.0},
        "prvDiaSources": [{"diaSourceId": 8, "midPointTai": 60_560.5, "filterName": "u", "psFlux": 500.0}],
        "prvDiaForcedSources": [{"midPointTai": 60_559.5, "filterName": "u", "psFlux": -5.0, "psFluxErr": 2.0}],
        "prvDiaNondetectionLimits": [{"midPointTai": 60_558.5, "filterName": "u", "diaNoise": 10.0},
            {"midPointTai": 60_557.5, "filterName": "u", "diaNoise": 0.0}],
        "diaObject": {"diaObjectId": 747, "hostgal_ra": 315.0, "hostgal_dec": 2.5, "hostgal_snsep": 1.5,
            "hostgal_zspec": -9.0, "hostgal_zphot": 0.5}})
}

#[test]
fn an_alert_of_elasticc_is_read_with_the_schema_that_is_said() {
    let body = Bytes::from(record(&schema("elasticc.v0_9"), &elasticc()));
    let hint = Hint { schema: Some("elasticc.v0_9") };
    let alert = decode_message(&body, &hint).unwrap();
    assert_eq!((alert.survey, alert.band), (Survey::Elasticc, Some(Band::Y)));
    assert_eq!((alert.object_id.as_str(), alert.source_id), ("747", 9));
    assert!((alert.mag.unwrap() - 20.0).abs() < 1e-9);
    assert_eq!((alert.dec, alert.is_positive, alert.reliability), (2.5, Some(true), None));
    assert!((alert.first_detection_jd.unwrap() - at(60_560.5)).abs() < 1e-8);
    let host = alert.host.unwrap();
    assert_eq!((host.ra, host.separation_arcsec), (Some(315.0), Some(1.5)));
    assert_eq!((host.z_spec, host.z_phot), (None, Some(0.5)));
    let Measurement::Limit { mag } = alert.history[0].measurement else { panic!() };
    assert!((mag - (27.5 - 2.5 * 50_f64.log10())).abs() < 1e-9);
    assert_eq!((alert.history.len(), alert.n_impossible_limits), (3, 1));
    assert_eq!(alert.packet.format, PacketFormat::AvroSchemaless);
    assert_eq!(decode_kept(&alert.packet), Ok(alert.clone()));
    assert_eq!(to_json(&alert.packet).unwrap()["diaSource"]["filterName"], "Y");
    assert_eq!(decode_message(&gzipped(&body), &hint).unwrap(), alert);
    let other = Hint { schema: Some("elasticc.v0_1") };
    let unknown = PacketError::UnknownSchemaName { name: "elasticc.v0_1".to_owned() };
    assert_eq!(decode_message(&body, &other), Err(unknown));
}

#[test]
fn every_format_gives_the_same_alert() {
    let schema = schema("lsst.v9_0");
    let mut content = lsst();
    content.as_object_mut().unwrap().remove("ssSource");
    let packet = wire(900, &record(&schema, &content));
    let in_wire = decode(&packet).unwrap();
    assert_eq!(decode(&gzipped(&packet)).unwrap(), in_wire);
    let whole: Vec<_> = split_container(gzipped(&packet)).collect();
    assert_eq!(whole, [Ok(packet.clone())]);
    // A container whose schema is a list of one record, and whose record has another name.
    for named in [schema.clone(), json!([schema]), renamed(&schema)] {
        let body = record(&schema, &content);
        let branch = if named.is_array() { vec![0] } else { Vec::new() };
        let file = container(&named, &[&branch[..], &body].concat());
        let alert = decode(&file).unwrap();
        assert_eq!(alert.packet.format, PacketFormat::AvroContainer);
        assert!(alert.packet.n_head_bytes > 1000);
        assert_eq!(Alert { packet: in_wire.packet.clone(), ..alert.clone() }, in_wire);
        assert_eq!(to_json(&alert.packet).unwrap(), to_json(&in_wire.packet).unwrap());
        assert_eq!(decode(&gzipped(&file)).unwrap(), alert);
    }
}

fn renamed(schema: &Value) -> Value {
    let text = schema.to_string().replace("lsst.v9_0.alert", "topLevelRecord");
    serde_json::from_str(&text).unwrap()
}

/// A container of one record that is written already.
fn container(schema: &Value, record: &[u8]) -> Bytes {
    let text = schema.to_string();
    let mut file = b"Obj\x01\x02\x16avro.schema".to_vec();
    let mut put = |bytes: &[u8]| {
        let mut left = bytes.len() << 1;
        while left >= 0x80 {
            file.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
            left >>= 7;
        }
        file.push(u8::try_from(left).unwrap());
        file.extend_from_slice(bytes);
    };
    put(text.as_bytes());
    file.push(0);
    file.extend([7; 16]);
    file.push(2);
    let mut block = Vec::new();
    let mut left = record.len() << 1;
    while left >= 0x80 {
        block.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    block.push(u8::try_from(left).unwrap());
    [&file, &block, record, &[7; 16]].concat().into()
}

#[test]
fn a_schema_that_is_added_is_read_with_from_then_on() {
    let packet = wire(77_102, &record(&schema("lsst.v11_1"), &lsst()));
    assert!(!knows_schema(77_102) && knows_schema(1101));
    assert_eq!(decode(&packet), Err(PacketError::UnknownSchema { id: 77_102 }));
    assert!(add_schema(77_102, b"{\"type\": \"record\"").is_err());
    assert!(add_schema(77_102, b"\"string\"").is_err());
    add_schema(77_102, schema_text("lsst.v11_1").unwrap().as_bytes()).unwrap();
    assert_eq!(decode(&packet).unwrap().object_id, "170028485835751491");
}

#[test]
fn fields_of_a_packet_come_by_record_with_units() {
    let alert = decoded("lsst.v11_1", 1101, &lsst()).unwrap();
    let groups = fields(&alert.packet).unwrap();
    let field = |name: &str| {
        let all =
            groups.iter().flat_map(|group| group.fields.iter().map(move |it| (group.title, it)));
        let mut found = all.filter(|(_, field)| field.name == name);
        let (title, field) = found.next().unwrap();
        (title, field.value.as_str(), field.unit)
    };
    assert_eq!(field("diaSource.psfFlux"), ("Detection (diaSource)", "-1000", "nJy"));
    assert_eq!(field("diaSource.ra").2, "deg");
    assert_eq!(field("diaSource.midpointMjdTai").2, "d, TAI");
    assert_eq!(field("diaSource.pixelFlags_bad").1, "absent");
    assert_eq!(field("diaObject.u_psfFluxMaxSlope").2, "nJy/d");
    assert_eq!(field("prvDiaSources").1, "2 entries");
    assert_eq!(field("cutoutScience").1, "absent");
}

/// Every reading of a hostile packet is an error, or the same as the others.
fn assert_read_alike(bytes: &Bytes) -> bool {
    let Ok(alert) = decode(bytes) else { return false };
    assert!(to_json(&alert.packet).is_ok() && fields(&alert.packet).is_ok());
    true
}

#[test]
fn a_packet_cut_anywhere_or_lengthened_is_refused() {
    let whole = wire(1101, &record(&schema("lsst.v11_1"), &lsst()));
    assert!(assert_read_alike(&whole));
    for end in 0..whole.len() {
        assert!(decode(&whole.slice(..end)).is_err(), "{end} of {}", whole.len());
    }
    for filling in [0, 2, 0xff] {
        let longer = Bytes::from([&whole[..], &[filling]].concat());
        assert_eq!(decode(&longer), Err(PacketError::TrailingBytes { bytes: 1, after: "record" }));
    }
    let folded = gzipped(&whole);
    for end in 3..folded.len() {
        assert!(decode(&folded.slice(..end)).is_err(), "gzip {end}");
    }
}

#[test]
fn each_byte_at_its_extremes_is_an_error_or_an_alert() {
    let whole = wire(1101, &record(&schema("lsst.v11_1"), &lsst()));
    for place in 5..whole.len() {
        for extreme in [
            &[0][..],
            &[0xff],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &[0xff; 11],
        ] {
            let hostile = [&whole[..place], extreme, &whole[place + 1..]].concat();
            assert_read_alike(&hostile.into());
        }
    }
}

#[test]
fn the_wrong_schema_for_an_id_and_bombs_are_errors() {
    let body =
        record(&schema("lsst.v7_0"), &json!({"alertId": 5, "diaSource": lsst()["diaSource"]}));
    for id in [701, 800, 900, 1000, 1100, 1101] {
        assert!(decode(&wire(id, &body)).is_err(), "{id}");
    }
    let bomb = gzipped(&vec![0; 20_000_000]);
    assert!(matches!(decode(&bomb), Err(PacketError::TooLarge { .. })));
    // One field of 10 MB.
    let mut content = lsst();
    content["target_name"] = json!("x".repeat(9_900_000));
    let alert = decoded("lsst.v11_1", 1101, &content).unwrap();
    assert_eq!(alert.object_id, "170028485835751491");
    // A history without end.
    let head = record(
        &schema("elasticc.v0_9_1"),
        &json!({"alertId": 1, "diaSource": elasticc()["diaSource"]}),
    );
    let source = &head[1..head.len() - 3];
    let endless =
        [&head[..head.len() - 3], &[2, 0x80, 0x80, 0x80, 0x80, 1], &source.repeat(60_000)].concat();
    let hint = Hint { schema: Some("elasticc.v0_9_1") };
    assert!(decode_message(&endless.into(), &hint).is_err());
}

#[test]
fn a_record_beside_its_schema_becomes_a_packet_that_stands_alone() {
    let schema = schema("lsst.v8_0");
    let mut content = lsst();
    content["prvDiaForcedSources"] = Value::Null;
    let body = Bytes::from(record(&schema, &content));
    assert!(decode(&body).is_err());
    let packet = beside_schema(body.clone(), schema.to_string().as_bytes());
    let alert = decode(&packet).unwrap();
    assert_eq!(
        (alert.object_id.as_str(), alert.source_id),
        ("170028485835751491", 170_028_485_835_751_490)
    );
    let head = alert.packet.n_head_bytes;
    let other = beside_schema(body.clone(), schema.to_string().as_bytes());
    assert_eq!(other[..head], packet[..head]);
    for whole in [packet, wire(800, &body), gzipped(&body), Bytes::new()] {
        assert_eq!(beside_schema(whole.clone(), b"{}"), whole);
    }
}

#[test]
fn schemas_of_files_are_known_by_id_and_by_name() {
    let text = schema_text("lsst.v11_1").unwrap();
    assert!(!knows_schema(1102));
    let next = text.replace("v11_1", "v11_2");
    add_schema_file("lsst.v11_2.alert", next.as_bytes()).unwrap();
    assert!(knows_schema(1102));
    let alert = decode(&wire(1102, &record(&schema("lsst.v11_1"), &lsst()))).unwrap();
    assert_eq!(alert.packet.schema_version, "11.2");
    let named = schema_text("elasticc.v0_9_1").unwrap().replace("v0_9_1", "v0_9_7");
    add_schema_file("elasticc.v0_9_7", named.as_bytes()).unwrap();
    let body = record(&schema("elasticc.v0_9_1"), &elasticc()).into();
    let hint = Hint { schema: Some("elasticc.v0_9_7") };
    assert_eq!(decode_message(&body, &hint).unwrap().packet.schema_version, "0.9.7");
    assert!(add_schema_file("1103", b"{}").is_err() && !knows_schema(1103));
}
