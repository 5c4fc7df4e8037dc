//! Why a backend cannot deliver, as sentences that a user can act on.

use super::{BudgetError, Cost};
use crate::{
    domain::wording::counted,
    google::{
        GoogleError,
        pubsub::{SubscriptionPath, TopicPath},
    },
    http_api::CallError,
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
    /// Parts of an archive were not read, because it breaks off or is damaged.
    #[error("not all of the archive could be read: {}. What follows there was not read: put a whole copy in its place and run the query again", listed(told, *n_more))]
    BrokenArchive {
        /// What breaks off, after which packet, and how: the first of it.
        told: Vec<String>,
        /// How much more does.
        n_more: u64,
    },
    /// The query no longer fits the backend's form.
    #[error("the query no longer fits the form: {0}. Edit it and run it again")]
    BadQuery(String),
    /// A fault in the software stopped the reading.
    #[error("a software error stopped the reading; see the log of the service")]
    ReaderBroke,
    /// Google did not do what was asked.
    #[error(transparent)]
    Google(#[from] GoogleError),
    /// A service that is not Google's did not do what was asked.
    #[error(transparent)]
    Service(#[from] CallError),
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
    /// What the topic carries is nothing that is read here.
    #[error("the topic {topic} is not read here: {why}. Choose another topic")]
    Unread {
        /// Its name.
        topic: String,
        /// What it carries instead of alerts.
        why: &'static str,
    },
    /// The subscription listens to something else.
    #[error(
        "The subscription {name} of project {project} receives {actual}, not {wanted}. Choose another subscription name, or leave topic and project empty to use it as it is",
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
        "The subscription {name} of project {project} exists already {}. The filter of a subscription cannot be changed: choose another subscription name, or leave the filter empty to use it as it is",
        other_filter(actual), name = subscription.name, project = subscription.project
    )]
    OtherFilter {
        /// What was asked for.
        subscription: SubscriptionPath,
        /// Its filter, empty for none.
        actual: String,
    },
    /// The subscription went away during the run.
    #[error("{} was deleted during the run. Run the query again: it will be created again, without earlier messages", .0.what())]
    SubscriptionGone(SubscriptionPath),
    /// Nothing can come to a subscription any more.
    #[error("The topic of {} was deleted: no new messages can arrive. Delete the subscription too, and run the query again with an existing topic", .0.what())]
    TopicGone(SubscriptionPath),
    /// The subscription was replaced by another one during the run.
    #[error(
        "{} was recreated during the run and now receives {actual}, not {before}. Run the query again if that is what you want",
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
        "no Google Cloud project is set for subscriptions: start the service with --google-project or with a service account's key, which names one. Where people sign in, each can also set their own on their profile page"
    )]
    NoProject,
    /// The job did not end in its time.
    #[error(
        "BigQuery did not finish the query within the time limit of {0} s and was asked to stop it. Ask for less, or raise the time limit"
    )]
    TooLong(u64),
    /// Nobody said which project is to be billed.
    #[error(
        "no Google Cloud project is set to bill for the query: start the service with --google-project or with a service account's key, which names one. Where people sign in, each can also set their own on their profile page"
    )]
    NoBilledProject,
    /// The query would read more than one query may.
    #[error(
        "the query would read {estimate}, more than the limit of {limit} for one query. It was not run. Select fewer columns, a shorter time or a smaller table, or ask whoever runs this service to raise --bigquery-query-limit"
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

fn listed(told: &[String], n_more: u64) -> String {
    let told = told.join("; ");
    match n_more {
        0 => told,
        n => format!("{told}; and {}", counted(n, "other archive")),
    }
}

fn other_filter(actual: &str) -> String {
    if actual.is_empty() {
        "without an attribute filter".to_owned()
    } else {
        format!("with the attribute filter {actual}")
    }
}
