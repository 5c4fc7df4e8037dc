//! How every run of a stream begins: as whom it acts, its subscription, and when it is to stop.

use std::sync::Arc;

use super::{Consumer, Destination, Limits, PubSubService};
use crate::{
    brokers::{BrokerError, RunContext},
    domain::run::LogLevel,
    forms::Parameters,
    google::pubsub::Subscription,
};

/// What a run has before its first message.
pub(in crate::brokers) struct Opened {
    pub(in crate::brokers) consumer: Consumer,
    /// The subscription as it was found or made.
    pub(in crate::brokers) touched: Subscription,
    pub(in crate::brokers) limits: Limits,
}

/// Makes sure of the subscription; `None` where the run is over before that.
pub(in crate::brokers) async fn open(
    service: &PubSubService,
    query: &Parameters,
    context: &RunContext,
) -> Result<Option<Opened>, BrokerError> {
    let own_project = context.access.project.as_deref();
    let destination = Destination::of(query, own_project, service.is_emulator)?;
    let log = context.clone();
    let listener = Arc::new(move |level, sentence| log.log(level, sentence));
    let pubsub = service.client(context.access.clone(), listener);
    context.log(LogLevel::Info, format!("Acting as {}", pubsub.api().acts_as()));
    let consumer = Consumer::new(pubsub, destination.subscription.clone());
    let limits = Limits::of(query, context.is_listening);
    tokio::select! {
        touched = consumer.touch_subscription(&destination, context) => {
            let touched = touched?;
            Ok(Some(Opened { consumer, touched, limits }))
        }
        () = context.stop.cancelled() => Ok(None),
        because = limits.deadline_passes() => {
            context.ends_because(because);
            Ok(None)
        }
    }
}
