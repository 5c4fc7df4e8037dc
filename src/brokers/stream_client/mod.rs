//! Pitt-Google `StreamClient`: streaming pull with Google's own crate. Alerts are kept as they come, then acknowledged.
//!
//! Memory is bounded three times. Pub/Sub is told how much may be out (`max_backlog` messages, 32 MiB). The pump waits
//! for room for each message (as much again, held until it is settled), whatever Pub/Sub sends. And two batches wait for
//! the two that are being kept.

mod batching;
mod contact;
mod form;
mod looking;
mod streaming;

use std::time::Duration;

use async_trait::async_trait;

use self::{
    form::FORM,
    looking::Looker,
    streaming::{Source, stream_until_stopped},
};
use super::{
    AlertStream, Broker, BrokerError, RunContext,
    pubsub::{
        self, Limits, NOTE_ON_BEFORE, NOTE_ON_EXPIRY, NOTE_ON_PACKETS, Opened, PubSubService,
        SILENCE_FIELD,
    },
};
use crate::{
    domain::grant::GoogleRight,
    forms::{FormSpec, Parameters},
    google::{
        Access,
        pubsub::{FlowControl, StreamOpener},
    },
};

/// Bytes of messages that may be out at once: some five hundred ZTF alerts, or three of Pub/Sub's largest messages.
const BYTES_OUT: u32 = 32 << 20;

/// Messages that may be out at once though fewer are wanted: the filter may let few of them through.
const FEWEST_OUT: u64 = 100;

/// The backend of a deployment.
#[derive(Debug)]
pub struct StreamClient {
    service: PubSubService,
}

impl StreamClient {
    /// Streams from this service.
    pub fn new(service: PubSubService) -> Self {
        Self { service }
    }

    fn source(&self, query: &Parameters, opened: Opened, access: &Access) -> Source {
        let Opened { consumer, touched, limits } = opened;
        let (service, path) = (&self.service, consumer.path().clone());
        let flow = self.flow(query, &limits, touched.ack_deadline_seconds);
        Source {
            lease: flow.lease,
            patience: service.timing.calls.patience,
            timing: service.timing.streams,
            looker: Looker::new(service.quick_client(access), path.clone(), touched),
            opener: StreamOpener::new(
                service.endpoint.clone(),
                service.is_emulator,
                access,
                path,
                flow,
            ),
        }
    }

    fn flow(&self, query: &Parameters, limits: &Limits, ack_deadline_s: u32) -> FlowControl {
        let backlog = query.integer("max_backlog").and_then(|n| u32::try_from(n).ok());
        let backlog = backlog.unwrap_or(form::DEFAULT_BACKLOG);
        let useful = limits.max_results.map_or(u64::MAX, |wanted| wanted.max(FEWEST_OUT));
        FlowControl {
            max_messages: backlog.min(u32::try_from(useful).unwrap_or(u32::MAX)),
            max_bytes: BYTES_OUT,
            // After a crash the messages come again no later than they would otherwise, and soon.
            lease: Duration::from_secs(ack_deadline_s.into())
                .min(self.service.timing.streams.longest_lease),
        }
    }
}

#[async_trait]
impl Broker for StreamClient {
    fn id(&self) -> &'static str {
        "stream-client"
    }

    fn name(&self) -> &'static str {
        "Pitt-Google StreamClient"
    }

    fn summary(&self) -> &'static str {
        "Alerts in real time, over an open connection to your own Pub/Sub subscription."
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            NOTE_ON_BEFORE,
            "Streaming removes messages from the subscription for everyone who shares it: stored and rejected alerts are both acknowledged.",
            "The subscription will be created in your project if it does not exist yet, with the attribute filter if there is one. Google bills that project, also for messages that the attribute filter drops. One ZTF alert has about 67 kB; 10 GiB a month are free.",
            "If the connection breaks, the run logs it, keeps its results, and continues when Pub/Sub answers again.",
            NOTE_ON_EXPIRY,
            NOTE_ON_PACKETS,
        ]
    }

    fn form(&self) -> &'static FormSpec {
        &FORM
    }

    fn needed_right(&self) -> Option<GoogleRight> {
        self.service.needed_right()
    }

    async fn test_access(&self, access: &Access) -> Option<Result<String, String>> {
        Some(self.service.test_access(access).await)
    }

    fn acknowledges(&self) -> bool {
        true
    }

    fn silence_field(&self) -> Option<&'static str> {
        Some(SILENCE_FIELD)
    }

    fn can_listen(&self) -> bool {
        true
    }

    async fn fetch_alerts(
        &self,
        query: &Parameters,
        context: RunContext,
    ) -> Result<AlertStream, BrokerError> {
        let run = context.clone();
        pubsub::open_stream(&self.service, query, &context, |opened, batches| {
            let limits = opened.limits;
            let source = self.source(query, opened, &run.access);
            stream_until_stopped(source, limits, batches, run)
        })
        .await
    }
}
