//! Saving targets: from alerts of a run, one transaction a target and one outcome a row, or as somebody has typed one.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    domain::{
        run::RunId,
        sharing::Asker,
        target::{NewTarget, OnExisting, SaveOutcome, SaveResult},
    },
    storage::{NotDone, Refused, Saving, Storage},
};

/// Alerts that can be saved in one request; more would take longer than a request may.
pub const MOST_SAVED_AT_ONCE: u16 = 2_000;

/// The state of a target that somebody has read before they change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadTarget {
    /// Its id.
    pub id: i64,
    /// Its version then.
    pub version: i64,
}

/// Saves a target as it was typed, a new one or in place of what was read; its id, or `None` when what was read is not
/// there for them.
pub async fn save_target(
    storage: &Storage,
    by: &Asker,
    target: NewTarget,
    in_place_of: Option<ReadTarget>,
) -> Result<Option<i64>, NotDone> {
    if let Some(ReadTarget { id, version }) = in_place_of {
        let is_there = storage.update_target(by, id, version, target).await?;
        return Ok(is_there.then_some(id));
    }
    let id = storage.create_target(by, target, by.default_sharing_of_targets()).await?;
    count_created(1);
    Ok(Some(id))
}

/// Saves alerts of a run, in the order given. An alert that fails does not keep the others from being saved; one that the
/// database had no time for is tried once more. What is not reached within `patience` fails, so that whoever asked hears
/// what became of each.
pub async fn save_targets(
    storage: &Storage,
    by: &Asker,
    run_id: RunId,
    alert_ids: &[i64],
    on_existing: OnExisting,
    patience: Duration,
) -> Vec<SaveOutcome> {
    let saving = Saving { on_existing, sharing: by.default_sharing_of_targets() };
    let until = Instant::now() + patience;
    let mut outcomes = Vec::with_capacity(alert_ids.len());
    for &alert_id in alert_ids {
        let mut result = try_within(until, storage, by, run_id, alert_id, &saving).await;
        if matches!(&result, Some(Err(NotDone::Storage(error))) if error.is_passing()) {
            let again = try_within(until, storage, by, run_id, alert_id, &saving).await;
            result = again.or(result);
        }
        outcomes.push(outcome(run_id, alert_id, result));
    }
    let created =
        outcomes.iter().filter(|outcome| matches!(outcome.result, SaveResult::Created { .. }));
    count_created(created.count());
    outcomes
}

/// Saves one alert; `None` if that was not begun, or not done, in time.
async fn try_within(
    until: Instant,
    storage: &Storage,
    by: &Asker,
    run_id: RunId,
    alert_id: i64,
    saving: &Saving,
) -> Option<Result<Option<SaveOutcome>, NotDone>> {
    if Instant::now() >= until {
        return None;
    }
    let trying = storage.save_alert_as_target(by, run_id, alert_id, saving);
    tokio::time::timeout_at(until, trying).await.ok()
}

fn outcome(
    run_id: RunId,
    alert_id: i64,
    result: Option<Result<Option<SaveOutcome>, NotDone>>,
) -> SaveOutcome {
    match result {
        Some(Ok(Some(outcome))) => outcome,
        Some(Ok(None)) => failed(alert_id, "This run has no such alert."),
        Some(Err(error)) => {
            tracing::error!(run.id = run_id, alert.id = alert_id, %error, "An alert was not saved as a target");
            failed(alert_id, reason(&error))
        }
        None => failed(alert_id, "There was no time left for it. Try again."),
    }
}

fn count_created(n: usize) {
    metrics::counter!("tom_alerts_targets_created_total").increment(n as u64);
}

fn failed(alert_id: i64, reason: &str) -> SaveOutcome {
    SaveOutcome {
        alert_id,
        object_id: String::new(),
        result: SaveResult::Failed { reason: reason.to_owned() },
    }
}

fn reason(error: &NotDone) -> &'static str {
    match error {
        NotDone::Refused(Refused::ViewersLookOnly | Refused::Forbidden) => {
            "Viewers cannot save targets."
        }
        NotDone::Storage(error) if error.is_passing() => "The database was busy. Try again.",
        _ => "It could not be stored. The log of the service says why.",
    }
}
