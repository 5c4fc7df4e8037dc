//! What a query of a stream names: a subscription of one's own and the topic it listens to.

use crate::{
    brokers::{BrokerError, PUBLISHED_NAMES, why_unread},
    forms::{Field, Parameters},
    google::{
        check_project, check_resource_name,
        pubsub::{SubscriptionPath, TopicPath},
    },
};

/// Where Pitt-Google publishes ZTF, and where LSST.
const ZTF_PROJECT: &str = "ardent-cycling-243415";
const LSST_PROJECT: &str = "pitt-alert-broker";

/// What is suggested can be read.
const SUGGESTED: &[&str] = &[
    "ztf-loop",
    "ztf-alerts",
    "ztf-lite",
    "ztf-tagged",
    "ztf-SuperNNova",
    "lsst-alerts",
    "lsst-alerts-json",
    "lsst-lite",
    "lsst-supernnova",
    "lsst-upsilon",
    "lsst-variability",
    "lsst-xmatch",
];

/// A name of a topic whose messages are read here.
fn check_topic_name(name: &str) -> Result<(), String> {
    check_resource_name(name)?;
    match why_unread(name) {
        Some(why) => Err(format!("{name} is not read here: {why}.")),
        None => Ok(()),
    }
}

/// The fields that name subscription and topic.
pub(in crate::brokers) const NAME_FIELDS: &[Field] = &[
    Field::checked("subscription_name", "Subscription name", 255, check_resource_name)
        .initial("ztf-loop")
        .required()
        .suggestions(SUGGESTED)
        .help("The subscription will be created if it doesn't already exist in your project. ztf-loop is recommended for testing: a heartbeat stream with about 1 alert/s.")
        .section("Stream"),
    Field::checked("topic", "Topic", 255, check_topic_name)
        .suggestions(SUGGESTED)
        .placeholder("ztf-alerts")
        .help("The topic that the subscription receives. Empty: the topic of the same name.")
        .section("Stream"),
    Field::checked("project", "Project of the topic", 80, check_project)
        .suggestions(&[ZTF_PROJECT, LSST_PROJECT])
        .placeholder(ZTF_PROJECT)
        .help("Empty: Pitt-Google's, pitt-alert-broker for lsst-… and ardent-cycling-243415 for all others.")
        .section("Stream"),
];

/// What a query names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// In the user's project.
    pub subscription: SubscriptionPath,
    /// What it is to listen to.
    pub topic: TopicPath,
    /// Whether the user named the topic (or its project): then another one will not do.
    pub is_topic_chosen: bool,
    /// An attribute filter for the subscription, which it gets when it is made and keeps for ever.
    pub attribute_filter: Option<String>,
    /// An emulator has the topics that were made in it, and no others.
    pub is_emulator: bool,
}

impl Destination {
    /// What a checked form names. An emulator has no users: without a project of the deployment the topic's is taken.
    pub(in crate::brokers) fn of(
        query: &Parameters,
        own_project: Option<&str>,
        is_emulator: bool,
    ) -> Result<Self, BrokerError> {
        let subscription = query
            .text("subscription_name")
            .ok_or_else(|| BrokerError::BadQuery("it names no subscription".to_owned()))?;
        let topic = query.text("topic").unwrap_or(subscription);
        if let Some(why) = why_unread(topic) {
            return Err(BrokerError::Unread { topic: topic.to_owned(), why });
        }
        let publisher = match (query.text("project"), own_project) {
            (Some(project), _) => project,
            // In an emulator there is nothing of Pitt-Google's: the deployment's own project has the topics.
            (None, Some(own)) if is_emulator => own,
            (None, _) => publisher_of(topic),
        };
        let own_project = match own_project {
            Some(project) => project,
            None if is_emulator => publisher,
            None => return Err(BrokerError::NoProject),
        };
        Ok(Self {
            subscription: SubscriptionPath::new(own_project, subscription),
            topic: TopicPath::new(publisher, topic),
            is_topic_chosen: query.has("topic") || query.has("project"),
            attribute_filter: query.text("attribute_filter").map(str::to_owned),
            is_emulator,
        })
    }

    /// Why there is no topic, and which there are.
    pub(in crate::brokers) fn why_no_topic(&self) -> String {
        let project = &self.topic.project;
        if self.is_emulator {
            let name = &self.topic.name;
            return format!(
                "the emulator has no topic {name} in {project}. The command `tom-alerts simulate --publish {name}` makes one"
            );
        }
        let published: Vec<&str> =
            PUBLISHED_NAMES.into_iter().filter(|name| publisher_of(name) == project).collect();
        if published.is_empty() {
            return format!(
                "the project {project} does not publish a public topic named {}",
                self.topic.name
            );
        }
        let with_name = if self.topic.name == self.subscription.name {
            "with the same name".to_owned()
        } else {
            format!("named {}", self.topic.name)
        };
        format!(
            "Pitt-Google does not publish a public topic {with_name}. It publishes {} in {project}",
            published.join(", ")
        )
    }
}

