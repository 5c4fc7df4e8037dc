//! Starting, cancelling and working on runs: when one begins says `run_queue`, the work of one run is in `run_work`.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

use super::{
    credentials::Credentials,
    listen::Listening,
    query_budget::RunBudget,
    retrying::patiently,
    run_limits::{PullPaces, RunLimits},
    run_log::write_log,
    run_watch::INTERRUPTED,
    run_work::{self, Ending},
    runner_settings::RunnerSettings,
};
use crate::{
    brokers::{Brokers, Progress, RunContext},
    clock::Clock,
    domain::{
        grant::Scope,
        member::Member,
        replica,
        run::{RunId, RunState},
        saved_query::SavedQuery,
        sharing::{Sharing, TeamScope},
        timing::Timing,
    },
    forms::Parameters,
    google::Access,
    storage::{BegunRun, NewRun, NotDone, NotKept, StopRequest, Storage, StorageError},
};

/// From how many results on does a run change what the planner should know?
const LARGE_RUN: u64 = 1_000;

/// Works on runs in the background.
#[derive(Clone)]
pub struct Runner {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) storage: Storage,
    brokers: Brokers,
    credentials: Credentials,
    pub(super) clock: Clock,
    pub(super) timing: Timing,
    pub(super) limits: RunLimits,
    /// Name of this process among all that share the database.
    pub(super) instance: String,
    pub(super) tracker: TaskTracker,
    pub(super) shutdown: CancellationToken,
    /// Set when this process begins no more runs: it is about to stop, or stops.
    pub(super) retired: CancellationToken,
    /// Held by whoever looks for runs to begin.
    pub(super) looking: tokio::sync::Mutex<()>,
    live: Mutex<HashMap<RunId, CancellationToken>>,
    pub(super) listening: Listening,
    pull_paces: PullPaces,
}

impl Runner {
    /// A runner whose runs act towards Google by these credentials.
    pub fn new(
        storage: Storage,
        brokers: Brokers,
        credentials: impl Into<Credentials>,
        settings: RunnerSettings,
    ) -> Self {
        let RunnerSettings { clock, timing, limits, command, shutdown } = settings;
        let host = nix::unistd::gethostname().unwrap_or_default();
        let (process, chance) = (std::process::id(), rand::random::<u64>());
        let instance = replica::name_of(command, &host.to_string_lossy(), process, chance);
        Self {
            inner: Arc::new(Inner {
                storage,
                brokers,
                credentials: credentials.into(),
                clock,
                timing,
                limits,
                instance,
                tracker: TaskTracker::new(),
                retired: shutdown.child_token(),
                shutdown,
                looking: tokio::sync::Mutex::default(),
                live: Mutex::default(),
                listening: Listening::default(),
                pull_paces: PullPaces::default(),
            }),
        }
    }

    /// What the runs of one member may take.
    pub fn limits(&self) -> RunLimits {
        self.inner.limits
    }

