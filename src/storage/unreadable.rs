//! Table `unreadable`: the quarantine of a run.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{ListPosition, Storage, StorageError, from_bigint, storable, storable_json};
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
