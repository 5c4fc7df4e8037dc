//! The backends of a deployment: where each is made, and how one is found.

use std::{path::PathBuf, sync::Arc};

use super::{
    Broker,
    archive::{self, Archive},
    database::{BigQueryService, Database},
    pubsub::PubSubService,
    stream_client::StreamClient,
    stream_rest::StreamRest,
};

/// Id of the backend of which examples tell: the one that needs no account.
pub const EXAMPLE_BROKER: &str = archive::ID;

/// Its name.
pub const EXAMPLE_NAME: &str = archive::NAME;

/// What the backends of a deployment stand on.
#[derive(Clone, Debug)]
pub struct BackendSettings {
    /// Folders and files with alerts.
    pub archives: Vec<PathBuf>,
    /// Where uploaded packets are kept.
    pub uploads: PathBuf,
    /// Where streams come from.
    pub pubsub: PubSubService,
    /// Where tables are asked.
    pub bigquery: BigQueryService,
}

/// Every backend that there is, a line each, in the order in which pages list them.
pub fn all_backends(settings: BackendSettings) -> Vec<Arc<dyn Broker>> {
    let BackendSettings { archives, uploads, pubsub, bigquery } = settings;
    vec![
        Arc::new(Archive::new(archives, uploads)),
        Arc::new(StreamRest::new(pubsub.clone())),
        Arc::new(StreamClient::new(pubsub)),
        Arc::new(Database::new(bigquery)),
    ]
}

/// The backends of a deployment, in the order in which pages list them.
#[derive(Clone)]
pub struct Brokers(Arc<[Arc<dyn Broker>]>);

impl Brokers {
    /// A deployment with these backends.
    pub fn new(backends: Vec<Arc<dyn Broker>>) -> Self {
        Self(backends.into())
    }

    /// Every backend.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Broker>> {
        self.0.iter()
    }

    /// The backend with this id.
    pub fn find(&self, id: &str) -> Option<&Arc<dyn Broker>> {
        self.0.iter().find(|broker| broker.id() == id)
    }

    /// What a backend is called; its id, where this deployment has it no more.
    pub fn name_of(&self, id: &str) -> String {
        self.find(id).map_or(id, |broker| broker.name()).to_owned()
    }
}
