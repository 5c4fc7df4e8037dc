//! Pitt-Google `StreamRest`: Pub/Sub by REST. What is kept is acknowledged, and nothing else.

mod consumer;
mod desk;
mod form;
mod leases;
mod pacing;
mod pulling;
mod unpack;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use url::Url;

use self::form::FORM;
pub use self::{
    consumer::Consumer,
    form::{Destination, publisher_of},
};
use super::{
    AlertStream, Broker, BrokerError, NO_PROJECT, RunContext, SubscriptionDesk, TEST_PATIENCE,
};
use crate::{
    domain::{grant::Scope, run::LogLevel},
    forms::{Choices, FormSpec, Parameters},
    google::{
        Access, ApiClient, Listener,
        pubsub::{GOOGLE_ENDPOINT, PubSub},
    },
};

/// Batches that wait between pulling and storing: enough to keep both busy, little enough to keep memory flat.
const BATCHES_AHEAD: usize = 2;

/// How long passing trouble may last before a run fails.
const PATIENCE: Duration = Duration::from_mins(2);

/// Why there can be no client of Pub/Sub.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The emulator's address.
    #[error(
        "{0} is not an address of a Pub/Sub emulator: HOST:PORT is expected, such as localhost:8085"
    )]
    NotAHost(String),
    /// The address of a service that is not Google's.
    #[error("{0} is not an address of Pub/Sub: https://HOST[:PORT] is expected")]
    NotAnEndpoint(String),
    /// TLS cannot be set up.
    #[error("connections cannot be made: {0}")]
    Connections(#[from] reqwest::Error),
}

/// Where Pub/Sub is, and how patient we are with it.
#[derive(Clone, Debug)]
pub struct PubSubService {
    /// Base of its URLs.
    pub endpoint: Url,
    /// An emulator asks for no credentials.
    pub is_emulator: bool,
    /// How long passing trouble may last before a run fails.
    pub patience: Duration,
    /// Shared connections.
    pub http: reqwest::Client,
}

impl PubSubService {
    /// The service at another address than Google's own, which asks for tokens as Google does.
    pub fn behind(endpoint: Url) -> Result<Self, EndpointError> {
        let is_base = matches!(endpoint.scheme(), "http" | "https")
            && endpoint.path() == "/"
            && endpoint.query().is_none();
        let host = endpoint.host_str().unwrap_or_default();
        let is_local = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        // A token must not cross a network unencrypted.
        if !is_base || (endpoint.scheme() == "http" && !is_local) {
            return Err(EndpointError::NotAnEndpoint(endpoint.to_string()));
        }
        let http = ApiClient::connections(is_local)?;
        Ok(Self { endpoint, is_emulator: false, patience: PATIENCE, http })
    }

    /// Google's own service, or an emulator at `HOST:PORT`.
    pub fn at(emulator: Option<&str>) -> Result<Self, EndpointError> {
        let emulator = emulator.filter(|host| !host.is_empty());
        let endpoint = match emulator {
            Some(host) => Url::parse(&format!("http://{host}/"))
                .ok()
                .filter(|url| url.path() == "/" && url.host().is_some() && url.query().is_none())
                .ok_or_else(|| EndpointError::NotAHost(host.to_owned()))?,
            None => Url::parse(GOOGLE_ENDPOINT)
                .map_err(|_| EndpointError::NotAHost(GOOGLE_ENDPOINT.to_owned()))?,
        };
        let http = ApiClient::connections(emulator.is_some())?;
        Ok(Self { endpoint, is_emulator: emulator.is_some(), patience: PATIENCE, http })
    }

    /// The service as one user sees it, telling somebody while calls are tried again.
    pub fn client(&self, access: Access, listener: Listener) -> PubSub {
        PubSub::new(ApiClient::new(
            self.http.clone(),
            "Pub/Sub",
            self.endpoint.clone(),
            !self.is_emulator,
            access,
            self.patience,
            listener,
        ))
    }
}

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

#[async_trait]
impl Broker for StreamRest {
    fn id(&self) -> &'static str {
        "stream-rest"
    }

    fn name(&self) -> &'static str {
        "Pitt-Google StreamRest"
    }

    fn summary(&self) -> &'static str {
        "Alerts as they come, pulled from your own Pub/Sub subscription by REST."
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "Messages from before the subscription existed are not available.",
            "Pulling removes messages from the subscription for everyone who shares it: what is stored is acknowledged, and what the filter rejects as well. Peek looks without removing anything.",
            "The subscription will be created in your project if it is not there yet; Google bills that project. One ZTF alert has about 67 kB; 10 GiB a month are free.",
            "Subscriptions that nobody uses expire after 31 days.",
            "ZTF alerts in Avro are read (ztf-loop, ztf-alerts). What cannot be read is set aside with its bytes and shown with the run.",
        ]
    }

    fn form(&self) -> &'static FormSpec {
        &FORM
    }

    fn needed_scope(&self) -> Option<Scope> {
        // An emulator knows nobody.
        (!self.service.is_emulator).then_some(Scope::PubSub)
    }

    async fn test_access(&self, access: &Access) -> Option<Result<String, String>> {
        let Some(project) = access.project.clone() else { return Some(Err(NO_PROJECT.to_owned())) };
        let service = PubSubService { patience: TEST_PATIENCE, ..self.service.clone() };
        let client = service.client(access.clone(), Arc::new(|_, _| {}));
        Some(match client.count_subscriptions(&project).await {
            Ok(0) => Ok(format!("Pub/Sub answers; there is no subscription in {project} yet.")),
            Ok(1) => Ok(format!("Pub/Sub answers, and shows one subscription in {project}.")),
            Ok(n) => Ok(format!("Pub/Sub answers, and shows {n} subscriptions in {project}.")),
            Err(error) => Err(error.sentence()),
        })
    }

    fn subscriptions(&self) -> Option<&dyn SubscriptionDesk> {
        Some(self)
    }

    fn can_listen(&self) -> bool {
        true
    }

    fn why_not_listen(&self, query: &Parameters) -> Option<&'static str> {
        (query.text("acknowledge") == Some("peek")).then_some(
            "A query that peeks leaves what it sees in the subscription, and would see the same again and again. Choose Keep to listen to it.",
        )
    }

    async fn choices(&self) -> Choices {
        Choices::new()
    }

    async fn fetch_alerts(
        &self,
        query: &Parameters,
        context: RunContext,
    ) -> Result<AlertStream, BrokerError> {
        let destination =
            Destination::of(query, context.access.project.as_deref(), self.service.is_emulator)?;
        let log = context.clone();
        let listener = Arc::new(move |level, sentence| log.log(level, sentence));
        let pubsub = self.service.client(context.access.clone(), listener);
        context.log(LogLevel::Info, format!("Acting as {}", pubsub.api().acts_as()));
        let consumer = Consumer::new(pubsub, destination.subscription.clone());
        let limits = pulling::Limits::of(query, context.is_listening);
        let touched = tokio::select! {
            touched = consumer.touch_subscription(&destination, &context) => touched?,
            () = context.stop.cancelled() => return Ok(futures::stream::empty().boxed()),
            because = limits.deadline_passes() => {
                context.ends_because(because);
                return Ok(futures::stream::empty().boxed());
            }
        };
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let consumer = Arc::new(consumer);
        let tasks = context.tasks.clone();
        tasks.spawn(pulling::pull_until_stopped(consumer, touched, limits, sender, context));
        Ok(ReceiverStream::new(receiver).boxed())
    }
}
