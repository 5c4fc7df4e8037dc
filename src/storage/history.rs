//! Table `history`: what was done, by whom, to what. A line is written in the transaction of what it tells of, and a
//! trigger lets nobody change or delete it.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection};

use super::{COUNTED, ListPosition, NotDone, Storage, StorageError, storable, storable_json};
use crate::domain::{
    history::{Entry, Event, Kind},
    sharing::{Asker, Via},
};

/// Which lines of the history a list shows.
#[derive(Clone, Debug, Default)]
pub struct HistoryFilter {
    /// Those of one member.
    pub actor_id: Option<i64>,
    /// Those with one of the words of `Action`.
    pub action: Option<String>,
    /// Those of one kind of thing, by its word.
    pub kind: Option<String>,
    /// Those of one thing.
    pub object_id: Option<i64>,
    /// Those that are not older.
    pub since: Option<DateTime<Utc>>,
    /// Those that are older.
    pub until: Option<DateTime<Utc>>,
}

/// Whether a line passes a [`HistoryFilter`], `$2` to `$7`.
macro_rules! passes {
    () => {
        "($2::bigint is null or actor_id = $2)
           and ($3::text is null or action = $3)
           and ($4::text is null or kind = $4)
           and ($5::bigint is null or object_id = $5)
           and ($6::timestamptz is null or at >= $6)
           and ($7::timestamptz is null or at < $7)"
    };
}

/// Whether a line tells of the thing `$4` of kind `$3`, and is one that they see.
macro_rules! is_of_thing {
    () => {
        "kind = $3 and object_id = $4 and ($5 or action <> 'refused' or actor_id = $1)
           and case $3
               when 'query' then exists (
                   select from saved_query q where q.id = $4 and may_read(q.owner_id, q.readers, $1, $2))
               when 'run' then exists (
                   select from run r where r.id = $4 and may_read(r.started_by, r.readers, $1, $2))
               when 'target' then exists (
                   select from target t where t.id = $4 and may_read(t.created_by, t.readers, $1, $2))
               else $5
           end"
    };
}

#[derive(FromRow)]
struct EntryRow {
    id: i64,
    at: DateTime<Utc>,
    actor_id: Option<i64>,
    actor: String,
    token_id: Option<i64>,
    action: String,
    kind: String,
    object_id: Option<i64>,
    name: String,
    detail: Option<serde_json::Value>,
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            actor_id: row.actor_id,
            actor: row.actor,
            token_id: row.token_id,
            action: row.action,
            kind: row.kind,
            object_id: row.object_id,
            name: row.name,
            detail: row.detail.unwrap_or_default(),
        }
    }
}

/// Adds a line, in the transaction of what it tells of.
pub(super) async fn record(
    connection: &mut PgConnection,
    by: &Asker,
    event: Event,
) -> Result<(), StorageError> {
    let token_id = match by.via() {
        Via::Session => None,
        Via::Token(id) => Some(id),
    };
    let actor = by.member();
    write(connection, Some(actor.id), &actor.name, token_id, event).await
}

/// Adds a line of what somebody did before they were in, or what the service did by itself.
pub(super) async fn record_as(
    connection: &mut PgConnection,
    actor_id: Option<i64>,
    actor: &str,
    event: Event,
) -> Result<(), StorageError> {
    write(connection, actor_id, actor, None, event).await
}

/// Adds a line of what a member did who is known by their id alone; of what is done for one who is gone, the service's.
pub(super) async fn record_of(
    connection: &mut PgConnection,
    member_id: i64,
    event: Event,
) -> Result<(), StorageError> {
    let name: Option<String> =
        sqlx::query_scalar("select name from member where id = $1 and removed is null")
            .bind(member_id)
            .fetch_optional(&mut *connection)
            .await?;
    let actor_id = name.as_ref().map(|_| member_id);
    let actor = name.unwrap_or_else(|| "the service".to_owned());
    let name = if event.kind == Kind::Member { actor.clone() } else { event.name };
    record_as(connection, actor_id, &actor, Event { name, ..event }).await
}

