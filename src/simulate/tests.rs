//! What a simulated night promises.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    io::Read,
};

use apache_avro::{Reader, types::Value};
use flate2::read::GzDecoder;

use super::{Night, SimulatedPacket, SourceKind, default_night, write_folder, write_tar_gz};

fn small_night() -> Night {
    Night { n_packets: 150, ..default_night() }
}

/// The record of a packet, read back.
fn record(packet: &SimulatedPacket) -> BTreeMap<String, Value> {
    let mut records = Reader::new(packet.bytes.as_slice()).unwrap();
    let Value::Record(fields) = records.next().unwrap().unwrap() else {
        panic!("a packet is a record")
    };
    assert!(records.next().is_none());
    fields.into_iter().collect()
}

fn field<'v>(record: &'v Value, name: &str) -> &'v Value {
    let Value::Record(fields) = plain(record) else { panic!("{name} of no record") };
    plain(&fields.iter().find(|(field, _)| field == name).unwrap().1)
}

fn plain(value: &Value) -> &Value {
    if let Value::Union(_, inner) = value { inner } else { value }
}

fn double(record: &Value, name: &str) -> f64 {
    match field(record, name) {
        Value::Double(value) => *value,
        Value::Float(value) => f64::from(*value),
        other => panic!("{name} is {other:?}"),
    }
}

fn items<'v>(packet: &'v BTreeMap<String, Value>, name: &str) -> &'v [Value] {
    let Value::Array(items) = plain(&packet[name]) else { panic!("{name} is no array") };
    items
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    let night = Night { n_packets: 20, ..default_night() };
    let other = Night { seed: night.seed + 1, ..night.clone() };
    let packets: Vec<_> = night.packets().collect();
    assert_eq!(packets, night.packets().collect::<Vec<_>>());
    assert_ne!(packets, other.packets().collect::<Vec<_>>());
}

#[test]
fn a_night_has_as_many_packets_as_it_says_and_no_candid_twice() {
    let packets: Vec<_> = small_night().packets().collect();
    let candids: HashSet<i64> = packets.iter().map(|packet| packet.candid).collect();
    assert_eq!((packets.len(), candids.len()), (150, 150));
    assert!(candids.iter().all(|candid| (1 << 53) < *candid && candid.to_string().len() == 19));
}

#[test]
fn an_object_id_is_ztf_two_digits_and_seven_letters() {
    for packet in small_night().packets() {
        let (survey, rest) = packet.object_id.split_at(3);
        let (year, letters) = rest.split_at(2);
        assert_eq!(survey, "ZTF");
        assert!(year.bytes().all(|byte| byte.is_ascii_digit()), "{}", packet.object_id);
        assert!(
            letters.len() == 7 && letters.bytes().all(|byte| byte.is_ascii_lowercase()),
            "{}",
            packet.object_id
        );
    }
}

#[test]
fn every_kind_of_source_occurs() {
    let kinds: BTreeSet<SourceKind> = small_night().packets().map(|packet| packet.kind).collect();
    assert_eq!(kinds, BTreeSet::from(SourceKind::ALL));
}

#[test]
fn some_objects_alert_twice_with_the_first_alert_in_the_history_of_the_second() {
    let packets: Vec<_> = small_night().packets().collect();
    let pairs = packets.windows(2).filter(|pair| pair[0].object_id == pair[1].object_id);
    let mut n_pairs = 0;
    for pair in pairs {
        let later = record(&pair[1]);
        let candids = items(&later, "prv_candidates").iter().map(|visit| field(visit, "candid"));
        assert!(candids.into_iter().any(|candid| *candid == Value::Long(pair[0].candid)));
        n_pairs += 1;
    }
    assert!(n_pairs > 5);
}

#[test]
fn a_packet_has_the_size_of_a_real_one() {
    for packet in small_night().packets() {
        assert!((30_000..95_000).contains(&packet.bytes.len()), "{} bytes", packet.bytes.len());
    }
}

#[test]
fn the_record_agrees_with_what_the_packet_says_of_itself() {
    for packet in small_night().packets() {
        let alert = record(&packet);
        let candidate = &alert["candidate"];
        assert_eq!(alert["objectId"], Value::String(packet.object_id.clone()));
        assert_eq!(*field(candidate, "candid"), Value::Long(packet.candid));
        assert!((double(candidate, "jd") - packet.jd).abs() < f64::EPSILON);
        assert!((double(candidate, "magpsf") - packet.magpsf).abs() < 1e-4);
        assert_eq!(double(candidate, "drb") < 0.3, packet.kind == SourceKind::Bogus);
        assert_eq!(double(candidate, "ssdistnr") >= 0.0, packet.kind == SourceKind::Asteroid);
    }
}

#[test]
fn history_lies_within_the_thirty_days_before_the_alert() {
    for packet in small_night().packets() {
        let alert = record(&packet);
        for name in ["prv_candidates", "fp_hists"] {
            for visit in items(&alert, name) {
                let age = packet.jd - double(visit, "jd");
                assert!(age > 0.0 && age < 30.0, "{name} {age} days before {}", packet.candid);
            }
        }
    }
}

#[test]
fn stamps_gunzip_to_one_fits_image_of_63_pixels_or_less_at_an_edge() {
    let mut n_whole = 0;
    for packet in small_night().packets() {
        let alert = record(&packet);
        for name in ["cutoutScience", "cutoutTemplate", "cutoutDifference"] {
            let Value::Bytes(gzipped) = field(&alert[name], "stampData") else { panic!("{name}") };
            let mut fits = Vec::new();
            GzDecoder::new(gzipped.as_slice()).read_to_end(&mut fits).unwrap();
            assert!(fits.starts_with(b"SIMPLE  =  T ") && fits.len().is_multiple_of(2880));
            let card = |nth: usize| {
                String::from_utf8_lossy(&fits[nth * 80 + 10..nth * 80 + 30]).trim().to_owned()
            };
            let (columns, rows): (usize, usize) =
                (card(3).parse().unwrap(), card(4).parse().unwrap());
            assert!(
                (20..=63).contains(&columns) && (20..=63).contains(&rows),
                "{columns} x {rows}"
            );
            n_whole += usize::from(columns == 63 && rows == 63);
        }
    }
    assert!(n_whole > 400);
}

#[test]
fn an_archive_holds_what_a_folder_holds() {
    let night = Night { n_packets: 7, ..default_night() };
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join(night.archive_name());
    assert_eq!(night.archive_name(), "ztf_public_20260912.tar.gz");
    assert_eq!(write_tar_gz(&night, &archive).unwrap(), 7);
    assert_eq!(write_folder(&night, &folder.path().join("night")).unwrap(), 7);
    let mut members = tar::Archive::new(GzDecoder::new(std::fs::File::open(&archive).unwrap()));
    for member in members.entries().unwrap() {
        let mut member = member.unwrap();
        let file = folder.path().join("night").join(member.path().unwrap());
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, std::fs::read(file).unwrap());
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error_with_its_path() {
    let missing = std::path::Path::new("/nowhere/at-all/night.tar.gz");
    let error = write_tar_gz(&small_night(), missing).unwrap_err();
    assert!(error.to_string().contains("/nowhere/at-all/night.tar.gz"));
}

#[test]
fn a_night_beyond_the_calendar_ends_instead_of_running_for_ever() {
    let never = Night { midnight_jd: f64::NAN, ..small_night() };
    assert_eq!(never.packets().count(), 0);
}
