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

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    retrying::patiently,
    run_query::{Inner, Runner},
    run_watch::NEXT_GOES_ON,
    run_work::Ending,
};
use crate::{
    brokers::{Broker, Progress},
    domain::{
        run::{RunId, RunState},
        saved_query::SavedQuery,
        sharing::TeamScope,
    },
    forms::{Context, RawForm},
    storage::{BegunRun, ListenerAtWork, ListenerRunEnd, NotDone, RunAtWork, StorageError},
};

const ONLY_STREAMS: &str =
    "Only streams can be listened to: this broker has no new alerts to wait for.";
const MISFIT: &str = "The query no longer fits the form of its backend. Open it, correct what is marked and save it.";

/// Listeners that one process works on.
const IN_ONE_PROCESS: usize = 16;

/// The listeners of this process.
#[derive(Default)]
pub(super) struct Listening {
    /// Held by whoever looks for listeners to take.
    looking: tokio::sync::Mutex<()>,
    heard: Mutex<HashMap<RunId, Arc<Heard>>>,
    /// The one query that is listened to here, where it is not every one.
    only: OnceLock<i64>,
}

/// The run of a listener that this process works on.
struct Heard {
    stop: CancellationToken,
    because: Mutex<Option<Because>>,
    progress: Arc<Progress>,
}

/// Why the run of a listener is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Because {
    Paused,
    Stopped,
    Changed,
    DayOver,
}

