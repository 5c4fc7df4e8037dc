//! Tables `run` and `run_log` as members see them: starting, looking, asking to stop.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::{
    NotDone, Storage, StorageError, askers::SharingRow, begin_on, from_bigint, history,
    listener_changes::pause_listener_of, owned::OwnedTable, run_queue::check_room,
    sharing::with_groups_held, standing::check_standing,
};
use crate::domain::{
    grant::GoogleRight,
    history::{Action, Event, Kind},
    run::{LogLevel, LogLine, Run, RunCounts, RunId, RunLog, RunState},
    sharing::{Asker, Sharing},
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
    /// The process that was asked: the first that may begin it.
    pub instance: String,
    /// Whose credentials it will use, for the history; `None` where it needs none.
    pub acts_as: Option<String>,
    /// Who else sees and changes it.
    pub sharing: Sharing,
}

#[derive(sqlx::FromRow)]
pub(super) struct RunRow {
    id: i64,
    saved_query_id: Option<i64>,
    query_name: String,
    broker: String,
    parameters: serde_json::Value,
    day: Option<chrono::NaiveDate>,
    started_by: i64,
    started_by_name: String,
    #[sqlx(flatten)]
    sharing: SharingRow,
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
    last_received: Option<DateTime<Utc>>,
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
            day: row.day,
            started_by: row.started_by,
            started_by_name: row.started_by_name,
            sharing: row.sharing.into(),
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
            last_received: row.last_received,
            cancel_requested: row.cancel_requested,
            acts_as: row.acts_as,
            lacks: row.lacks_scope.as_deref().and_then(GoogleRight::from_id),
        })
    }
}

#[derive(sqlx::FromRow)]
struct LoggedRunRow {
    #[sqlx(flatten)]
    run: RunRow,
    log: Vec<(DateTime<Utc>, String, String)>,
    n_log_lines: i64,
}

/// Runs that `$1` sees, who looks for the groups `$2`.
macro_rules! select_runs {
    ($rest:expr) => {
        select_runs!("", "", $rest)
    };
    ($columns:literal, $join:literal, $rest:expr) => {
        concat!(
            "select r.id, r.saved_query_id, r.query_name, r.broker, r.parameters, r.day, r.started_by,
                    m.name as started_by_name, r.readers, r.writers, r.sharers, r.state, r.received, r.passed, r.rejected, r.duplicates,
                    r.unreadable, r.stored, r.acknowledged, r.received_bytes, r.rejected_by, r.feedback,
                    r.created, r.started, r.finished, r.last_received, r.cancel_requested, r.acts_as, r.lacks_scope",
            $columns,
            "
             from run r
             join member m on m.id = r.started_by
             ", $join, "
             where may_read(r.started_by, r.readers, $1, $2) and ",
            $rest
        )
    };
}
pub(super) use select_runs;

impl Storage {
    /// Queues a run of a member who has fewer than `most_live` that go on or wait; its id.
    pub async fn create_run(
        &self,
        by: &Asker,
        run: &NewRun,
        most_live: u32,
    ) -> Result<RunId, NotDone> {
        by.require_work()?;
        let mut tx = begin_on(&self.pool).await?;
        check_room(&mut tx, by.member_id(), most_live).await?;
        check_standing(&mut tx, by).await?;
        let sharing = with_groups_held(&mut tx, run.sharing.clone()).await?;
        let id = sqlx::query_scalar(
            "insert into run (saved_query_id, query_name, broker, parameters, started_by, instance,
                              readers, writers, sharers)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             returning id",
        )
        .bind(run.saved_query_id)
        .bind(&run.query_name)
        .bind(&run.broker)
        .bind(&run.parameters)
        .bind(by.member_id())
        .bind(&run.instance)
        .bind(&sharing.readers)
        .bind(&sharing.writers)
        .bind(&sharing.sharers)
        .fetch_one(&mut *tx)
        .await?;
        let detail = serde_json::json!({
            "broker": run.broker, "query": run.saved_query_id, "parameters": run.parameters,
            "as": run.acts_as,
        });
        let event = Event::new(Action::Ran, Kind::Run, id, &run.query_name);
        let event = event.with(detail).without_detail_if(sharing.is_private());
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The run with this id, if they see it.
    pub async fn find_run(&self, by: &Asker, id: RunId) -> Result<Option<Run>, StorageError> {
        let row: Option<RunRow> = sqlx::query_as(select_runs!("r.id = $3"))
            .bind(by.member_id())
            .bind(by.seen_groups())
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Run::try_from).transpose()
    }

    /// Asks for a live run to be stopped, by whichever process works on it; false when it had ended already, or is not
    /// there for them. Whoever stops the run of a listener pauses the listener.
    pub async fn request_cancel(&self, by: &Asker, id: RunId) -> Result<bool, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let found: Option<(String, bool, Option<i64>)> = sqlx::query_as(
            "update run
             set cancel_requested = cancel_requested or state in ('queued', 'running')
             where id = $1 and may_change(started_by, readers, writers, $2, $3, $4)
             returning query_name, state in ('queued', 'running'), listener_id",
        )
        .bind(id)
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(by.is_admin())
        .fetch_optional(&mut *tx)
        .await?;
        let Some((name, is_live, listener)) = found else {
            return OwnedTable::Run.refused(tx, by, id).await;
        };
        if is_live {
            let event = Event::new(Action::Stopped, Kind::Run, id, name);
            history::record(&mut tx, by, event).await?;
            if let Some(listener) = listener {
                pause_listener_of(&mut tx, by, listener).await?;
            }
        }
        tx.commit().await?;
        Ok(is_live)
    }

    /// The run with this id and the latest `limit` lines of its log, oldest first.
    pub async fn find_run_with_log(
        &self,
        by: &Asker,
        id: RunId,
        limit: i64,
    ) -> Result<Option<(Run, RunLog)>, StorageError> {
        // One statement for both: the page of a run is asked for more than any other.
        let row: Option<LoggedRunRow> = sqlx::query_as(select_runs!(
            ",
                    array(
                        select (l.at, l.level, l.message)
                        from (select * from run_log where run_id = r.id order by id desc limit $4) l
                        order by l.id
                    ) as log,
                    (select count(*) from run_log where run_id = r.id) as n_log_lines",
            "",
            "r.id = $3"
        ))
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(id)
        .bind(limit)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let log = row.log.into_iter();
        let log = log.map(|(at, level, message)| {
            let level = LogLevel::from_id(&level);
            LogLine { at, level, message }
        });
        let log = RunLog { lines: log.collect(), n_lines: from_bigint(row.n_log_lines) };
        Ok(Some((Run::try_from(row.run)?, log)))
    }
}
