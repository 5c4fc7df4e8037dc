//! Packets as producers write them: union orders, number types, codecs, spellings, several records in a file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod packet_forge;

use apache_avro::{Codec, DeflateSettings};
use bytes::Bytes;
use packet_forge::{Spelling, ZTF, alert, container, packet};
use serde_json::{Value, json};
use tom_alerts::domain::alert::{Alert, Band, Flux, FluxUnit, Measurement, PacketFormat, Survey};
use tom_alerts::packets::{
    PacketError, container_to_json, decode, fields, split_container, to_json,
};

const CANDID: i64 = 2_982_177_112_815_010_003;

/// Gives every field called `name` the type `kind`, or the value at that key.
fn set(json: &mut Value, name: &str, kind: &Value) {
    match json {
        Value::Object(object) if object.get("name").is_some_and(|known| known == name) => {
            object.insert("type".to_owned(), kind.clone());
        }
        Value::Object(object) => object.values_mut().for_each(|value| set(value, name, kind)),
        Value::Array(items) => items.iter_mut().for_each(|item| set(item, name, kind)),
        _ => {}
    }
}

fn decoded(schema: &Value, content: &Value) -> Alert {
    decode(&container(schema, std::slice::from_ref(content), Codec::Null, 1)).unwrap()
}

fn failed(schema: &Value, content: &Value) -> PacketError {
    decode(&container(schema, std::slice::from_ref(content), Codec::Null, 1)).unwrap_err()
}

/// The alert without its packet, whose bytes differ with the spelling.
fn content(mut alert: Alert) -> Alert {
    alert.packet.bytes = Bytes::new();
    alert.packet.n_head_bytes = 0;
    alert
}

#[test]
fn every_field_of_a_packet_arrives_in_the_alert() {
    let bytes = packet();
    let alert = decode(&bytes).unwrap();
    assert_eq!((alert.survey, alert.source_id), (Survey::Ztf, CANDID));
    assert_eq!(alert.object_id, "ZTF26aaaaaaa");
    assert_eq!((alert.jd, alert.ra, alert.dec), (2_461_000.5, 150.25, -10.5));
    assert_eq!((alert.mag, alert.mag_err, alert.band), (Some(18.0), Some(0.25), Some(Band::R)));
    assert_eq!((alert.classtar, alert.rb, alert.drb), (Some(0.5), Some(0.75), Some(1.0)));
    assert_eq!((alert.is_positive, alert.ndethist), (Some(true), Some(3)));
    assert_eq!((alert.sgscore1, alert.distpsnr1, alert.ssdistnr), (None, Some(2.5), None));
    let stamps = alert.stamps;
    assert!(stamps.science && stamps.template && !stamps.difference);
    assert_eq!(alert.packet.format, PacketFormat::AvroContainer);
    assert_eq!(alert.packet.schema_version, "4.02");
    assert_eq!(alert.packet.bytes, bytes);
}

#[test]
fn the_history_holds_what_was_measured_by_time() {
    let history = decode(&packet()).unwrap().history;
    let times: Vec<f64> = history.iter().map(|point| point.jd - 2_460_000.5).collect();
    assert_eq!(times, [997.0, 998.0, 999.0]);
    let [limit, detection, forced] = history.as_slice() else { panic!("{history:?}") };
    assert_eq!(
        (&limit.measurement, limit.band),
        (&Measurement::Limit { mag: 19.5 }, Some(Band::R))
    );
    assert_eq!(detection.band, Some(Band::G));
    assert_eq!(
        detection.measurement,
        Measurement::Detection {
            source_id: Some(CANDID - 1),
            mag: 19.0,
            mag_err: Some(0.5),
            flux: None,
            is_positive: Some(false),
            rb: Some(0.25),
        }
    );
    let flux = Flux { value: 100.0, err: Some(8.0), unit: FluxUnit::Dn };
    let by_flux = Measurement::Forced { flux, zero_point: Some(26.0), status: None };
    assert_eq!(forced.measurement, by_flux);
}

