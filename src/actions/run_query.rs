//! Starting, cancelling and watching runs. The work of one run is in `run_work`.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

use super::{
    credentials::Credentials,
    query_budget::RunBudget,
    run_work::{self, Ending},
};
use crate::{
    brokers::{Brokers, RunContext},
    clock::Clock,
    domain::{
        grant::Scope,
        member::Member,
        run::{LogLevel, RunId, RunState},
        saved_query::SavedQuery,
        sharing::{Sharing, TeamScope},
    },
    forms::Parameters,
    google::Access,
    storage::{NewRun, Storage, StorageError},
};

/// Runs that one process works on at once; the others wait their turn.
const RUNS_AT_ONCE: usize = 4;

/// How often does a process say that its runs are alive, and look for requests to stop them?
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How long may a process be silent before the others call its runs interrupted?
const SILENCE: Duration = Duration::from_secs(30);

/// From how many results on does a run change what the planner should know?
const LARGE_RUN: u64 = 1_000;

/// What an interrupted run tells its reader.
const INTERRUPTED: &str = "The service stopped while this run was going on. What had come until then is kept. Run it again for the rest.";

/// Works on runs in the background.
#[derive(Clone)]
pub struct Runner {
    inner: Arc<Inner>,
}

struct Inner {
    storage: Storage,
    brokers: Brokers,
    credentials: Credentials,
    clock: Clock,
    /// Name of this process among all that share the database.
    instance: String,
    places: Semaphore,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    live: Mutex<HashMap<RunId, CancellationToken>>,
}

impl Runner {
    /// A runner whose runs act towards Google by these credentials and end when `shutdown` is set.
    pub fn new(
        storage: Storage,
        brokers: Brokers,
        credentials: impl Into<Credentials>,
        clock: Clock,
        shutdown: CancellationToken,
    ) -> Self {
        let instance = format!("{}-{:016x}", std::process::id(), rand::random::<u64>());
        Self {
            inner: Arc::new(Inner {
                storage,
                brokers,
                credentials: credentials.into(),
                clock,
                instance,
                places: Semaphore::new(RUNS_AT_ONCE),
                tracker: TaskTracker::new(),
                shutdown,
                live: Mutex::default(),
            }),
        }
    }

    /// Stores a run and starts it in the background; its id.
    pub async fn start(
        &self,
        broker: &str,
        parameters: Parameters,
        saved: Option<&SavedQuery>,
        name: &str,
        by: &TeamScope,
    ) -> Result<RunId, StorageError> {
        let run = NewRun {
            saved_query_id: saved.map(|query| query.id),
            query_name: name.to_owned(),
            broker: broker.to_owned(),
            parameters: parameters.to_json(),
            instance: self.inner.instance.clone(),
            acts_as: self.inner.acting_words(broker, by),
            // Who sees the query sees what it finds.
            sharing: saved.map_or_else(
                || by.default_sharing(),
                |query| Sharing::read_by(query.sharing.readers.clone()),
            ),
        };
        let id = self.inner.storage.create_run(by, &run).await?;
        info!(run.id = id, broker, member.id = by.member_id(), "Run {id} queued on {broker}");
        let stop = self.inner.shutdown.child_token();
        self.live().insert(id, stop.clone());
        let inner = self.inner.clone();
        let work = Work { id, broker: broker.to_owned(), parameters, by: by.member().clone() };
        self.inner.tracker.spawn(async move { inner.work(work, stop).await });
        Ok(id)
    }

    pub(super) fn storage(&self) -> &Storage {
        &self.inner.storage
    }

    /// What a member's run that began now would be lent: the time, and whom it acts as.
    pub(super) async fn lends(
        &self,
        by: &Member,
        scope: Option<Scope>,
    ) -> Result<(DateTime<Utc>, Access), StorageError> {
        let inner = &self.inner;
        let access = inner.credentials.of_member(&inner.storage, by, scope).await?;
        Ok((inner.clock.now(), access))
    }

    /// Asks for a run to be stopped; false when it had ended already, or is not there for them.
    pub async fn cancel(&self, by: &TeamScope, id: RunId) -> Result<bool, StorageError> {
        let asked = self.inner.storage.request_cancel(by, id).await?;
        if asked && let Some(stop) = self.live().get(&id) {
            stop.cancel();
        }
        Ok(asked)
    }

