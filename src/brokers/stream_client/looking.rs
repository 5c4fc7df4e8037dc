//! A look at the subscription by REST, since the stream says nothing: whether Pub/Sub is there, and it is still what it was.

use crate::{
    brokers::{BrokerError, pubsub::check_topic},
    google::{
        GoogleError,
        pubsub::{PubSub, StreamError, Subscription, SubscriptionPath},
    },
};

/// What a look has found that is not as it should be.
#[derive(Debug)]
pub(super) enum LookError {
    /// A stream may have a chance again later.
    MayPass(StreamError),
    /// The run cannot go on.
    EndsRun(BrokerError),
}

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
    pub(super) async fn look(&self) -> Result<(), LookError> {
        match self.pubsub.find_subscription(&self.path).await {
            Ok(Some(found)) => {
                check_topic(&self.path, found, &self.topic).map_err(LookError::EndsRun)
            }
            Ok(None) => Err(LookError::MayPass(StreamError::Gone)),
            Err(error) if error.is_passing() => {
                Err(LookError::MayPass(StreamError::Passing(in_few_words(&error))))
            }
            Err(error) => Err(LookError::EndsRun(error.into())),
        }
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
