//! Tables `listener` and `run` as the processes that listen write them. Nobody asks for any of this on a page.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use super::{
    Storage, StorageError, begin_on, history,
    run_queue::{BegunRow, BegunRun},
    sharing::with_groups_held,
};
use crate::domain::{
    grant::GoogleRight,
    history::{Action, Event, Kind},
    listener::{has_left, looks_only, may_not_change},
    run::{RunId, RunState},
    sharing::Sharing,
};

/// The first pause after a run that failed, and the longest, in seconds.
const FIRST_PAUSE_S: f64 = 10.0;
const LONGEST_PAUSE_S: f64 = 900.0;

/// A listener that is on, or whose run still goes on.
#[derive(Clone, Debug)]
pub struct ListenerAtWork {
    /// Its id.
    pub id: i64,
    /// Whether it is to go on.
    pub is_on: bool,
    /// Whether the next run may begin now.
    pub is_due: bool,
    /// Whether it says that something stands in its way.
    pub is_in_trouble: bool,
    /// Why it may not go on as the member who started it; `None` where it may.
    pub bar: Option<String>,
    /// The run that goes on.
    pub live: Option<RunAtWork>,
}

/// The run of a listener that goes on.
#[derive(Clone, Debug)]
pub struct RunAtWork {
    /// Its id.
    pub id: RunId,
    /// Its day; `None` for one of an older make.
    pub day: Option<NaiveDate>,
    /// Whether the query, or as whom it is listened to, has been changed since it began.
    pub is_outdated: bool,
    /// Whether its process has said nothing for too long.
    pub is_silent: bool,
}

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

/// A saved query of a name, for the command line.
#[derive(Clone, Debug, FromRow)]
pub struct NamedQuery {
    /// Its id.
    pub id: i64,
    /// Its owner.
    pub owner_id: i64,
    /// Their name.
    pub owner: String,
    /// Their address.
    pub email: Option<String>,
}

#[derive(FromRow)]
struct AtWorkRow {
    id: i64,
    is_on: bool,
    is_due: bool,
    is_in_trouble: bool,
    member: String,
    bar: Option<String>,
    run_id: Option<i64>,
    day: Option<NaiveDate>,
    is_outdated: Option<bool>,
    is_silent: Option<bool>,
}

impl From<AtWorkRow> for ListenerAtWork {
    fn from(row: AtWorkRow) -> Self {
        let bar = row.bar.as_deref().map(|bar| match bar {
            "left" => has_left(&row.member),
            "viewer" => looks_only(&row.member),
            _ => may_not_change(&row.member),
        });
        let live = row.run_id.map(|id| RunAtWork {
            id,
            day: row.day,
            is_outdated: row.is_outdated.unwrap_or(false),
            is_silent: row.is_silent.unwrap_or(false),
        });
        let AtWorkRow { id, is_on, is_due, is_in_trouble, .. } = row;
        Self { id, is_on, is_due, is_in_trouble, bar, live }
    }
}

impl Storage {
    /// Every listener that is on or whose run goes on, or only that of one query. A run is silent after `silence`.
    pub async fn listeners_at_work(
        &self,
        now: DateTime<Utc>,
        silence: Duration,
        only_query: Option<i64>,
    ) -> Result<Vec<ListenerAtWork>, StorageError> {
        let rows: Vec<AtWorkRow> = sqlx::query_as(
            "select l.id, l.state = 'on' as is_on, coalesce(l.next_try <= $1, true) as is_due,
                    l.trouble is not null or l.failures > 0 as is_in_trouble,
                    m.name as member,
                    case
                        when m.removed is not null then 'left'
                        when m.role = 'viewer' then 'viewer'
                        when not may_change(
                            q.owner_id, q.readers, q.writers, m.id,
                            0::bigint || case
                                when m.role = 'admin' then array(select id from team_group)
                                else array(select group_id from team_group_member where member_id = m.id)
                            end,
                            m.role = 'admin'
                        ) then 'right'
                    end as bar,
                    r.id as run_id, r.day,
                    r.parameters <> q.parameters or r.started_by <> l.started_by as is_outdated,
                    r.heartbeat < now() - make_interval(secs => $2) as is_silent
             from listener l
             join saved_query q on q.id = l.saved_query_id
             join member m on m.id = l.started_by
             left join run r on r.listener_id = l.id and r.state in ('queued', 'running')
             where (l.state = 'on' or r.id is not null) and ($3::bigint is null or q.id = $3)
             order by l.id",
        )
        .bind(now)
        .bind(silence.as_secs_f64())
        .bind(only_query)
        .fetch_all(&self.work)
        .await?;
        Ok(rows.into_iter().map(ListenerAtWork::from).collect())
    }

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
        // Of a row of runs that failed with nothing in them the first and the last are enough.
        sqlx::query(
            "delete from run
             where id = (select max(id) from run where listener_id = $1)
               and state = 'failed' and received = 0
               and (select failures from listener where id = $1) > 1",
        )
        .bind(listener_id)
        .execute(&mut *tx)
        .await?;
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

    /// Says that nothing stands in a listener's way any more.
    pub async fn note_listening_well(&self, listener_id: i64) -> Result<(), StorageError> {
        sqlx::query(
            "update listener set trouble = null, lacks_scope = null, failures = 0, next_try = null
             where id = $1 and state = 'on'",
        )
        .bind(listener_id)
        .execute(&self.work)
        .await?;
        Ok(())
    }

    /// Pauses a listener that may not go on, and says why.
    pub async fn pause_barred_listener(
        &self,
        listener_id: i64,
        because: &str,
    ) -> Result<(), StorageError> {
        let mut tx = begin_on(&self.work).await?;
        let query: Option<(i64, String)> = sqlx::query_as(
            "update listener l set state = 'paused', since = now(), trouble = $2, lacks_scope = null, failures = 0,
                                   next_try = null
             from saved_query q
             where l.id = $1 and l.state = 'on' and q.id = l.saved_query_id
             returning q.id, q.name",
        )
        .bind(listener_id)
        .bind(because)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((query_id, name)) = query else { return Ok(()) };
        let event = Event::new(Action::PausedListening, Kind::Query, query_id, name);
        let event = event.with(serde_json::json!({ "because": because }));
        history::record_as(&mut tx, None, "the service", event).await?;
        tx.commit().await?;
        Ok(())
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

    /// The saved queries with exactly this name, whosever they are: for whoever runs the program.
    pub async fn queries_named(&self, name: &str) -> Result<Vec<NamedQuery>, StorageError> {
        let found = sqlx::query_as(
            "select q.id, q.owner_id, m.name as owner, m.email
             from saved_query q
             join member m on m.id = q.owner_id
             where q.name = $1
             order by q.id",
        )
        .bind(name)
        .fetch_all(&self.work)
        .await?;
        Ok(found)
    }
}
