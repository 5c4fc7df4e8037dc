//! Heads of packets, which thousands of packets share: table `packet_head`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

use super::{KeptAlert, Storage, StorageError};
use crate::domain::alert::Packet;

/// Heads that are kept apart. A survey has a few; a sender who has another one with each packet gets them kept within it.
const MOST_HEADS: i64 = 256;
const MOST_HEADS_OF_BATCH: usize = 16;
const LONGEST_HEAD_BYTES: usize = 64 * 1024;

/// Ids of heads that this process has met.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownHeads(Arc<Mutex<HashMap<Bytes, i64>>>);

impl KnownHeads {
    fn find(&self, head: &Bytes) -> Option<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(head).copied()
    }

    fn learn(&self, head: &Bytes, id: i64) {
        // A copy: the head is a slice of a packet, which would stay as long.
        let head = Bytes::copy_from_slice(head);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(head, id);
    }

    /// To be asked for anew: the database has lost some.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The heads of a batch's packets, with their ids.
#[derive(Debug, Default)]
pub(super) struct Heads(Vec<(Bytes, i64)>);

impl Heads {
    /// The head's id, where it is kept apart, and what else there is of a packet.
    pub(super) fn split<'a>(&self, packet: &'a Packet) -> (Option<i64>, &'a [u8]) {
        let (head, rest) = packet.bytes.split_at(packet.n_head_bytes.min(packet.bytes.len()));
        match self.0.iter().find(|(known, _)| known == head) {
            Some((_, id)) => (Some(*id), rest),
            None => (None, &packet.bytes),
        }
    }

    pub(super) fn ids(&self) -> Vec<i64> {
        self.0.iter().map(|(_, id)| *id).collect()
    }
}

impl Storage {
    /// Heads of these alerts' packets; new ones are put in and committed, so that they are there for every process.
    pub(super) async fn heads_of(&self, alerts: &[KeptAlert]) -> Result<Heads, StorageError> {
        let mut heads: Vec<Bytes> = Vec::new();
        for packet in alerts.iter().map(|kept| &kept.alert.packet) {
            let (n, head) = (packet.n_head_bytes, packet.bytes.get(..packet.n_head_bytes));
            let Some(head) = head.filter(|_| (1..=LONGEST_HEAD_BYTES).contains(&n)) else {
                continue;
            };
            if heads.iter().all(|known| known != head) && heads.len() < MOST_HEADS_OF_BATCH {
                heads.push(packet.bytes.slice(..n));
            }
        }
        let mut with_ids = Vec::with_capacity(heads.len());
        for head in heads {
            let id = match self.heads.find(&head) {
                Some(id) => Some(id),
                None => self.keep_head(&head).await?,
            };
            if let Some(id) = id {
                self.heads.learn(&head, id);
                with_ids.push((head, id));
            }
        }
        Ok(Heads(with_ids))
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
