//! Listeners: saved queries that are kept running, one run a day. Each process looks at all of them once a second,
//! takes those that nobody has, and ends runs of its own that are over.
//!
//! The live run of a listener is its lease. Whoever inserts the next run has it, and a unique index lets one process do
//! so. The run's heartbeat shows that it is alive, and nothing is stored for a run that somebody has ended. So holding
//! the lease and being allowed to store are one fact, and a process that was only slow can do no harm.
//!
//! A listener acts as the member who started it, and only for what they asked for. Each look checks anew whether that
//! member may still change the query. A change of the form by somebody else pauses the listener in the same
//! transaction, or they could pull with another's account.
//!
//! Listeners are looked for, not announced: a notification can get lost, and the same look finds what is over, so a
//! pause on one replica ends the run of another within a second or two.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::{error, info, warn};

use super::{
    ending::Ending,
    execution::{execute, note_growth},
    listener_runs::{ListenerRun, StopReason},
    retrying::patiently,
    state::{Inner, NEXT_GOES_ON},
};
use crate::{
    domain::run::RunState,
    storage::{BegunRun, ListenerAtWork, ListenerRunEnd, RunAtWork, StorageError},
};

/// Listeners that one process works on.
const IN_ONE_PROCESS: usize = 16;

/// Takes the listeners that nobody has, and ends the runs of this process's own that are over.
pub(super) async fn look_at_listeners(inner: &Arc<Inner>) -> Result<(), StorageError> {
    // One after another: a run that has just begun is known before the next look.
    let _turn = inner.listener_runs.looking.lock().await;
    if inner.retired.is_cancelled() {
        return Ok(());
    }
    let now = inner.clock.now();
    let only = inner.listener_runs.only_query.get().copied();
    let silence = inner.timing.listeners.silence;
    let found = inner.storage.listeners_at_work(now, silence, only).await?;
    for (id, own) in inner.listener_runs.live().iter() {
        if !found.iter().any(|listener| listener.live.as_ref().is_some_and(|run| run.id == *id)) {
            // The listener is gone, or the run has ended already.
            own.end(StopReason::Stopped);
        }
    }
    for listener in &found {
        attend_to(inner, listener, now).await?;
    }
    Ok(())
}

async fn attend_to(
    inner: &Arc<Inner>,
    listener: &ListenerAtWork,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let mut is_on = listener.is_on;
    if let Some(because) = listener.bar.as_deref().filter(|_| is_on) {
        info!(listener.id, "Listener {} is paused: {because}", listener.id);
        inner.storage.pause_barred_listener(listener.id, because).await?;
        is_on = false;
    }
    if let Some(run) = &listener.live {
        let own = inner.listener_runs.live().get(&run.id).cloned();
        if let Some(own) = own {
            if let Some(reason) = stop_reason(is_on, run, now) {
                own.end(reason);
            } else if listener.is_in_trouble && own.progress.has_answer() {
                inner.storage.note_listening_well(listener.id).await?;
            }
            return Ok(());
        }
        let silence = inner.timing.listeners.silence;
        let is_nobodys = run.is_silent
            && inner.storage.interrupt_listening(run.id, silence, NEXT_GOES_ON).await?;
        if !is_nobodys {
            return Ok(());
        }
        warn!(run.id = run.id, "Run {} of a listener is taken over: its process is gone", run.id);
    }
    if is_on && listener.is_due { take(inner, listener.id, now).await } else { Ok(()) }
}

/// Why a run of this process's own is over; `None` while it is to go on.
fn stop_reason(is_on: bool, run: &RunAtWork, now: DateTime<Utc>) -> Option<StopReason> {
    if !is_on {
        Some(StopReason::Paused)
    } else if run.is_outdated {
        Some(StopReason::Changed)
    } else if run.day.is_some_and(|day| day < now.date_naive()) {
        Some(StopReason::DayOver)
    } else {
        None
    }
}

