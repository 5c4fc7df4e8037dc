//! Tables `run` and `run_log`: the life of a run, told by the process that works on it.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::{Storage, StorageError, from_bigint};
use crate::domain::{
    grant::Scope,
    member::Member,
    run::{LogLevel, LogLine, Run, RunCounts, RunId, RunState},
};

/// What is needed to queue a run.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// The saved query, if it is one.
    pub saved_query_id: Option<i64>,
    /// Its name; empty for an unsaved query.
    pub query_name: String,
    /// Id of the backend.
    pub broker: String,
    /// A validated form.
    pub parameters: serde_json::Value,
    /// The process that will work on it.
    pub instance: String,
}

/// Which runs a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunFilter {
    /// Those in one state.
    pub state: Option<RunState>,
    /// Those of one saved query.
    pub saved_query_id: Option<i64>,
    /// Those before this one.
    pub before: Option<RunId>,
}

#[derive(sqlx::FromRow)]
struct RunRow {
    id: i64,
    saved_query_id: Option<i64>,
    query_name: String,
    broker: String,
    parameters: serde_json::Value,
    started_by: i64,
    started_by_name: String,
    state: String,
    received: i64,
    passed: i64,
    rejected: i64,
    duplicates: i64,
    unreadable: i64,
    stored: i64,
    acknowledged: i64,
    received_bytes: i64,
    rejected_by: Json<BTreeMap<String, u64>>,
    feedback: String,
    created: DateTime<Utc>,
    started: Option<DateTime<Utc>>,
    finished: Option<DateTime<Utc>>,
    cancel_requested: bool,
    acts_as: Option<String>,
    lacks_scope: Option<String>,
}

impl TryFrom<RunRow> for Run {
    type Error = StorageError;

    fn try_from(row: RunRow) -> Result<Self, StorageError> {
        let state = RunState::from_id(&row.state)
            .ok_or(StorageError::Inconsistent { table: "run", id: row.id })?;
        Ok(Self {
            id: row.id,
            saved_query_id: row.saved_query_id,
            query_name: row.query_name,
            broker: row.broker,
            parameters: row.parameters,
            started_by: row.started_by,
            started_by_name: row.started_by_name,
            state,
            counts: RunCounts {
                received: from_bigint(row.received),
                passed: from_bigint(row.passed),
                rejected: from_bigint(row.rejected),
                duplicates: from_bigint(row.duplicates),
                unreadable: from_bigint(row.unreadable),
                stored: from_bigint(row.stored),
                acknowledged: from_bigint(row.acknowledged),
                received_bytes: from_bigint(row.received_bytes),
                rejected_by: row.rejected_by.0,
            },
            feedback: row.feedback,
            created: row.created,
            started: row.started,
            finished: row.finished,
            cancel_requested: row.cancel_requested,
            acts_as: row.acts_as,
            lacks: row.lacks_scope.as_deref().and_then(Scope::from_id),
        })
    }
}

#[derive(sqlx::FromRow)]
struct LoggedRunRow {
    #[sqlx(flatten)]
    run: RunRow,
    log: Vec<(DateTime<Utc>, String, String)>,
}

macro_rules! select_runs {
    ($rest:literal) => {
        select_runs!("", $rest)
    };
    ($columns:literal, $rest:literal) => {
        concat!(
            "select r.id, r.saved_query_id, r.query_name, r.broker, r.parameters, r.started_by,
                    m.name as started_by_name, r.state, r.received, r.passed, r.rejected, r.duplicates,
                    r.unreadable, r.stored, r.acknowledged, r.received_bytes, r.rejected_by, r.feedback,
                    r.created, r.started, r.finished, r.cancel_requested, r.acts_as, r.lacks_scope",
            $columns,
            "
             from run r
             join member m on m.id = r.started_by ",
            $rest
        )
    };
}

impl Storage {
    /// Queues a run; its id.
    pub async fn create_run(&self, run: &NewRun, by: &Member) -> Result<RunId, StorageError> {
        let id = sqlx::query_scalar(
            "insert into run (saved_query_id, query_name, broker, parameters, started_by, instance)
             values ($1, $2, $3, $4, $5, $6)
             returning id",
        )
        .bind(run.saved_query_id)
        .bind(&run.query_name)
        .bind(&run.broker)
        .bind(&run.parameters)
        .bind(by.id)
        .bind(&run.instance)
        .fetch_one(&self.pool)
        .await?;
        Ok(id)
    }

