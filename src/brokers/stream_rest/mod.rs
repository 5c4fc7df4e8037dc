//! Pitt-Google `StreamRest`: Pub/Sub by REST. What is kept is acknowledged, and nothing else.

mod desk;
mod form;
mod leases;
mod one_pull;
mod pulling;
mod unpack;

use std::sync::Arc;

use async_trait::async_trait;

use self::{
    form::FORM,
    pulling::{Taking, pull_until_stopped},
};
use super::{
    AlertStream, Broker, BrokerError, RunContext, Subscriptions,
    pubsub::{
        self, NOTE_ON_BEFORE, NOTE_ON_EXPIRY, NOTE_ON_PACKETS, Opened, PubSubService, SILENCE_FIELD,
    },
};
use crate::{
    domain::grant::GoogleRight,
    forms::{FormSpec, Parameters},
    google::Access,
};

/// The backend of a deployment.
#[derive(Debug)]
pub struct StreamRest {
    service: PubSubService,
}

impl StreamRest {
    /// Streams from this service.
    pub fn new(service: PubSubService) -> Self {
        Self { service }
    }
}

/// Whether a query leaves the messages where they are.
fn is_peek(query: &Parameters) -> bool {
    query.text("acknowledge") == Some("peek")
}

#[async_trait]
impl Broker for StreamRest {
    fn id(&self) -> &'static str {
        "stream-rest"
    }

    fn name(&self) -> &'static str {
        "Pitt-Google StreamRest"
    }

    fn summary(&self) -> &'static str {
        "Alerts as they arrive, pulled from your own Pub/Sub subscription by REST."
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            NOTE_ON_BEFORE,
            "Pulling removes messages from the subscription for everyone who shares it: stored and rejected alerts are both acknowledged. Peek removes nothing. It looks at 1,000 messages at most, and until it ends nobody else gets them.",
            "The subscription will be created in your project if it does not exist yet; Google bills that project. One ZTF alert has about 67 kB; 10 GiB a month are free.",
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

    fn subscriptions(&self) -> Option<&dyn Subscriptions> {
        Some(self)
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

    fn why_not_listen(&self, query: &Parameters) -> Option<&'static str> {
        is_peek(query).then_some(
            "A query that peeks would see the same messages again and again. Choose Keep to listen to it.",
        )
    }

    async fn fetch_alerts(
        &self,
        query: &Parameters,
        context: RunContext,
    ) -> Result<AlertStream, BrokerError> {
        let (is_peek, timing) = (is_peek(query), self.service.timing.pulls);
        let run = context.clone();
        pubsub::open_stream(&self.service, query, &context, |opened, batches| {
            let Opened { consumer, touched, limits } = opened;
            let taking = Taking { limits, is_peek, timing };
            pull_until_stopped(Arc::new(consumer), touched, taking, batches, run)
        })
        .await
    }
}
