//! Table `listener` as members see it: starting, pausing, stopping, looking.

use chrono::{DateTime, NaiveDate, Utc};
use futures::future::BoxFuture;
use sqlx::{FromRow, PgConnection};

use super::{Storage, StorageError, from_bigint, history};
use crate::domain::{
    grant::Scope,
    history::{Action, Event, Kind},
    listener::{Listener, ListenerDay, LiveRun},
    sharing::TeamScope,
};

#[derive(FromRow)]
struct ListenerRow {
    id: i64,
    saved_query_id: i64,
    started_by: i64,
    started_by_name: String,
    is_on: bool,
    since: DateTime<Utc>,
    trouble: Option<String>,
    lacks_scope: Option<String>,
    failures: i32,
    next_try: Option<DateTime<Utc>>,
    run_id: Option<i64>,
    instance: Option<String>,
    run_started: Option<DateTime<Utc>>,
    last_received: Option<DateTime<Utc>>,
}

impl From<ListenerRow> for Listener {
    fn from(row: ListenerRow) -> Self {
        let live = match (row.run_id, row.instance, row.run_started) {
            (Some(id), Some(instance), Some(started)) => Some(LiveRun { id, instance, started }),
            _ => None,
        };
        Self {
            id: row.id,
            saved_query_id: row.saved_query_id,
            started_by: row.started_by,
            started_by_name: row.started_by_name,
            is_on: row.is_on,
            since: row.since,
            trouble: row.trouble,
            lacks: row.lacks_scope.as_deref().and_then(Scope::from_id),
            failures: u32::try_from(row.failures).unwrap_or(0),
            next_try: row.next_try,
            live,
            last_received: row.last_received,
        }
    }
}

#[derive(FromRow)]
struct DayRow {
    day: NaiveDate,
    received: i64,
    stored: i64,
    duplicates: i64,
    rejected: i64,
    unreadable: i64,
    acknowledged: i64,
}

impl From<DayRow> for ListenerDay {
    fn from(row: DayRow) -> Self {
        Self {
            day: row.day,
            received: from_bigint(row.received),
            stored: from_bigint(row.stored),
            duplicates: from_bigint(row.duplicates),
            rejected: from_bigint(row.rejected),
            unreadable: from_bigint(row.unreadable),
            acknowledged: from_bigint(row.acknowledged),
        }
    }
}

impl Storage {
    /// Has a saved query listened to as the member who asks, of whom at most `most` go on; what was paused goes on, and
    /// what is in trouble tries at once. False when the query is not there for them.
    pub async fn start_listening(
        &self,
        scope: &TeamScope,
        query_id: i64,
        acts_as: Option<&str>,
        most: u32,
    ) -> Result<bool, StorageError> {
        let acts_as = acts_as.map(str::to_owned);
        self.change_listener(scope, query_id, move |connection, by, name| {
            Box::pin(async move {
                if try_at_once(connection, query_id).await? {
                    return Ok(());
                }
                check_room(connection, &by, most).await?;
                sqlx::query(
                    "insert into listener (saved_query_id, started_by) values ($1, $2)
                     on conflict (saved_query_id) do update
                     set started_by = excluded.started_by, state = 'on', since = now(), trouble = null,
                         lacks_scope = null, failures = 0, next_try = null",
                )
                .bind(query_id)
                .bind(by.member_id())
                .execute(&mut *connection)
                .await?;
                let event = Event::new(Action::StartedListening, Kind::Query, query_id, name);
                let event = event.with(serde_json::json!({ "as": acts_as }));
                history::record(connection, &by, event).await
            })
        })
        .await
    }

    /// Pauses a listener; false when the query is not there for them.
    pub async fn pause_listening(
        &self,
        scope: &TeamScope,
        query_id: i64,
    ) -> Result<bool, StorageError> {
        let pause = "update listener
             set state = 'paused', since = now(), trouble = null, lacks_scope = null, failures = 0, next_try = null
             where saved_query_id = $1 and state = 'on'";
        self.end_listening_by(scope, query_id, pause, Action::PausedListening).await
    }

