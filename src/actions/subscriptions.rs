//! Looking after the subscriptions of a member's project, as whoever they act as; what is changed is told in the history.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::run_query::Runner;
use crate::{
    brokers::{Broker, BrokerError, NewSubscription, Subscriptions},
    domain::{
        history::{Action, Event, Kind},
        sharing::TeamScope,
    },
    google::{
        Access,
        pubsub::{SubscriptionDetails, WaitingMessage},
    },
    storage::{Storage, StorageError},
};

/// Where a member looks after the subscriptions of a backend.
pub struct SubscriptionDesk<'d> {
    subscriptions: &'d dyn Subscriptions,
    broker_id: &'static str,
    access: Access,
    scope: TeamScope,
    storage: Storage,
    /// Whether these are the service account's: everybody's here, and nobody's in particular.
    is_everybodys: bool,
}

impl<'d> SubscriptionDesk<'d> {
    /// A member's desk of a backend; `None` for a backend that has no subscriptions.
    pub async fn of(
        broker: &'d dyn Broker,
        scope: &TeamScope,
        runner: &Runner,
    ) -> Result<Option<Self>, StorageError> {
        let Some(subscriptions) = broker.subscriptions() else { return Ok(None) };
        let (_, access) = runner.access_for_run(scope.member(), broker.needed_scope()).await?;
        Ok(Some(Self {
            subscriptions,
            broker_id: broker.id(),
            access,
            scope: scope.clone(),
            storage: runner.storage().clone(),
            is_everybodys: runner.has_service_account(),
        }))
    }
}

impl SubscriptionDesk<'_> {
    /// The backend that reads from these subscriptions.
    pub fn broker_id(&self) -> &'static str {
        self.broker_id
    }

    /// The project whose subscriptions these are.
    pub fn project(&self) -> Option<&str> {
        self.access.project.as_deref()
    }

    /// Whether they may delete one and move it in time: of their own account's what Google lets them, of the service
    /// account's only admins, because others may be reading from it.
    pub fn may_dispose(&self) -> bool {
        self.scope.may_work() && (!self.is_everybodys || self.scope.is_admin())
    }

    /// All of them, by name.
    pub async fn list(&self) -> Result<Vec<SubscriptionDetails>, BrokerError> {
        self.subscriptions.list(&self.access).await
    }

    /// Some messages that wait, newest first; they stay.
    pub async fn peek(&self, name: &str) -> Result<Vec<WaitingMessage>, BrokerError> {
        self.subscriptions.peek(&self.access, name).await
    }

    /// Makes one.
    pub async fn create(
        &self,
        new: &NewSubscription,
    ) -> Result<Result<(), BrokerError>, StorageError> {
        if let Err(error) = self.subscriptions.create(&self.access, new).await {
            return Ok(Err(error));
        }
        let detail = json!({ "topic": new.topic, "project": self.project(), "filter": new.filter });
        self.tell(Action::Created, &new.name, detail).await.map(Ok)
    }

    /// Deletes one and what waits in it.
    pub async fn delete(&self, name: &str) -> Result<Result<(), BrokerError>, StorageError> {
        if let Err(error) = self.subscriptions.delete(&self.access, name).await {
            return Ok(Err(error));
        }
        self.tell(Action::Deleted, name, json!({ "project": self.project() })).await.map(Ok)
    }

    /// Takes one to a moment.
    pub async fn seek(
        &self,
        name: &str,
        to: DateTime<Utc>,
    ) -> Result<Result<(), BrokerError>, StorageError> {
        if let Err(error) = self.subscriptions.seek(&self.access, name, to).await {
            return Ok(Err(error));
        }
        let detail = json!({ "project": self.project(), "to": to.to_rfc3339() });
        self.tell(Action::Changed, name, detail).await.map(Ok)
    }

    async fn tell(
        &self,
        action: Action,
        name: &str,
        detail: serde_json::Value,
    ) -> Result<(), StorageError> {
        let event = Event {
            action,
            kind: Kind::Subscription,
            object_id: None,
            name: name.to_owned(),
            detail,
        };
        self.storage.tell(&self.scope, event).await
    }
}