/// Begins the next run of a listener, unless another process is quicker.
async fn take(
    inner: &Arc<Inner>,
    listener_id: i64,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    if inner.listener_runs.n_live() >= IN_ONE_PROCESS {
        return Ok(());
    }
    let begun = inner.storage.begin_listening(listener_id, &inner.instance, now).await?;
    let Some(run) = begun else { return Ok(()) };
    info!(run.id = run.id, listener.id = listener_id, "Run {} listens", run.id);
    // Whoever retires gives it away at once.
    let stop = inner.retired.child_token();
    let own = Arc::new(ListenerRun::new(stop.clone()));
    inner.live().insert(run.id, stop);
    inner.listener_runs.live().insert(run.id, own.clone());
    inner.tracker.spawn(listen(inner.clone(), run, own));
    Ok(())
}

/// Works on the run of a listener to its end, and looks for the next one.
async fn listen(inner: Arc<Inner>, run: BegunRun, own: Arc<ListenerRun>) {
    let id = run.id;
    if let Some(ending) = execute(&inner, run, &own.stop, Some(own.progress.clone())).await {
        let end = end_of(ending, own.stop_reason(), inner.retired.is_cancelled());
        info!(run.id = id, state = end.state.id(), "Run {id} of a listener: {}", end.feedback);
        let (storage, now) = (&inner.storage, inner.clock.now());
        let written =
            patiently(inner.timing.runs, || storage.end_listening(id, end.clone(), now)).await;
        if let Err(error) = written {
            error!(run.id = id, %error, "The end of run {id} could not be written");
        }
    }
    inner.live().remove(&id);
    inner.listener_runs.live().remove(&id);
    look_now(&inner);
    note_growth(&inner, id).await;
}

/// Looks at once, in the background.
fn look_now(inner: &Arc<Inner>) {
    let looking = inner.clone();
    inner.tracker.spawn(async move {
        if let Err(error) = look_at_listeners(&looking).await {
            warn!(%error, "Listeners were not looked for");
        }
    });
}

/// How the run of a listener ended, in its own words: somebody or something stopped it, or it should have gone on.
fn end_of(ending: Ending, reason: Option<StopReason>, is_retired: bool) -> ListenerRunEnd {
    let Ending { state, feedback, lacks } = ending;
    if state != RunState::Cancelled {
        return ListenerRunEnd { state, feedback, lacks, is_trouble: true };
    }
    let (state, feedback) = match reason {
        Some(StopReason::Paused) => (
            RunState::Cancelled,
            "Listening was paused. Results so far are kept; new messages wait in the subscription.",
        ),
        Some(StopReason::Stopped) => (
            RunState::Cancelled,
            "Listening was stopped, or the query deleted. Results so far are kept.",
        ),
        Some(StopReason::Changed) => (
            RunState::Finished,
            "The query or the listener's account was changed: the next run uses the change.",
        ),
        Some(StopReason::DayOver) => {
            (RunState::Finished, "The day is over (UTC): the next run continues.")
        }
        None if is_retired => (RunState::Interrupted, NEXT_GOES_ON),
        None => (RunState::Cancelled, "Stopped on request. Results so far are kept."),
    };
    ListenerRunEnd { state, feedback: feedback.to_owned(), lacks: None, is_trouble: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_that_nobody_stopped_is_trouble() {
        let failed =
            end_of(Ending::failed("It broke.".to_owned()), Some(StopReason::Paused), false);
        assert!(failed.is_trouble && failed.state == RunState::Failed, "{failed:?}");
        for reason in
            [StopReason::Paused, StopReason::Stopped, StopReason::Changed, StopReason::DayOver]
        {
            let end = end_of(Ending::cancelled(), Some(reason), true);
            assert!(!end.is_trouble && end.state != RunState::Interrupted, "{end:?}");
        }
        let given_away = end_of(Ending::cancelled(), None, true);
        assert_eq!((given_away.is_trouble, given_away.state), (false, RunState::Interrupted));
        assert_eq!(end_of(Ending::cancelled(), None, false).state, RunState::Cancelled);
    }
}
