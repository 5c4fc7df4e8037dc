//! What the backends of Pub/Sub share: the service, the subscription and its topic, stop conditions, reading a message.

mod arrived;
mod consumer;
mod destination;
mod limits;
mod opening;
mod pacing;
mod service;

pub(super) use self::{
    arrived::Arrived,
    destination::NAME_FIELDS,
    limits::{Limits, SILENCE_FIELD, STOP_FIELDS, STOP_RULE},
    opening::{Opened, open},
    pacing::Pacing,
};
pub use self::{
    consumer::Consumer,
    destination::{Destination, publisher_of},
    service::{EndpointError, PubSubService},
};

/// Batches that wait between receiving and storing: enough to keep both busy, little enough to keep memory flat.
pub(super) const BATCHES_AHEAD: usize = 2;
