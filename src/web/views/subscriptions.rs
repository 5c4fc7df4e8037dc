//! Subscriptions of the user's project: the list with the form for a new one, and one of them.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{HiddenValue, Link, PostButton};
use super::field::{FieldView, FormView};

/// `/subscriptions/`
#[derive(Clone, Debug, Template)]
#[template(path = "pages/subscriptions.html")]
pub struct SubscriptionsPage {
    /// The frame.
    pub chrome: Chrome,
    /// The project that they are in, where one is set.
    pub project: Option<String>,
    /// The subscriptions; absent where they cannot be had.
    pub rows: Option<Vec<SubscriptionRow>>,
    /// Why they cannot be had, or what the last change ran into.
    pub trouble: Option<String>,
    /// Where that can be mended.
    pub cure: Option<Link>,
    /// The form for a new one; absent for those who look only.
    pub form: Option<FormView>,
    /// Topics that Pitt-Google publishes.
    pub topics: Vec<TopicRow>,
    /// What one should know of costs, a paragraph each.
    pub costs: Vec<String>,
}

/// A subscription in the list.
#[derive(Clone, Debug)]
pub struct SubscriptionRow {
    /// Its name and page.
    pub subscription: Link,
    /// Its topic.
    pub topic: String,
    /// The topic's project.
    pub topic_project: String,
    /// Whether the topic is gone: nothing more comes.
    pub is_topic_gone: bool,
    /// What it lets through: a filter, a transform; empty for everything.
    pub sieve: Vec<String>,
    /// "7 d"
    pub retention: String,
    /// "after 31 d without use", "never"
    pub expires: String,
    /// "active", or Google's word for trouble.
    pub state: String,
    /// Whether that is well.
    pub is_well: bool,
    /// A query of it; absent for those who look only.
    pub query_href: Option<String>,
}

/// A published topic.
#[derive(Clone, Debug)]
pub struct TopicRow {
    /// Its name.
    pub name: String,
    /// "ZTF"
    pub survey: String,
    /// What it carries.
    pub what: String,
    /// The form with it filled in; absent for those who look only.
    pub choose_href: Option<String>,
}

/// `/subscriptions/{name}/`
#[derive(Clone, Debug, Template)]
#[template(path = "pages/subscription.html")]
pub struct SubscriptionPage {
    /// The frame.
    pub chrome: Chrome,
    /// Its name.
    pub name: String,
    /// What it is.
    pub row: SubscriptionRow,
    /// What the last change ran into.
    pub trouble: Option<String>,
    /// Looks at what waits; absent for those who look only.
    pub peek: Option<PostButton>,
    /// What waits, where it was looked at.
    pub messages: Option<Vec<MessageRow>>,
    /// Takes it to a moment; absent for those who look only.
    pub seek: Option<SeekForm>,
    /// Asks whether to delete it.
    pub delete: Option<Link>,
}

/// Takes a subscription to a moment.
#[derive(Clone, Debug)]
pub struct SeekForm {
    /// Where it is sent.
    pub action: String,
    /// What it sends along.
    pub hidden: Vec<HiddenValue>,
    /// The moment.
    pub field: FieldView,
}

/// A message that waits.
#[derive(Clone, Debug)]
pub struct MessageRow {
    /// `messageId`
    pub id: String,
    /// When it was published.
    pub published: String,
    /// "67 kB"
    pub size: String,
    /// Names and values.
    pub attributes: Vec<(String, String)>,
}
