//! Google's services over HTTP: who we act as, calls that are tried again, and the sentences for what goes wrong.
//!
//! A layer of its own, below `brokers` and `simulate`: whoever calls Pub/Sub has the same tokens, retries and
//! sentences, and the simulator publishes through the client that the backend pulls through.

mod access;
mod api;
pub mod bigquery;
pub mod cipher;
mod endpoint;
mod error;
mod names;
pub mod oauth;
pub mod pubsub;
mod service_account;

pub use self::{
    access::{Access, AccessError, TokenSource},
    api::ApiClient,
    endpoint::endpoint,
    error::GoogleError,
    names::{check_project, check_resource_name},
    service_account::ServiceAccount,
};
pub use crate::http_api::Token;
