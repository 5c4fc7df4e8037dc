//! What a simulated night of LSST promises.

use std::collections::{BTreeSet, HashSet};

use super::super::SourceKind;
use super::{Format, LsstNight};
use crate::packets;

fn night(n_packets: usize) -> LsstNight {
    LsstNight::on(chrono::NaiveDate::from_ymd_opt(2026, 9, 12).unwrap(), 7, n_packets)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    let bytes = |night: &LsstNight| -> Vec<_> {
        night.packets().map(|packet| packet.bytes(Format::Container)).collect()
    };
    let other = LsstNight { seed: 8, ..night(6) };
    assert!(bytes(&night(6)) == bytes(&night(6)));
    assert!(bytes(&night(6)) != bytes(&other));
}

#[test]
fn a_night_has_every_kind_and_no_detection_twice() {
    let packets: Vec<_> = night(200).packets().collect();
    assert_eq!(packets.len(), 200);
    assert_eq!(packets.iter().map(|it| it.dia_source_id).collect::<HashSet<_>>().len(), 200);
    let kinds: BTreeSet<_> = packets.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, SourceKind::ALL.into());
    assert!(packets.iter().any(|it| it.n_previous > 10));
    for packet in &packets {
        assert_eq!(packet.ss_object_id.is_some(), packet.kind == SourceKind::Asteroid);
        assert_ne!(packet.ss_object_id.is_some(), packet.dia_object_id.is_some());
    }
}

#[test]
fn attributes_are_those_that_the_broker_sets() {
    for packet in night(40).packets() {
        let attributes = packet.attributes(3);
        let cell = |name: &str| attributes[name].parse::<u64>().unwrap();
        assert_eq!(cell("healpix29") >> 40, cell("healpix9"));
        assert_eq!(attributes["schema_version"], "v11_1");
        assert_eq!(attributes["diaSource_diaSourceId"], packet.dia_source_id.to_string());
        let is_body = attributes.contains_key("ssSource_ssObjectId");
        assert_eq!(is_body, packet.kind == SourceKind::Asteroid);
    }
}

#[test]
fn the_last_night_is_over() {
    let at = |text: &str| LsstNight::last(text.parse().unwrap()).to_string();
    assert_eq!(at("2026-12-01T14:00:00Z"), "2026-12-01");
    assert_eq!(at("2026-12-01T05:00:00Z"), "2026-11-30");
}

#[test]
fn every_format_is_read_as_the_same_alert() {
    for packet in night(30).packets() {
        let decode = |format| packets::decode(&packet.bytes(format).into()).unwrap();
        let wire = decode(Format::Wire);
        assert!((wire.ra - packet.ra).abs() < 1e-9);
        for format in [Format::Container, Format::Json, Format::Lite] {
            let alert = decode(format);
            assert_eq!(alert.source_id, wire.source_id);
            assert_eq!(alert.object_id, wire.object_id);
        }
    }
}