    /// Ends a listener; its runs stay. False when the query is not there for them.
    pub async fn stop_listening(
        &self,
        scope: &TeamScope,
        query_id: i64,
    ) -> Result<bool, StorageError> {
        let stop = "delete from listener where saved_query_id = $1";
        self.end_listening_by(scope, query_id, stop, Action::StoppedListening).await
    }

    /// Executes a statement about the listener of a query (`$1`), and tells of it where it changes something.
    async fn end_listening_by(
        &self,
        scope: &TeamScope,
        query_id: i64,
        statement: &'static str,
        action: Action,
    ) -> Result<bool, StorageError> {
        self.change_listener(scope, query_id, move |connection, by, name| {
            Box::pin(async move {
                let done = sqlx::query(statement).bind(query_id).execute(&mut *connection).await?;
                if done.rows_affected() == 0 {
                    return Ok(());
                }
                let event = Event::new(action, Kind::Query, query_id, name);
                history::record(connection, &by, event).await
            })
        })
        .await
    }

    /// Changes the listener of a query that they may change, whose name `change` is told; false when the query is not
    /// there for them.
    async fn change_listener<F>(
        &self,
        scope: &TeamScope,
        query_id: i64,
        change: F,
    ) -> Result<bool, StorageError>
    where
        F: for<'c> FnOnce(
                &'c mut PgConnection,
                TeamScope,
                String,
            ) -> BoxFuture<'c, Result<(), StorageError>>
            + Send
            + 'static,
    {
        scope.require_work()?;
        let by = scope.clone();
        let work = self.in_transaction_of(scope, move |connection| {
            Box::pin(async move {
                let Some(name) = lock_query(connection, &by, query_id).await? else {
                    return Ok(false);
                };
                change(connection, by, name).await.map(|()| true)
            })
        });
        let is_done = work.await?;
        self.done_or_refused(scope, is_done, Kind::Query, query_id).await
    }

    /// The listeners of those of these queries that they see.
    pub async fn listeners_of(
        &self,
        scope: &TeamScope,
        query_ids: &[i64],
    ) -> Result<Vec<Listener>, StorageError> {
        if query_ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<ListenerRow> = sqlx::query_as(
            "select l.id, l.saved_query_id, l.started_by, m.name as started_by_name, l.state = 'on' as is_on, l.since,
                    l.trouble, l.lacks_scope, l.failures, l.next_try,
                    r.id as run_id, r.instance, r.started as run_started, latest.last_received
             from listener l
             join saved_query q on q.id = l.saved_query_id
             join member m on m.id = l.started_by
             left join run r on r.listener_id = l.id and r.state in ('queued', 'running')
             left join lateral (
                 select last_received from run
                 where saved_query_id = q.id and day is not null and last_received is not null
                 order by id desc
                 limit 1
             ) latest on true
             where l.saved_query_id = any($3) and may_read(q.owner_id, q.readers, $1, $2)",
        )
        .bind(scope.member_id())
        .bind(scope.seen_groups())
        .bind(query_ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(Listener::from).collect())
    }

    /// The listener of a query that they see.
    pub async fn find_listener(
        &self,
        scope: &TeamScope,
        query_id: i64,
    ) -> Result<Option<Listener>, StorageError> {
        Ok(self.listeners_of(scope, &[query_id]).await?.pop())
    }

    /// What listening to a query has brought on each day since this one, the latest first. Days without a run are not
    /// among them.
    pub async fn listener_days(
        &self,
        scope: &TeamScope,
        query_id: i64,
        since: NaiveDate,
    ) -> Result<Vec<ListenerDay>, StorageError> {
        let rows: Vec<DayRow> = sqlx::query_as(
            "select r.day, sum(r.received)::bigint as received, sum(r.stored)::bigint as stored,
                    sum(r.duplicates)::bigint as duplicates, sum(r.rejected)::bigint as rejected,
                    sum(r.unreadable)::bigint as unreadable, sum(r.acknowledged)::bigint as acknowledged
             from run r
             join saved_query q on q.id = r.saved_query_id
             where r.saved_query_id = $3 and r.day >= $4 and may_read(q.owner_id, q.readers, $1, $2)
             group by r.day
             order by r.day desc",
        )
        .bind(scope.member_id())
        .bind(scope.seen_groups())
        .bind(query_id)
        .bind(since)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(ListenerDay::from).collect())
    }
}