#[test]
fn the_order_of_unions_and_the_types_of_numbers_do_not_matter() {
    let expected = content(decode(&packet()).unwrap());
    let spellings = [
        Spelling { null_first: false, ..ZTF },
        Spelling { int: "long", float: "double", ..ZTF },
        Spelling { all_optional: true, ..ZTF },
        Spelling { all_optional: true, null_first: false, int: "long", ..ZTF },
        Spelling { float: "double", null_first: false, ..ZTF },
    ];
    for spelling in spellings {
        let alert = decoded(&spelling.schema(), &alert(CANDID));
        assert_eq!(content(alert), expected, "{spelling:?}");
    }
}

#[test]
fn whole_numbers_may_stand_where_floats_are_expected() {
    let (mut schema, mut content) = (ZTF.schema(), alert(CANDID));
    set(&mut schema, "ra", &json!(["null", "int"]));
    set(&mut schema, "magpsf", &json!(["null", "long"]));
    set(&mut schema, "fid", &json!("double"));
    content["candidate"]["ra"] = json!(150);
    content["candidate"]["magpsf"] = json!(18);
    for entry in content["prv_candidates"].as_array_mut().unwrap() {
        entry["ra"] = json!(null);
        entry["magpsf"] = json!(null);
    }
    let alert = decoded(&schema, &content);
    assert_eq!((alert.ra, alert.mag, alert.band), (150.0, Some(18.0), Some(Band::R)));
}

#[test]
fn a_re_encoding_may_rename_its_records_and_reorder_and_add_fields() {
    let (mut schema, mut content) = (ZTF.schema(), alert(CANDID));
    schema["name"] = json!("topLevelRecord");
    schema["namespace"] = json!("ztf");
    let fields = schema["fields"].as_array_mut().unwrap();
    fields.swap(2, 4);
    fields.insert(0, json!({"name": "extra", "type": {"type": "map", "values": ["null", "long"]}}));
    content["extra"] = json!({"one": 1, "none": null});
    assert_eq!(decoded(&schema, &content).object_id, "ZTF26aaaaaaa");
}

#[test]
fn the_sign_is_read_as_text_integer_and_boolean() {
    for (kind, spelled, is_positive) in [
        ("string", json!("f"), Some(false)),
        ("string", json!("1"), Some(true)),
        ("int", json!(0), Some(false)),
        ("long", json!(1), Some(true)),
        ("boolean", json!(true), Some(true)),
        ("string", json!("?"), None),
    ] {
        let (mut schema, mut content) = (ZTF.schema(), alert(CANDID));
        set(&mut schema, "isdiffpos", &json!(["null", kind]));
        content["prv_candidates"] = json!(null);
        content["candidate"]["isdiffpos"] = spelled;
        assert_eq!(decoded(&schema, &content).is_positive, is_positive, "{kind}");
    }
}

#[test]
fn a_packet_without_version_history_or_scores_is_an_alert_all_the_same() {
    let (mut schema, mut content) = (ZTF.schema(), alert(CANDID));
    let missing = ["schemavsn", "prv_candidates", "fp_hists"];
    let fields = schema["fields"].as_array_mut().unwrap();
    fields.retain(|field| !missing.contains(&field["name"].as_str().unwrap()));
    for name in ["classtar", "rb", "drb"] {
        content["candidate"][name] = json!(null);
    }
    content.as_object_mut().unwrap().retain(|name, _| !missing.contains(&name.as_str()));
    let alert = decoded(&schema, &content);
    assert_eq!((alert.packet.schema_version.as_str(), alert.history.len()), ("", 0));
    assert_eq!((alert.classtar, alert.rb, alert.drb), (None, None, None));
}

#[test]
fn an_impossible_position_time_or_name_is_named() {
    for (path, value, field) in [
        ("/candidate/ra", json!(360.5), "ra"),
        ("/candidate/ra", json!(-0.5), "ra"),
        ("/candidate/dec", json!(90.5), "dec"),
        ("/candidate/jd", json!(-999.0), "jd"),
        ("/objectId", json!(""), "objectId"),
        ("/objectId", json!("ZTF\u{0}"), "objectId"),
        ("/schemavsn", json!("x".repeat(65)), "schemavsn"),
    ] {
        let mut content = alert(CANDID);
        *content.pointer_mut(path).unwrap() = value.clone();
        let error = failed(&ZTF.schema(), &content);
        assert!(matches!(error, PacketError::Invalid { field: f, .. } if f == field), "{error}");
    }
}

