//! Looking after the subscriptions of a member's project, as whoever they act as; what is changed is told in the history.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::runs::Runner;
use crate::{
    brokers::{Broker, BrokerError, NewSubscription, SubscriptionDesk},
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

/// A member at the desk.
pub struct AtDesk<'d> {
    desk: &'d dyn SubscriptionDesk,
    broker_id: &'static str,
    access: Access,
    scope: TeamScope,
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

impl Runner {
    /// A member at the desk of a backend; `None` for a backend that has no subscriptions.
    pub async fn at_desk<'d>(
        &self,
        broker: &'d dyn Broker,
        scope: &TeamScope,
        storage: &Storage,
    ) -> Result<Option<AtDesk<'d>>, StorageError> {
        let Some(desk) = broker.subscriptions() else { return Ok(None) };
        let (_, access) = self.access_for_run(scope.member(), broker.needed_scope()).await?;
        let is_everybodys = self.has_service_account();
        let (scope, storage) = (scope.clone(), storage.clone());
        let broker_id = broker.id();
        Ok(Some(AtDesk { desk, broker_id, access, scope, storage, is_everybodys }))
    }
}

impl AtDesk<'_> {
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
        self.desk.list(&self.access).await
    }

    /// Some messages that wait, newest first; they stay.
    pub async fn peek(&self, name: &str) -> Result<Vec<WaitingMessage>, BrokerError> {
        self.desk.peek(&self.access, name).await
    }

    /// Makes one.
    pub async fn create(&self, new: &NewSubscription) -> Result<(), DeskError> {
        self.desk.create(&self.access, new).await?;
        let detail = json!({ "topic": new.topic, "project": self.project(), "filter": new.filter });
        self.tell(Action::Created, &new.name, detail).await
    }

    /// Deletes one and what waits in it.
    pub async fn delete(&self, name: &str) -> Result<(), DeskError> {
        self.desk.delete(&self.access, name).await?;
        self.tell(Action::Deleted, name, json!({ "project": self.project() })).await
    }

    /// Takes one to a moment.
    pub async fn seek(&self, name: &str, to: DateTime<Utc>) -> Result<(), DeskError> {
        self.desk.seek(&self.access, name, to).await?;
        let detail = json!({ "project": self.project(), "to": to.to_rfc3339() });
        self.tell(Action::Changed, name, detail).await
    }

    async fn tell(
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
        Ok(self.storage.tell(&self.scope, event).await?)
    }
}
