//! Where alerts come from: the trait every backend fulfils, and the list of backends.
//!
//! A backend is one folder (form, mapping, connection) and one line in [`all_backends`].

pub mod archive;
mod broker;
mod budget;
mod cost;
pub mod database;
mod error;
mod filter_form;
mod list;
mod preview;
pub mod pubsub;
mod receipt;
mod run_context;
mod set_aside;
pub mod stream_client;
pub mod stream_rest;
mod subscriptions;

use futures::stream::BoxStream;

pub use self::{
    broker::{Broker, FirstStep, Uploads},
    budget::{Budget, BudgetError, DailyBudget, PlannedJob, Reservation},
    cost::Cost,
    error::BrokerError,
    filter_form::{FILTER_FIELDS, FILTER_RULES, filter_from, filter_of_stored, stored_filter},
    list::{BackendSettings, Brokers, EXAMPLE_BROKER, EXAMPLE_NAME, all_backends},
    preview::{Check, EstimatedCost, LeftToday, Preview},
    receipt::Receipt,
    run_context::{Progress, PullPace, RunContext},
    set_aside::read_set_aside,
    subscriptions::{
        NewSubscription, PUBLISHED_NAMES, PUBLISHED_TOPICS, PublishedTopic, Subscriptions,
        why_unread,
    },
};
use crate::domain::{alert::Alert, run::Unreadable};

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

/// What a test of the connection says where no project is set.
const NO_PROJECT: &str = "No Google Cloud project is set: enter yours below.";
