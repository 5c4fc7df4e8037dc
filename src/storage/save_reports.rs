//! Table `save_report`: what became of alerts that a member saved as targets.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, types::Json};

use super::{NotDone, Storage, StorageError, from_bigint};
use crate::domain::{
    run::RunId,
    sharing::Asker,
    target::{OnExisting, SaveOutcome, SaveResult},
};

/// How long a report is kept.
const LIFE: Duration = Duration::from_hours(30 * 24);

/// How many of a member's are kept.
const REPORTS_AT_ONCE: i64 = 100;

/// What became of alerts that were saved as targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveReport {
    /// What was to be done where a target was there.
    pub on_existing: OnExisting,
    /// One for each alert, in order.
    pub outcomes: Vec<SaveOutcome>,
    /// Alerts of the run that were still selected.
    pub n_left: u64,
}

/// An outcome as the table keeps it.
#[derive(Serialize, Deserialize)]
struct StoredOutcome {
    alert: i64,
    object: String,
    #[serde(flatten)]
    result: StoredResult,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
enum StoredResult {
    Created { target: i64 },
    Existing { target: i64, name: String, added: bool },
    Failed { reason: String },
}

#[derive(FromRow)]
struct ReportRow {
    on_existing: String,
    outcomes: Json<Vec<StoredOutcome>>,
    left_selected: i64,
}

impl Storage {
    /// Keeps what became of alerts of a run that they saved, and forgets their oldest reports beyond a hundred; its id, or `None` when they do not see the run any more.
    pub async fn keep_save_report(
        &self,
        by: &Asker,
        run_id: RunId,
        report: &SaveReport,
    ) -> Result<Option<i64>, NotDone> {
        by.require_work()?;
        let outcomes: Vec<_> = report.outcomes.iter().map(StoredOutcome::of).collect();
        let id = sqlx::query_scalar(
            "with surplus as (
                 delete from save_report
                 where member_id = $1 and id <= (
                     select id from save_report where member_id = $1 order by id desc offset $7 limit 1
                 )
             )
             insert into save_report (run_id, member_id, on_existing, outcomes, left_selected)
             select r.id, $1, $4, $5, $6 from run r where r.id = $3 and may_read(r.started_by, r.readers, $1, $2)
             returning id",
        )
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(run_id)
        .bind(report.on_existing.id())
        .bind(Json(outcomes))
        .bind(i64::try_from(report.n_left).unwrap_or(i64::MAX))
        .bind(REPORTS_AT_ONCE - 1)
        .fetch_optional(&self.pool)
        .await?;
        Ok(id)
    }

    /// What became of alerts of a run that they saved.
    pub async fn find_save_report(
        &self,
        by: &Asker,
        run_id: RunId,
        id: i64,
    ) -> Result<Option<SaveReport>, StorageError> {
        let row: Option<ReportRow> = sqlx::query_as(
            "select on_existing, outcomes, left_selected from save_report
             where id = $2 and run_id = $3 and member_id = $1",
        )
        .bind(by.member_id())
        .bind(id)
        .bind(run_id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| SaveReport {
            on_existing: OnExisting::from_id(&row.on_existing).unwrap_or_default(),
            outcomes: row.outcomes.0.into_iter().map(SaveOutcome::from).collect(),
            n_left: from_bigint(row.left_selected),
        }))
    }

    /// Forgets old reports; how many.
    pub async fn prune_save_reports(&self) -> Result<u64, StorageError> {
        let done = sqlx::query(
            "delete from save_report where created < now() - make_interval(secs => $1)",
        )
        .bind(LIFE.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}

impl StoredOutcome {
    fn of(outcome: &SaveOutcome) -> Self {
        let result = match outcome.result.clone() {
            SaveResult::Created { target_id } => StoredResult::Created { target: target_id },
            SaveResult::Existing { target_id, name, is_added } => {
                StoredResult::Existing { target: target_id, name, added: is_added }
            }
            SaveResult::Failed { reason } => StoredResult::Failed { reason },
        };
        Self { alert: outcome.alert_id, object: outcome.object_id.clone(), result }
    }
}

impl From<StoredOutcome> for SaveOutcome {
    fn from(stored: StoredOutcome) -> Self {
        let result = match stored.result {
            StoredResult::Created { target } => SaveResult::Created { target_id: target },
            StoredResult::Existing { target, name, added } => {
                SaveResult::Existing { target_id: target, name, is_added: added }
            }
            StoredResult::Failed { reason } => SaveResult::Failed { reason },
        };
        Self { alert_id: stored.alert, object_id: stored.object, result }
    }
}
