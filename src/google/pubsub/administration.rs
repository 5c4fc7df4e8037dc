//! Looking after subscriptions: listing, creating with a filter or a transform, going back in time, looking at what waits.
//! <https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions>

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{PubSub, PullAnswer, SubscriptionPath, TopicPath};
use crate::{
    google::{error::GoogleError, names::encoded},
    http_api::Call,
};

/// Subscriptions of one page of a list, and pages that are read: together as many as Pub/Sub lets a project have.
const PAGE_SIZE: usize = 100;
const MAX_PAGES: usize = 100;

/// A subscription as a list shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubscriptionDetails {
    /// Full name: `projects/P/subscriptions/S`.
    pub name: String,
    /// Full name of its topic; `_deleted-topic_` when that is gone.
    pub topic: String,
    /// The attribute filter, empty for none.
    pub filter: String,
    /// How long a message stays out before it comes again, seconds.
    pub ack_deadline_seconds: u32,
    /// How long messages wait that nobody acknowledges: `604800s`.
    pub message_retention_duration: String,
    /// Whether acknowledged messages are kept as well, so that one can go back.
    pub retain_acked_messages: bool,
    /// When it is deleted if nobody uses it; absent means never.
    pub expiration_policy: Option<ExpirationPolicy>,
    /// `ACTIVE` or `RESOURCE_ERROR`; empty where the service does not say.
    pub state: String,
    /// What changes messages on their way.
    pub message_transforms: Vec<Value>,
}

/// When a subscription that nobody uses is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ExpirationPolicy {
    /// `2678400s`; empty means never.
    pub ttl: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListAnswer {
    subscriptions: Vec<SubscriptionDetails>,
    next_page_token: String,
}

/// What a subscription does to messages on their way to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sieve {
    /// An attribute filter.
    pub filter: Option<String>,
    /// A JavaScript function, as its name and its code.
    pub javascript: Option<(String, String)>,
}

/// A message that waits, without its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMessage {
    /// `messageId`
    pub id: String,
    /// RFC 3339, UTC.
    pub publish_time: String,
    /// Size of the payload, bytes.
    pub n_bytes: usize,
    /// All are texts.
    pub attributes: Vec<(String, String)>,
}

impl PubSub {
    /// The subscriptions of a project, by name. Of more than a project can have there is no list.
    pub async fn list_subscriptions(
        &self,
        project: &str,
    ) -> Result<Vec<SubscriptionDetails>, GoogleError> {
        let what = format!("the list of subscriptions of project {project}");
        let mut all = Vec::new();
        let mut token = String::new();
        for _ in 0..MAX_PAGES {
            let page = url::form_urlencoded::byte_serialize(token.as_bytes()).collect::<String>();
            let path = format!(
                "projects/{}/subscriptions?pageSize={PAGE_SIZE}&pageToken={page}",
                encoded(project)
            );
            let answer = self.api().call(&Call::new(Method::GET, path, None, &what)).await?;
            let answer: ListAnswer = serde_json::from_slice(&answer)
                .map_err(|_| GoogleError::not_understood("Pub/Sub", &what))?;
            all.extend(answer.subscriptions);
            if answer.next_page_token.is_empty() || answer.next_page_token == token {
                all.sort_by(|a, b| a.name.cmp(&b.name));
                return Ok(all);
            }
            token = answer.next_page_token;
        }
        let message = "more of them than a project can have".to_owned();
        Err(GoogleError::Refused { what, message })
    }

    /// Creates a subscription that sieves its topic. [`GoogleError::NotFound`] means that the topic is not there.
    pub async fn create_sieving_subscription(
        &self,
        path: &SubscriptionPath,
        topic: &TopicPath,
        ack_deadline_s: u32,
        sieve: &Sieve,
    ) -> Result<(), GoogleError> {
        let what = path.what();
        let mut body = json!({"topic": topic.to_string(), "ackDeadlineSeconds": ack_deadline_s});
        if let Some(filter) = &sieve.filter {
            body["filter"] = json!(filter);
        }
        if let Some((name, code)) = &sieve.javascript {
            body["messageTransforms"] =
                json!([{"javascriptUdf": {"functionName": name, "code": code}}]);
        }
        self.api().call(&Call::new(Method::PUT, path.encoded(), Some(body), &what)).await?;
        Ok(())
    }

    /// Takes a subscription to a moment: what was published since waits again, what came before does not.
    pub async fn seek(
        &self,
        path: &SubscriptionPath,
        to: DateTime<Utc>,
    ) -> Result<(), GoogleError> {
        let what = path.what();
        let body = json!({"time": to.to_rfc3339_opts(SecondsFormat::Millis, true)});
        let path = format!("{}:seek", path.encoded());
        self.api().call(&Call::new(Method::POST, path, Some(body), &what)).await?;
        Ok(())
    }

    /// Some messages that wait, given back at once: nothing is acknowledged.
    pub async fn peek(
        &self,
        path: &SubscriptionPath,
        max_messages: u32,
    ) -> Result<Vec<WaitingMessage>, GoogleError> {
        let answer = self.pull(path, max_messages).await?;
        let pulled = PullAnswer::read(&answer)
            .map_err(|_| GoogleError::not_understood("Pub/Sub", &path.what()))?;
        let ack_ids: Vec<String> =
            pulled.messages.iter().map(|message| message.ack_id.clone()).collect();
        if !ack_ids.is_empty() {
            self.modify_ack_deadline(path, &ack_ids, 0).await?;
        }
        let mut waiting: Vec<WaitingMessage> = pulled
            .messages
            .iter()
            .map(|received| WaitingMessage {
                id: received.message.id.clone(),
                publish_time: received.message.publish_time.clone(),
                n_bytes: received.message.data.len() / 4 * 3,
                attributes: received.message.attributes.clone().into_iter().collect(),
            })
            .collect();
        waiting.sort_by(|a, b| b.publish_time.cmp(&a.publish_time));
        Ok(waiting)
    }
}

/// The name of the function in a JavaScript transform, as Google asks for it: `function NAME(`.
pub fn javascript_function(code: &str) -> Option<String> {
    let (_, rest) = code.split_once("function")?;
    let (name, _) = rest.trim_start().split_once('(')?;
    let name = name.trim();
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_of_a_transform_is_found() {
        let code = "// keep bright ones\nfunction keep (message, metadata) { return message; }";
        assert_eq!(javascript_function(code).as_deref(), Some("keep"));
        for bad in ["", "message => message", "function (m) { return m; }", "function"] {
            assert_eq!(javascript_function(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_list_is_read_with_what_it_leaves_out() {
        let answer = br#"{"subscriptions":[{"name":"projects/p/subscriptions/s","topic":"projects/t/topics/x",
            "expirationPolicy":{"ttl":"2678400s"},"pushConfig":{}}]}"#;
        let read: ListAnswer = serde_json::from_slice(answer).unwrap();
        assert_eq!(read.subscriptions[0].expiration_policy.as_ref().unwrap().ttl, "2678400s");
        assert!(read.next_page_token.is_empty());
    }
}
