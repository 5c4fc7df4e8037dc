//! The backends of a deployment.

use std::{path::PathBuf, sync::Arc};

use super::{Broker, archive, database, pubsub, stream_client, stream_rest};

/// The backends of a deployment, in the order in which pages list them.
#[derive(Clone)]
pub struct Brokers(Vec<Arc<dyn Broker>>);

impl Brokers {
    /// All backends: streams from this service; archives from these folders, keeping uploads in that one.
    pub fn new(pubsub: pubsub::PubSubService, archives: Vec<PathBuf>, uploads: PathBuf) -> Self {
        Self(vec![
            Arc::new(archive::Archive::new(archives, uploads)),
            Arc::new(stream_rest::StreamRest::new(pubsub.clone())),
            Arc::new(stream_client::StreamClient::new(pubsub)),
        ])
    }

    /// The same with queries of BigQuery at this service.
    #[must_use]
    pub fn with_database(mut self, bigquery: database::BigQueryService) -> Self {
        self.0.push(Arc::new(database::Database::new(bigquery)));
        self
    }

    /// Every backend.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Broker>> {
        self.0.iter()
    }

    /// The backend with this id.
    pub fn find(&self, id: &str) -> Option<&Arc<dyn Broker>> {
        self.0.iter().find(|broker| broker.id() == id)
    }
}
