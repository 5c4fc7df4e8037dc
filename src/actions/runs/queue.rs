//! Which run begins next: every process looks into the queue in the database (when a run is asked for, when one ends,
//! and each second), and begins what it has places for.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    ending::Ending,
    execution::{execute, note_growth},
    retrying::patiently,
    state::{INTERRUPTED, Inner},
};
use crate::{
    domain::run::RunState,
    storage::{BegunRun, StorageError},
};

/// Looks at once, in the background.
pub(super) fn look_now(inner: &Arc<Inner>) {
    let looking = inner.clone();
    inner.tracker.spawn(async move {
        if let Err(error) = begin_next(&looking).await {
            warn!(%error, "Runs wait that could perhaps begin: the database did not answer");
        }
    });
}

/// Begins the runs whose turn it is, as many as this process has places for, in the background.
pub(super) async fn begin_next(inner: &Arc<Inner>) -> Result<(), StorageError> {
    // One after another: places are counted before they are taken.
    let _turn = inner.looking.lock().await;
    let n_live = inner.live().len().saturating_sub(inner.listener_runs.n_live());
    let n_free = inner.limits.in_one_process().saturating_sub(n_live);
    if n_free == 0 || inner.retired.is_cancelled() {
        return Ok(());
    }
    let (at_once, head_start) = (inner.limits.at_once, inner.timing.runs.head_start);
    let begun = inner.storage.begin_runs(&inner.instance, at_once, n_free, head_start).await?;
    if inner.retired.is_cancelled() {
        // Told to stop while the database was asked: another process has time for them.
        let ids: Vec<_> = begun.iter().map(|run| run.id).collect();
        return inner.storage.give_back_runs(&inner.instance, &ids).await;
    }
    for run in begun {
        info!(run.id = run.id, member.id = run.by.id, "Run {} begins", run.id);
        let stop = inner.shutdown.child_token();
        inner.live().insert(run.id, stop.clone());
        let working = inner.clone();
        inner.tracker.spawn(async move {
            let id = run.id;
            finish(&working, run, stop).await;
            look_now(&working);
            note_growth(&working, id).await;
        });
    }
    Ok(())
}

/// Works on a run to its end.
async fn finish(inner: &Inner, run: BegunRun, stop: CancellationToken) {
    let id = run.id;
    if let Some(ending) = execute(inner, run, &stop, None).await {
        write_end(inner, id, ending).await;
    }
    inner.live().remove(&id);
}

async fn write_end(inner: &Inner, id: i64, ending: Ending) {
    let ending = if ending.state == RunState::Cancelled && inner.shutdown.is_cancelled() {
        Ending { state: RunState::Interrupted, feedback: INTERRUPTED.to_owned(), lacks: None }
    } else {
        ending
    };
    let Ending { state, feedback, lacks } = ending;
    info!(run.id = id, state = state.id(), "Run {id} {}: {feedback}", state.id());
    let storage = &inner.storage;
    let written =
        patiently(inner.timing.runs, || storage.end_run(id, state, &feedback, lacks)).await;
    if let Err(error) = written {
        error!(run.id = id, %error, "The end of run {id} could not be written");
    }
}
