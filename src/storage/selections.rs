//! Table `run_selection`: the rows of a run that a member has ticked, over its pages.

use super::{NotDone, Storage, StorageError, begin_on, from_bigint};
use crate::domain::{run::RunId, sharing::Asker};

impl Storage {
    /// Ticks some rows and clears others; what somebody changes elsewhere at the same time stays as they have it.
    pub async fn change_selection(
        &self,
        by: &Asker,
        run_id: RunId,
        ticked: Vec<i64>,
        cleared: Vec<i64>,
    ) -> Result<(), NotDone> {
        by.require_work()?;
        let mut tx = begin_on(&self.pool).await?;
        sqlx::query(
            "delete from run_selection where run_id = $1 and member_id = $2 and alert_id = any($3)",
        )
        .bind(run_id)
        .bind(by.member_id())
        .bind(cleared)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "insert into run_selection (run_id, member_id, alert_id)
             select run_id, $2, alert_id from run_alert
             where run_id = $1 and alert_id = any($4)
               and (select may_read(r.started_by, r.readers, $2, $3) from run r where r.id = $1)
             on conflict do nothing",
        )
        .bind(run_id)
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(ticked)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ticks every row of a run.
    pub async fn select_all(&self, by: &Asker, run_id: RunId) -> Result<(), NotDone> {
        by.require_work()?;
        let mut tx = begin_on(&self.pool).await?;
        // A run may have a million rows.
        sqlx::query("set local statement_timeout = '60s'").execute(&mut *tx).await?;
        sqlx::query(
            "insert into run_selection (run_id, member_id, alert_id)
             select run_id, $2, alert_id from run_alert
             where run_id = $1
               and (select may_read(r.started_by, r.readers, $2, $3) from run r where r.id = $1)
             on conflict do nothing",
        )
        .bind(run_id)
        .bind(by.member_id())
        .bind(by.seen_groups())
        .execute(&mut *tx)
        .await?;
        // Or the planner takes the table for as small as it was, until autovacuum comes by.
        sqlx::query("analyze run_selection").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Clears every row of a run.
    pub async fn clear_selection(&self, by: &Asker, run_id: RunId) -> Result<(), StorageError> {
        sqlx::query("delete from run_selection where run_id = $1 and member_id = $2")
            .bind(run_id)
            .bind(by.member_id())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Clears some rows of a run.
    pub async fn deselect(
        &self,
        by: &Asker,
        run_id: RunId,
        alert_ids: &[i64],
    ) -> Result<(), StorageError> {
        sqlx::query(
            "delete from run_selection where run_id = $1 and member_id = $2 and alert_id = any($3)",
        )
        .bind(run_id)
        .bind(by.member_id())
        .bind(alert_ids)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How many rows of a run are ticked.
    pub async fn count_selected(&self, by: &Asker, run_id: RunId) -> Result<u64, StorageError> {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from run_selection where run_id = $1 and member_id = $2",
        )
        .bind(run_id)
        .bind(by.member_id())
        .fetch_one(&self.pool)
        .await?;
        Ok(from_bigint(count))
    }

    /// The ticked rows of a run, in the order of their time; at most `limit`.
    pub async fn list_selected(
        &self,
        by: &Asker,
        run_id: RunId,
        limit: i64,
    ) -> Result<Vec<i64>, StorageError> {
        let ids = sqlx::query_scalar(
            "select s.alert_id
             from run_selection s
             join run_alert l on l.run_id = s.run_id and l.alert_id = s.alert_id
             where s.run_id = $1 and s.member_id = $2
               and (select may_read(r.started_by, r.readers, $2, $3) from run r where r.id = $1)
             order by l.jd, s.alert_id
             limit $4",
        )
        .bind(run_id)
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(ids)
    }
}
