//! The messages of a round: a simulated night on a topic with two subscriptions. A process of its own publishes them,
//! so that its memory and processor time are not taken for the reader's.

use std::{collections::BTreeMap, process::Command, sync::Arc};

use anyhow::Context;
use tom_alerts::{
    brokers::pubsub::PubSubService,
    domain::timing::Timing,
    google::{
        Access,
        pubsub::{OutgoingMessage, PubSub, SubscriptionPath, TopicPath},
    },
    simulate::{Night, Stream, default_night},
};

/// The first argument of a process that is to publish.
pub(crate) const ARGUMENT: &str = "publish";

/// A project, of the topic as well as of the subscriptions.
pub(crate) const PROJECT: &str = "bench-project";

/// How long a message stays out before it comes again, seconds.
const ACK_DEADLINE_S: u32 = 60;

/// Messages of one request.
const AT_ONCE: usize = 50;

/// One round; each has a night of its own, because an alert that is kept already costs less.
pub(crate) struct Round {
    /// 0 for the warm-up.
    pub(crate) number: usize,
    /// Messages for each side.
    pub(crate) n_messages: usize,
    /// Of so many messages one cannot be read; 0: all can.
    pub(crate) junk_each: usize,
    /// Messages per second; 0: as fast as it goes.
    pub(crate) per_second: u32,
    /// Whether nobody else reads: the emulator keeps what is not read.
    pub(crate) is_ours_alone: bool,
}

impl Round {
    /// One whose messages can all be read, published as fast as it goes.
    pub(crate) fn clean(number: usize, n_messages: usize) -> Self {
        Self { number, n_messages, junk_each: 0, per_second: 0, is_ours_alone: false }
    }

    /// The topic's name, which no other run of this benchmark has.
    pub(crate) fn topic(&self) -> String {
        format!("night-{}-{}", std::process::id(), self.number)
    }

    /// Name of the subscription that is ours.
    pub(crate) fn our_subscription(&self) -> String {
        format!("{}-ours", self.topic())
    }

    /// Name of the subscription of the other side.
    pub(crate) fn other_subscription(&self) -> String {
        format!("{}-other", self.topic())
    }

    /// Makes topic and subscriptions and fills them.
    pub(crate) fn publish(&self, host: &str) -> anyhow::Result<()> {
        let status = Command::new(std::env::current_exe()?)
            .args([ARGUMENT, host, &self.topic(), &self.our_subscription()])
            .arg(if self.is_ours_alone { String::new() } else { self.other_subscription() })
            .args([self.number.to_string(), self.n_messages.to_string()])
            .args([self.junk_each.to_string(), self.per_second.to_string()])
            .status()?;
        anyhow::ensure!(status.success(), "the messages could not be published: {status}");
        Ok(())
    }
}

/// Publishes: `HOST:PORT TOPIC SUBSCRIPTION SUBSCRIPTION SEED MESSAGES JUNK-EACH PER-SECOND`.
pub(crate) async fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [host, topic, first, second, seed, n_messages, junk_each, per_second] = arguments else {
        anyhow::bail!(
            "publish HOST:PORT TOPIC SUBSCRIPTION SUBSCRIPTION SEED MESSAGES JUNK-EACH PER-SECOND"
        );
    };
    let pubsub = PubSubService::at(Some(host), &Timing::default())?
        .client(Access::default(), Arc::new(|_, _| {}));
    let stream = Stream {
        topic: TopicPath::new(PROJECT, topic),
        subscription: SubscriptionPath::new(PROJECT, first),
        schema: None,
        per_second: Some(per_second.parse()?).filter(|rate: &f64| *rate > 0.0),
    };
    stream.prepare(&pubsub).await?;
    if !second.is_empty() {
        let second = SubscriptionPath::new(PROJECT, second);
        pubsub.create_subscription(&second, &stream.topic, ACK_DEADLINE_S, None).await?;
    }
    let (n_messages, junk_each): (usize, usize) = (n_messages.parse()?, junk_each.parse()?);
    let n_junk = n_messages.checked_div(junk_each).unwrap_or(0);
    let n_packets = n_messages - n_junk;
    publish_junk(&pubsub, &stream.topic, n_junk).await?;
    let night = Night { seed: seed.parse()?, n_packets, ..default_night() };
    let n_published = stream.publish(&pubsub, &night).await.context("publishing failed")?;
    anyhow::ensure!(n_published == night.n_packets, "only {n_published} messages were published");
    Ok(())
}

/// Publishes messages as large as packets that cannot be read.
async fn publish_junk(pubsub: &PubSub, topic: &TopicPath, n_junk: usize) -> anyhow::Result<()> {
    let junk = OutgoingMessage { data: vec![b'?'; 65_000], attributes: BTreeMap::new() };
    for at in (0..n_junk).step_by(AT_ONCE) {
        let some = vec![junk.clone(); AT_ONCE.min(n_junk - at)];
        pubsub.publish(topic, &some).await?;
    }
    Ok(())
}
