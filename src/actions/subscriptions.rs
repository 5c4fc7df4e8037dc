//! Looking after the subscriptions of a member's project, as whoever they act as; what is changed is told in the history.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::runs::Runner;
use crate::{
    brokers::{Broker, BrokerError, NewSubscription, Subscriptions},
    domain::{
        history::{Action, Event, Kind},
        sharing::Asker,
    },
    google::{
        Access,
        pubsub::{SubscriptionDetails, WaitingMessage},
    },
    storage::{Storage, StorageError},
};

/// The subscriptions that a member looks after.
pub struct SubscriptionDesk<'d> {
    subscriptions: &'d dyn Subscriptions,
    broker_id: &'static str,
    access: Access,
    by: Asker,
    storage: Storage,
    /// Whether these are the service account's: everybody's here, and nobody's in particular.
    is_everybodys: bool,
}

/// Why a subscription was not changed, or that its change is not told of.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Nothing was changed: Google refused, or could not be reached.
    #[error(transparent)]
    NotDone(#[from] BrokerError),
    /// It was done, but could not be told in the history.
    #[error(transparent)]
    NotTold(#[from] StorageError),
}

impl<'d> SubscriptionDesk<'d> {
    /// Those that a backend reads from for a member; `None` for a backend that has no subscriptions.
    pub async fn open(
        runner: &Runner,
        broker: &'d dyn Broker,
        by: &Asker,
    ) -> Result<Option<Self>, StorageError> {
        let Some(subscriptions) = broker.subscriptions() else { return Ok(None) };
        let (_, access) = runner.access_for_run(by.member(), broker.needed_right()).await?;
        Ok(Some(Self {
            subscriptions,
            broker_id: broker.id(),
            access,
            by: by.clone(),
            storage: runner.storage().clone(),
            is_everybodys: runner.credentials().service_account().is_some(),
        }))
    }

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
        self.by.may_work() && (!self.is_everybodys || self.by.is_admin())
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
    pub async fn create(&self, new: &NewSubscription) -> Result<(), DeskError> {
        self.subscriptions.create(&self.access, new).await?;
        let detail = json!({ "topic": new.topic, "project": self.project(), "filter": new.filter });
        self.record_event(Action::Created, &new.name, detail).await
    }

    /// Deletes one and what waits in it.
    pub async fn delete(&self, name: &str) -> Result<(), DeskError> {
        self.subscriptions.delete(&self.access, name).await?;
        self.record_event(Action::Deleted, name, json!({ "project": self.project() })).await
    }

    /// Takes one to a moment.
    pub async fn seek(&self, name: &str, to: DateTime<Utc>) -> Result<(), DeskError> {
        self.subscriptions.seek(&self.access, name, to).await?;
        let detail = json!({ "project": self.project(), "to": to.to_rfc3339() });
        self.record_event(Action::Changed, name, detail).await
    }

    async fn record_event(
        &self,
        action: Action,
        name: &str,
        detail: serde_json::Value,
    ) -> Result<(), DeskError> {
        let event = Event {
            action,
            kind: Kind::Subscription,
            object_id: None,
            name: name.to_owned(),
            detail,
        };
        Ok(self.storage.record_event(&self.by, event).await?)
    }
}
