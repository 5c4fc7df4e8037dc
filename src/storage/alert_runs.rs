//! Which runs found an alert: tables `run_alert` and `run`.

use super::{
    COUNTED, ListPosition, Storage, StorageError,
    runs::{RunRow, select_runs},
};
use crate::domain::{
    run::{Run, RunId},
    sharing::Asker,
};

impl Storage {
    /// `limit` runs that they see and that found an alert, older than `before`, newest first.
    pub async fn list_runs_of_alert(
        &self,
        by: &Asker,
        alert_id: i64,
        before: Option<RunId>,
        limit: i64,
    ) -> Result<Vec<Run>, StorageError> {
        let rows: Vec<RunRow> = sqlx::query_as(select_runs!(
            "",
            "join run_alert l on l.run_id = r.id",
            "l.alert_id = $3 and r.id < coalesce($4, 9223372036854775807)
             order by r.id desc
             limit $5"
        ))
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(alert_id)
        .bind(before)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Run::try_from).collect()
    }

    /// How many runs that they see found an alert, and how many of them are not older than `before`, counted up to one more
    /// than [`Count::MOST`](crate::domain::count::Count::MOST).
    pub async fn count_runs_of_alert(
        &self,
        by: &Asker,
        alert_id: i64,
        before: Option<RunId>,
    ) -> Result<ListPosition, StorageError> {
        let (n_all, n_before) = sqlx::query_as(
            "select count(*), count(*) filter (where id >= $4)
             from (
                 select r.id from run_alert l
                 join run r on r.id = l.run_id
                 where l.alert_id = $3 and may_read(r.started_by, r.readers, $1, $2)
                 order by r.id desc
                 limit $5
             ) newest",
        )
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(alert_id)
        .bind(before)
        .bind(COUNTED)
        .fetch_one(&self.pool)
        .await?;
        Ok(ListPosition::of(n_all, n_before))
    }

    /// The run with this id, if they see it and it found the alert.
    pub async fn find_run_of_alert(
        &self,
        by: &Asker,
        alert_id: i64,
        run_id: RunId,
    ) -> Result<Option<Run>, StorageError> {
        let row: Option<RunRow> = sqlx::query_as(select_runs!(
            "",
            "join run_alert l on l.run_id = r.id",
            "l.alert_id = $3 and l.run_id = $4"
        ))
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(alert_id)
        .bind(run_id)
        .fetch_optional(&self.pool)
        .await?;
        row.map(Run::try_from).transpose()
    }
}
