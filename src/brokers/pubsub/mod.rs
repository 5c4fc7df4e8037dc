//! What the backends of Pub/Sub share: the service, the subscription and its topic, stop conditions, reading a message.

mod consumer;
mod destination;
mod limits;
mod opening;
mod pacing;
mod service;
mod unpack;

pub use self::{
    consumer::Consumer,
    destination::{Destination, publisher_of},
    service::{EndpointError, PubSubService},
};
pub(super) use self::{
    consumer::check_topic,
    destination::NAME_FIELDS,
    limits::{Limits, SILENCE_FIELD, STOP_FIELDS, STREAM_RULES},
    opening::{Batches, Opened, open_stream},
    pacing::Pacing,
    unpack::{set_aside, unpack},
};

/// What to know of any stream before it is run, as paragraphs.
pub(super) const NOTE_ON_BEFORE: &str =
    "Messages from before the subscription existed are not available.";
pub(super) const NOTE_ON_EXPIRY: &str = "Subscriptions expire after 31 days without use.";
pub(super) const NOTE_ON_PACKETS: &str = "ZTF, LSST and ELAsTiCC alerts are read, in Avro and in JSON, with what the broker adds: classes and tags. Packets that cannot be read are stored unchanged and shown with the run.";
