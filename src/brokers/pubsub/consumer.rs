//! One subscription and what is done with it, in the verbs of the Python module.

use bytes::Bytes;

use super::Destination;
use crate::{
    brokers::{BrokerError, RunContext, why_unread},
    domain::run::LogLevel,
    google::{
        GoogleError,
        pubsub::{PubSub, Subscription, SubscriptionPath},
    },
};

/// How long a message of a subscription of ours may stay out before it comes again, seconds.
const ACK_DEADLINE_S: u32 = 60;

/// Ids in one request; Pub/Sub takes 512 KiB, an id has about 200 bytes.
const IDS_PER_REQUEST: usize = 1_000;

/// Checks that a subscription as it was found is still on the topic that it was on.
pub(in crate::brokers) fn check_topic(
    path: &SubscriptionPath,
    found: Subscription,
    before: &str,
) -> Result<(), BrokerError> {
    if found.is_topic_gone() {
        return Err(BrokerError::TopicGone(path.clone()));
    }
    if found.topic != before {
        return Err(BrokerError::SubscriptionChanged {
            subscription: path.clone(),
            actual: found.topic,
            before: before.to_owned(),
        });
    }
    Ok(())
}

/// Connects to a subscription.
#[derive(Debug)]
pub struct Consumer {
    pubsub: PubSub,
    path: SubscriptionPath,
}

impl Consumer {
    /// A consumer of this subscription.
    pub fn new(pubsub: PubSub, path: SubscriptionPath) -> Self {
        Self { pubsub, path }
    }

    pub(in crate::brokers) fn path(&self) -> &SubscriptionPath {
        &self.path
    }

    /// Calls that failed in passing, and those of them that may have been served.
    pub(in crate::brokers) fn troubles(&self) -> (u64, u64) {
        let api = self.pubsub.api();
        (api.n_retries(), api.n_unanswered())
    }

    /// Makes sure that the subscription is there and listens to the right topic.
    pub async fn touch_subscription(
        &self,
        destination: &Destination,
        context: &RunContext,
    ) -> Result<Subscription, BrokerError> {
        if let Some(found) = self.pubsub.find_subscription(&self.path).await? {
            return self.accept(found, destination, context);
        }
        let topic = &destination.topic;
        let filter = destination.attribute_filter.as_deref();
        match self.pubsub.create_subscription(&self.path, topic, ACK_DEADLINE_S, filter).await {
            Ok(created) => {
                context.log(
                    LogLevel::Info,
                    format!(
                        "Created the subscription {} on the topic {topic}. Earlier messages are not available",
                        self.path.name
                    ),
                );
                Ok(created)
            }
            // Somebody else was quicker.
            Err(GoogleError::AlreadyExists { .. }) => {
                let found = self.pubsub.find_subscription(&self.path).await?;
                let found =
                    found.ok_or_else(|| BrokerError::SubscriptionGone(self.path.clone()))?;
                self.accept(found, destination, context)
            }
            Err(GoogleError::NotFound { .. }) => Err(BrokerError::NoTopic {
                subscription: self.path.clone(),
                because: destination.why_no_topic(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    fn accept(
        &self,
        found: Subscription,
        destination: &Destination,
        context: &RunContext,
    ) -> Result<Subscription, BrokerError> {
        let wanted = &destination.topic;
        let actual = found.topic.rsplit('/').next().unwrap_or_default();
        if let Some(why) = why_unread(actual) {
            return Err(BrokerError::Unread { topic: actual.to_owned(), why });
        }
        if found.is_topic_gone() {
            // What waits in it may be of another topic than the one that was chosen.
            if destination.is_topic_chosen {
                return Err(BrokerError::TopicGone(self.path.clone()));
            }
            context.log(
                LogLevel::Warning,
                format!(
                    "The topic of {} was deleted: no new messages can arrive. What waits in it is delivered",
                    self.path.what()
                ),
            );
        } else if found.topic == wanted.to_string() {
            context.log(
                LogLevel::Info,
                format!("Using the subscription {} on the topic {wanted}", self.path.name),
            );
        } else if destination.is_topic_chosen {
            return Err(BrokerError::OtherTopic {
                subscription: self.path.clone(),
                actual: found.topic,
                wanted: wanted.clone(),
            });
        } else {
            context.log(
                LogLevel::Warning,
                format!(
                    "The subscription {} receives {}, not {wanted}",
                    self.path.name, found.topic
                ),
            );
        }
        let wanted_filter = destination.attribute_filter.as_deref().unwrap_or_default();
        if !wanted_filter.is_empty() && wanted_filter != found.filter {
            return Err(BrokerError::OtherFilter {
                subscription: self.path.clone(),
                actual: found.filter,
            });
        }
        if !found.filter.is_empty() {
            context.log(
                LogLevel::Info,
                format!("The subscription has an attribute filter: {}", found.filter),
            );
        }
        Ok(found)
    }

    /// Looks whether the subscription is still on the topic that it was on.
    pub(in crate::brokers) async fn look(&self, topic_before: &str) -> Result<(), BrokerError> {
        match self.pubsub.find_subscription(&self.path).await? {
            Some(found) => check_topic(&self.path, found, topic_before),
            None => Err(BrokerError::SubscriptionGone(self.path.clone())),
        }
    }

    /// Asks for messages; the answer as it came, which may hold none.
    pub async fn pull(&self, max_messages: u32) -> Result<Bytes, BrokerError> {
        match self.pubsub.pull(&self.path, max_messages).await {
            Err(GoogleError::NotFound { .. }) => {
                Err(BrokerError::SubscriptionGone(self.path.clone()))
            }
            other => Ok(other?),
        }
    }

    /// Acknowledges messages.
    pub async fn acknowledge(&self, ack_ids: &[String]) -> Result<(), BrokerError> {
        for ids in ack_ids.chunks(IDS_PER_REQUEST) {
            self.pubsub.acknowledge(&self.path, ids).await?;
        }
        Ok(())
    }

    /// Extends leases by so many seconds, or gives messages back (0).
    pub(in crate::brokers) async fn modify_ack_deadline(
        &self,
        ack_ids: &[String],
        seconds: u32,
    ) -> Result<(), BrokerError> {
        let mut result = Ok(());
        for ids in ack_ids.chunks(IDS_PER_REQUEST) {
            // What fails for some must not keep the others from it.
            result = self.pubsub.modify_ack_deadline(&self.path, ids, seconds).await.and(result);
        }
        Ok(result?)
    }

    /// Deletes the subscription and what waits in it.
    pub async fn delete_subscription(&self) -> Result<(), BrokerError> {
        Ok(self.pubsub.delete_subscription(&self.path).await?)
    }
}
