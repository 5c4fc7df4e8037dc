//! Hostile packets: each is an error, within bounds of memory, and none ends the process.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "figures of a child process")]

use std::io::Write;
use std::process::Command;

use bytes::Bytes;
use serde_json::{Value, json};
use tom_alerts::domain::alert::{Packet, PacketFormat};
use tom_alerts::packets::{
    PacketError, container_to_json, decode, fields, install_limits, split_container,
};

/// The sync marker of every container made by hand.
const SYNC: [u8; 16] = *b"0123456789abcdef";

/// An integer as Avro writes it.
fn long(value: i64) -> Vec<u8> {
    let mut left = ((value << 1) ^ (value >> 63)).cast_unsigned();
    let mut bytes = Vec::new();
    while left >= 0x80 {
        bytes.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    bytes.push(u8::try_from(left).unwrap());
    bytes
}

/// Bytes or a text as Avro writes them.
fn bytes(content: &[u8]) -> Vec<u8> {
    [long(i64::try_from(content.len()).unwrap()), content.to_vec()].concat()
}

/// A container made by hand: these header entries, and one block that says it holds `count` records.
fn by_hand(entries: &[(&str, &[u8])], count: i64, data: &[u8]) -> Bytes {
    let mut file = b"Obj\x01".to_vec();
    file.extend(long(i64::try_from(entries.len()).unwrap()));
    for (key, value) in entries {
        file.extend(bytes(key.as_bytes()));
        file.extend(bytes(value));
    }
    file.extend(long(0));
    file.extend(SYNC);
    file.extend(long(count));
    file.extend(bytes(data));
    file.extend(SYNC);
    file.into()
}

fn as_packet(bytes: &Bytes) -> Packet {
    let schema_version = String::new();
    Packet {
        format: PacketFormat::AvroContainer,
        schema_version,
        bytes: bytes.clone(),
        n_head_bytes: 0,
    }
}

/// One attack: its name and its file.
struct Attack {
    name: &'static str,
    file: Bytes,
}

/// An attack twice: with the hostile type as the whole schema, and inside something that passes for a ZTF alert.
fn attack(name: &'static str, hostile: &Value, count: i64, data: &[u8]) -> [Attack; 2] {
    let file = |schema: &Value, data: &[u8]| {
        let schema = schema.to_string();
        by_hand(&[("avro.schema", schema.as_bytes()), ("avro.codec", b"null")], count, data)
    };
    let candidate = json!({"type": "record", "name": "candidate", "fields": [
        {"name": "jd", "type": "int"}, {"name": "ra", "type": "int"}, {"name": "dec", "type": "int"}]});
    let dressed = json!({"type": "record", "name": "alert", "fields": [
        {"name": "objectId", "type": "string"}, {"name": "candid", "type": "long"},
        {"name": "candidate", "type": candidate}, {"name": "hostile", "type": hostile}]});
    let alert = [bytes(b"ZTF26aaaaaaa"), long(1), long(2_461_000), long(1), long(1)].concat();
    [
        Attack { name, file: file(hostile, data) },
        Attack { name, file: file(&dressed, &[&alert, data].concat()) },
    ]
}

fn record(name: &str, fields: &Value) -> Value {
    json!({"type": "record", "name": name, "fields": fields})
}

/// A list whose nodes hold the next one: a level of nesting for each byte.
fn deep(levels: usize) -> [Attack; 2] {
    let next = json!([{"name": "next", "type": ["null", "node"]}]);
    attack("deep", &record("node", &next), 1, &vec![2; levels])
}

/// A record that holds itself, for ever, without a byte.
fn endless() -> [Attack; 2] {
    attack("endless", &record("node", &json!([{"name": "next", "type": "node"}])), 1, &[])
}

/// `levels` records of `width` fields, each field the record before: `width` to the power of `levels` values, no byte.
fn names(levels: usize, width: usize) -> [Attack; 2] {
    let mut fields = vec![json!({"name": "none", "type": "null"})];
    for level in 0..levels {
        let inner = record(&format!("r{level}"), &json!(fields));
        fields = (0..width)
            .map(|field| {
                let kind = if field == 0 { inner.clone() } else { json!(format!("r{level}")) };
                json!({"name": format!("f{field}"), "type": kind})
            })
            .collect();
    }
    attack("names", &record("top", &json!(fields)), 1, &[])
}

fn array_of_nulls(count: i64) -> [Attack; 2] {
    let data = [long(count), long(0)].concat();
    attack("array", &json!({"type": "array", "items": "null"}), 1, &data)
}

fn fixed(size: u64) -> [Attack; 2] {
    attack("fixed", &json!({"type": "fixed", "name": "wide", "size": size}), 1, b"few")
}

fn level(codec: &'static str) -> Attack {
    let entries: [(&str, &[u8]); 3] = [
        ("avro.schema", b"\"null\""),
        ("avro.codec", codec.as_bytes()),
        ("avro.codec.compression_level", b""),
    ];
    Attack { name: "level", file: by_hand(&entries, 1, b"x") }
}

/// 500 MiB of zeros, deflated to about 500 kB.
fn bomb() -> Attack {
    let mut stream = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
    let zeros = vec![0; 1 << 20];
    for _ in 0..500 {
        stream.write_all(&zeros).unwrap();
    }
    let entries: [(&str, &[u8]); 2] = [("avro.schema", b"\"bytes\""), ("avro.codec", b"deflate")];
    Attack { name: "bomb", file: by_hand(&entries, 1, &stream.finish().unwrap()) }
}

/// A snappy block that says it unfolds into 4 GiB.
fn snappy_claim() -> Attack {
    let entries: [(&str, &[u8]); 2] = [("avro.schema", b"\"bytes\""), ("avro.codec", b"snappy")];
    Attack { name: "snappy", file: by_hand(&entries, 1, b"\xff\xff\xff\xff\x0f1234") }
}

fn attacks() -> Vec<Attack> {
    let mut attacks = vec![bomb(), snappy_claim()];
    attacks.extend(["zstandard", "bzip2", "xz"].map(level));
    for group in [
        deep(1_000),
        deep(5_131),
        deep(1_000_000),
        endless(),
        names(17, 2),
        names(22, 2),
        names(10, 7),
        attack("null records", &json!("null"), i64::MAX, &[]),
        fixed(100_000_000_000_000),
        fixed(u64::MAX),
        array_of_nulls(9_000_000),
        array_of_nulls(200_000_000),
        array_of_nulls(i64::MAX),
        array_of_nulls(i64::MIN),
        attack("text", &json!("string"), 1, &long(i64::MAX)),
        attack("map", &json!({"type": "map", "values": "null"}), 1, &long(i64::MAX)),
    ] {
        attacks.extend(group);
    }
    attacks
}

/// No attack: 66,000 records of two fields, about as many values as are accepted.
fn as_large_as_allowed() -> Bytes {
    let fields =
        json!([{"name": "some_name", "type": "int"}, {"name": "other_name", "type": "null"}]);
    let schema = json!({"type": "array", "items": record("item", &fields)}).to_string();
    let items = vec![2; 66_000];
    let data = [long(66_000), items, long(0)].concat();
    by_hand(&[("avro.schema", schema.as_bytes())], 1, &data)
}

/// No value, and a type whose default is `width` to the power of `levels` values to whoever tries it out.
fn defaults(levels: usize, width: usize) -> Bytes {
    let mut fields = vec![json!({"name": "none", "type": "null", "default": null})];
    for level in 0..levels {
        let inner = record(&format!("r{level}"), &json!(fields));
        fields = (0..width)
            .map(|field| {
                let kind = if field == 0 { inner.clone() } else { json!(format!("r{level}")) };
                json!({"name": format!("f{field}"), "type": kind, "default": {}})
            })
            .collect();
    }
    let items = record("top", &json!(fields));
    let schema = json!({"type": "array", "items": items}).to_string();
    by_hand(&[("avro.schema", schema.as_bytes())], 1, &long(0))
}

/// No value, and some 6,000 fields within `levels` records, each of which is copied with all that is in it.
fn fat_schema(levels: usize) -> Bytes {
    let fields: Vec<Value> =
        (0..6_000).map(|n| json!({"name": format!("f{n}"), "type": "int"})).collect();
    let fat = record("fat", &json!(fields));
    let schema = (0..levels).fold(fat, |inner, level| {
        record(&format!("r{level}"), &json!([{"name": "f", "type": inner}]))
    });
    let schema = json!({"type": "array", "items": schema}).to_string();
    by_hand(&[("avro.schema", schema.as_bytes())], 1, &long(0))
}

/// The process's largest resident size so far, KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[ignore = "runs as the child process of the next test"]
fn attacks_in_a_process_of_their_own() {
    assert!(install_limits());
    let attacks = attacks();
    let before = peak_kib();
    let error = container_to_json(&fat_schema(28)).unwrap_err();
    assert_eq!(error, PacketError::TooMuch { what: "types in its schema" });
    for Attack { name, file } in &attacks {
        let error = decode(file).expect_err(name);
        let json = container_to_json(file);
        assert!(json.is_err(), "{name}: {error}");
        assert!(fields(&as_packet(file)).is_err(), "{name}");
        let packets: Vec<_> = split_container(file.clone()).collect();
        assert!(packets.len() < 3, "{name}: {}", packets.len());
        println!("{name}: {error}");
    }
    println!("grown by KiB: {}", peak_kib() - before);
}

#[test]
#[ignore = "runs as the child process of the next test"]
fn what_is_allowed_in_a_process_of_its_own() {
    assert!(install_limits());
    let (large, defaults) = (as_large_as_allowed(), defaults(20, 2));
    let before = peak_kib();
    assert!(container_to_json(&large).is_ok());
    assert_eq!(container_to_json(&defaults), Ok("[]".to_owned()));
    println!("grown by KiB: {}", peak_kib() - before);
}

#[test]
fn every_attack_file_is_an_error_within_64_mib() {
    // What one has freed and the allocator keeps is not counted with the other.
    for child in ["attacks_in_a_process_of_their_own", "what_is_allowed_in_a_process_of_its_own"] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", child, "--ignored", "--nocapture"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        assert!(child.status.success(), "{said} {}", String::from_utf8_lossy(&child.stderr));
        let grown = said.lines().find_map(|line| line.strip_prefix("grown by KiB: ")).unwrap();
        assert!(grown.parse::<u64>().unwrap() < 64 << 10, "{said}");
        println!("{grown} KiB");
    }
}