impl Listening {
    fn heard(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Heard>>> {
        // The map is whole at every moment, whatever panicked while holding it.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many listeners this process works on.
    pub(super) fn n_heard(&self) -> usize {
        self.heard().len()
    }
}

impl Heard {
    fn end(&self, because: Because) {
        let mut known = self.because.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert(because);
        self.stop.cancel();
    }

    fn because(&self) -> Option<Because> {
        *self.because.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runner {
    /// Has a saved query listened to as whoever asks; false when it is not there for them.
    pub async fn start_listening(
        &self,
        query: &SavedQuery,
        by: &TeamScope,
    ) -> Result<bool, NotDone> {
        let acts_as = self.inner.acting_words(&query.broker, by);
        let most = self.inner.limits.listeners;
        self.storage().start_listening(by, query.id, acts_as.as_deref(), most).await
    }

    /// Listens to one query alone and does nothing else, until shutdown.
    pub async fn listen_to(self, query_id: i64) {
        self.inner.listening.only.get_or_init(|| query_id);
        let timing = self.inner.timing.runs;
        let mut beats = tokio::time::interval(timing.heartbeat);
        let mut looks = tokio::time::interval(timing.look);
        for ticks in [&mut beats, &mut looks] {
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        }
        loop {
            let done = tokio::select! {
                _ = beats.tick() => self.beat().await,
                _ = looks.tick() => self.inner.look_at_listeners().await,
                () = self.inner.shutdown.cancelled() => return,
            };
            if let Err(error) = done {
                warn!(%error, "The database did not answer");
            }
        }
    }

    /// Looks once, now.
    pub async fn look_at_listeners(&self) -> Result<(), StorageError> {
        self.inner.look_at_listeners().await
    }

    /// The name of this process among all that share the database.
    pub fn instance(&self) -> &str {
        &self.inner.instance
    }
}

impl Inner {
    /// Takes the listeners that nobody has, and ends the runs of this process's own that are over.
    pub(super) async fn look_at_listeners(self: &Arc<Self>) -> Result<(), StorageError> {
        // One after another: a run that has just begun is known before the next look.
        let _turn = self.listening.looking.lock().await;
        if self.retired.is_cancelled() {
            return Ok(());
        }
        let now = self.clock.now();
        let only = self.listening.only.get().copied();
        let silence = self.timing.listeners.silence;
        let found = self.storage.listeners_at_work(now, silence, only).await?;
        for (id, heard) in self.listening.heard().iter() {
            if !found.iter().any(|listener| listener.live.as_ref().is_some_and(|run| run.id == *id))
            {
                // The listener is gone, or the run has ended already.
                heard.end(Because::Stopped);
            }
        }
        for listener in &found {
            self.attend_to(listener, now).await?;
        }
        Ok(())
    }

    async fn attend_to(
        self: &Arc<Self>,
        listener: &ListenerAtWork,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let mut is_on = listener.is_on;
        if let Some(because) = listener.bar.as_deref().filter(|_| is_on) {
            info!(listener.id, "Listener {} is paused: {because}", listener.id);
            self.storage.pause_barred_listener(listener.id, because).await?;
            is_on = false;
        }
        if let Some(run) = &listener.live {
            let heard = self.listening.heard().get(&run.id).cloned();
            if let Some(heard) = heard {
                return self.attend_to_own(listener, is_on, run, &heard, now).await;
            }
            let silence = self.timing.listeners.silence;
            let is_nobodys = run.is_silent
                && self.storage.interrupt_listening(run.id, silence, NEXT_GOES_ON).await?;
            if !is_nobodys {
                return Ok(());
            }
            warn!(
                run.id = run.id,
                "Run {} of a listener is taken over: its process is gone", run.id
            );
        }
        if is_on && listener.is_due { self.take(listener.id, now).await } else { Ok(()) }
    }

    /// Ends a run of this process's own that is over.
    async fn attend_to_own(
        &self,
        listener: &ListenerAtWork,
        is_on: bool,
        run: &RunAtWork,
        heard: &Heard,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        if !is_on {
            heard.end(Because::Paused);
        } else if run.is_outdated {
            heard.end(Because::Changed);
        } else if run.day.is_some_and(|day| day < now.date_naive()) {
            heard.end(Because::DayOver);
        } else if listener.is_in_trouble && heard.progress.has_answer() {
            self.storage.note_listening_well(listener.id).await?;
        }
        Ok(())
    }

    /// Begins the next run of a listener, unless another process is quicker.
    async fn take(
        self: &Arc<Self>,
        listener_id: i64,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        if self.listening.n_heard() >= IN_ONE_PROCESS {
            return Ok(());
        }
        let begun = self.storage.begin_listening(listener_id, &self.instance, now).await?;
        let Some(run) = begun else { return Ok(()) };
        info!(run.id = run.id, listener.id = listener_id, "Run {} listens", run.id);
        // Whoever retires gives it away at once.
        let stop = self.retired.child_token();
        let heard =
            Heard { stop: stop.clone(), because: Mutex::default(), progress: Arc::default() };
        let heard = Arc::new(heard);
        self.live().insert(run.id, stop);
        self.listening.heard().insert(run.id, heard.clone());
        self.tracker.spawn(self.clone().listen(run, heard));
        Ok(())
    }

    async fn listen(self: Arc<Self>, run: BegunRun, heard: Arc<Heard>) {
        let id = run.id;
        let ending = self.ending_of(run, &heard.stop, Some(heard.progress.clone())).await;
        if let Some(ending) = ending {
            let end = end_of(ending, heard.because(), self.retired.is_cancelled());
            info!(run.id = id, state = end.state.id(), "Run {id} of a listener: {}", end.feedback);
            let now = self.clock.now();
            let timing = self.timing.runs;
            let written =
                patiently(timing, || self.storage.end_listening(id, end.clone(), now)).await;
            if let Err(error) = written {
                error!(run.id = id, %error, "The end of run {id} could not be written");
            }
        }
        self.forget(id);
        self.listening.heard().remove(&id);
        self.look_for_listeners();
        self.note_growth(id).await;
    }

    /// Looks at once, in the background.
    fn look_for_listeners(self: &Arc<Self>) {
        let inner = self.clone();
        self.tracker.spawn(async move {
            if let Err(error) = inner.look_at_listeners().await {
                warn!(%error, "Listeners were not looked for");
            }
        });
    }
}

/// Why a saved query cannot be listened to, as it stands.
pub async fn why_not_listen(
    broker: &dyn Broker,
    parameters: &serde_json::Value,
    now: DateTime<Utc>,
) -> Option<String> {
    if !broker.can_listen() {
        return Some(ONLY_STREAMS.to_owned());
    }
    let context = Context { now, choices: broker.choices().await };
    match broker.form().validate(&RawForm::from_json(parameters), &context) {
        Ok(parameters) => broker.why_not_listen(&parameters).map(str::to_owned),
        Err(_) => Some(MISFIT.to_owned()),
    }
}

/// How the run of a listener ended, in its own words: somebody or something stopped it, or it should have gone on.
fn end_of(ending: Ending, because: Option<Because>, is_retired: bool) -> ListenerRunEnd {
    let Ending { state, feedback, lacks } = ending;
    if state != RunState::Cancelled {
        return ListenerRunEnd { state, feedback, lacks, is_trouble: true };
    }
    let (state, feedback) = match because {
        Some(Because::Paused) => (
            RunState::Cancelled,
            "Listening was paused. Results so far are kept; new messages wait in the subscription.",
        ),
        Some(Because::Stopped) => (
            RunState::Cancelled,
            "Listening was stopped, or the query deleted. Results so far are kept.",
        ),
        Some(Because::Changed) => (
            RunState::Finished,
            "The query or the listener's account was changed: the next run uses the change.",
        ),
        Some(Because::DayOver) => {
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
        let failed = end_of(Ending::failed("It broke.".to_owned()), Some(Because::Paused), false);
        assert!(failed.is_trouble && failed.state == RunState::Failed, "{failed:?}");
        for because in [Because::Paused, Because::Stopped, Because::Changed, Because::DayOver] {
            let end = end_of(Ending::cancelled(), Some(because), true);
            assert!(!end.is_trouble && end.state != RunState::Interrupted, "{end:?}");
        }
        let given_away = end_of(Ending::cancelled(), None, true);
        assert_eq!((given_away.is_trouble, given_away.state), (false, RunState::Interrupted));
        assert_eq!(end_of(Ending::cancelled(), None, false).state, RunState::Cancelled);
    }
}
