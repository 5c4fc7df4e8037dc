//! A subscription as the list and its own page show it.

use crate::{
    actions::subscriptions::SubscriptionDesk,
    brokers::why_unread,
    google::pubsub::SubscriptionDetails,
    web::{
        paths,
        widgets::{controls::Link, words::link},
    },
};

/// A subscription.
#[derive(Clone, Debug)]
pub(super) struct SubscriptionRow {
    pub(super) subscription: Link,
    pub(super) topic: String,
    pub(super) topic_project: String,
    /// Whether the topic is gone: nothing more comes.
    pub(super) is_topic_gone: bool,
    /// What it lets through: a filter, a transform; empty for everything.
    pub(super) filter: Vec<String>,
    pub(super) retention: String,
    /// "after 31 d without use", "never"
    pub(super) expires: String,
    pub(super) state: String,
    pub(super) is_well: bool,
    /// A query of it; absent for those who look only, and where its topic is not read.
    pub(super) query_href: Option<String>,
}

pub(super) fn short_name(full: &str) -> &str {
    full.rsplit('/').next().unwrap_or(full)
}

pub(super) fn subscription_row(
    details: &SubscriptionDetails,
    desk: &SubscriptionDesk<'_>,
    may_work: bool,
) -> SubscriptionRow {
    let name = short_name(&details.name).to_owned();
    let mut topic = details.topic.split('/').skip(1).step_by(2);
    let is_topic_gone = details.topic.contains("_deleted-topic_");
    let (project, topic) = (topic.next().unwrap_or_default(), topic.next().unwrap_or_default());
    let filter = Some(details.filter.clone()).filter(|filter| !filter.is_empty());
    let transform =
        (!details.message_transforms.is_empty()).then(|| "after a transform".to_owned());
    let query = [
        ("broker", desk.broker_id()),
        ("subscription_name", name.as_str()),
        ("topic", topic),
        ("project", project),
    ];
    let state = if details.state.is_empty() { "ACTIVE" } else { details.state.as_str() };
    SubscriptionRow {
        subscription: link(name.clone(), paths::subscription(&name)),
        topic: topic.to_owned(),
        topic_project: project.to_owned(),
        is_topic_gone,
        filter: filter.into_iter().chain(transform).collect(),
        retention: span_text(&details.message_retention_duration).unwrap_or("7 d".to_owned())
            + if details.retain_acked_messages { ", acknowledged ones too" } else { "" },
        expires: match &details.expiration_policy {
            Some(policy) => span_text(&policy.ttl)
                .map_or("never".to_owned(), |span| format!("after {span} without use")),
            None => "never".to_owned(),
        },
        is_well: state == "ACTIVE",
        state: state.to_ascii_lowercase().replace('_', " "),
        query_href: (may_work && why_unread(topic).is_none())
            .then(|| format!("{}{}", paths::NEW_QUERY, paths::query_string(&query))),
    }
}

/// `604800s` as "7 d".
fn span_text(duration: &str) -> Option<String> {
    let seconds: f64 = duration.strip_suffix('s')?.parse().ok()?;
    Some(match seconds {
        s if s >= 172_800.0 => format!("{:.0} d", s / 86_400.0),
        s if s >= 7_200.0 => format!("{:.0} h", s / 3_600.0),
        s => format!("{:.0} min", s / 60.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_days_hours_and_minutes() {
        assert_eq!(span_text("604800s").as_deref(), Some("7 d"));
        assert_eq!(span_text("86400s").as_deref(), Some("24 h"));
        assert_eq!(span_text("600s").as_deref(), Some("10 min"));
        assert_eq!(span_text(""), None);
    }
}
