//! Damaged packets: cut, lengthened or changed, each is refused or read the same by every reader.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "packets come from outside")]

mod packet_forge;

use bytes::Bytes;
use packet_forge::packet;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tom_alerts::domain::alert::{Packet, PacketFormat};
use tom_alerts::packets::{decode, fields, install_limits, split_container, to_json};

/// Damaged copies that a fuzzing test reads.
const FUZZED: usize = 20_000;

fn as_packet(bytes: &Bytes) -> Packet {
    let schema_version = String::new();
    Packet {
        format: PacketFormat::AvroContainer,
        schema_version,
        bytes: bytes.clone(),
        n_head_bytes: 0,
    }
}

#[test]
fn a_packet_cut_anywhere_is_refused() {
    let whole = packet();
    for end in 0..whole.len() {
        let cut = whole.slice(..end);
        assert!(decode(&cut).is_err(), "{end} of {}", whole.len());
        assert!(to_json(&as_packet(&cut)).is_err(), "{end} of {}", whole.len());
    }
}

#[test]
fn bytes_after_the_packet_are_refused() {
    let whole = packet();
    let mut chance = ChaCha8Rng::seed_from_u64(8);
    for count in 1..=64 {
        for filling in [0, 2, 0xff, chance.random()] {
            let longer = Bytes::from([&whole[..], &vec![filling; count]].concat());
            assert!(decode(&longer).is_err(), "{count} bytes {filling}");
            assert!(to_json(&as_packet(&longer)).is_err(), "{count} bytes {filling}");
            let packets: Vec<_> = split_container(longer).collect();
            let (last, before) = packets.split_last().unwrap();
            let is_refused = last.as_ref().map_or(true, |packet| decode(packet).is_err());
            assert!(is_refused && before.len() < 2, "{count} bytes {filling}: {packets:?}");
            for whole_before in before.iter().flatten() {
                let read = decode(whole_before).unwrap();
                assert_eq!(read.source_id, decode(&whole).unwrap().source_id, "{count} {filling}");
            }
        }
    }
}

/// A copy with some bytes changed, put in, cut out or doubled.
fn damaged(whole: &[u8], chance: &mut ChaCha8Rng) -> Bytes {
    let mut bytes = whole.to_vec();
    for _ in 0..chance.random_range(1..=6) {
        if bytes.is_empty() {
            break;
        }
        let place = chance.random_range(0..bytes.len());
        match chance.random_range(0..8) {
            0 => bytes.insert(place, chance.random()),
            1 => _ = bytes.remove(place),
            2 => bytes[place] = 0xff,
            3 => {
                bytes.splice(place..place, [0xff; 9]);
            }
            4 => bytes.truncate(place.max(1)),
            _ => bytes[place] ^= 1 << chance.random_range(0..8),
        }
    }
    bytes.into()
}

/// Reads a damaged copy every way. What one way accepts, the others accept too, and where the header is whole
/// an independent decoder does.
fn read_every_way(bytes: &Bytes, whole: &[u8]) -> bool {
    let packets: Vec<_> = split_container(bytes.clone()).take(1000).collect();
    assert!(packets.len() < 1000);
    let json = to_json(&as_packet(bytes));
    let Ok(alert) = decode(bytes) else { return false };
    assert!(fields(&alert.packet).is_ok());
    if alert.packet.format != PacketFormat::AvroContainer {
        return to_json(&alert.packet).is_ok();
    }
    assert_eq!(json.unwrap()["objectId"], alert.object_id);
    let sync = &whole[whole.len() - 16..];
    let header = whole.windows(sync.len()).position(|window| window == sync).unwrap_or_default();
    if bytes.starts_with(&whole[..header]) {
        let records = apache_avro::Reader::new(&bytes[..]).unwrap();
        assert_eq!(records.map(Result::unwrap).count(), 1);
    }
    true
}

#[test]
fn damaged_packets_are_read_the_same_every_way_and_never_panic() {
    assert!(install_limits());
    let mut chance = ChaCha8Rng::seed_from_u64(26);
    let codecs = [
        apache_avro::Codec::Null,
        apache_avro::Codec::Snappy,
        apache_avro::Codec::Deflate(apache_avro::DeflateSettings::default()),
    ];
    let schema = packet_forge::ZTF.schema();
    let packets =
        codecs.map(|codec| packet_forge::container(&schema, &[packet_forge::alert(7)], codec, 1));
    let accepted = (0..FUZZED).filter(|round| {
        read_every_way(&damaged(&packets[round % 3], &mut chance), &packets[round % 3])
    });
    let accepted = accepted.count();
    assert!(accepted > 0 && accepted < FUZZED / 2, "{accepted} of {FUZZED}");
}

#[test]
fn damaged_real_packets_never_panic_and_cut_ones_are_refused() {
    let Some(folder) = std::env::var_os("TOM_ALERTS_PACKETS") else {
        println!("skipped: TOM_ALERTS_PACKETS is not set");
        return;
    };
    let mut chance = ChaCha8Rng::seed_from_u64(27);
    let folder = std::path::Path::new(&folder).join("pittgoogle-client");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let whole = Bytes::from(std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
        for _ in 0..200 {
            read_every_way(&damaged(&whole, &mut chance), &whole);
        }
        for end in (0..whole.len()).step_by(53) {
            assert!(decode(&whole.slice(..end)).is_err());
        }
    }
    assert!(files > 0);
}
