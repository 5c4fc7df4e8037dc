//! One run from its form to its end: the form is validated again, whom the run acts as is looked up, its backend is asked,
//! and what it says is logged.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::{
    ending::Ending,
    log::{write_late_lines, write_log},
    query_budget::RunBudget,
    retrying::patiently,
    state::Inner,
    work::Work,
};
use crate::{
    actions::stored_form::validate_stored,
    brokers::{Broker, Progress, RunContext},
    domain::run::RunId,
    forms::{FormState, Parameters},
    storage::{BegunRun, NotKept, StopRequest},
};

/// From how many results on does a run change what the planner should know?
const LARGE_RUN: u64 = 1_000;

/// Works on a run until it ends, or is stopped: how it ended; `None` when somebody else has ended it, and nothing is
/// ours to write. Whoever listens keeps hold of its progress.
pub(super) async fn execute(
    inner: &Inner,
    run: BegunRun,
    stop: &CancellationToken,
    listening: Option<Arc<Progress>>,
) -> Option<Ending> {
    let id = run.id;
    let attempt = AssertUnwindSafe(attempt(inner, run, stop, listening)).catch_unwind().await;
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
    Some(ending.cancelled_if_asked(&inner.storage, id).await)
}

/// Keeps pages quick after a run that brought many alerts.
pub(super) async fn note_growth(inner: &Inner, id: RunId) {
    let is_large =
        matches!(inner.storage.count_stored(id).await, Ok(stored) if stored >= LARGE_RUN);
    if is_large && let Err(error) = inner.storage.refresh_statistics().await {
        warn!(%error, "The planner's statistics were not refreshed; autovacuum will do it");
    }
}

async fn attempt(
    inner: &Inner,
    run: BegunRun,
    stop: &CancellationToken,
    listening: Option<Arc<Progress>>,
) -> Result<Option<Ending>, NotKept> {
    // Whoever asked before the run was among the live ones has not reached it.
    match patiently(inner.timing.runs, || inner.storage.stop_request(run.id)).await? {
        StopRequest::NotAsked => {}
        StopRequest::Asked | StopRequest::NoSuchRun => return Ok(Some(Ending::cancelled())),
    }
    let Some(broker) = inner.brokers.find(&run.broker) else {
        return Ok(Some(Ending::failed("This deployment no longer has this broker.".to_owned())));
    };
    let now = inner.clock.now();
    match validate_stored(broker.as_ref(), &run.parameters, now).await {
        Ok(parameters) => {
            let asked = Asked { broker: broker.as_ref(), parameters: &parameters };
            fetch(inner, &run, asked, stop, listening).await
        }
        Err(state) => Ok(Some(Ending::failed(misfit(&state)))),
    }
}

/// That a form no longer fits, and where it first does not.
fn misfit(state: &FormState) -> String {
    let errors = state.errors_json();
    let first = errors.iter().next().map(|(field, _)| (field, state.errors(field).join(" ")));
    let what = first.map(|(field, message)| format!(" ({field}: {message})")).unwrap_or_default();
    format!("The query no longer fits the form of its broker{what}. Edit it and run it again.")
}

/// What is asked of which backend.
#[derive(Clone, Copy)]
struct Asked<'r> {
    broker: &'r dyn Broker,
    parameters: &'r Parameters,
}

/// Has a backend fetch, and writes the log meanwhile.
async fn fetch(
    inner: &Inner,
    run: &BegunRun,
    asked: Asked<'_>,
    stop: &CancellationToken,
    listening: Option<Arc<Progress>>,
) -> Result<Option<Ending>, NotKept> {
    let (id, timing) = (run.id, inner.timing.runs);
    let scope = asked.broker.needed_right();
    let access =
        patiently(timing, || inner.credentials.of_member(&inner.storage, &run.by, scope)).await?;
    if let (Some(tokens), Some(_)) = (&access.tokens, scope) {
        let acts_as = tokens.acts_as();
        patiently(timing, || inner.storage.note_acting(id, &acts_as)).await?;
    }
    // The broker's own token: it must stop fetching also when the run has enough.
    let fetching = stop.child_token();
    // Also when the run meets a fault in the software.
    let _end_of_fetching = fetching.clone().drop_guard();
    let (context, lines) =
        RunContext::new(inner.clock.now(), fetching.clone(), access, inner.tracker.clone());
    let budget = RunBudget { storage: inner.storage.clone(), run_id: id, timing };
    let pulls = inner.pulls.as_ref().map(|pulls| pulls.of(run.by.id));
    let context = context.with_budget(Arc::new(budget)).with_pace(pulls);
    let context = match listening {
        Some(progress) => context.listening(progress),
        None => context,
    };
    let is_over = CancellationToken::new();
    let logger = inner.tracker.spawn(write_log(inner.storage.clone(), id, lines, is_over.clone()));
    let Asked { broker, parameters } = asked;
    let work = Work { storage: &inner.storage, run_id: id, broker, parameters, stop, timing };
    let result = work.finish(context).await;
    fetching.cancel();
    is_over.cancel();
    match logger.await {
        Ok(lines) => write_late_lines(inner, id, lines),
        Err(error) => warn!(run.id = id, %error, "The log of run {id} is incomplete"),
    }
    match result {
        Err(NotKept::RunEnded) => Ok(None),
        other => other.map(Some),
    }
}
