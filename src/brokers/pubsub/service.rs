//! Where Pub/Sub is, and the clients that talk to it.

use std::sync::Arc;

use url::Url;

use crate::{
    brokers::NO_PROJECT,
    domain::{grant::GoogleRight, timing::Timing},
    google::{
        self, Access, ApiClient,
        pubsub::{GOOGLE_ENDPOINT, PubSub, ROOT},
    },
    http_api::{self, ApiSettings, HttpApi, Listener},
};

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
    /// How patient we are.
    pub timing: Timing,
    /// Shared connections.
    pub http: reqwest::Client,
}

impl PubSubService {
    /// The service at another address than Google's own, which asks for tokens as Google does.
    pub fn behind(endpoint: Url, timing: &Timing) -> Result<Self, EndpointError> {
        let is_base = matches!(endpoint.scheme(), "http" | "https")
            && endpoint.path() == "/"
            && endpoint.query().is_none();
        let host = endpoint.host_str().unwrap_or_default();
        let is_local = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        // A token must not cross a network unencrypted.
        if !is_base || (endpoint.scheme() == "http" && !is_local) {
            return Err(EndpointError::NotAnEndpoint(endpoint.to_string()));
        }
        let http = http_api::connections(is_local, timing.calls.connect)?;
        Ok(Self { endpoint, is_emulator: false, timing: *timing, http })
    }

    /// Google's own service, or an emulator at `HOST:PORT`.
    pub fn at(emulator: Option<&str>, timing: &Timing) -> Result<Self, EndpointError> {
        let (endpoint, is_emulator) =
            google::endpoint(GOOGLE_ENDPOINT, emulator).map_err(EndpointError::NotAHost)?;
        let http = http_api::connections(is_emulator, timing.calls.connect)?;
        Ok(Self { endpoint, is_emulator, timing: *timing, http })
    }

    /// The right that it asks for; an emulator knows nobody.
    pub(in crate::brokers) fn needed_right(&self) -> Option<GoogleRight> {
        (!self.is_emulator).then_some(GoogleRight::PubSub)
    }

    /// The service as one user sees it, telling somebody while calls are tried again.
    pub fn client(&self, access: Access, listener: Listener) -> PubSub {
        let api = HttpApi::new(ApiSettings {
            http: self.http.clone(),
            service: "Pub/Sub",
            base: self.endpoint.clone(),
            root: ROOT,
            token: None,
            timing: self.timing.calls,
            listener,
        });
        PubSub::new(ApiClient::new(api, access, !self.is_emulator))
    }

    /// A client that gives up soon and says nothing meanwhile: somebody waits for it.
    pub fn quick_client(&self, access: &Access) -> PubSub {
        let mut service = self.clone();
        service.timing.calls.patience = self.timing.calls.quick;
        service.client(access.clone(), Arc::new(|_, _| {}))
    }

    /// Tries what a member or the deployment may use, by counting the subscriptions of their project.
    pub(in crate::brokers) async fn test_access(&self, access: &Access) -> Result<String, String> {
        let Some(project) = access.project.as_deref() else { return Err(NO_PROJECT.to_owned()) };
        match self.quick_client(access).count_subscriptions(project).await {
            Ok(0) => Ok(format!("Pub/Sub answers; there is no subscription in {project} yet.")),
            Ok(1) => Ok(format!("Pub/Sub answers, and shows one subscription in {project}.")),
            Ok(n) => Ok(format!("Pub/Sub answers, and shows {n} subscriptions in {project}.")),
            Err(error) => Err(error.sentence()),
        }
    }
}
