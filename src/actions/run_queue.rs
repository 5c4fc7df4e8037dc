//! Which run begins next: every process looks into the queue in the database (when a run is asked for, when one ends,
//! and each second), and begins what it has places for. A run's form is validated again when it begins.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    run_query::{Inner, Runner},
    run_work::Ending,
};
use crate::{
    brokers::Broker,
    forms::{Context, FormState, Parameters, RawForm},
    storage::{BegunRun, StorageError},
};

impl Runner {
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
}

impl Inner {
    /// Begins the runs whose turn it is, in the background.
    pub(super) fn look(self: &Arc<Self>) {
        let inner = self.clone();
        self.tracker.spawn(async move {
            if let Err(error) = inner.begin_next().await {
                warn!(%error, "Runs wait that could perhaps begin: the database did not answer");
            }
        });
    }

    /// Begins the runs whose turn it is, as many as this process has places for.
    pub(super) async fn begin_next(self: &Arc<Self>) -> Result<(), StorageError> {
        // One after another: places are counted before they are taken.
        let _turn = self.looking.lock().await;
        let n_live = self.live().len().saturating_sub(self.listening.n_heard());
        let n_free = self.limits.in_one_process().saturating_sub(n_live);
        if n_free == 0 || self.retired.is_cancelled() {
            return Ok(());
        }
        let (at_once, head_start) = (self.limits.at_once, self.timing.runs.head_start);
        let begun = self.storage.begin_runs(&self.instance, at_once, n_free, head_start).await?;
        if self.retired.is_cancelled() {
            // Told to stop while the database was asked: another process has time for them.
            let ids: Vec<_> = begun.iter().map(|run| run.id).collect();
            return self.storage.give_back_runs(&self.instance, &ids).await;
        }
        for run in begun {
            info!(run.id = run.id, member.id = run.by.id, "Run {} begins", run.id);
            let stop = self.shutdown.child_token();
            self.live().insert(run.id, stop.clone());
            let inner = self.clone();
            self.tracker.spawn(async move {
                let id = run.id;
                inner.work(run, stop).await;
                inner.look();
                inner.note_growth(id).await;
            });
        }
        Ok(())
    }

    /// A run's form as its backend understands it now; how the run ends if it no longer does.
    pub(super) async fn parameters_of(
        &self,
        run: &BegunRun,
        broker: &dyn Broker,
    ) -> Result<Parameters, Ending> {
        let context = Context { now: self.clock.now(), choices: broker.choices().await };
        let checked = broker.form().validate(&RawForm::from_json(&run.parameters), &context);
        checked.map_err(|state| Ending::failed(misfit(&state)))
    }
}

fn misfit(state: &FormState) -> String {
    let errors = state.errors_json();
    let first = errors.iter().next().map(|(field, _)| (field, state.errors(field).join(" ")));
    let what = first.map(|(field, message)| format!(" ({field}: {message})")).unwrap_or_default();
    format!("The query no longer fits the form of its broker{what}. Edit it and run it again.")
}