#[test]
fn a_right_ascension_that_rounding_took_across_a_full_turn_is_read() {
    for (ra, read) in [(360.0, 0.0), (360.000_000_5, 5e-7), (-1e-12, 360.0 - 1e-12)] {
        let mut content = alert(CANDID);
        content["candidate"]["ra"] = json!(ra);
        let alert = decoded(&ZTF.schema(), &content);
        assert!((alert.ra - read).abs() < 1e-12 && alert.ra < 360.0, "{ra}: {}", alert.ra);
    }
}

#[test]
fn impossible_upper_limits_are_left_out_of_the_history_and_counted() {
    for (limits, n_kept, n_counted) in [
        (vec![20.5, 19.75], 2, 0),
        (vec![0.0, -1.98, 57.75, 98.875, 20.5], 1, 4),
        (vec![-999.0, 20.5], 1, 0),
        (vec![9.5, 25.5], 0, 2),
    ] {
        let mut content = alert(CANDID);
        let earlier = content["prv_candidates"][1].clone();
        let earlier = limits.iter().map(|limit| {
            let mut earlier = earlier.clone();
            earlier["diffmaglim"] = json!(limit);
            earlier
        });
        content["prv_candidates"] = earlier.collect();
        content["fp_hists"] = json!(null);
        let alert = decoded(&ZTF.schema(), &content);
        assert_eq!(
            (alert.history.len(), alert.n_impossible_limits),
            (n_kept, n_counted),
            "{limits:?}"
        );
    }
}

#[test]
fn an_id_that_lost_its_last_digits_is_refused() {
    let (mut schema, content) = (ZTF.schema(), alert(CANDID));
    set(&mut schema, "candid", &json!(["null", "double"]));
    let error = failed(&schema, &content);
    assert!(matches!(error, PacketError::Invalid { field: "candid", .. }), "{error}");
}

#[test]
fn every_codec_gives_the_same_alert_and_the_same_json() {
    let plain = decode(&packet()).unwrap();
    let json = to_json(&plain.packet).unwrap();
    for codec in [Codec::Deflate(DeflateSettings::default()), Codec::Snappy] {
        let bytes = container(&ZTF.schema(), &[alert(CANDID)], codec, 1);
        let alert = decode(&bytes).unwrap();
        assert_eq!(to_json(&alert.packet).unwrap(), json);
        assert_eq!(content(alert), content(plain.clone()), "{codec:?}");
    }
}

#[test]
fn a_file_of_several_records_is_split_into_packets_that_stand_alone() {
    let alerts: Vec<Value> = (1..=7).map(alert).collect();
    for codec in [Codec::Null, Codec::Deflate(DeflateSettings::default()), Codec::Snappy] {
        for per_block in [1, 3, 7] {
            let file = container(&ZTF.schema(), &alerts, codec, per_block);
            assert_eq!(decode(&file).unwrap_err(), PacketError::ManyRecords { n: 7 });
            let packets: Vec<Bytes> = split_container(file).collect::<Result<_, _>>().unwrap();
            let ids = packets.iter().map(|packet| decode(packet).unwrap().source_id);
            assert_eq!(ids.collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7], "{codec:?} {per_block}");
            let other = apache_avro::Reader::new(&packets[6][..]).unwrap();
            assert_eq!(other.map(Result::unwrap).count(), 1);
        }
    }
}

#[test]
fn a_file_of_one_record_or_none_is_yielded_as_it_is() {
    let one = packet();
    let none = container(&ZTF.schema(), &[], Codec::Null, 1);
    for file in [one, none.clone(), Bytes::from_static(b"{}"), Bytes::new()] {
        let packets: Vec<_> = split_container(file.clone()).collect();
        assert_eq!(packets, [Ok(file)]);
    }
    assert_eq!(decode(&none).unwrap_err(), PacketError::NoRecord);
}

#[test]
fn a_damaged_file_yields_the_packets_before_the_damage_then_one_error() {
    let alerts: Vec<Value> = (1..=4).map(alert).collect();
    let file = container(&ZTF.schema(), &alerts, Codec::Null, 2);
    let cut = file.slice(..file.len() - 20);
    let mut packets = split_container(cut);
    assert!(packets.by_ref().take(2).all(|packet| decode(&packet.unwrap()).is_ok()));
    assert_eq!(packets.next(), Some(Err(PacketError::Truncated)));
    assert_eq!(packets.next(), None);
}

