//! Where alerts come from: the trait every backend fulfils, and the list of backends.
//!
//! A backend is one folder (form, mapping, connection) and one line in [`Brokers::new`].

pub mod archive;
mod budget;
mod cost;
pub mod database;
mod filter_form;
mod preview;
pub mod pubsub;
mod pull_pace;
mod receipt;
mod run_context;
pub mod stream_client;
pub mod stream_rest;
mod subscriptions;

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use futures::stream::BoxStream;

pub use self::{
    budget::{Budget, BudgetError, DailyBudget, PlannedJob, Reservation},
    cost::Cost,
    filter_form::filter_from,
    preview::{Check, Estimated, LeftToday, Preview},
    pull_pace::PullPace,
    receipt::Receipt,
    run_context::{Progress, RunContext},
    subscriptions::{
        NewSubscription, PUBLISHED_NAMES, PUBLISHED_TOPICS, PublishedTopic, SubscriptionDesk,
    },
};
use crate::{
    domain::{alert::Alert, grant::Scope, run::Unreadable},
    forms::{Choices, FormSpec, Parameters},
    google::{
        Access, GoogleError,
        pubsub::{SubscriptionPath, TopicPath},
    },
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
    /// Google did not do what was asked.
    #[error(transparent)]
    Google(#[from] GoogleError),
    /// Neither the subscription nor a topic for it is there.
    #[error(
        "A subscription named {name} does not exist in the project {project} and one cannot be created, because {because}",
        name = subscription.name, project = subscription.project
    )]
    NoTopic {
        /// What was asked for.
        subscription: SubscriptionPath,
        /// Why there is no topic, and which there are.
        because: String,
    },
    /// The subscription listens to something else.
    #[error(
        "The subscription {name} of project {project} listens to {actual}, not to {wanted}. Choose another subscription name, or leave topic and project empty to take what it brings",
        name = subscription.name, project = subscription.project
    )]
    OtherTopic {
        /// What was asked for.
        subscription: SubscriptionPath,
        /// Full name of its topic.
        actual: String,
        /// What was asked for.
        wanted: TopicPath,
    },
    /// The subscription sieves its messages in another way, and cannot be changed.
    #[error(
        "The subscription {name} of project {project} exists already {}. A subscription keeps its attribute filter for ever: choose another subscription name, or leave the filter empty to take what it brings",
        other_filter(actual), name = subscription.name, project = subscription.project
    )]
    OtherFilter {
        /// What was asked for.
        subscription: SubscriptionPath,
        /// Its filter, empty for none.
        actual: String,
    },
    /// The subscription went away during the run.
    #[error("{} was deleted while the run was going on. Run the query again: it will be created anew, without the messages of before", .0.what())]
    SubscriptionGone(SubscriptionPath),
    /// Nothing can come to a subscription any more.
    #[error("The topic of {} was deleted: nothing new can come. Delete the subscription too, and run the query again with a topic that is there", .0.what())]
    TopicGone(SubscriptionPath),
    /// The subscription was replaced by another one during the run.
    #[error(
        "{} was made anew during the run and listens to {actual} now, not to {before}. Run the query again if that is what you want",
        subscription.what()
    )]
    SubscriptionChanged {
        /// Its path, which stayed.
        subscription: SubscriptionPath,
        /// Full name of its topic.
        actual: String,
        /// Full name of the topic when the run began.
        before: String,
    },
    /// Nobody said in which project subscriptions are to be.
    #[error(
        "no Google Cloud project is set for subscriptions: set yours on your profile page, or ask whoever runs this service to start it with --google-project or with a service account's key, which names one"
    )]
    NoProject,
    /// The job did not end in its time.
    #[error(
        "BigQuery did not end the query in the {0} s that it was given, and was asked to stop it. Ask for less, or give it longer"
    )]
    TooLong(u64),
    /// Nobody said which project is to be billed.
    #[error(
        "no Google Cloud project is set that could be billed for the query: set yours on your profile page, or ask whoever runs this service to start it with --google-project or with a service account's key, which names one"
    )]
    NoBilledProject,
    /// The query would read more than one query may.
    #[error(
        "the query would read {estimate}, more than the {limit} that one query may. It was not run. Select fewer columns, a shorter time or a smaller table, or ask whoever runs this service to raise --bigquery-query-limit"
    )]
    TooMuchToRead {
        /// What it would read.
        estimate: Cost,
        /// The limit.
        limit: Cost,
    },
    /// The budget does not allow it.
    #[error(transparent)]
    Budget(#[from] BudgetError),
}

fn other_filter(actual: &str) -> String {
    if actual.is_empty() {
        "without an attribute filter".to_owned()
    } else {
        format!("with the attribute filter {actual}")
    }
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

/// What a test says where no project is set.
const NO_PROJECT: &str = "No Google Cloud project is set: enter yours below.";

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

    /// The right at Google without which it cannot fetch as a user.
    fn needed_scope(&self) -> Option<Scope> {
        None
    }

    /// Tries what a member or the deployment may use: one harmless call, and a sentence on what works or does not.
    /// `None` where there is nothing to try.
    async fn test_access(&self, _: &Access) -> Option<Result<String, String>> {
        None
    }

    /// Options of the form that depend on the deployment.
    async fn choices(&self) -> Choices;

    /// Where uploaded packets go, for a backend that takes them.
    fn upload_folder(&self) -> Option<PathBuf> {
        None
    }

    /// What looks at a query before it is run, for a backend whose queries cost something.
    fn preview(&self) -> Option<&dyn Preview> {
        None
    }

    /// Where its subscriptions are looked after, for a backend that has some.
    fn subscriptions(&self) -> Option<&dyn SubscriptionDesk> {
        None
    }

    /// Whether its queries can be kept running: what comes is new each time.
    fn can_listen(&self) -> bool {
        false
    }

    /// Why this query cannot be kept running, where others can.
    fn why_not_listen(&self, _: &Parameters) -> Option<&'static str> {
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
