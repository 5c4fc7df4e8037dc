//! Saving selected alerts of a run as targets: one transaction a target, one outcome a row.

use crate::{
    domain::{
        run::RunId,
        sharing::TeamScope,
        target::{SaveOutcome, SaveResult},
    },
    storage::{NotDone, Refused, Saving, Storage},
};

/// Saves alerts of a run, in the order given. An alert that fails does not keep the others from being saved.
pub async fn save_targets(
    storage: &Storage,
    by: &TeamScope,
    run_id: RunId,
    alert_ids: &[i64],
    saving: &Saving,
) -> Vec<SaveOutcome> {
    let mut outcomes = Vec::with_capacity(alert_ids.len());
    for &alert_id in alert_ids {
        let outcome = match storage.save_alert_as_target(by, run_id, alert_id, saving).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => failed(alert_id, "This run has no such alert."),
            Err(error) => {
                tracing::error!(run.id = run_id, alert.id = alert_id, %error, "An alert was not saved as a target");
                failed(alert_id, reason(&error))
            }
        };
        outcomes.push(outcome);
    }
    let n_created = outcomes
        .iter()
        .filter(|outcome| matches!(outcome.result, SaveResult::Created { .. }))
        .count();
    metrics::counter!("tom_alerts_targets_created_total").increment(n_created as u64);
    outcomes
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
