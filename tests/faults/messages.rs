//! What is published: small packets with ids of their own, and junk among them.

use apache_avro::Codec;
use bytes::Bytes;
use rand::{Rng, RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::{
    packet_forge::{self, ZTF, alert, container},
    settings::Tier,
};

/// Id of the first alert.
const FIRST_CANDID: i64 = 2_982_177_112_815_010_003;

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The alert's id; `None` for junk.
    pub(crate) candid: Option<i64>,
    /// The message as it is sent.
    pub(crate) bytes: Bytes,
}

/// The messages of a campaign, in the order of their sending.
pub(crate) fn draw(tier: &Tier, seed: u64) -> Vec<Message> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x6a75_6e6b);
    let template = packet_forge::packet();
    let n_alerts = tier.n_messages - tier.n_junk;
    let mut messages: Vec<Message> =
        (FIRST_CANDID..).take(n_alerts).map(|candid| numbered(&template, candid)).collect();
    messages.extend(
        (0..tier.n_junk).map(|n| Message { candid: None, bytes: junk(n, &template, &mut rng) }),
    );
    messages.shuffle(&mut rng);
    messages
}

/// The template with another id.
fn numbered(template: &[u8], candid: i64) -> Message {
    let (old, new) = (varint(FIRST_CANDID), varint(candid));
    assert_eq!(old.len(), new.len());
    let mut bytes = template.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(old.len()).position(|window| window == old) {
        at += found;
        bytes[at..at + new.len()].copy_from_slice(&new);
        at += new.len();
    }
    Message { candid: Some(candid), bytes: bytes.into() }
}

/// A whole number as Avro writes it: zigzag, seven bits a byte, the lowest first.
fn varint(number: i64) -> Vec<u8> {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    let mut bytes = Vec::new();
    while rest > 0x7f {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
    bytes
}

/// The kinds of junk in turn: noise, a packet that breaks off, JSON, Avro of another schema, one byte.
fn junk(n: usize, packet: &Bytes, rng: &mut ChaCha8Rng) -> Bytes {
    match n % 5 {
        0 => {
            let mut noise = vec![0; rng.random_range(2..2_000)];
            rng.fill_bytes(&mut noise);
            noise.into()
        }
        1 => packet.slice(..rng.random_range(4..packet.len())),
        2 => format!("{{\"n\": {n}, \"junk\": true}}").into(),
        3 => {
            let schema = json!({"type": "record", "name": "other", "fields": [{"name": "n", "type": "long"}]});
            container(&schema, &[json!({"n": n})], Codec::Null, 1)
        }
        _ => Bytes::from(vec![rng.random::<u8>()]),
    }
}

#[test]
fn each_packet_has_its_own_id_and_nothing_else_differs() {
    let template = packet_forge::packet();
    let marker = |bytes: &[u8]| bytes[bytes.len() - 16..].to_vec();
    let forged = container(&ZTF.schema(), &[alert(FIRST_CANDID + 77)], Codec::Null, 1);
    let patched = numbered(&template, FIRST_CANDID + 77).bytes;
    // Files differ by the mark between their blocks, which the writer draws, and by the previous detection's id.
    assert_eq!(patched.len(), forged.len());
    assert_eq!(marker(&patched), marker(&template));
    let id = varint(FIRST_CANDID + 77);
    assert_eq!(patched.windows(id.len()).filter(|window| *window == id).count(), 2);
}
