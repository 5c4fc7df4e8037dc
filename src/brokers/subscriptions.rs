//! Looking after subscriptions, for a backend that has them; and the topics that Pitt-Google publishes.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::BrokerError;
use crate::google::{
    Access,
    pubsub::{SubscriptionDetails, SubscriptionPath, WaitingMessage},
};

/// A topic that Pitt-Google publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedTopic {
    /// Its name.
    pub name: &'static str,
    /// "ZTF", "LSST"
    pub survey: &'static str,
    /// What it carries, in a line.
    pub what: &'static str,
    /// Why its messages are not read here; `None` where they are.
    pub unread: Option<&'static str>,
}

/// Topics that Pitt-Google publishes, by survey. (Its listings of July 2026.)
pub const PUBLISHED_TOPICS: [PublishedTopic; 13] = [
    topic("ztf-loop", "ZTF", "About one alert a second, day and night: for trying things out."),
    topic(
        "ztf-alerts",
        "ZTF",
        "Every alert as ZTF sends it, in Avro with images: up to about 600,000 a night, 67 kB each.",
    ),
    topic("ztf-lite", "ZTF", "Every alert in JSON, with few fields and no images; no classtar."),
    topic(
        "ztf-tagged",
        "ZTF",
        "As ztf-lite, with tags: is_pure, is_extragalactic_transient, not_moving and others.",
    ),
    topic(
        "ztf-SuperNNova",
        "ZTF",
        "As ztf-tagged, with SuperNNova's class: Ia or non-Ia, and how probable.",
    ),
    topic(
        "lsst-alerts",
        "LSST",
        "Every alert as Rubin sends it, in Avro with images: 110 kB each, some 300.",
    ),
    topic("lsst-alerts-json", "LSST", "The same in JSON: some 150 kB each."),
    topic("lsst-lite", "LSST", "Every alert in JSON, with few fields and no images."),
    topic("lsst-supernnova", "LSST", "As lsst-lite, with SuperNNova's class: Ia or non-Ia."),
    topic("lsst-upsilon", "LSST", "As lsst-lite, with UPSILoN's class of variable by band."),
    topic("lsst-variability", "LSST", "As lsst-lite, tagged as likely variable or not."),
    topic("lsst-xmatch", "LSST", "As lsst-lite, with the nearest source of Gaia."),
    PublishedTopic {
        name: "lvk-alerts",
        survey: "LVK",
        what: "Gravitational-wave alerts, in JSON.",
        unread: Some(
            "its messages are sky maps of gravitational waves, not detections with a position",
        ),
    },
];

/// Their names.
pub const PUBLISHED_NAMES: [&str; PUBLISHED_TOPICS.len()] = {
    let mut names = [""; PUBLISHED_TOPICS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = PUBLISHED_TOPICS[at].name;
        at += 1;
    }
    names
};

const fn topic(name: &'static str, survey: &'static str, what: &'static str) -> PublishedTopic {
    PublishedTopic { name, survey, what, unread: None }
}

/// Why the messages of a topic of this name are not read here; `None` where they are, or may be.
pub fn why_unread(topic: &str) -> Option<&'static str> {
    PUBLISHED_TOPICS.iter().find(|published| published.name == topic)?.unread
}

/// A subscription to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscription {
    /// Its name, in the user's project.
    pub name: String,
    /// The topic.
    pub topic: String,
    /// The topic's project, where it is not Pitt-Google's.
    pub project: Option<String>,
    /// An attribute filter, which cannot be changed later.
    pub filter: Option<String>,
    /// A JavaScript function that changes or drops messages.
    pub javascript: Option<String>,
}

/// Where subscriptions of a user's project are looked after.
#[async_trait]
pub trait Subscriptions: Send + Sync {
    /// All of them, by name.
    async fn list(&self, access: &Access) -> Result<Vec<SubscriptionDetails>, BrokerError>;

    /// Makes one.
    async fn create(
        &self,
        access: &Access,
        new: &NewSubscription,
    ) -> Result<SubscriptionPath, BrokerError>;

    /// Deletes one and what waits in it; one that is not there is no error.
    async fn delete(&self, access: &Access, name: &str) -> Result<(), BrokerError>;

    /// Takes one to a moment: what was published since waits again, what came before does not.
    async fn seek(&self, access: &Access, name: &str, to: DateTime<Utc>)
    -> Result<(), BrokerError>;

    /// Some messages that wait, newest first; they stay.
    async fn peek(&self, access: &Access, name: &str) -> Result<Vec<WaitingMessage>, BrokerError>;
}
