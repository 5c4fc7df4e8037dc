//! Turns of nobody: messages are pulled and given back until the emulator's Java is compiled, so that no side pays for it.

use std::sync::Arc;

use tom_alerts::{
    brokers::pubsub::PubSubService,
    domain::timing::Timing,
    google::{
        Access,
        pubsub::{PullAnswer, SubscriptionPath},
    },
};

use super::publish::{PROJECT, Round};

/// Messages of the subscription that is read over and over.
const MESSAGES: usize = 400;

/// Pulls: by then the emulator's rate does not rise any more.
const PULLS: usize = 300;

/// Messages of one pull.
const AT_ONCE: u32 = 100;

/// Readers at once.
const READERS: usize = 2;

/// Reads until the emulator is warm.
pub(crate) async fn warm_up(host: &str) -> anyhow::Result<()> {
    let round = Round::clean(0, MESSAGES);
    round.publish(host)?;
    let path = SubscriptionPath::new(PROJECT, round.our_subscription());
    let readers = (0..READERS).map(|_| tokio::spawn(read(host.to_owned(), path.clone())));
    for reader in futures::future::join_all(readers).await {
        reader??;
    }
    Ok(())
}

async fn read(host: String, path: SubscriptionPath) -> anyhow::Result<()> {
    let pubsub = PubSubService::at(Some(&host), &Timing::default())?
        .client(Access::default(), Arc::new(|_, _| {}));
    for _ in 0..PULLS / READERS {
        let answer = pubsub.pull(&path, AT_ONCE).await?;
        let answer = PullAnswer::read(&answer)?;
        let ack_ids: Vec<String> =
            answer.messages.into_iter().map(|message| message.ack_id).collect();
        if !ack_ids.is_empty() {
            pubsub.modify_ack_deadline(&path, &ack_ids, 0).await?;
        }
    }
    Ok(())
}
