//! From the answer to a pull to deliveries: base64, then the packet. One bad message does not touch the others.

use bytes::Bytes;

use crate::{
    brokers::{
        Delivery,
        pubsub::{self, set_aside},
    },
    google::pubsub::{PullAnswer, ReceivedMessage, SubscriptionPath},
};

/// Messages of one answer.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// What came.
    pub(super) deliveries: Vec<Delivery>,
    /// The lease of each.
    pub(super) ack_ids: Vec<String>,
}

impl Unpacked {
    pub(super) fn read(answer: &Bytes, path: &SubscriptionPath) -> Result<Self, serde_json::Error> {
        let answer = PullAnswer::read(answer)?;
        let (deliveries, ack_ids) =
            answer.messages.into_iter().map(|message| unpack(message, path)).unzip();
        Ok(Self { deliveries, ack_ids })
    }
}

fn unpack(received: ReceivedMessage<'_>, path: &SubscriptionPath) -> (Delivery, String) {
    let message = received.message;
    let metadata = message.metadata();
    let delivery = if let Some(payload) = message.payload() {
        pubsub::unpack(payload.into(), metadata, path)
    } else {
        let data = Bytes::copy_from_slice(message.data.as_bytes());
        set_aside(data, metadata, path, "the message's data is not base64".to_owned())
    };
    (delivery, received.ack_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_message_does_not_touch_the_others() {
        crate::packets::install_limits();
        let night = crate::simulate::Night { n_packets: 1, ..crate::simulate::default_night() };
        let packet = night.packets().next().unwrap();
        let good = serde_json::json!({
            "data": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &packet.bytes),
            "attributes": {"kafka.topic": "ztf"},
            "messageId": "1",
            "publishTime": "2026-11-23T01:02:03Z",
        });
        let answer = serde_json::json!({"receivedMessages": [
            {"ackId": "a", "message": {"data": "%%%", "messageId": "0"}},
            {"ackId": "b", "message": good},
            {"ackId": "c", "message": {"data": "aGk=", "messageId": "2"}},
            {"ackId": "d", "message": {"messageId": "3"}},
        ]});
        let path = SubscriptionPath::new("proj", "sub");
        let unpacked = Unpacked::read(&Bytes::from(answer.to_string()), &path).unwrap();
        assert_eq!(unpacked.ack_ids, ["a", "b", "c", "d"]);
        let read: Vec<_> = unpacked.deliveries.iter().map(|d| d.content.as_ref().is_ok()).collect();
        assert_eq!(read, [false, true, false, false]);
        let metadata = unpacked.deliveries[1].attributes.as_ref().unwrap();
        assert_eq!(metadata["publish_time"], "2026-11-23T01:02:03Z");
        assert_eq!(metadata["attributes"]["kafka.topic"], "ztf");
        let bad = unpacked.deliveries[0].content.as_ref().unwrap_err();
        assert_eq!((bad.bytes.as_ref(), bad.message_id.as_deref()), (&b"%%%"[..], Some("0")));
        assert_eq!(unpacked.deliveries[1].n_bytes, packet.bytes.len() as u64);
    }
}