/// The project that publishes a topic of this name.
pub fn publisher_of(topic: &str) -> &'static str {
    let topic = topic.to_ascii_lowercase();
    if topic.starts_with("lsst") || topic.starts_with("rubin") { LSST_PROJECT } else { ZTF_PROJECT }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        brokers::pubsub::limits::{STOP_FIELDS, STOP_RULE},
        forms::{Choices, Context, FormSpec, FormState, RawForm},
    };

    static FORM: FormSpec = FormSpec { groups: &[NAME_FIELDS, STOP_FIELDS], rules: &[STOP_RULE] };

    fn validate(sent: &Value) -> Result<Parameters, FormState> {
        let context =
            Context { now: "2026-11-23T12:00:00Z".parse().unwrap(), choices: Choices::new() };
        FORM.validate(&RawForm::from_json(sent), &context)
    }

    fn destination(
        sent: &Value,
        own: Option<&str>,
        is_emulator: bool,
    ) -> Result<Destination, BrokerError> {
        Destination::of(&validate(sent).unwrap(), own, is_emulator)
    }

    #[test]
    fn the_blank_form_is_a_query_that_works() {
        let blank = FORM.blank();
        let sent: serde_json::Map<_, _> = FORM
            .fields()
            .filter_map(|field| {
                Some((field.name.to_owned(), json!(blank.values(field.name).first()?)))
            })
            .collect();
        let found = destination(&Value::Object(sent), Some("my-proj"), false).unwrap();
        assert_eq!(found.subscription.to_string(), "projects/my-proj/subscriptions/ztf-loop");
        assert_eq!(found.topic.to_string(), "projects/ardent-cycling-243415/topics/ztf-loop");
        assert!(!found.is_topic_chosen);
    }

    #[test]
    fn topic_project_and_subscription_are_three_things() {
        let sent = json!({"subscription_name": "mine", "topic": "lsst-lite", "timeout": 5});
        let found = destination(&sent, Some("my-proj"), false).unwrap();
        assert_eq!(found.subscription.to_string(), "projects/my-proj/subscriptions/mine");
        assert_eq!(found.topic.to_string(), "projects/pitt-alert-broker/topics/lsst-lite");
        assert!(found.is_topic_chosen);
        let sent = json!({"subscription_name": "mine", "topic": "top", "project": "pub-proj", "timeout": 5});
        let found = destination(&sent, None, true).unwrap();
        assert_eq!(found.subscription.to_string(), "projects/pub-proj/subscriptions/mine");
        assert!(matches!(destination(&sent, None, false), Err(BrokerError::NoProject)));
    }

    #[test]
    fn a_stop_condition_is_demanded() {
        let state = validate(&json!({"subscription_name": "ztf-loop"})).unwrap_err();
        assert!(
            state.errors("max_results")[0]
                .starts_with("You must set at least one stopping condition.")
        );
        for one in ["max_results", "timeout", "deadline"] {
            assert!(validate(&json!({"subscription_name": "ztf-loop", one: 2})).is_ok(), "{one}");
        }
        for bad in [json!(0), json!(-1), json!(1.5), json!("soon")] {
            let state =
                validate(&json!({"subscription_name": "ztf-loop", "timeout": bad})).unwrap_err();
            assert_eq!(state.errors("timeout").len(), 1, "{bad}");
        }
    }

    #[test]
    fn names_that_could_lead_elsewhere_are_errors_of_the_form() {
        for bad in [
            "../../v1/projects",
            "a:pull",
            "a b c",
            "goog-x",
            "x/y/z",
            "a?b=c",
            "169.254.169.254/x",
        ] {
            for field in ["subscription_name", "topic", "project"] {
                let mut sent = json!({"subscription_name": "ztf-loop", "timeout": 1});
                sent[field] = json!(bad);
                // The id of an old project may hold a colon.
                if field != "project" || !bad.starts_with("a:") && bad != "goog-x" {
                    assert!(validate(&sent).is_err(), "{field} {bad}");
                }
            }
        }
    }

    #[test]
    fn a_topic_that_is_not_read_is_refused_before_anything_is_pulled() {
        let state =
            validate(&json!({"subscription_name": "mine", "topic": "lvk-alerts", "timeout": 5}));
        let error = state.unwrap_err().errors("topic")[0].clone();
        assert!(
            error.starts_with("lvk-alerts is not read here: its messages are sky maps"),
            "{error}"
        );
        let sent = json!({"subscription_name": "lvk-alerts", "timeout": 5});
        let error = destination(&sent, Some("my-proj"), false).unwrap_err().to_string();
        assert!(error.contains("sky maps") && error.contains("another topic"), "{error}");
    }

    #[test]
    fn a_missing_topic_is_named_with_those_that_there_are() {
        let sent = json!({"subscription_name": "ztf-lop", "timeout": 5});
        let why = destination(&sent, Some("my-proj"), false).unwrap().why_no_topic();
        assert!(
            why.starts_with("Pitt-Google does not publish a public topic with the same name."),
            "{why}"
        );
        assert!(why.contains("ztf-loop"), "{why}");
    }
}
