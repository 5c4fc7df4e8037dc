//! Containers as other writers leave them: blocks of no records, and bytes behind the end of a deflate stream.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod packet_forge;

use apache_avro::{Codec, DeflateSettings};
use bytes::Bytes;
use packet_forge::{ZTF, alert, container, packet};
use serde_json::Value;
use tom_alerts::packets::{PacketError, container_to_json, decode, split_container};

/// How many records a block says it has, and their bytes as compressed.
type Block = (i64, Vec<u8>);

/// A container in its parts.
struct Parts {
    header: Vec<u8>,
    sync: Vec<u8>,
    blocks: Vec<Block>,
}

impl Parts {
    /// Of a container with these alerts, `per_block` of them in each block.
    fn of(n_alerts: i64, codec: Codec, per_block: usize) -> Self {
        let alerts: Vec<Value> = (1..=n_alerts).map(alert).collect();
        Self::of_file(&container(&ZTF.schema(), &alerts, codec, per_block))
    }

    fn of_file(file: &[u8]) -> Self {
        let sync = file[file.len() - 16..].to_vec();
        let end = file.windows(16).position(|window| window == sync).unwrap() + 16;
        let (header, mut rest) = file.split_at(end);
        let mut blocks = Vec::new();
        while !rest.is_empty() {
            let (records, length) = (long(&mut rest), long(&mut rest));
            let (data, behind) = rest.split_at(usize::try_from(length).unwrap());
            blocks.push((records, data.to_vec()));
            rest = behind.strip_prefix(sync.as_slice()).unwrap();
        }
        Self { header: header.to_vec(), sync, blocks }
    }

    fn file(&self) -> Bytes {
        let mut file = self.header.clone();
        for (records, data) in &self.blocks {
            put_long(&mut file, *records);
            put_long(&mut file, i64::try_from(data.len()).unwrap());
            file.extend(data);
            file.extend(&self.sync);
        }
        file.into()
    }
}

/// A zig-zag integer of variable length.
fn long(bytes: &mut &[u8]) -> i64 {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        shift += 7;
        if first & 0x80 == 0 {
            return (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
        }
    }
}

fn put_long(to: &mut Vec<u8>, value: i64) {
    let mut left = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while left >= 0x80 {
        to.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    to.push(u8::try_from(left).unwrap());
}

fn codecs() -> [Codec; 3] {
    [Codec::Null, Codec::Deflate(DeflateSettings::default()), Codec::Snappy]
}

/// The ids of the alerts in a file.
fn ids(file: Bytes) -> Vec<i64> {
    split_container(file).map(|packet| decode(&packet.unwrap()).unwrap().source_id).collect()
}

#[test]
fn a_block_of_no_records_is_skipped_wherever_it_stands() {
    for codec in codecs() {
        for (n_alerts, n_blocks) in [(1, 1), (3, 3)] {
            for place in 0..=n_blocks {
                for (data, n_times) in [(&b""[..], 1), (b"", 3), (b"no record", 1), (&[0; 40], 2)] {
                    let mut parts = Parts::of(n_alerts, codec, 1);
                    assert_eq!(parts.blocks.len(), n_blocks, "the parts are those of the file");
                    let empty = std::iter::repeat_n((0, data.to_vec()), n_times);
                    parts.blocks.splice(place..place, empty);
                    let file = parts.file();
                    let what = format!("{codec:?}, {} bytes at {place}", data.len());
                    assert_eq!(ids(file.clone()), (1..=n_alerts).collect::<Vec<_>>(), "{what}");
                    if n_alerts == 1 {
                        assert_eq!(decode(&file).unwrap().packet.bytes, file, "{what}");
                        assert!(container_to_json(&file).is_ok(), "{what}");
                    } else {
                        let many = PacketError::ManyRecords { n: 3 };
                        assert_eq!(decode(&file).unwrap_err(), many, "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn files_that_were_joined_are_read_one_after_the_other() {
    for codec in codecs() {
        for counts in [&[1, 1][..], &[1, 3], &[3, 1], &[3, 2, 1]] {
            let files = counts.iter().map(|n| Parts::of(*n, codec, 2).file());
            let joined: Vec<u8> = files.flat_map(|file| file.to_vec()).collect();
            let expected: Vec<i64> = counts.iter().flat_map(|n| 1..=*n).collect();
            assert_eq!(ids(joined.clone().into()), expected, "{codec:?} {counts:?}");
            assert!(decode(&joined.into()).is_err(), "a message is one packet");
        }
    }
}

#[test]
fn what_is_cut_in_its_second_packet_yields_the_first_and_one_error() {
    for codec in codecs() {
        let (one, two) = (Parts::of(1, codec, 1).file(), Parts::of(2, codec, 1).file());
        for end in [one.len() + 1, one.len() + 30, two.len() - 1] {
            let packets: Vec<_> = split_container(two.slice(..end)).collect();
            assert_eq!(packets.len(), 2, "{codec:?} {end}");
            assert_eq!(decode(packets[0].as_ref().unwrap()).unwrap().source_id, 1);
            assert!(packets[1].is_err(), "{codec:?} {end}");
        }
    }
}

#[test]
fn a_file_of_nothing_but_empty_blocks_has_no_record() {
    let mut parts = Parts::of(1, Codec::Null, 1);
    parts.blocks = vec![(0, Vec::new()), (0, b"bytes".to_vec())];
    assert_eq!(decode(&parts.file()).unwrap_err(), PacketError::NoRecord);
}

#[test]
fn an_empty_block_is_held_to_its_marker_as_others_are() {
    let mut parts = Parts::of(1, Codec::Null, 1);
    parts.blocks.push((0, Vec::new()));
    let mut file = parts.file().to_vec();
    *file.last_mut().unwrap() ^= 1;
    assert!(decode(&file.into()).is_err());
}

#[test]
fn bytes_behind_a_deflate_stream_within_its_block_are_ignored() {
    let deflate = Codec::Deflate(DeflateSettings::default());
    for (n_alerts, per_block) in [(1, 1), (5, 1), (5, 2)] {
        for behind in [&[0x0b][..], &[0x9e, 0x3b, 0x0b], &[0; 4], &[0xff; 300]] {
            let mut parts = Parts::of(n_alerts, deflate, per_block);
            for (_, data) in &mut parts.blocks {
                data.extend(behind);
            }
            let expected = (1..=n_alerts).collect::<Vec<_>>();
            assert_eq!(ids(parts.file()), expected, "{} bytes behind", behind.len());
        }
    }
}

#[test]
fn bytes_behind_a_record_in_a_block_without_codec_are_refused() {
    let mut parts = Parts::of_file(&packet());
    parts.blocks[0].1.push(0);
    let error = decode(&parts.file()).unwrap_err();
    assert_eq!(error, PacketError::TrailingBytes { bytes: 1, after: "record" });
}
