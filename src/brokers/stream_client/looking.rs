//! A look at the subscription by REST, since the stream says nothing: whether Pub/Sub is there, and it is still what it was.

use crate::{
    brokers::BrokerError,
    google::{
        GoogleError,
        pubsub::{PubSub, StreamError, Subscription, SubscriptionPath},
    },
};

/// What Pub/Sub calls the topic of a subscription whose topic was deleted.
const DELETED_TOPIC: &str = "_deleted-topic_";

/// Looks at the subscription of a run.
pub(super) struct Looker {
    /// Gives up soon.
    pubsub: PubSub,
    path: SubscriptionPath,
    /// Full name of the topic when the run began.
    topic: String,
}

impl Looker {
    /// One who looks whether a subscription is still on its topic.
    pub(super) fn new(pubsub: PubSub, path: SubscriptionPath, touched: Subscription) -> Self {
        Self { pubsub, path, topic: touched.topic }
    }

    pub(super) fn path(&self) -> &SubscriptionPath {
        &self.path
    }

    /// Looks. A subscription that is not what it was ends the run; whatever else is wrong may pass.
    pub(super) async fn look(&self) -> Result<Result<(), StreamError>, BrokerError> {
        match self.pubsub.find_subscription(&self.path).await {
            Ok(Some(found)) => self.check_topic(found.topic).map(Ok),
            Ok(None) => Ok(Err(StreamError::Gone)),
            Err(error) if error.is_passing() => Ok(Err(StreamError::Passing(in_few_words(&error)))),
            Err(error) => Err(error.into()),
        }
    }

    fn check_topic(&self, topic: String) -> Result<(), BrokerError> {
        if topic == DELETED_TOPIC {
            return Err(BrokerError::TopicGone(self.path.clone()));
        }
        if topic != self.topic {
            return Err(BrokerError::SubscriptionChanged {
                subscription: self.path.clone(),
                actual: topic,
                before: self.topic.clone(),
            });
        }
        Ok(())
    }
}

/// What is wrong, without the advice to run the query again: it goes on by itself.
fn in_few_words(error: &GoogleError) -> String {
    match error {
        GoogleError::Unreachable { last, .. } => last.clone(),
        GoogleError::QuotaUsedUp { message, .. } => format!("a quota is used up ({message})"),
        error => error.to_string(),
    }
}
