//! The desk where subscriptions are looked after, with the user's own rights.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StreamRest;
use crate::{
    brokers::{
        BrokerError,
        pubsub::publisher_of,
        subscriptions::{NewSubscription, Subscriptions},
    },
    google::{
        Access, GoogleError,
        pubsub::{
            Sieve, SubscriptionDetails, SubscriptionPath, TopicPath, WaitingMessage,
            javascript_function,
        },
    },
};

/// How long a message of a new subscription stays out before it comes again.
const ACK_DEADLINE_S: u32 = 60;

/// Messages that a look shows.
const PEEKED: u32 = 10;

fn project_of(access: &Access) -> Result<&str, BrokerError> {
    access.project.as_deref().ok_or(BrokerError::NoProject)
}

#[async_trait]
impl Subscriptions for StreamRest {
    async fn list(&self, access: &Access) -> Result<Vec<SubscriptionDetails>, BrokerError> {
        let project = project_of(access)?;
        Ok(self.service.quick_client(access).list_subscriptions(project).await?)
    }

    async fn create(
        &self,
        access: &Access,
        new: &NewSubscription,
    ) -> Result<SubscriptionPath, BrokerError> {
        let own = project_of(access)?;
        let path = SubscriptionPath::new(own, new.name.clone());
        let publisher = match &new.project {
            Some(project) => project.as_str(),
            None if self.service.is_emulator => own,
            None => publisher_of(&new.topic),
        };
        let topic = TopicPath::new(publisher, new.topic.clone());
        let sieve = Sieve {
            filter: new.filter.clone(),
            javascript: new
                .javascript
                .as_ref()
                .and_then(|code| Some((javascript_function(code)?, code.clone()))),
        };
        let created = self
            .service
            .quick_client(access)
            .create_sieving_subscription(&path, &topic, ACK_DEADLINE_S, &sieve)
            .await;
        match created {
            Ok(()) => Ok(path),
            Err(GoogleError::NotFound { .. }) => Err(BrokerError::NoTopic {
                subscription: path,
                because: format!("there is no topic {} in {}", topic.name, topic.project),
            }),
            Err(error) => Err(error.into()),
        }
    }

    async fn delete(&self, access: &Access, name: &str) -> Result<(), BrokerError> {
        let path = SubscriptionPath::new(project_of(access)?, name);
        Ok(self.service.quick_client(access).delete_subscription(&path).await?)
    }

    async fn seek(
        &self,
        access: &Access,
        name: &str,
        to: DateTime<Utc>,
    ) -> Result<(), BrokerError> {
        let path = SubscriptionPath::new(project_of(access)?, name);
        Ok(self.service.quick_client(access).seek(&path, to).await?)
    }

    async fn peek(&self, access: &Access, name: &str) -> Result<Vec<WaitingMessage>, BrokerError> {
        let path = SubscriptionPath::new(project_of(access)?, name);
        Ok(self.service.quick_client(access).peek(&path, PEEKED).await?)
    }
}
