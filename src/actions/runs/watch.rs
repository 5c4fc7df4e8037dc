//! What a process does by the clock: it looks for runs to begin and for listeners to take, reports every 5 s that its runs
//! are alive, and marks those *interrupted* whose process has been silent for 30 s, which frees their places. A service
//! with a private PostgreSQL marks at its start whatever was live or waiting before.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use super::{
    listening::look_at_listeners,
    queue::begin_next,
    state::{INTERRUPTED, Inner, NEXT_GOES_ON},
};
use crate::{domain::run::RunId, storage::StorageError};

/// What a run tells its reader that the service left behind before it began.
const NOT_BEGUN: &str = "The service stopped before this run started. Run it again.";

/// Says that our runs are alive, finds those whose process died and those whose turn it is, until shutdown.
pub(super) async fn watch(inner: &Arc<Inner>) {
    let timing = inner.timing.runs;
    let (mut beats, mut looks) = (interval(timing.heartbeat), interval(timing.look));
    for ticks in [&mut beats, &mut looks] {
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    loop {
        tokio::select! {
            _ = beats.tick() => {
                if let Err(error) = beat(inner).await {
                    warn!(%error, "No heartbeat: the database did not answer");
                }
            }
            _ = looks.tick() => look(inner).await,
            () = inner.shutdown.cancelled() => return,
        }
    }
}

async fn look(inner: &Arc<Inner>) {
    let listens_only = inner.listener_runs.only_query.get().is_some();
    if !listens_only && let Err(error) = begin_next(inner).await {
        warn!(%error, "Runs that wait were not looked for");
    }
    if let Err(error) = look_at_listeners(inner).await {
        warn!(%error, "Listeners were not looked for");
    }
}

async fn beat(inner: &Inner) -> Result<(), StorageError> {
    // A run that we have begun without learning of it is nobody's: it falls silent.
    let live: Vec<RunId> = inner.live().keys().copied().collect();
    for id in inner.storage.beat_heart(&inner.instance, &live).await? {
        inner.stop(id);
    }
    interrupt_silent(inner, inner.timing.runs.silence).await
}

/// Marks every run interrupted that goes on or waits.
pub(super) async fn interrupt_all(inner: &Inner) -> Result<(), StorageError> {
    inner.storage.interrupt_queued_runs(NOT_BEGUN).await?;
    interrupt_silent(inner, Duration::ZERO).await
}

/// Marks runs interrupted whose process has been silent for this long.
pub(super) async fn interrupt_silent(inner: &Inner, silence: Duration) -> Result<(), StorageError> {
    let silent = inner.storage.interrupt_silent_runs(silence, INTERRUPTED, NEXT_GOES_ON);
    for id in silent.await? {
        warn!(run.id = id, "Run {id} was interrupted: its process is gone");
    }
    Ok(())
}
