//! Which runs are alive: each process reports its own every 5 s, and marks those *interrupted* whose process has been
//! silent for 30 s, which frees their places. A service with a private PostgreSQL marks at its start whatever was live
//! or waiting before.

use std::time::Duration;

use tracing::warn;

use super::run_query::Runner;
use crate::{domain::run::RunId, storage::StorageError};

/// What an interrupted run tells its reader.
pub(super) const INTERRUPTED: &str =
    "The service stopped during this run. Results so far are kept. Run it again for the rest.";

/// The same for the run of a listener.
pub(super) const NEXT_GOES_ON: &str = "The service stopped during this run. Results so far are kept; the listener continues with its next run.";

/// What a run tells its reader that the service left behind before it began.
const NOT_BEGUN: &str = "The service stopped before this run started. Run it again.";

impl Runner {
    /// Says that our runs are alive, finds those whose process died and those whose turn it is, until shutdown.
    pub async fn watch(self) {
        let timing = self.inner.timing.runs;
        let mut beats = tokio::time::interval(timing.heartbeat);
        beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut looks = tokio::time::interval(timing.look);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beats.tick() => {
                    if let Err(error) = self.beat().await {
                        warn!(%error, "No heartbeat: the database did not answer");
                    }
                }
                _ = looks.tick() => {
                    if let Err(error) = self.inner.begin_next().await {
                        warn!(%error, "Runs that wait were not looked for");
                    }
                    if let Err(error) = self.inner.look_at_listeners().await {
                        warn!(%error, "Listeners were not looked for");
                    }
                }
                () = self.inner.shutdown.cancelled() => return,
            }
        }
    }

    pub(super) async fn beat(&self) -> Result<(), StorageError> {
        // A run that we have begun without learning of it is nobody's: it falls silent.
        let live: Vec<RunId> = self.inner.live().keys().copied().collect();
        for id in self.inner.storage.beat_heart(&self.inner.instance, &live).await? {
            if let Some(stop) = self.inner.live().get(&id) {
                stop.cancel();
            }
        }
        self.interrupt_silent(self.inner.timing.runs.silence).await
    }

    /// Marks every run interrupted that goes on or waits: at the start of a service that has its database to itself
    /// nobody else can be alive.
    pub async fn interrupt_all(&self) -> Result<(), StorageError> {
        self.inner.storage.interrupt_queued_runs(NOT_BEGUN).await?;
        self.interrupt_silent(Duration::ZERO).await
    }

    /// Marks runs interrupted whose process has been silent for this long.
    pub async fn interrupt_silent(&self, silence: Duration) -> Result<(), StorageError> {
        let silent = self.inner.storage.interrupt_silent_runs(silence, INTERRUPTED, NEXT_GOES_ON);
        for id in silent.await? {
            warn!(run.id = id, "Run {id} was interrupted: its process is gone");
        }
        Ok(())
    }
}