#[test]
fn an_attack_is_named_for_what_it_is() {
    let error = |[_, dressed]: [Attack; 2]| decode(&dressed.file).unwrap_err();
    assert_eq!(error(deep(5_131)), PacketError::TooDeep { limit: 32 });
    assert_eq!(error(endless()), PacketError::TooDeep { limit: 32 });
    assert_eq!(error(names(22, 2)), PacketError::TooMuch { what: "values" });
    assert_eq!(error(array_of_nulls(i64::MAX)), PacketError::TooMuch { what: "values" });
    assert_eq!(error(fixed(100_000_000_000_000)), PacketError::Truncated);
    assert!(matches!(decode(&bomb().file), Err(PacketError::TooMuch { .. })));
    assert!(matches!(decode(&level("xz").file), Err(PacketError::Codec { .. })));
    let [_, many] = attack("many", &json!("null"), i64::MAX, &[]);
    let all = PacketError::ManyRecords { n: i64::MAX.cast_unsigned() };
    assert_eq!(decode(&many.file).unwrap_err(), all);
}

#[test]
fn what_is_too_long_is_refused_unread() {
    let long = Bytes::from(vec![b'O'; 10_000_001]);
    assert!(matches!(decode(&long), Err(PacketError::TooLarge { bytes: 10_000_001, .. })));
    let schema = format!("{{\"doc\": \"{}\", \"type\": \"null\"}}", "x".repeat(256 << 10));
    let file = by_hand(&[("avro.schema", schema.as_bytes())], 1, &[]);
    assert!(matches!(decode(&file), Err(PacketError::Schema { .. })));
}

#[test]
fn no_schema_text_makes_more_than_an_error() {
    let nested = format!("{}\"null\"{}", "[".repeat(100_000), "]".repeat(100_000));
    let twice = r#"{"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]}"#;
    for schema in [
        "",
        "{",
        "7",
        "\"unheard\"",
        "[]",
        "[[\"int\"]]",
        r#"{"type": "record", "name": "r"}"#,
        r#"{"type": "fixed", "name": "f", "size": -1}"#,
        r#"{"type": "array"}"#,
        twice,
        &nested,
        r#"{"type": "fixed", "name": "f", "size": 99999999999999999999}"#,
        r#"{"type": {"type": {"type": {}}}}"#,
        r#"{"type": "enum", "name": "e", "symbols": [1]}"#,
    ] {
        let file = by_hand(&[("avro.schema", schema.as_bytes())], 1, &[]);
        assert!(container_to_json(&file).is_err(), "{schema:.60}");
        assert!(decode(&file).is_err(), "{schema:.60}");
    }
}
