//! Saving targets: from alerts of a run, one transaction a target and one outcome a row, or as somebody has typed one.

use crate::{
    domain::{
        run::RunId,
        sharing::Asker,
        target::{NewTarget, OnExisting, SaveOutcome, SaveResult},
    },
    storage::{NotDone, Refused, Saving, Storage},
};

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

/// Saves alerts of a run, in the order given. An alert that fails does not keep the others from being saved.
pub async fn save_targets(
    storage: &Storage,
    by: &Asker,
    run_id: RunId,
    alert_ids: &[i64],
    on_existing: OnExisting,
) -> Vec<SaveOutcome> {
    let saving = Saving { on_existing, sharing: by.default_sharing_of_targets() };
    let mut outcomes = Vec::with_capacity(alert_ids.len());
    for &alert_id in alert_ids {
        let outcome = match storage.save_alert_as_target(by, run_id, alert_id, &saving).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => failed(alert_id, "This run has no such alert."),
            Err(error) => {
                tracing::error!(run.id = run_id, alert.id = alert_id, %error, "An alert was not saved as a target");
                failed(alert_id, reason(&error))
            }
        };
        outcomes.push(outcome);
    }
    let created =
        outcomes.iter().filter(|outcome| matches!(outcome.result, SaveResult::Created { .. }));
    count_created(created.count());
    outcomes
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