    /// Stores a run, which begins in the background as soon as its member has a free place; its id.
    pub async fn start(
        &self,
        broker: &str,
        parameters: Parameters,
        saved: Option<&SavedQuery>,
        name: &str,
        by: &TeamScope,
    ) -> Result<RunId, NotDone> {
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
        let most_live = self.inner.limits.most_live();
        let id = self.inner.storage.create_run(by, &run, most_live).await?;
        info!(run.id = id, broker, member.id = by.member_id(), "Run {id} queued on {broker}");
        self.inner.look();
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

    /// Whether every run acts as the deployment's service account.
    pub(super) fn has_service_account(&self) -> bool {
        self.inner.credentials.service_account().is_some()
    }

    /// Asks for a run to be stopped; false when it had ended already, or is not there for them.
    pub async fn cancel(&self, by: &TeamScope, id: RunId) -> Result<bool, NotDone> {
        let asked = self.inner.storage.request_cancel(by, id).await?;
        if !asked {
            return Ok(false);
        }
        if let Some(stop) = self.inner.live().get(&id) {
            stop.cancel();
        }
        self.inner.storage.end_cancelled_runs().await?;
        Ok(true)
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
}

impl Inner {
    /// The runs of this process that go on, each with what stops it.
    pub(super) fn live(&self) -> MutexGuard<'_, HashMap<RunId, CancellationToken>> {
        // The map is whole at every moment, whatever panicked while holding it.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose credentials a member's run on a backend will use, for the history.
    pub(super) fn acting_words(&self, broker: &str, by: &TeamScope) -> Option<String> {
        self.brokers.find(broker)?.needed_scope()?;
        self.credentials.acting_words(by.member())
    }

    /// Works on a run to its end.
    pub(super) async fn work(&self, run: BegunRun, stop: CancellationToken) {
        let id = run.id;
        let Some(ending) = self.ending_of(run, &stop, None).await else { return self.forget(id) };
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
        let written = patiently(self.timing.runs, || {
            self.storage.end_run(id, ending.state, &ending.feedback, ending.lacks)
        })
        .await;
        if let Err(error) = written {
            error!(run.id = id, %error, "The end of run {id} could not be written");
        }
        self.forget(id);
    }

    /// Works on a run until it ends, or is stopped: how it ended; `None` when somebody else has ended it, and nothing is
    /// ours to write. Whoever listens keeps hold of its progress.
    pub(super) async fn ending_of(
        &self,
        run: BegunRun,
        stop: &CancellationToken,
        listening: Option<Arc<Progress>>,
    ) -> Option<Ending> {
        let id = run.id;
        let attempt = AssertUnwindSafe(self.attempt(run, stop, listening)).catch_unwind().await;
        let ending = match attempt {
            Ok(Ok(ending)) => ending?,
            Err(_) => {
                error!(run.id = id, "Run {id} met a fault in the software");
                Ending::failed("A software error stopped this run. Results so far are kept; see the log of the service.".to_owned())
            }
            Ok(Err(failure)) => {
                error!(run.id = id, error = %failure, "Run {id} lost the database");
                Ending::failed(format!(
                    "The database could not be written: {failure}. Results so far are kept; run it again for the rest."
                ))
            }
        };
        Some(run_work::stopped_or(ending, &self.storage, id).await)
    }

    /// Keeps pages quick after a run that brought many alerts.
    pub(super) async fn note_growth(&self, id: RunId) {
        let is_large =
            matches!(self.storage.count_stored(id).await, Ok(stored) if stored >= LARGE_RUN);
        if is_large && let Err(error) = self.storage.refresh_statistics().await {
            warn!(%error, "The planner's statistics were not refreshed; autovacuum will do it");
        }
    }

    pub(super) fn forget(&self, id: RunId) {
        self.live().remove(&id);
    }

    async fn attempt(
        &self,
        run: BegunRun,
        stop: &CancellationToken,
        listening: Option<Arc<Progress>>,
    ) -> Result<Option<Ending>, NotKept> {
        let (id, timing) = (run.id, self.timing.runs);
        // Whoever asked before the run was among the live ones has not reached it.
        match patiently(timing, || self.storage.stop_request(id)).await? {
            StopRequest::NotAsked => {}
            StopRequest::Asked | StopRequest::NoSuchRun => return Ok(Some(Ending::cancelled())),
        }
        let Some(broker) = self.brokers.find(&run.broker) else {
            return Ok(Some(Ending::failed(
                "This deployment no longer has this broker.".to_owned(),
            )));
        };
        let parameters = match self.parameters_of(&run, broker.as_ref()).await {
            Ok(parameters) => parameters,
            Err(ending) => return Ok(Some(ending)),
        };
        let scope = broker.needed_scope();
        let access =
            patiently(timing, || self.credentials.of_member(&self.storage, &run.by, scope)).await?;
        if let (Some(tokens), Some(_)) = (&access.tokens, scope) {
            let acts_as = tokens.acts_as();
            patiently(timing, || self.storage.note_acting(id, &acts_as)).await?;
        }
        // The broker's own token: it must stop fetching also when the run has enough.
        let fetching = stop.child_token();
        // Also when the run meets a fault in the software.
        let _end_of_fetching = fetching.clone().drop_guard();
        let (context, lines) =
            RunContext::new(self.clock.now(), fetching.clone(), access, self.tracker.clone());
        let budget = RunBudget { storage: self.storage.clone(), run_id: id, timing };
        let pulls = self.pull_paces.of(run.by.id, self.limits, Instant::now());
        let context = context.with_budget(Arc::new(budget)).with_pace(pulls);
        let context = match listening {
            Some(progress) => context.listening(progress),
            None => context,
        };
        let is_over = CancellationToken::new();
        let logger =
            self.tracker.spawn(write_log(self.storage.clone(), id, lines, is_over.clone()));
        let result =
            run_work::run(&self.storage, id, broker.as_ref(), &parameters, context, stop, timing)
                .await;
        fetching.cancel();
        is_over.cancel();
        match logger.await {
            Ok(lines) => self.log_what_is_late(id, lines),
            Err(error) => warn!(run.id = id, %error, "The log of run {id} is incomplete"),
        }
        match result {
            Err(NotKept::RunEnded) => Ok(None),
            other => other.map(Some),
        }
    }
}
