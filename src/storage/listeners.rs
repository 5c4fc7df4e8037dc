//! Table `listener` as members see it: how one stands, and what it brings day by day.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use super::{Storage, StorageError, from_bigint};
use crate::domain::{
    grant::GoogleRight,
    listener::{Listener, ListenerDay, LiveRun},
    sharing::Asker,
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
            lacks: row.lacks_scope.as_deref().and_then(GoogleRight::from_id),
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
    /// The listeners of those of these queries that they see.
    pub async fn listeners_of(
        &self,
        by: &Asker,
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
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(query_ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(Listener::from).collect())
    }

    /// The listener of a query that they see.
    pub async fn find_listener(
        &self,
        by: &Asker,
        query_id: i64,
    ) -> Result<Option<Listener>, StorageError> {
        Ok(self.listeners_of(by, &[query_id]).await?.pop())
    }

    /// What listening to a query has brought on each day since this one, the latest first. Days without a run are not
    /// among them.
    pub async fn listener_days(
        &self,
        by: &Asker,
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
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(query_id)
        .bind(since)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(ListenerDay::from).collect())
    }
}