#[test]
fn other_formats_are_named_and_nonsense_is_no_packet() {
    for (bytes, what) in
        [(&b" {\"objectId\": 1}"[..], "JSON"), (b"\xc3\x01 single", "single-object")]
    {
        let error = decode(&Bytes::copy_from_slice(bytes)).unwrap_err();
        assert!(
            matches!(&error, PacketError::Unsupported { what: w } if w.contains(what)),
            "{error}"
        );
    }
    let decoded = |bytes: &'static [u8]| decode(&Bytes::from_static(bytes)).unwrap_err();
    assert_eq!(decoded(&[0, 0, 0, 0, 100, 2]), PacketError::UnknownSchema { id: 100 });
    assert!(matches!(decoded(b"\x1f\x8b\x08\x00"), PacketError::Codec { .. }));
    for nonsense in [&b""[..], b"Obj", b"SIMPLE  =", &[0]] {
        assert_eq!(decode(&Bytes::copy_from_slice(nonsense)).unwrap_err(), PacketError::NotAPacket);
    }
    let lsst = json!({"type": "record", "name": "alert", "namespace": "lsst.v10_0", "fields": []});
    let error = decode(&container(&lsst, &[json!({})], Codec::Null, 1)).unwrap_err();
    assert!(
        matches!(&error, PacketError::Unsupported { what } if what.contains("LSST")),
        "{error}"
    );
}

#[test]
fn json_keeps_the_order_of_the_schema_and_every_digit_of_ids() {
    let mut content = alert(CANDID);
    content["candidate"]["pid"] = json!(9_007_199_254_740_993_i64);
    content["prv_candidates"][0]["candid"] = json!(17);
    let json = to_json(&decoded(&ZTF.schema(), &content).packet).unwrap();
    let names: Vec<_> = json.as_object().unwrap().keys().take(5).collect();
    assert_eq!(names, ["schemavsn", "publisher", "objectId", "candid", "candidate"]);
    assert_eq!(json["candid"], CANDID.to_string());
    assert_eq!(json["candidate"]["pid"], "9007199254740993");
    assert_eq!(json["prv_candidates"][0]["candid"], "17");
    assert_eq!(json["prv_candidates"][0]["pid"], 3);
    assert_eq!(json["candidate"]["ypos"], Value::Null);
    assert_eq!(json["cutoutScience"]["stampData"], json!({"bytes": 200}));
}

#[test]
fn json_has_numbers_of_single_precision_as_short_as_they_are_exact() {
    let mut content = alert(CANDID);
    content["candidate"]["magpsf"] = json!(18.785_053);
    content["candidate"]["drb"] = json!(0.1);
    content["candidate"]["ra"] = json!(150.100_000_381_469_73);
    content["prv_candidates"][0]["sigmapsf"] = json!(0.004_2);
    let alert = decoded(&ZTF.schema(), &content);
    assert_eq!(alert.mag, Some(f64::from(18.785_053_f32)));
    let written = container_to_json(&alert.packet.bytes).unwrap();
    for json in [to_json(&alert.packet).unwrap(), serde_json::from_str(&written).unwrap()] {
        for (place, digits) in [
            ("/candidate/magpsf", "18.785053"),
            ("/candidate/drb", "0.1"),
            ("/prv_candidates/0/sigmapsf", "0.0042"),
            // Of double precision it is all that there is.
            ("/candidate/ra", "150.10000038146973"),
        ] {
            assert_eq!(json.pointer(place).unwrap().to_string(), digits, "{place}");
        }
    }
}

#[test]
fn fields_come_in_groups_with_units_and_name_sentinels() {
    let groups = fields(&decode(&packet()).unwrap().packet).unwrap();
    let field = |name: &str| {
        let mut all = groups.iter().flat_map(|group| &group.fields);
        all.find(|field| field.name == name).unwrap()
    };
    assert_eq!((field("jd").unit, field("jd").value.as_str()), ("days", "2461000.5"));
    assert_eq!(field("ssdistnr").value, "absent (-999)");
    assert_eq!(field("ssnamenr").value, "absent (null)");
    assert_eq!(field("ypos").value, "absent");
    assert_eq!(field("prv_candidates").value, "3 entries");
    assert_eq!(field("cutoutScience").value, "200 bytes");
    assert_eq!(field("candid").value, CANDID.to_string());
}

