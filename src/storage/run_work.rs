//! Tables `run` and `run_log` as the process that works on a run writes them. Nobody asks for any of this on a page.

use std::time::Duration;

use super::{Storage, StorageError, from_bigint, storable};
use crate::domain::{
    grant::GoogleRight,
    run::{LogLevel, RunId, RunState},
};

/// Whether somebody has asked for a run to be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopRequest {
    /// Somebody has.
    Asked,
    /// Nobody has.
    NotAsked,
    /// There is no such run (any more).
    NoSuchRun,
}

impl Storage {
    /// Notes how many messages of a run were acknowledged so far: what is noted twice, because its answer was lost, or later
    /// than a larger number, changes nothing. A number for reading: it waits for no disk, whose turn is the next batch's, so
    /// a crash of the database within the same second may take it back.
    pub async fn note_acknowledged(&self, id: RunId, so_far: u64) -> Result<(), StorageError> {
        sqlx::query(
            "with this_once as (select set_config('synchronous_commit', 'off', true))
             update run set acknowledged = greatest(acknowledged, $2) from this_once where id = $1",
        )
        .bind(id)
        .bind(super::to_bigint(so_far))
        .execute(&self.work)
        .await?;
        Ok(())
    }

    /// Says as whom a run acts towards Google.
    pub async fn note_acting(&self, id: RunId, acts_as: &str) -> Result<(), StorageError> {
        sqlx::query("update run set acts_as = $2 where id = $1")
            .bind(id)
            .bind(storable(acts_as))
            .execute(&self.work)
            .await?;
        Ok(())
    }

    /// Whether somebody asked a run to stop.
    pub async fn stop_request(&self, id: RunId) -> Result<StopRequest, StorageError> {
        let found = sqlx::query_scalar("select cancel_requested from run where id = $1")
            .bind(id)
            .fetch_optional(&self.work)
            .await?;
        Ok(match found {
            Some(true) => StopRequest::Asked,
            Some(false) => StopRequest::NotAsked,
            None => StopRequest::NoSuchRun,
        })
    }

    /// Ends a live run, perhaps for lack of a right at Google; false when it had ended already.
    pub async fn end_run(
        &self,
        id: RunId,
        state: RunState,
        feedback: &str,
        lacks: Option<GoogleRight>,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update run set state = $2, feedback = $3, lacks_scope = $4, finished = now()
             where id = $1 and state in ('queued', 'running')",
        )
        .bind(id)
        .bind(state.id())
        .bind(storable(feedback))
        .bind(lacks.map(GoogleRight::id))
        .execute(&self.work)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Tells the planner how many alerts there are now, which it would learn from autovacuum a minute later:
    /// until then it takes a table that has just been filled for as small as it was.
    pub async fn refresh_statistics(&self) -> Result<(), StorageError> {
        for statement in ["analyze run_alert", "analyze alert"] {
            sqlx::query(statement).execute(&self.work).await?;
        }
        Ok(())
    }

    /// Says that these runs of this process are alive; those of them that somebody asked to stop. It does not queue behind
    /// what runs store: a process that is busy would be taken for dead.
    pub async fn beat_heart(
        &self,
        instance: &str,
        ids: &[RunId],
    ) -> Result<Vec<RunId>, StorageError> {
        let ids = sqlx::query_scalar(
            "with beaten as (
                 update run set heartbeat = now()
                 where instance = $1 and id = any($2) and state = 'running'
                 returning id, cancel_requested
             )
             select id from beaten where cancel_requested",
        )
        .bind(instance)
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(ids)
    }

    /// Marks runs that go on *interrupted* whose process has been silent for longer than this.
    pub async fn interrupt_silent_runs(
        &self,
        silence: Duration,
        feedback: &str,
        feedback_of_listeners: &str,
    ) -> Result<Vec<RunId>, StorageError> {
        let ids = sqlx::query_scalar(
            "update run set state = 'interrupted', finished = now(),
                            feedback = case when day is null then $2 else $3 end
             where state = 'running' and heartbeat <= now() - make_interval(secs => $1)
             returning id",
        )
        .bind(silence.as_secs_f64())
        .bind(feedback)
        .bind(feedback_of_listeners)
        .fetch_all(&self.work)
        .await?;
        Ok(ids)
    }

    /// Adds a line to a run's log.
    pub async fn log_run(
        &self,
        id: RunId,
        level: LogLevel,
        message: &str,
    ) -> Result<(), StorageError> {
        sqlx::query("insert into run_log (run_id, level, message) values ($1, $2, $3)")
            .bind(id)
            .bind(level.id())
            .bind(storable(message))
            .execute(&self.work)
            .await?;
        Ok(())
    }

    /// How many alerts a run has stored; 0 when it is gone.
    pub async fn count_stored(&self, id: RunId) -> Result<u64, StorageError> {
        let stored: Option<i64> = sqlx::query_scalar("select stored from run where id = $1")
            .bind(id)
            .fetch_optional(&self.work)
            .await?;
        Ok(stored.map_or(0, from_bigint))
    }
}
