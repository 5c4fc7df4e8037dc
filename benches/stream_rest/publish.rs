//! The messages of a round: a simulated night on a topic with two subscriptions. A process of its own publishes them,
//! so that its memory and processor time are not taken for the reader's.

use std::{process::Command, sync::Arc};

use anyhow::Context;
use tom_alerts::{
    brokers::pubsub::PubSubService,
    google::{
        Access,
        pubsub::{SubscriptionPath, TopicPath},
    },
    simulate::{Night, Stream, default_night},
};

/// The first argument of a process that is to publish.
pub(crate) const ARGUMENT: &str = "publish";

/// A project, of the topic as well as of the subscriptions.
pub(crate) const PROJECT: &str = "bench-project";

/// How long a message stays out before it comes again, seconds.
const ACK_DEADLINE_S: u32 = 60;

/// One round; each has a night of its own, because an alert that is kept already costs less.
pub(crate) struct Round {
    /// 0 for the warm-up.
    pub(crate) number: usize,
    /// Messages for each side.
    pub(crate) n_messages: usize,
}

impl Round {
    /// The topic's name, which no other run of this benchmark has.
    pub(crate) fn topic(&self) -> String {
        format!("night-{}-{}", std::process::id(), self.number)
    }

    /// Name of the subscription that is ours.
    pub(crate) fn our_subscription(&self) -> String {
        format!("{}-ours", self.topic())
    }

    /// Name of the subscription that is Python's.
    pub(crate) fn python_subscription(&self) -> String {
        format!("{}-python", self.topic())
    }

    /// Makes topic and subscriptions and fills them.
    pub(crate) fn publish(&self, host: &str) -> anyhow::Result<()> {
        let status = Command::new(std::env::current_exe()?)
            .args([ARGUMENT, host, &self.topic(), &self.our_subscription()])
            .arg(self.python_subscription())
            .args([self.number.to_string(), self.n_messages.to_string()])
            .status()?;
        anyhow::ensure!(status.success(), "the messages could not be published: {status}");
        Ok(())
    }
}

/// Publishes: `HOST:PORT TOPIC SUBSCRIPTION SUBSCRIPTION SEED MESSAGES`.
pub(crate) async fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [host, topic, first, second, seed, n_messages] = arguments else {
        anyhow::bail!("publish HOST:PORT TOPIC SUBSCRIPTION SUBSCRIPTION SEED MESSAGES");
    };
    let pubsub = PubSubService::at(Some(host))?.client(Access::default(), Arc::new(|_, _| {}));
    let stream = Stream {
        topic: TopicPath::new(PROJECT, topic),
        subscription: SubscriptionPath::new(PROJECT, first),
        schema: None,
        per_second: None,
    };
    stream.prepare(&pubsub).await?;
    let second = SubscriptionPath::new(PROJECT, second);
    pubsub.create_subscription(&second, &stream.topic, ACK_DEADLINE_S, None).await?;
    let night = Night { seed: seed.parse()?, n_packets: n_messages.parse()?, ..default_night() };
    let n_published = stream.publish(&pubsub, &night).await.context("publishing failed")?;
    anyhow::ensure!(n_published == night.n_packets, "only {n_published} messages were published");
    Ok(())
}
