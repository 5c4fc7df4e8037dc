//! Heads of packets, which thousands of packets share: table `packet_head`.
//!
//! An Avro container begins with its schema: 15 of 73 kB, the same all night. Keeping it once makes table and
//! write-ahead log a fifth smaller. The packet is put together again where it is read, byte for byte. Heads are never
//! removed, and there are some 256 at most: when somebody has sent another one with each packet, later ones stay within
//! their packets. A batch compares the heads that it names with the table's by their SHA-256.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{Storage, StorageError, known_alerts::KeptAlert};
use crate::domain::alert::Packet;

/// Heads that are kept apart. A survey has a few; when a sender has used them up, by another one with each packet, new ones
/// stay within their packets.
const MOST_HEADS: i64 = 256;
const MOST_HEADS_OF_BATCH: usize = 16;
const LONGEST_HEAD_BYTES: usize = 64 * 1024;

/// A head as its table has it.
#[derive(Clone, Copy, Debug)]
struct HeadRow {
    id: i64,
    sha256: [u8; 32],
}

/// Heads that this process has met.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownHeads(Arc<Mutex<HashMap<Bytes, HeadRow>>>);

impl KnownHeads {
    fn find(&self, head: &Bytes) -> Option<HeadRow> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(head).copied()
    }

    fn learn(&self, head: &Bytes, id: i64) -> HeadRow {
        // A copy: the head is a slice of a packet, which would stay as long.
        let head = Bytes::copy_from_slice(head);
        let row = HeadRow { id, sha256: Sha256::digest(&head).into() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(head, row);
        row
    }

    /// To be asked for anew: the database has lost some.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The heads of a batch's packets.
#[derive(Debug, Default)]
pub(super) struct Heads(Vec<(Bytes, HeadRow)>);

impl Heads {
    /// The head's id, where it is kept apart, and what else there is of a packet.
    pub(super) fn split<'a>(&self, packet: &'a Packet) -> (Option<i64>, &'a [u8]) {
        let (head, rest) = packet.head_and_rest();
        match self.0.iter().find(|(known, _)| known == head) {
            Some((_, row)) => (Some(row.id), rest),
            None => (None, &packet.bytes),
        }
    }

    /// Whether they are what the table has under their ids: a database that was set back to an earlier state gives ids
    /// again.
    pub(super) async fn are_there(
        &self,
        connection: &mut PgConnection,
    ) -> Result<bool, StorageError> {
        if self.0.is_empty() {
            return Ok(true);
        }
        let ids: Vec<i64> = self.0.iter().map(|(_, row)| row.id).collect();
        let digests: Vec<&[u8]> = self.0.iter().map(|(_, row)| row.sha256.as_slice()).collect();
        let all = sqlx::query_scalar(
            "select count(*) = cardinality($1)
             from unnest($1::bigint[], $2::bytea[]) as named (id, sha256)
             join packet_head h on h.id = named.id and sha256(h.bytes) = named.sha256",
        )
        .bind(ids)
        .bind(digests)
        .fetch_one(connection)
        .await?;
        Ok(all)
    }
}

impl Storage {
    /// Heads of these alerts' packets; new ones are put in and committed, so that they are there for every process.
    pub(super) async fn heads_of(&self, alerts: &[KeptAlert]) -> Result<Heads, StorageError> {
        let mut heads: Vec<Bytes> = Vec::new();
        for packet in alerts.iter().map(|kept| &kept.alert.packet) {
            let (head, _) = packet.head_and_rest();
            if (1..=LONGEST_HEAD_BYTES).contains(&head.len())
                && heads.len() < MOST_HEADS_OF_BATCH
                && heads.iter().all(|known| known != head)
            {
                heads.push(packet.bytes.slice_ref(head));
            }
        }
        let mut with_rows = Vec::with_capacity(heads.len());
        for head in heads {
            let row = match self.heads.find(&head) {
                Some(row) => Some(row),
                None => self.keep_head(&head).await?.map(|id| self.heads.learn(&head, id)),
            };
            with_rows.extend(row.map(|row| (head, row)));
        }
        Ok(Heads(with_rows))
    }

    /// `None` when there are too many, or when another process is just putting it in.
    async fn keep_head(&self, head: &Bytes) -> Result<Option<i64>, StorageError> {
        let id = sqlx::query_scalar(
            "with known as (select id from packet_head where sha256(bytes) = sha256($1)),
             added as (
                 insert into packet_head (bytes)
                 select $1
                 where not exists (select from known) and (select count(*) from packet_head) < $2
                 on conflict do nothing
                 returning id
             )
             select id from known union all select id from added",
        )
        .bind(head.as_ref())
        .bind(MOST_HEADS)
        .fetch_optional(&self.work)
        .await?;
        Ok(id)
    }
}
