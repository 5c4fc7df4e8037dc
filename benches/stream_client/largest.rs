//! Messages of nearly the largest size that Pub/Sub takes.

use std::{collections::BTreeMap, sync::Arc};

use tom_alerts::{
    brokers::pubsub::PubSubService,
    domain::timing::Timing,
    google::{
        Access,
        pubsub::{OutgoingMessage, TopicPath},
    },
};

use crate::streams::publish::{PROJECT, Round};

/// Adds messages of nearly the largest size, 10 MB, that cannot be read.
pub(crate) async fn publish(host: &str, round: &Round, n_messages: usize) -> anyhow::Result<()> {
    let pubsub = PubSubService::at(Some(host), &Timing::default())?
        .client(Access::default(), Arc::new(|_, _| {}));
    let topic = TopicPath::new(PROJECT, round.topic());
    let message = OutgoingMessage { data: vec![b'?'; 9_900_000], attributes: BTreeMap::new() };
    for _ in 0..n_messages {
        pubsub.publish(&topic, std::slice::from_ref(&message)).await?;
    }
    Ok(())
}
