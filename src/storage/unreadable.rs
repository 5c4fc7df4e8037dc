//! Table `unreadable`: the quarantine of a run.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::{
    ListPosition, NotDone, Storage, StorageError, from_bigint, owned::OwnedTable, storable,
    storable_json,
};
use crate::domain::{
    run::{RunId, Unreadable},
    sharing::Asker,
};

/// A message in quarantine, without its bytes.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct QuarantinedMessage {
    /// Id in URLs.
    pub id: i64,
    /// Where it came from.
    pub origin: String,
    /// Why it could not be read.
    pub error: String,
    /// What the transport said of it.
    pub attributes: Option<serde_json::Value>,
    /// Size of what was kept.
    pub n_bytes: i64,
    /// Whether that begins as an Avro container file does.
    pub is_container: bool,
    /// When it came.
    pub at: DateTime<Utc>,
}

/// A message in quarantine that may be tried again.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct ToTryAgain {
    /// Its id.
    pub id: i64,
    /// Size of what was kept.
    pub n_bytes: i64,
}

/// A message in quarantine with its bytes.
#[derive(Clone, Debug)]
pub struct SetAside {
    /// Its id.
    pub id: i64,
    /// What was kept of it.
    pub bytes: Bytes,
    /// What the transport said of it.
    pub attributes: Option<Value>,
}

impl QuarantinedMessage {
    /// Size of what was kept, bytes.
    pub fn size_bytes(&self) -> u64 {
        from_bigint(self.n_bytes)
    }
}

impl Storage {
    /// `limit` messages of a run's quarantine, in the order in which they came, after the one given.
    pub async fn list_unreadable(
        &self,
        by: &Asker,
        run_id: RunId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<QuarantinedMessage>, StorageError> {
        let rows = sqlx::query_as(
            "select id, origin, error, attributes, octet_length(bytes)::bigint as n_bytes, at,
                    substr(bytes, 1, 4) = '\\x4f626a01' as is_container
             from unreadable
             where run_id = $3 and id > $4
               and (select may_read(r.started_by, r.readers, $1, $2) from run r where r.id = $3)
             order by id
             limit $5",
        )
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(run_id)
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }

    /// How many messages a run's quarantine holds, and how many of them come not after the one given, counted up to
    /// `at_most`.
    pub async fn count_unreadable(
        &self,
        by: &Asker,
        run_id: RunId,
        after: i64,
        at_most: i64,
    ) -> Result<ListPosition, StorageError> {
        let (n_all, n_before) = sqlx::query_as(
            "select count(*), count(*) filter (where id <= $4)
             from (
                 select id from unreadable
                 where run_id = $3
                   and (select may_read(r.started_by, r.readers, $1, $2) from run r where r.id = $3)
                 order by id
                 limit $5
             ) oldest",
        )
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(run_id)
        .bind(after)
        .bind(at_most)
        .fetch_one(&self.pool)
        .await?;
        Ok(ListPosition::of(n_all, n_before))
    }

    /// The bytes of one message of a run's quarantine.
    pub async fn find_unreadable_bytes(
        &self,
        by: &Asker,
        run_id: RunId,
        id: i64,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let bytes = sqlx::query_scalar(
            "select u.bytes from unreadable u
             join run r on r.id = u.run_id
             where u.run_id = $3 and u.id = $4 and may_read(r.started_by, r.readers, $1, $2)",
        )
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(run_id)
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(bytes)
    }

    /// Up to `limit` messages of a run that they may change, those first that were never tried again; `None` when it is not
    /// there for them. Of what is too large nothing was kept.
    pub async fn list_to_try_again(
        &self,
        by: &Asker,
        run_id: RunId,
        limit: i64,
    ) -> Result<Option<Vec<ToTryAgain>>, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let may: Option<bool> = sqlx::query_scalar(
            "select true from run where id = $1 and may_change(started_by, readers, writers, $2, $3, $4)",
        )
        .bind(run_id)
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(by.is_admin())
        .fetch_optional(&mut *tx)
        .await?;
        if may.is_none() {
            OwnedTable::Run.refused(tx, by, run_id).await?;
            return Ok(None);
        }
        let messages = sqlx::query_as(
            "select id, octet_length(bytes)::bigint as n_bytes from unreadable
             where run_id = $1 and octet_length(bytes) > 0
             order by tried nulls first, id
             limit $2",
        )
        .bind(run_id)
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(messages))
    }

    /// Some messages of a run that they may change, with their bytes.
    pub async fn find_set_aside(
        &self,
        by: &Asker,
        run_id: RunId,
        ids: &[i64],
    ) -> Result<Vec<SetAside>, StorageError> {
        let rows: Vec<(i64, Vec<u8>, Option<Value>)> = sqlx::query_as(
            "select u.id, u.bytes, u.attributes from unreadable u
             join run r on r.id = u.run_id
             where u.run_id = $4 and u.id = any($5) and may_change(r.started_by, r.readers, r.writers, $1, $2, $3)
             order by u.id",
        )
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(by.is_admin())
        .bind(run_id)
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        let set_aside = |(id, bytes, attributes): (i64, Vec<u8>, _)| SetAside {
            id,
            bytes: bytes.into(),
            attributes,
        };
        Ok(rows.into_iter().map(set_aside).collect())
    }
}

/// Sets messages aside; how many were new to the run, and to those of its listener on the days before.
pub(super) async fn insert_unreadable(
    connection: &mut PgConnection,
    run_id: RunId,
    listened: Option<i64>,
    messages: &[Unreadable],
) -> Result<u64, StorageError> {
    if messages.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query(
        "insert into unreadable (run_id, origin, error, attributes, message_id, bytes)
         select $1, t.*
         from unnest($2::text[], $3::text[], $4::jsonb[], $5::text[], $6::bytea[])
              as t (origin, error, attributes, message_id, bytes)
         where $7::bigint is null or not exists (
             select from run e
             join unreadable o on o.run_id = e.id and o.message_id = t.message_id
             where e.saved_query_id = $7 and e.id <> $1 and e.day > (select day from run where id = $1) - 8
         )
         on conflict do nothing",
    )
    .bind(run_id)
    .bind(messages.iter().map(|message| storable(&message.origin)).collect::<Vec<_>>())
    .bind(messages.iter().map(|message| storable(&message.error)).collect::<Vec<_>>())
    .bind(
        messages
            .iter()
            .map(|message| message.attributes.as_ref().map(storable_json))
            .collect::<Vec<_>>(),
    )
    .bind(
        messages
            .iter()
            .map(|message| message.message_id.as_deref().map(storable))
            .collect::<Vec<_>>(),
    )
    .bind(messages.iter().map(|message| message.bytes.as_ref()).collect::<Vec<&[u8]>>())
    .bind(listened)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
