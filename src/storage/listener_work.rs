//! Table `listener` as the processes that listen look at it, and what they note of it. Nobody asks for any of this on a page.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use super::{Storage, StorageError, begin_on, history};
use crate::domain::{
    history::{Action, Event, Kind},
    listener::{has_left, looks_only, may_not_change},
    run::RunId,
};

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
