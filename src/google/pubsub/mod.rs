//! Pub/Sub: topics, subscriptions, schemas and messages by REST; streams of messages by gRPC.
//! <https://cloud.google.com/pubsub/docs/reference/rest>

mod administration;
mod filter_syntax;
mod path;
mod streaming;
mod wire;

use bytes::Bytes;
use reqwest::Method;
use serde_json::{Value, json};

pub use self::{
    administration::{
        ExpirationPolicy, Sieve, SubscriptionDetails, WaitingMessage, javascript_function,
    },
    filter_syntax::{MAX_FILTER_BYTES, check_attribute_filter},
    path::{SchemaPath, SubscriptionPath, TopicPath},
    streaming::{FlowControl, Lease, PullStream, PulledMessage, StreamError, StreamOpener},
    wire::{OutgoingMessage, PullAnswer, ReceivedMessage, Subscription},
};
use super::{api::ApiClient, error::GoogleError, names::encoded};
use crate::http_api::Call;

/// Where Google's own service is.
pub const GOOGLE_ENDPOINT: &str = "https://pubsub.googleapis.com/";

/// Where its methods are below that.
pub const ROOT: &str = "v1/";

/// Largest answer to a pull, bytes. Pub/Sub's largest message has 10 MB, a third more in base64.
const PULL_LIMIT: usize = 48 << 20;

/// The service, as one user sees it.
#[derive(Debug)]
pub struct PubSub {
    api: ApiClient,
}

impl PubSub {
    /// The service behind a client.
    pub fn new(api: ApiClient) -> Self {
        Self { api }
    }

    /// The client: whom it acts as, whether it is in trouble.
    pub fn api(&self) -> &ApiClient {
        &self.api
    }

    /// A subscription, if there is one of this name.
    pub async fn find_subscription(
        &self,
        path: &SubscriptionPath,
    ) -> Result<Option<Subscription>, GoogleError> {
        let what = path.what();
        let call = Call::new(Method::GET, path.encoded(), None, &what);
        match self.api.call(&call).await {
            Ok(answer) => Ok(Some(Subscription::read(&answer, &what)?)),
            Err(GoogleError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a subscription on a topic, with an attribute filter if it is to have one. [`GoogleError::NotFound`] means that the topic is not there (or the project).
    pub async fn create_subscription(
        &self,
        path: &SubscriptionPath,
        topic: &TopicPath,
        ack_deadline_s: u32,
        filter: Option<&str>,
    ) -> Result<Subscription, GoogleError> {
        let what = path.what();
        let mut body = json!({"topic": topic.to_string(), "ackDeadlineSeconds": ack_deadline_s});
        if let Some(filter) = filter {
            body["filter"] = json!(filter);
        }
        let call = Call::new(Method::PUT, path.encoded(), Some(body), &what);
        Subscription::read(&self.api.call(&call).await?, &what)
    }

    /// Deletes a subscription and what waits in it; one that is not there is no error.
    pub async fn delete_subscription(&self, path: &SubscriptionPath) -> Result<(), GoogleError> {
        let what = path.what();
        let call = Call::new(Method::DELETE, path.encoded(), None, &what);
        match self.api.call(&call).await {
            Ok(_) | Err(GoogleError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks for messages; the answer as it came ([`PullAnswer::read`]), which may hold none.
    ///
    /// Pub/Sub would rather let a pull wait for the next message. A pull that waits and is given up still takes
    /// messages out, which then come again only when their lease ends; so ours are answered at once, as they are.
    pub async fn pull(
        &self,
        path: &SubscriptionPath,
        max_messages: u32,
    ) -> Result<Bytes, GoogleError> {
        let what = path.what();
        let body = json!({"maxMessages": max_messages, "returnImmediately": true});
        let path = format!("{}:pull", path.encoded());
        let call = Call { limit: PULL_LIMIT, ..Call::new(Method::POST, path, Some(body), &what) };
        self.api.call(&call).await
    }

    /// Acknowledges messages: they do not come again.
    pub async fn acknowledge(
        &self,
        path: &SubscriptionPath,
        ack_ids: &[String],
    ) -> Result<(), GoogleError> {
        let what = path.what();
        let body = json!({"ackIds": ack_ids});
        let path = format!("{}:acknowledge", path.encoded());
        self.api.call(&Call::new(Method::POST, path, Some(body), &what)).await?;
        Ok(())
    }

    /// Extends the leases of messages, or gives them back (0 s).
    pub async fn modify_ack_deadline(
        &self,
        path: &SubscriptionPath,
        ack_ids: &[String],
        ack_deadline_s: u32,
    ) -> Result<(), GoogleError> {
        let what = path.what();
        let body = json!({"ackIds": ack_ids, "ackDeadlineSeconds": ack_deadline_s});
        let path = format!("{}:modifyAckDeadline", path.encoded());
        let patience = Some(self.api.timing().brief);
        let call = Call { patience, ..Call::new(Method::POST, path, Some(body), &what) };
        self.api.call(&call).await?;
        Ok(())
    }

    /// How many subscriptions a project has; of many, as many as a page shows.
    pub async fn count_subscriptions(&self, project: &str) -> Result<usize, GoogleError> {
        let what = format!("the list of subscriptions of project {project}");
        let path = format!("projects/{}/subscriptions?pageSize=100", encoded(project));
        let answer = self.api.call(&Call::new(Method::GET, path, None, &what)).await?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        Ok(answer["subscriptions"].as_array().map_or(0, Vec::len))
    }

    /// Creates a topic; false when it was there already.
    pub async fn create_topic(&self, path: &TopicPath) -> Result<bool, GoogleError> {
        let what = path.what();
        created(
            self.api.call(&Call::new(Method::PUT, path.encoded(), Some(json!({})), &what)).await,
        )
    }

    /// Creates an Avro schema in the schema service; false when one of that name was there already.
    pub async fn create_avro_schema(
        &self,
        path: &SchemaPath,
        definition: &str,
    ) -> Result<bool, GoogleError> {
        let what = path.what();
        let body = json!({"type": "AVRO", "definition": definition});
        created(self.api.call(&Call::new(Method::POST, path.creation(), Some(body), &what)).await)
    }

    /// Publishes messages onto a topic.
    pub async fn publish(
        &self,
        topic: &TopicPath,
        messages: &[OutgoingMessage],
    ) -> Result<(), GoogleError> {
        let what = topic.what();
        let messages: Vec<Value> = messages.iter().map(OutgoingMessage::to_json).collect();
        let body = json!({"messages": messages});
        let path = format!("{}:publish", topic.encoded());
        self.api.call(&Call::new(Method::POST, path, Some(body), &what)).await?;
        Ok(())
    }
}

fn created(answer: Result<Bytes, GoogleError>) -> Result<bool, GoogleError> {
    match answer {
        Ok(_) => Ok(true),
        Err(GoogleError::AlreadyExists { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