/// A schema that no plan is written for, with what ours does without: times, maps, enums, bytes of a fixed number.
fn other_survey() -> Value {
    let time = |kind: &str| json!({"type": "long", "logicalType": kind});
    let source = json!({"type": "record", "name": "diaSource", "fields": [
        {"name": "diaSourceId", "type": "long"}, {"name": "psfFlux", "type": ["null", "float"], "default": null},
        {"name": "band", "type": {"type": "enum", "name": "band", "symbols": ["g", "r"]}}]});
    json!({"type": "record", "name": "alert", "namespace": "lsst.v11_1", "doc": "an alert", "fields": [
        {"name": "sent", "type": time("timestamp-millis")},
        {"name": "taken", "type": time("timestamp-micros"), "doc": "UTC"},
        {"name": "never", "type": ["null", time("timestamp-millis")]},
        {"name": "night", "type": {"type": "int", "logicalType": "date"}},
        {"name": "diaSource", "type": source},
        {"name": "earlier", "type": {"type": "array", "items": "diaSource"}},
        {"name": "versions", "type": {"type": "map", "values": "int"}},
        {"name": "digest", "type": {"type": "fixed", "name": "md5", "size": 16}},
        {"name": "cost", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4}},
        {"name": "cutoutScience", "type": ["null", "bytes"]},
    ]})
}

fn of_other_survey() -> Bytes {
    use apache_avro::{Decimal, Schema, Writer, types::Value as Avro};
    let record = |fields: Vec<(&str, Avro)>| {
        Avro::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let source = |id: i64, flux: Option<f32>| {
        let band = Avro::Enum(1, "r".to_owned());
        record(vec![("diaSourceId", id.into()), ("psfFlux", flux.into()), ("band", band)])
    };
    let versions = [("stack".to_owned(), Avro::Int(28)), ("alerts".to_owned(), Avro::Int(11))];
    let schema = Schema::parse(other_survey()).unwrap();
    let mut writer = Writer::new(&schema, Vec::new()).unwrap();
    let alert = record(vec![
        ("sent", Avro::TimestampMillis(1_789_171_200_500)),
        ("taken", Avro::TimestampMicros(-1)),
        ("never", Avro::Union(1, Box::new(Avro::TimestampMillis(i64::MAX)))),
        ("night", Avro::Date(20_708)),
        ("diaSource", source(170_028_485_835_751_490, Some(f32::NAN))),
        ("earlier", Avro::Array(vec![source(1, Some(18.785_053)), source(2, None)])),
        ("versions", Avro::Map(versions.into())),
        ("digest", Avro::Fixed(16, vec![7; 16])),
        ("cost", Avro::Decimal(Decimal::new([1, 2]).unwrap())),
        ("cutoutScience", Some(vec![7_u8; 300]).into()),
    ]);
    writer.append_value(alert).unwrap();
    writer.into_inner().unwrap().into()
}

#[test]
fn a_packet_of_another_survey_is_no_alert_and_can_be_had_as_json() {
    let packet = of_other_survey();
    assert!(matches!(decode(&packet), Err(PacketError::Unsupported { .. })));
    let expected = json!({
        "sent": "2026-09-12T00:00:00.500Z", "taken": "1969-12-31T23:59:59.999999Z", "never": i64::MAX.to_string(),
        "night": "2026-09-12",
        "diaSource": {"diaSourceId": "170028485835751490", "psfFlux": null, "band": "r"},
        "earlier": [{"diaSourceId": 1, "psfFlux": 18.785_053, "band": "r"}, {"diaSourceId": 2, "psfFlux": null, "band": "r"}],
        "versions": {"alerts": 11, "stack": 28}, "digest": {"bytes": 16}, "cost": {"bytes": 2},
        "cutoutScience": {"bytes": 300}
    });
    // In the order of the schema as well.
    assert_eq!(container_to_json(&packet).unwrap(), expected.to_string());
    let cut = packet.slice(..packet.len() - 20);
    assert_eq!(container_to_json(&cut), Err(PacketError::Truncated));
}
