//! Messages in JSON that mean ill: nested, huge, of wrong types, cut anywhere. Each is an error.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use tom_alerts::packets::{Hint, PacketError, decode, decode_delivered, limits};

fn read(text: impl Into<Bytes>) -> Result<(), PacketError> {
    decode(&text.into()).map(|_| ())
}

fn ztf() -> Value {
    json!({"alert_lite": {"objectId": "ZTF21abcdefg", "candid": 2_982_177_112_815_010_003_i64,
        "candidate": {"jd": 2_461_295.75, "fid": 2, "ra": 10.5, "dec": -3.25, "magpsf": 18.5, "sigmapsf": 0.1,
            "isdiffpos": "f", "rb": 0.75, "drb": null},
        "prv_candidates": [{"jd": 2_461_290.5, "fid": 1, "diffmaglim": 20.5}]},
        "xmatch": {"sgscore1": 0.5, "distpsnr1": 1.0}, "SuperNNova": {"prob_class0": 0.5, "prob_class1": 0.5}})
}

#[test]
fn nesting_ends_at_the_limit() {
    assert_eq!(read(ztf().to_string()), Ok(()));
    for (open, close) in [("[", "]"), ("{\"alert_lite\":", "}"), ("{\"a\":[", "]}")] {
        for depth in [40, 200, 100_000] {
            for end in ["", "1"] {
                let closed = if end.is_empty() { String::new() } else { close.repeat(depth) };
                let text = format!("{{\"x\":{}{end}{closed}}}", open.repeat(depth));
                let error = read(text).unwrap_err();
                assert_eq!(error, PacketError::TooDeep { limit: limits::DEPTH }, "{open} {depth}");
            }
        }
    }
}

#[test]
fn ten_megabytes_of_anything_are_bounded() {
    let room = limits::MESSAGE_BYTES - 1_000;
    let message = ztf().to_string();
    let beside = |more: String| format!("{{\"more\":{more},{}", &message[1..]);
    assert_eq!(read(beside(format!("\"{}\"", "x".repeat(room)))), Ok(()));
    assert_eq!(read(beside(format!("\"{}\"", "\\n".repeat(room / 2)))), Ok(()));
    for unit in ["0,", "[],", "{},", "\"\",", "null,", "1e5,"] {
        let text = beside(format!("[{}0]", unit.repeat(room / unit.len())));
        assert!(matches!(read(text), Err(PacketError::TooMuch { .. })), "{unit}");
    }
    let names = (0..room / 16).map(|n| format!("\"{n:08}\":1")).collect::<Vec<_>>().join(",");
    assert!(matches!(read(beside(format!("{{{names}}}"))), Err(PacketError::TooMuch { .. })));
    // A number that nobody asks for, and one that is the place.
    assert_eq!(read(beside("9".repeat(room))), Ok(()));
    let error = read(message.replace("10.5", &"9".repeat(room))).unwrap_err();
    assert!(matches!(error, PacketError::Invalid { field: "ra", .. }), "{error:.100}");
    assert!(error.to_string().len() < 500);
    let too_long = beside(format!("\"{}\"", "x".repeat(limits::MESSAGE_BYTES)));
    assert!(matches!(read(too_long), Err(PacketError::TooLarge { .. })));
    // A stamp, a name and a label of that length.
    let mut long = ztf();
    long["alert_lite"]["cutoutScience"] = json!("A".repeat(room / 4 * 4));
    assert_eq!(read(long.to_string()), Ok(()));
    let mut long = ztf();
    long["alert_lite"]["objectId"] = json!("Z".repeat(room));
    let error = read(long.to_string()).unwrap_err();
    assert!(error.to_string().len() < 500);
}

#[test]
fn a_message_cut_anywhere_is_an_error() {
    let text = ztf().to_string();
    for end in 0..text.len() {
        assert!(read(text[..end].to_owned()).is_err(), "{end}");
    }
    assert!(matches!(read(format!("{text}x")), Err(PacketError::Json { .. })));
}

#[test]
fn attributes_of_any_type_do_no_harm() {
    let bytes = Bytes::from(ztf().to_string());
    for odd in
        [json!(null), json!(5), json!([1]), json!({}), json!("\u{0}"), json!("x".repeat(100_000))]
    {
        let attributes = [
            "pg_supernnova_class",
            "supernnova_class",
            "pg_upsilon_g_label",
            "pg_variable",
            "is_pure",
            "rb",
            "schema_version",
        ]
        .map(|name| (name.to_owned(), odd.clone()));
        let alert =
            decode_delivered(&bytes, &Hint::default(), &attributes.into_iter().collect()).unwrap();
        assert!(alert.tags.iter().all(|tag| tag.len() < 100));
        assert!(alert.classifications.iter().all(|class| class.class.len() < 100));
        assert_eq!(alert.packet.schema_version, "");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A byte of a message that is another, one that is missing or one too many.
    #[test]
    fn a_changed_byte_is_read_or_refused(place in 0_usize..600, byte in any::<u8>(), kind in 0..3) {
        let mut bytes = ztf().to_string().into_bytes();
        let place = place % bytes.len();
        match kind {
            0 => bytes[place] = byte,
            1 => _ = bytes.remove(place),
            _ => bytes.insert(place, byte),
        }
        let _ = read(bytes);
    }
}