async fn write(
    connection: &mut PgConnection,
    actor_id: Option<i64>,
    actor: &str,
    token_id: Option<i64>,
    event: Event,
) -> Result<(), StorageError> {
    sqlx::query(
        "insert into history (actor_id, actor, token_id, action, kind, object_id, name, detail)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(actor_id)
    .bind(storable(actor))
    .bind(token_id)
    .bind(event.action.id())
    .bind(event.kind.id())
    .bind(event.object_id)
    .bind(storable(&event.name))
    .bind(Some(storable_json(&event.detail)).filter(|detail| !detail.is_null()))
    .execute(connection)
    .await?;
    Ok(())
}

impl Storage {
    /// Adds a line of somebody who is not in: a sign-in, or one that was refused.
    pub async fn record_event_of(
        &self,
        actor_id: Option<i64>,
        actor: &str,
        event: Event,
    ) -> Result<(), StorageError> {
        let mut connection = self.pool.acquire().await?;
        record_as(&mut connection, actor_id, actor, event).await
    }

    /// `limit` lines older than `before`, newest first. For admins.
    pub async fn list_history(
        &self,
        by: &Asker,
        filter: &HistoryFilter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Entry>, NotDone> {
        by.require_admin()?;
        let rows: Vec<EntryRow> = sqlx::query_as(concat!(
            "select id, at, actor_id, actor, token_id, action, kind, object_id, name, detail
             from history
             where id < coalesce($1, 9223372036854775807) and ",
            passes!(),
            " order by id desc limit $8"
        ))
        .bind(before)
        .bind(filter.actor_id)
        .bind(filter.action.as_deref())
        .bind(filter.kind.as_deref())
        .bind(filter.object_id)
        .bind(filter.since)
        .bind(filter.until)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(Entry::from).collect())
    }

    /// How many lines of a filter there are, and how many of them are not older than `before`, counted up to one more than
    /// [`Count::MOST`](crate::domain::count::Count::MOST). For admins.
    pub async fn count_history(
        &self,
        by: &Asker,
        filter: &HistoryFilter,
        before: Option<i64>,
    ) -> Result<ListPosition, NotDone> {
        by.require_admin()?;
        let (n_all, n_before) = sqlx::query_as(concat!(
            "select count(*), count(*) filter (where id >= $1) from (select id from history where ",
            passes!(),
            " order by id desc limit $8) newest"
        ))
        .bind(before)
        .bind(filter.actor_id)
        .bind(filter.action.as_deref())
        .bind(filter.kind.as_deref())
        .bind(filter.object_id)
        .bind(filter.since)
        .bind(filter.until)
        .bind(COUNTED)
        .fetch_one(&self.pool)
        .await?;
        Ok(ListPosition::of(n_all, n_before))
    }

    /// `limit` lines of one thing that they see, older than `before`, newest first; attempts of others are for admins.
    pub async fn history_of(
        &self,
        by: &Asker,
        kind: Kind,
        id: i64,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Entry>, StorageError> {
        let rows: Vec<EntryRow> = sqlx::query_as(concat!(
            "select id, at, actor_id, actor, token_id, action, kind, object_id, name, detail
             from history
             where id < coalesce($6, 9223372036854775807) and ",
            is_of_thing!(),
            " order by id desc limit $7"
        ))
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(kind.id())
        .bind(id)
        .bind(by.is_admin())
        .bind(before)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(Entry::from).collect())
    }

    /// How many lines of one thing they see, and how many of them are not older than `before`, counted as far.
    pub async fn count_history_of(
        &self,
        by: &Asker,
        kind: Kind,
        id: i64,
        before: Option<i64>,
    ) -> Result<ListPosition, StorageError> {
        let (n_all, n_before) = sqlx::query_as(concat!(
            "select count(*), count(*) filter (where id >= $6) from (select id from history where ",
            is_of_thing!(),
            " order by id desc limit $7) newest"
        ))
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(kind.id())
        .bind(id)
        .bind(by.is_admin())
        .bind(before)
        .bind(COUNTED)
        .fetch_one(&self.pool)
        .await?;
        Ok(ListPosition::of(n_all, n_before))
    }

    /// Everybody who is in or was, by name, with whether they are out now. For admins.
    pub async fn list_actors(&self, by: &Asker) -> Result<Vec<(i64, String, bool)>, NotDone> {
        by.require_admin()?;
        let rows = sqlx::query_as(
            "select id, name, removed is not null from member order by lower(name), id",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }
}
