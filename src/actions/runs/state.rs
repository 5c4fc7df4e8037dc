//! What a process has while it works on runs: its parts, and its runs that go on.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{listener_runs::ListenerRuns, settings::RunnerSettings};
use crate::{
    actions::{
        credentials::Credentials,
        run_limits::{PullLimit, RunLimits},
    },
    brokers::Brokers,
    clock::Clock,
    domain::{replica, run::RunId, timing::Timing},
    storage::Storage,
};

/// What an interrupted run tells its reader.
pub(super) const INTERRUPTED: &str =
    "The service stopped during this run. Results so far are kept. Run it again for the rest.";

/// The same for the run of a listener.
pub(super) const NEXT_GOES_ON: &str = "The service stopped during this run. Results so far are kept; the listener continues with its next run.";

/// What a process has while it works on runs.
pub(super) struct Inner {
    pub(super) storage: Storage,
    pub(super) brokers: Brokers,
    pub(super) credentials: Credentials,
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
    pub(super) listener_runs: ListenerRuns,
    /// The pace of members' pulls, where it is limited.
    pub(super) pulls: Option<PullLimit>,
}

impl Inner {
    /// A process that works on no run yet.
    pub(super) fn new(
        storage: Storage,
        brokers: Brokers,
        credentials: Credentials,
        settings: RunnerSettings,
    ) -> Self {
        let RunnerSettings { clock, timing, limits, command, shutdown } = settings;
        let host = nix::unistd::gethostname().unwrap_or_default();
        let (process, chance) = (std::process::id(), rand::random::<u64>());
        Self {
            storage,
            brokers,
            credentials,
            clock,
            timing,
            limits,
            instance: replica::name_of(command, &host.to_string_lossy(), process, chance),
            tracker: TaskTracker::new(),
            retired: shutdown.child_token(),
            shutdown,
            looking: tokio::sync::Mutex::default(),
            live: Mutex::default(),
            listener_runs: ListenerRuns::default(),
            pulls: PullLimit::new(limits),
        }
    }

    /// The runs of this process that go on, each with what stops it.
    pub(super) fn live(&self) -> MutexGuard<'_, HashMap<RunId, CancellationToken>> {
        // The map is whole at every moment, whatever panicked while holding it.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops a run, if it is one of this process that goes on.
    pub(super) fn stop(&self, id: RunId) {
        if let Some(stop) = self.live().get(&id) {
            stop.cancel();
        }
    }
}
