//! Publishes a night onto a Pub/Sub topic at a set rate, as a broker does; makes topic, subscription and schema first.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{
    container::SCHEMA_TEXT,
    lsst::{self, Format, LsstNight},
    night::{Night, yyyymmdd},
    packets::SimulatedPacket,
};
use crate::google::{
    GoogleError,
    pubsub::{OutgoingMessage, PubSub, SchemaPath, SubscriptionPath, TopicPath},
};

/// Messages of one request at most: Pub/Sub takes 10 MB, a packet in base64 has about 90 kB.
const MOST_AT_ONCE: usize = 50;

/// Requests per second at most, when the rate is limited.
const REQUESTS_PER_SECOND: f64 = 10.0;

/// How long a message of the subscription stays out before it comes again, seconds.
const ACK_DEADLINE_S: u32 = 60;

/// Where a night goes.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The topic; made if it is not there.
    pub topic: TopicPath,
    /// The subscription that keeps the messages for a reader; made if it is not there.
    pub subscription: SubscriptionPath,
    /// A schema of the schema service, if one is wanted.
    pub schema: Option<SchemaPath>,
    /// Messages per second; `None`: as fast as it goes.
    pub per_second: Option<f64>,
}

impl Stream {
    /// Makes what is not there yet for a night of ZTF; what was made, a sentence each.
    pub async fn prepare(&self, pubsub: &PubSub) -> Result<Vec<String>, GoogleError> {
        self.prepare_with(pubsub, SCHEMA_TEXT).await
    }

    /// The same for a night of LSST.
    pub async fn prepare_lsst(&self, pubsub: &PubSub) -> Result<Vec<String>, GoogleError> {
        self.prepare_with(pubsub, lsst::schema_text()).await
    }

    async fn prepare_with(
        &self,
        pubsub: &PubSub,
        schema_text: &str,
    ) -> Result<Vec<String>, GoogleError> {
        let mut made = Vec::new();
        if let Some(schema) = &self.schema
            && pubsub.create_avro_schema(schema, schema_text).await?
        {
            made.push(format!("Created {}", schema.what()));
        }
        // The topic is not bound to the schema: as in Pitt-Google's ztf-alerts, each packet carries its own.
        if pubsub.create_topic(&self.topic).await? {
            made.push(format!("Created {}", self.topic.what()));
        }
        match pubsub
            .create_subscription(&self.subscription, &self.topic, ACK_DEADLINE_S, None)
            .await
        {
            Ok(_) => made.push(format!("Created {}", self.subscription.what())),
            Err(GoogleError::AlreadyExists { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(made)
    }

    /// Publishes the night; how many messages.
    pub async fn publish(&self, pubsub: &PubSub, night: &Night) -> Result<usize, GoogleError> {
        let packets = night.packets().enumerate();
        self.publish_all(pubsub, packets.map(|(offset, packet)| message(offset, packet))).await
    }

    /// Publishes a night of LSST in a format; how many messages.
    pub async fn publish_lsst(
        &self,
        pubsub: &PubSub,
        night: &LsstNight,
        format: Format,
    ) -> Result<usize, GoogleError> {
        let packets = night.packets().enumerate();
        let messages = packets.map(|(offset, packet)| OutgoingMessage {
            data: packet.bytes(format),
            attributes: packet.attributes(offset),
        });
        self.publish_all(pubsub, messages).await
    }

    async fn publish_all(
        &self,
        pubsub: &PubSub,
        mut all: impl Iterator<Item = OutgoingMessage>,
    ) -> Result<usize, GoogleError> {
        let at_once = self.per_second.map_or(MOST_AT_ONCE, |rate| {
            ((rate / REQUESTS_PER_SECOND).ceil() as usize).clamp(1, MOST_AT_ONCE)
        });
        let begun = Instant::now();
        let mut n_published = 0;
        loop {
            let messages: Vec<_> = all.by_ref().take(at_once).collect();
            if messages.is_empty() {
                return Ok(n_published);
            }
            if let Some(rate) = self.per_second {
                sleep_until(begun + Duration::from_secs_f64(n_published as f64 / rate)).await;
            }
            pubsub.publish(&self.topic, &messages).await?;
            n_published += messages.len();
        }
    }
}

/// A packet with the attributes that Pitt-Google's ztf-alerts have.
fn message(offset: usize, packet: SimulatedPacket) -> OutgoingMessage {
    let observed_ms = (packet.jd - 2_440_587.5) * 86_400_000.0;
    let attributes = BTreeMap::from([
        ("candid".to_owned(), packet.candid.to_string()),
        ("objectId".to_owned(), packet.object_id),
        ("kafka.offset".to_owned(), offset.to_string()),
        ("kafka.partition".to_owned(), "0".to_owned()),
        ("kafka.timestamp".to_owned(), format!("{observed_ms:.0}")),
        ("kafka.topic".to_owned(), format!("ztf_{}_programid1", yyyymmdd(packet.jd))),
    ]);
    OutgoingMessage { data: packet.bytes, attributes }
}