/// The name of a query that they may change, which nobody changes or listens to anew until the transaction ends.
async fn lock_query(
    connection: &mut PgConnection,
    by: &TeamScope,
    query_id: i64,
) -> Result<Option<String>, StorageError> {
    let name = sqlx::query_scalar(
        "select name from saved_query
         where id = $1 and may_change(owner_id, readers, writers, $2, $3, $4)
         for no key update",
    )
    .bind(query_id)
    .bind(by.member_id())
    .bind(by.seen_groups())
    .bind(by.is_admin())
    .fetch_optional(connection)
    .await?;
    Ok(name)
}

/// Lets a listener that is on already try at once; whether it is. It goes on as whom it is.
async fn try_at_once(connection: &mut PgConnection, query_id: i64) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "update listener set next_try = null where saved_query_id = $1 and state = 'on'",
    )
    .bind(query_id)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Makes sure that of a member fewer listeners go on than this, until the transaction ends.
async fn check_room(
    connection: &mut PgConnection,
    by: &TeamScope,
    most: u32,
) -> Result<(), StorageError> {
    // One after another: two requests must not both find the last place.
    sqlx::query("select from member where id = $1 for no key update")
        .bind(by.member_id())
        .execute(&mut *connection)
        .await?;
    let going_on: i64 =
        sqlx::query_scalar("select count(*) from listener where started_by = $1 and state = 'on'")
            .bind(by.member_id())
            .fetch_one(connection)
            .await?;
    if going_on >= i64::from(most) {
        return Err(StorageError::TooManyListeners { going_on: from_bigint(going_on) });
    }
    Ok(())
}

/// Pauses the listener of a query that this member has just changed, if it acts as somebody else; whether it did.
pub(super) async fn pause_others_listener(
    connection: &mut PgConnection,
    by: &TeamScope,
    query_id: i64,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "update listener set state = 'paused', since = now(), trouble = $3, lacks_scope = null, failures = 0,
                             next_try = null
         where saved_query_id = $1 and state = 'on' and started_by <> $2",
    )
    .bind(query_id)
    .bind(by.member_id())
    .bind(crate::domain::listener::changed_by(&by.member().name))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Pauses the listener of a run that somebody stops, and tells the history of it.
pub(super) async fn pause_listener_of(
    connection: &mut PgConnection,
    by: &TeamScope,
    listener_id: i64,
) -> Result<(), StorageError> {
    let query: Option<(i64, String)> = sqlx::query_as(
        "update listener l set state = 'paused', since = now(), trouble = null, lacks_scope = null, failures = 0,
                               next_try = null
         from saved_query q
         where l.id = $1 and l.state = 'on' and q.id = l.saved_query_id
         returning q.id, q.name",
    )
    .bind(listener_id)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some((query_id, name)) = query {
        let event = Event::new(Action::PausedListening, Kind::Query, query_id, name);
        history::record(connection, by, event).await?;
    }
    Ok(())
}

/// Lets the listeners of a member try at once that were in trouble: what they lacked may be there now.
pub(super) async fn wake_listeners(
    connection: &mut PgConnection,
    member_id: i64,
) -> Result<(), StorageError> {
    sqlx::query("update listener set next_try = null where started_by = $1 and state = 'on'")
        .bind(member_id)
        .execute(connection)
        .await?;
    Ok(())
}
