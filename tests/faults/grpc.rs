//! As much of Pub/Sub's gRPC as a relay needs: how messages are framed, and the fields that it reads.
//! <https://cloud.google.com/pubsub/docs/reference/rpc/google.pubsub.v1>

use bytes::{Buf, BufMut, Bytes, BytesMut};
use prost::Message;

/// Whether it is compressed, and its length in four bytes: what goes before each message.
const HEAD: usize = 5;

/// Part of a stream: messages, each as it came.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct PullResponse {
    /// Each is a [`Received`].
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(crate) received: Vec<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub(crate) modify_confirmation: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "4")]
    pub(crate) subscription_properties: Option<Bytes>,
    #[prost(bytes = "bytes", optional, tag = "5")]
    pub(crate) acknowledge_confirmation: Option<Bytes>,
}

/// A message with its lease.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Received {
    #[prost(string, tag = "1")]
    pub(crate) ack_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) message: Option<Published>,
}

/// A message; its other fields are handed on unread.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Published {
    #[prost(string, tag = "3")]
    pub(crate) message_id: String,
}

/// What is acknowledged.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Acknowledge {
    #[prost(string, tag = "1")]
    pub(crate) subscription: String,
    #[prost(string, repeated, tag = "2")]
    pub(crate) ack_ids: Vec<String>,
}

/// Whose leases are extended, or given back.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ModifyAckDeadline {
    #[prost(string, tag = "1")]
    pub(crate) subscription: String,
    #[prost(int32, tag = "3")]
    pub(crate) ack_deadline_seconds: i32,
    #[prost(string, repeated, tag = "4")]
    pub(crate) ack_ids: Vec<String>,
}

/// Pieces as they come over the wire, put together again.
#[derive(Debug, Default)]
pub(crate) struct Deframer(BytesMut);

impl Deframer {
    pub(crate) fn add(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
    }

    /// The next message that is there as a whole.
    pub(crate) fn next<M: Message + Default>(&mut self) -> Option<M> {
        let mut head = self.0.get(..HEAD)?;
        assert_eq!(head.get_u8(), 0, "nobody asked for compression");
        let length = head.get_u32() as usize;
        if self.0.len() < HEAD + length {
            return None;
        }
        self.0.advance(HEAD);
        Some(M::decode(self.0.split_to(length).freeze()).unwrap())
    }
}

/// The one message of a call.
pub(crate) fn only<M: Message + Default>(body: &[u8]) -> M {
    let mut deframer = Deframer::default();
    deframer.add(body);
    deframer.next().expect("a call has a message")
}

/// A message in its frame.
pub(crate) fn frame(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(HEAD + length);
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(length).unwrap());
    message.encode(&mut bytes).unwrap();
    bytes.freeze()
}

#[test]
fn messages_are_put_together_from_any_pieces() {
    let messages = ["one", "", "three"].map(|id| Published { message_id: id.to_owned() });
    let wire: Vec<u8> = messages.iter().flat_map(frame).collect();
    for size in 1..=wire.len() {
        let mut deframer = Deframer::default();
        let mut found: Vec<Published> = Vec::new();
        for piece in wire.chunks(size) {
            deframer.add(piece);
            found.extend(std::iter::from_fn(|| deframer.next()));
        }
        assert_eq!(found, messages);
    }
}

#[test]
fn what_is_not_read_is_handed_on() {
    let received = Received {
        ack_id: "a".to_owned(),
        message: Some(Published { message_id: "m".to_owned() }),
    };
    let response = PullResponse {
        received: vec![received.encode_to_vec().into()],
        subscription_properties: Some(Bytes::from_static(&[8, 1])),
        ..PullResponse::default()
    };
    let again: PullResponse = only(&frame(&response));
    assert_eq!(again, response);
    assert_eq!(Received::decode(again.received[0].clone()).unwrap(), received);
}