    /// The run with this id.
    pub async fn find_run(&self, id: RunId) -> Result<Option<Run>, StorageError> {
        let row: Option<RunRow> = sqlx::query_as(select_runs!("where r.id = $1"))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Run::try_from).transpose()
    }

    /// The newest `limit` runs that a filter shows.
    pub async fn list_runs(&self, filter: RunFilter, limit: i64) -> Result<Vec<Run>, StorageError> {
        let rows: Vec<RunRow> = sqlx::query_as(select_runs!(
            "where ($1::text is null or r.state = $1)
               and ($2::bigint is null or r.saved_query_id = $2)
               and r.id < coalesce($3, 9223372036854775807)
             order by r.id desc
             limit $4"
        ))
        .bind(filter.state.map(RunState::id))
        .bind(filter.saved_query_id)
        .bind(filter.before)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Run::try_from).collect()
    }

    /// The newest `limit` runs that found an alert.
    pub async fn list_runs_of_alert(
        &self,
        alert_id: i64,
        limit: i64,
    ) -> Result<Vec<Run>, StorageError> {
        let rows: Vec<RunRow> = sqlx::query_as(select_runs!(
            "join run_alert l on l.run_id = r.id
             where l.alert_id = $1
             order by r.id desc
             limit $2"
        ))
        .bind(alert_id)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Run::try_from).collect()
    }

    /// Takes a queued run to *running*; false when it was ended before it began.
    pub async fn begin_run(&self, id: RunId) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update run set state = 'running', started = now(), heartbeat = now()
             where id = $1 and state = 'queued' and not cancel_requested",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Adds to the messages whose acknowledgement the backend has confirmed.
    pub async fn count_acknowledged(&self, id: RunId, n: u64) -> Result<(), StorageError> {
        sqlx::query("update run set acknowledged = acknowledged + $2 where id = $1")
            .bind(id)
            .bind(super::to_bigint(n))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Says as whom a run acts towards Google.
    pub async fn note_acting(&self, id: RunId, acts_as: &str) -> Result<(), StorageError> {
        sqlx::query("update run set acts_as = $2 where id = $1")
            .bind(id)
            .bind(super::storable(acts_as))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Ends a live run, perhaps for lack of a right at Google; false when it had ended already.
    pub async fn end_run(
        &self,
        id: RunId,
        state: RunState,
        feedback: &str,
        lacks: Option<Scope>,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update run set state = $2, feedback = $3, lacks_scope = $4, finished = now()
             where id = $1 and state in ('queued', 'running')",
        )
        .bind(id)
        .bind(state.id())
        .bind(feedback)
        .bind(lacks.map(Scope::id))
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Tells the planner how many alerts there are now, which it would learn from autovacuum a minute later:
    /// until then it takes a table that has just been filled for as small as it was.
    pub async fn refresh_statistics(&self) -> Result<(), StorageError> {
        for statement in ["analyze run_alert", "analyze alert"] {
            sqlx::query(statement).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Asks for a live run to be stopped, by whichever process works on it; false when it had ended already.
    pub async fn request_cancel(&self, id: RunId) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update run set cancel_requested = true where id = $1 and state in ('queued', 'running')",
        )
        .bind(id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Says that the runs of this process are alive; those that somebody asked to stop.
    pub async fn beat_heart(&self, instance: &str) -> Result<Vec<RunId>, StorageError> {
        let ids = sqlx::query_scalar(
            "with beaten as (
                 update run set heartbeat = now()
                 where instance = $1 and state in ('queued', 'running')
                 returning id, cancel_requested
             )
             select id from beaten where cancel_requested",
        )
        .bind(instance)
        .fetch_all(&self.pool)
        .await?;
        Ok(ids)
    }

    /// Marks live runs *interrupted* whose process has been silent for longer than this.
    pub async fn interrupt_silent_runs(
        &self,
        silence: Duration,
        feedback: &str,
    ) -> Result<Vec<RunId>, StorageError> {
        let ids = sqlx::query_scalar(
            "update run set state = 'interrupted', feedback = $2, finished = now()
             where state in ('queued', 'running') and heartbeat <= now() - make_interval(secs => $1)
             returning id",
        )
        .bind(silence.as_secs_f64())
        .bind(feedback)
        .fetch_all(&self.pool)
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
            .bind(message)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The run with this id and the latest `limit` lines of its log, oldest first.
    pub async fn find_run_with_log(
        &self,
        id: RunId,
        limit: i64,
    ) -> Result<Option<(Run, Vec<LogLine>)>, StorageError> {
        // One statement for both: the page of a run is asked for more than any other.
        let row: Option<LoggedRunRow> = sqlx::query_as(select_runs!(
            ",
                    array(
                        select (l.at, l.level, l.message)
                        from (select * from run_log where run_id = r.id order by id desc limit $2) l
                        order by l.id
                    ) as log",
            "where r.id = $1"
        ))
        .bind(id)
        .bind(limit)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let log = row.log.into_iter();
        let log = log.map(|(at, level, message)| LogLine { at, level, message }).collect();
        Ok(Some((Run::try_from(row.run)?, log)))
    }
}