    /// Says that our runs are alive and finds those whose process died, until shutdown.
    pub async fn watch(self) {
        let mut ticks = tokio::time::interval(HEARTBEAT);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.inner.shutdown.cancelled() => return,
            }
            if let Err(error) = self.beat().await {
                warn!(%error, "No heartbeat: the database did not answer");
            }
        }
    }

    async fn beat(&self) -> Result<(), StorageError> {
        for id in self.inner.storage.beat_heart(&self.inner.instance).await? {
            if let Some(stop) = self.live().get(&id) {
                stop.cancel();
            }
        }
        self.interrupt_silent(SILENCE).await
    }

    /// Marks runs interrupted whose process has been silent for this long. At the start of a service that
    /// has its database to itself nobody else can be alive: no silence is needed.
    pub async fn interrupt_silent(&self, silence: Duration) -> Result<(), StorageError> {
        for id in self.inner.storage.interrupt_silent_runs(silence, INTERRUPTED).await? {
            warn!(run.id = id, "Run {id} was interrupted: its process is gone");
        }
        Ok(())
    }

    /// Set when this process begins to end: whoever waits for news of its runs connects elsewhere.
    pub fn ending(&self) -> CancellationToken {
        self.inner.shutdown.clone()
    }

    /// Waits until every run has put away what it had.
    pub async fn finish(&self) {
        self.inner.tracker.close();
        self.inner.tracker.wait().await;
    }

    fn live(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, CancellationToken>> {
        // The map is whole at every moment, whatever panicked while holding it.
        self.inner.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that is to be worked on.
struct Work {
    id: RunId,
    broker: String,
    parameters: Parameters,
    by: Member,
}

impl Inner {
    /// Whose credentials a member's run on a backend will use, for the history.
    fn acting_words(&self, broker: &str, by: &TeamScope) -> Option<String> {
        self.brokers.find(broker)?.needed_scope()?;
        self.credentials.acting_words(by.member())
    }

    async fn work(&self, work: Work, stop: CancellationToken) {
        let id = work.id;
        let attempt = AssertUnwindSafe(self.attempt(work, &stop)).catch_unwind().await;
        let ending = match attempt {
            Ok(Ok(Some(ending))) => ending,
            // Ended by somebody else: nothing is ours to write.
            Ok(Ok(None)) => return self.forget(id),
            Err(_) => {
                error!(run.id = id, "Run {id} met a fault in the software");
                Ending::failed("A fault in the software stopped this run. What was stored is kept; the log of the service says more.".to_owned())
            }
            Ok(Err(failure)) => {
                error!(run.id = id, error = %failure, "Run {id} lost the database");
                Ending::failed(format!(
                    "The database could not be written: {failure}. What was stored is kept; run it again for the rest."
                ))
            }
        };
        let ending = run_work::stopped_or(ending, &self.storage, id).await;
        let ending = if ending.state == RunState::Cancelled && self.shutdown.is_cancelled() {
            Ending { state: RunState::Interrupted, feedback: INTERRUPTED.to_owned(), lacks: None }
        } else {
            ending
        };
        info!(
            run.id = id,
            state = ending.state.id(),
            "Run {id} {}: {}",
            ending.state.id(),
            ending.feedback
        );
        let written = run_work::patiently(|| {
            self.storage.end_run(id, ending.state, &ending.feedback, ending.lacks)
        })
        .await;
        if let Err(error) = written {
            error!(run.id = id, %error, "The end of run {id} could not be written");
        }
        self.forget(id);
        self.note_growth(id).await;
    }

    /// Keeps pages quick after a run that brought many alerts.
    async fn note_growth(&self, id: RunId) {
        let is_large =
            matches!(self.storage.count_stored(id).await, Ok(stored) if stored >= LARGE_RUN);
        if is_large && let Err(error) = self.storage.refresh_statistics().await {
            warn!(%error, "The planner's statistics were not refreshed; autovacuum will do it");
        }
    }

    fn forget(&self, id: RunId) {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    async fn attempt(
        &self,
        work: Work,
        stop: &CancellationToken,
    ) -> Result<Option<Ending>, StorageError> {
        let Work { id, broker, parameters, by } = work;
        let _place = tokio::select! {
            place = self.places.acquire() => place,
            () = stop.cancelled() => return Ok(Some(Ending::cancelled())),
        };
        if !self.storage.begin_run(id).await? {
            return Ok(Some(Ending::cancelled()));
        }
        let Some(broker) = self.brokers.find(&broker) else {
            return Ok(Some(Ending::failed(
                "This deployment has no such backend any more.".to_owned(),
            )));
        };
        let scope = broker.needed_scope();
        let access = self.credentials.of_member(&self.storage, &by, scope).await?;
        if let (Some(tokens), Some(_)) = (&access.tokens, scope) {
            self.storage.note_acting(id, &tokens.acts_as()).await?;
        }
        // The broker's own token: it must stop fetching also when the run has enough.
        let fetching = stop.child_token();
        // Also when the run meets a fault in the software.
        let _end_of_fetching = fetching.clone().drop_guard();
        let (context, lines) =
            RunContext::new(self.clock.now(), fetching.clone(), access, self.tracker.clone());
        let budget = RunBudget { storage: self.storage.clone(), run_id: id };
        let context = context.with_budget(Arc::new(budget));
        let is_over = CancellationToken::new();
        let logger =
            self.tracker.spawn(write_log(self.storage.clone(), id, lines, is_over.clone()));
        let result =
            run_work::run(&self.storage, id, broker.as_ref(), &parameters, context, stop).await;
        fetching.cancel();
        is_over.cancel();
        if logger.await.is_err() {
            warn!(run.id = id, "The log of run {id} is incomplete");
        }
        match result {
            Err(StorageError::RunEnded) => Ok(None),
            other => other.map(Some),
        }
    }
}

/// Writes the run's log until the run is over. A backend that hangs may hold its end of the channel for longer.
async fn write_log(
    storage: Storage,
    id: RunId,
    mut lines: mpsc::UnboundedReceiver<(LogLevel, String)>,
    is_over: CancellationToken,
) {
    loop {
        let line = tokio::select! {
            biased;
            line = lines.recv() => line,
            () = is_over.cancelled() => None,
        };
        let Some((level, sentence)) = line else { return };
        if let Err(error) = storage.log_run(id, level, &sentence).await {
            warn!(run.id = id, %error, "A line of the run's log was lost: {sentence}");
        }
    }
}
