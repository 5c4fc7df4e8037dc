//! Where alerts come from: the trait every backend fulfils, and the list of backends.
//!
//! A backend is one folder (form, mapping, connection) and one line in [`Brokers::new`].

pub mod archive;
mod filter_form;
mod receipt;

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use self::{filter_form::filter_from, receipt::Receipt};
use crate::{
    domain::{
        alert::Alert,
        run::{LogLevel, Unreadable},
    },
    forms::{Choices, FormSpec, Parameters},
};

/// What a user can act on when a backend cannot deliver.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The folder of alerts is not there any more, or may not be read.
    #[error(
        "{what} cannot be read: {reason}. Check that it exists and that the service may read it"
    )]
    Unreadable {
        /// File or folder.
        what: String,
        /// What the system says.
        reason: String,
    },
    /// The query no longer fits the backend's form.
    #[error("the query no longer fits the form: {0}. Edit it and run it again")]
    BadQuery(String),
    /// A fault in the software stopped the reading.
    #[error("reading stopped on a fault in the software; the log of the service says more")]
    ReaderBroke,
}

/// One message as it came, read or not.
#[derive(Debug)]
pub struct Delivery {
    /// The alert, or what came instead.
    pub content: Result<Box<Alert>, Unreadable>,
    /// Message attributes; `None` where the backend has no messages.
    pub attributes: Option<serde_json::Value>,
    /// Size of the message, bytes.
    pub n_bytes: u64,
}

/// Messages that came together, and the means to acknowledge them.
#[derive(Debug)]
pub struct AlertBatch {
    /// The messages.
    pub deliveries: Vec<Delivery>,
    /// To be settled once they are kept.
    pub receipt: Receipt,
}

/// Batches until the backend has no more.
pub type AlertStream = BoxStream<'static, Result<AlertBatch, BrokerError>>;

/// What a run lends to a backend while it fetches.
#[derive(Clone, Debug)]
pub struct RunContext {
    /// When the run began: relative times of the form count from here.
    pub now: DateTime<Utc>,
    /// Set when the run is to end: stop fetching.
    pub stop: CancellationToken,
    log: mpsc::UnboundedSender<(LogLevel, String)>,
}

impl RunContext {
    /// A context whose log lines arrive at the receiver.
    pub fn new(
        now: DateTime<Utc>,
        stop: CancellationToken,
    ) -> (Self, mpsc::UnboundedReceiver<(LogLevel, String)>) {
        let (log, lines) = mpsc::unbounded_channel();
        (Self { now, stop, log }, lines)
    }

    /// Writes a sentence into the run's log.
    pub fn log(&self, level: LogLevel, sentence: impl Into<String>) {
        // Nobody reads the log of a run that has ended.
        let _ = self.log.send((level, sentence.into()));
    }
}

/// A source of alerts.
#[async_trait]
pub trait Broker: Send + Sync {
    /// The word in URLs and stored queries; never changes.
    fn id(&self) -> &'static str;

    /// The name on pages.
    fn name(&self) -> &'static str;

    /// What it is good for, in one line.
    fn summary(&self) -> &'static str;

    /// What a user should know before running a query, as paragraphs.
    fn notes(&self) -> &'static [&'static str];

    /// The form.
    fn form(&self) -> &'static FormSpec;

    /// Options of the form that depend on the deployment.
    async fn choices(&self) -> Choices;

    /// Where uploaded packets go, for a backend that takes them.
    fn upload_folder(&self) -> Option<PathBuf> {
        None
    }

    /// Starts to fetch. The filter of the form is the caller's to apply.
    async fn fetch_alerts(
        &self,
        query: &Parameters,
        context: RunContext,
    ) -> Result<AlertStream, BrokerError>;
}

/// The backends of a deployment, in the order in which pages list them.
#[derive(Clone)]
pub struct Brokers(Vec<Arc<dyn Broker>>);

impl Brokers {
    /// All backends, reading archives from these folders and keeping uploads in that one.
    pub fn new(archives: Vec<PathBuf>, uploads: PathBuf) -> Self {
        Self(vec![Arc::new(archive::Archive::new(archives, uploads))])
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
