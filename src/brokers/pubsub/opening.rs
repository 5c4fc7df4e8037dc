//! How every run of a stream begins: as whom it acts, its subscription, and when it is to stop.

use std::sync::Arc;

use futures::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{Consumer, Destination, Limits, PubSubService};
use crate::{
    brokers::{AlertBatch, AlertStream, BrokerError, RunContext},
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

/// Where batches go on their way to a run.
pub(in crate::brokers) type Batches = mpsc::Sender<Result<AlertBatch, BrokerError>>;

/// Batches that wait between receiving and storing: enough to keep both busy, little enough to keep memory flat.
const BATCHES_AHEAD: usize = 2;

/// Makes sure of the subscription, and has its messages fetched in the background. Nothing comes where the run is over before
/// that.
pub(in crate::brokers) async fn open_stream<F>(
    service: &PubSubService,
    query: &Parameters,
    context: &RunContext,
    fetch: impl FnOnce(Opened, Batches) -> F,
) -> Result<AlertStream, BrokerError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let Some(opened) = open(service, query, context).await? else {
        return Ok(stream::empty().boxed());
    };
    let (batches, receiver) = mpsc::channel(BATCHES_AHEAD);
    context.tasks.spawn(fetch(opened, batches));
    Ok(ReceiverStream::new(receiver).boxed())
}

/// Makes sure of the subscription; `None` where the run is over before that.
async fn open(
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
