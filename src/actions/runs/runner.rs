//! What other layers ask of runs and listeners: start, cancel, watch over, finish. The work itself is in the files beside
//! this one.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{listening, queue, settings::RunnerSettings, state::Inner, watch};
use crate::{
    actions::{credentials::Credentials, run_limits::RunLimits},
    brokers::Brokers,
    domain::{
        grant::GoogleRight,
        member::Member,
        run::RunId,
        saved_query::SavedQuery,
        sharing::{Asker, Sharing},
    },
    forms::Parameters,
    google::Access,
    storage::{NewRun, NotDone, Storage, StorageError},
};

/// Works on runs in the background.
#[derive(Clone)]
pub struct Runner {
    inner: Arc<Inner>,
}

impl Runner {
    /// A runner whose runs act towards Google by these credentials.
    pub fn new(
        storage: Storage,
        brokers: Brokers,
        credentials: impl Into<Credentials>,
        settings: RunnerSettings,
    ) -> Self {
        let inner = Inner::new(storage, brokers, credentials.into(), settings);
        Self { inner: Arc::new(inner) }
    }

    /// What the runs of one member may take.
    pub fn limits(&self) -> RunLimits {
        self.inner.limits
    }

    /// The name of this process among all that share the database.
    pub fn instance(&self) -> &str {
        &self.inner.instance
    }

    /// Stores a run, which begins in the background as soon as its member has a free place; its id.
    pub async fn start(
        &self,
        broker: &str,
        parameters: Parameters,
        saved: Option<&SavedQuery>,
        name: &str,
        by: &Asker,
    ) -> Result<RunId, NotDone> {
        let run = NewRun {
            saved_query_id: saved.map(|query| query.id),
            query_name: name.to_owned(),
            broker: broker.to_owned(),
            parameters: parameters.to_json(),
            instance: self.inner.instance.clone(),
            acts_as: self.acting_words(broker, by),
            // Who sees the query sees what it finds.
            sharing: saved.map_or_else(
                || by.default_sharing(),
                |query| Sharing::read_by(query.sharing.readers.clone()),
            ),
        };
        let most_live = self.inner.limits.most_live();
        let id = self.inner.storage.create_run(by, &run, most_live).await?;
        info!(run.id = id, broker, member.id = by.member_id(), "Run {id} queued on {broker}");
        queue::look_now(&self.inner);
        Ok(id)
    }

    /// Asks for a run to be stopped; false when it had ended already, or is not there for them.
    pub async fn cancel(&self, by: &Asker, id: RunId) -> Result<bool, NotDone> {
        let asked = self.inner.storage.request_cancel(by, id).await?;
        if !asked {
            return Ok(false);
        }
        self.inner.stop(id);
        self.inner.storage.end_cancelled_runs().await?;
        Ok(true)
    }

    /// Has a saved query listened to as whoever asks; false when it is not there for them.
    pub async fn start_listening(&self, query: &SavedQuery, by: &Asker) -> Result<bool, NotDone> {
        let acts_as = self.acting_words(&query.broker, by);
        let most = self.inner.limits.listeners;
        self.inner.storage.start_listening(by, query.id, acts_as.as_deref(), most).await
    }

    /// Says that our runs are alive, finds those whose process died and those whose turn it is, until shutdown.
    pub async fn watch(self) {
        watch::watch(&self.inner).await;
    }

    /// Listens to one query alone and does nothing else, until shutdown.
    pub async fn listen_to(self, query_id: i64) {
        self.inner.listener_runs.only_query.get_or_init(|| query_id);
        watch::watch(&self.inner).await;
    }

    /// Looks once, now.
    pub async fn look_at_listeners(&self) -> Result<(), StorageError> {
        listening::look_at_listeners(&self.inner).await
    }

    /// Marks every run interrupted that goes on or waits: at the start of a service that has its database to itself
    /// nobody else can be alive.
    pub async fn interrupt_all(&self) -> Result<(), StorageError> {
        watch::interrupt_all(&self.inner).await
    }

    /// Marks runs interrupted whose process has been silent for this long.
    pub async fn interrupt_silent(&self, silence: Duration) -> Result<(), StorageError> {
        watch::interrupt_silent(&self.inner, silence).await
    }

    /// Begins no more runs from now on: those that wait are left to other processes. Runs that go on go on.
    pub fn retire(&self) {
        self.inner.retired.cancel();
    }

    /// Set when this process is about to stop: whoever waits for news of a run asks another one.
    pub fn ending(&self) -> CancellationToken {
        self.inner.retired.clone()
    }

    /// Whether this process is about to stop.
    pub fn is_retired(&self) -> bool {
        self.inner.retired.is_cancelled()
    }

    /// Waits until every run has put away what it had.
    pub async fn finish(&self) {
        self.inner.tracker.close();
        self.inner.tracker.wait().await;
    }

    /// The same for as long as the last work may take; whether every run has.
    pub async fn finish_in_time(&self) -> bool {
        tokio::time::timeout(self.inner.timing.runs.last_work, self.finish()).await.is_ok()
    }

    pub(in crate::actions) fn storage(&self) -> &Storage {
        &self.inner.storage
    }

    pub(in crate::actions) fn brokers(&self) -> &Brokers {
        &self.inner.brokers
    }

    pub(in crate::actions) fn credentials(&self) -> &Credentials {
        &self.inner.credentials
    }

    pub(in crate::actions) fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    /// What a member's run would have that began now: the time, and whom it acts as.
    pub(in crate::actions) async fn access_for_run(
        &self,
        by: &Member,
        scope: Option<GoogleRight>,
    ) -> Result<(DateTime<Utc>, Access), StorageError> {
        let inner = &self.inner;
        let access = inner.credentials.of_member(&inner.storage, by, scope).await?;
        Ok((inner.clock.now(), access))
    }

    /// Whose credentials a member's run on a backend will use, for the history.
    fn acting_words(&self, broker: &str, by: &Asker) -> Option<String> {
        self.inner.brokers.find(broker)?.needed_right()?;
        self.inner.credentials.acting_words(by.member())
    }
}
