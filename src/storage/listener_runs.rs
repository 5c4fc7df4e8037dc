//! The runs of listeners (table `run`): one begins where none goes on, ends, and is given up when its process is silent.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{
    Storage, StorageError, begin_on,
    run_queue::{BegunRow, BegunRun},
    sharing::with_groups_held,
};
use crate::domain::{
    grant::GoogleRight,
    run::{RunId, RunState},
    sharing::Sharing,
};

/// The first pause after a run that failed, and the longest, in seconds.
const FIRST_PAUSE_S: f64 = 10.0;
const LONGEST_PAUSE_S: f64 = 900.0;

/// How the run of a listener ended.
#[derive(Clone, Debug)]
pub struct ListenerRunEnd {
    /// Its state.
    pub state: RunState,
    /// Why, and what can be done.
    pub feedback: String,
    /// The right at Google whose lack ended it.
    pub lacks: Option<GoogleRight>,
    /// Whether it should have gone on: the next one begins after a pause.
    pub is_trouble: bool,
}

impl Storage {
    /// Begins the next run of a listener for the process that asks; `None` when another one has, or it is not to go on.
    pub async fn begin_listening(
        &self,
        listener_id: i64,
        instance: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<BegunRun>, StorageError> {
        let mut tx = begin_on(&self.work).await?;
        // The query first, as whoever deletes it does.
        let readers: Option<Vec<i64>> = sqlx::query_scalar(
            "select readers from saved_query
             where id = (select saved_query_id from listener where id = $1)
             for key share",
        )
        .bind(listener_id)
        .fetch_optional(&mut *tx)
        .await?;
        let is_due: Option<bool> = sqlx::query_scalar(
            "select state = 'on' and coalesce(next_try <= $2, true) from listener where id = $1
             for no key update",
        )
        .bind(listener_id)
        .bind(now)
        .fetch_optional(&mut *tx)
        .await?;
        let (Some(readers), Some(true)) = (readers, is_due) else { return Ok(None) };
        let sharing = with_groups_held(&mut tx, Sharing::read_by(readers)).await?;
        delete_empty_failure(&mut tx, listener_id).await?;
        let row: Option<BegunRow> = sqlx::query_as(
            "with begun as (
                 insert into run (saved_query_id, query_name, broker, parameters, started_by, instance,
                                  readers, state, started, heartbeat, listener_id, day)
                 select q.id, q.name, q.broker, q.parameters, l.started_by, $2, $3, 'running',
                        clock_timestamp(), clock_timestamp(), l.id, $4
                 from listener l
                 join saved_query q on q.id = l.saved_query_id
                 where l.id = $1
                 on conflict (listener_id) where state in ('queued', 'running') do nothing
                 returning id, broker, parameters, started_by
             )
             select b.id, b.broker, b.parameters, m.id as member_id, m.name, m.email, m.role
             from begun b
             join member m on m.id = b.started_by",
        )
        .bind(listener_id)
        .bind(instance)
        .bind(&sharing.readers)
        .bind(now.date_naive())
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        row.map(BegunRun::try_from).transpose()
    }

    /// Ends the run of a listener; after one that should have gone on the next waits, each time longer. False when it had
    /// ended already.
    pub async fn end_listening(
        &self,
        id: RunId,
        end: ListenerRunEnd,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let mut tx = begin_on(&self.work).await?;
        let listener: Option<Option<i64>> = sqlx::query_scalar(
            "update run set state = $2, feedback = $3, lacks_scope = $4, finished = now()
             where id = $1 and state = 'running'
             returning listener_id",
        )
        .bind(id)
        .bind(end.state.id())
        .bind(super::storable(&end.feedback))
        .bind(end.lacks.map(GoogleRight::id))
        .fetch_optional(&mut *tx)
        .await?;
        if let (Some(Some(listener)), true) = (listener, end.is_trouble) {
            sqlx::query(
                "update listener
                 set trouble = $2, lacks_scope = $3, failures = failures + 1,
                     next_try = $4 + make_interval(secs => least($6, $5 * power(2, least(failures, 20))))
                 where id = $1 and state = 'on'",
            )
            .bind(listener)
            .bind(super::storable(&end.feedback))
            .bind(end.lacks.map(GoogleRight::id))
            .bind(now)
            .bind(FIRST_PAUSE_S)
            .bind(LONGEST_PAUSE_S)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(listener.is_some())
    }

    /// Marks the run of a listener *interrupted* whose process has been silent for longer than this; whether it was.
    pub async fn interrupt_listening(
        &self,
        id: RunId,
        silence: Duration,
        feedback: &str,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update run set state = 'interrupted', feedback = $3, finished = now()
             where id = $1 and state in ('queued', 'running') and heartbeat < now() - make_interval(secs => $2)",
        )
        .bind(id)
        .bind(silence.as_secs_f64())
        .bind(feedback)
        .execute(&self.work)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// Deletes the last run of a listener if it and the one before failed with nothing in them: of a row of those the first
/// and the last are enough.
async fn delete_empty_failure(
    connection: &mut PgConnection,
    listener_id: i64,
) -> Result<(), StorageError> {
    sqlx::query(
        "delete from run
         where id = (select max(id) from run where listener_id = $1)
           and state = 'failed' and received = 0
           and (select failures from listener where id = $1) > 1",
    )
    .bind(listener_id)
    .execute(connection)
    .await?;
    Ok(())
}
