//! The runs of listeners that one process works on, and why each of them is to end.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::{brokers::Progress, domain::run::RunId};

/// The runs of listeners that this process works on.
#[derive(Default)]
pub(super) struct ListenerRuns {
    /// Held by whoever looks for listeners to take.
    pub(super) looking: tokio::sync::Mutex<()>,
    live: Mutex<HashMap<RunId, Arc<ListenerRun>>>,
    /// The one query that is listened to here, where it is not every one. Such a process begins no other runs.
    pub(super) only_query: OnceLock<i64>,
}

/// The run of a listener that this process works on.
pub(super) struct ListenerRun {
    pub(super) stop: CancellationToken,
    reason: Mutex<Option<StopReason>>,
    pub(super) progress: Arc<Progress>,
}

/// Why the run of a listener is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopReason {
    Paused,
    Stopped,
    Changed,
    DayOver,
}

impl ListenerRuns {
    /// Those that go on.
    pub(super) fn live(&self) -> MutexGuard<'_, HashMap<RunId, Arc<ListenerRun>>> {
        // The map is whole at every moment, whatever panicked while holding it.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many go on.
    pub(super) fn n_live(&self) -> usize {
        self.live().len()
    }
}

impl ListenerRun {
    /// One that goes on until `stop` is set.
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { stop, reason: Mutex::default(), progress: Arc::default() }
    }

    /// Has it end. The first reason counts.
    pub(super) fn end(&self, reason: StopReason) {
        let mut known = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert(reason);
        self.stop.cancel();
    }

    /// Why it is to end, where that was this process's doing.
    pub(super) fn stop_reason(&self) -> Option<StopReason> {
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
