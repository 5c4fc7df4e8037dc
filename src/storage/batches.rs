//! What a run hands over, kept in one transaction: alerts, packets, links (table `run_alert`), quarantine and counts.
//!
//! An alert is one row for each survey and source id; each run that found it has a link to it. A batch has a number, so
//! one that is sent again because nobody knows whether it was committed is kept once. The run's row is locked until the
//! batch is counted, and a run that somebody else has ended takes nothing more. A message that comes again to a later
//! run of the same listener is not linked again: the earlier runs are asked for its id.
//!
//! In every run `received = passed + rejected + unreadable` and `passed = stored + duplicates`.

use std::collections::{BTreeMap, HashSet};

use sqlx::{PgConnection, types::Json};

use super::{
    NotKept, Storage, StorageError, begin_on,
    classifications::insert_said,
    from_bigint, kept_packets,
    known_alerts::{KeptAlert, insert_alerts},
    packet_heads::Heads,
    run_alerts::link_to_run,
    to_bigint,
    turns::Turn,
    unreadable::insert_unreadable,
};
use crate::domain::{
    kept::Kept,
    run::{RunId, Unreadable},
};

/// What a run hands over in one piece: all of it is kept, or nothing.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// 1, 2, 3, …: a batch that is sent again, because nobody knows whether it was kept, is kept once.
    pub number: i64,
    /// Alerts that passed the filter.
    pub alerts: Vec<KeptAlert>,
    /// Messages that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Alerts that each rule of the filter rejected.
    pub rejected_by: BTreeMap<String, u64>,
    /// Bytes of all these messages.
    pub received_bytes: u64,
}

impl Batch {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.unreadable.is_empty() && self.rejected_by.is_empty()
    }

    fn rejected(&self) -> u64 {
        self.rejected_by.values().sum()
    }
}

/// The stream that a run reads: the topic, else the subscription, which is named like it; null where it reads none.
macro_rules! stream_of_run {
    () => {
        "coalesce(nullif(parameters->>'topic', ''), nullif(parameters->>'subscription_name', ''))"
    };
}
pub(super) use stream_of_run;

/// What became of a run by keeping a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptBatch {
    /// Alerts in the run's results, after this batch.
    pub stored_in_run: u64,
    /// That it is committed.
    pub proof: Kept,
}

impl Storage {
    /// Keeps a batch: alerts and packets once each, links to the run, quarantine and counts, in one transaction.
    pub async fn keep_batch(&self, run_id: RunId, batch: Batch) -> Result<KeptBatch, NotKept> {
        self.keep_batch_in_turn(run_id, batch, Turn::first()).await
    }

    /// The same for a batch that may be begun while the one before it is being committed.
    pub async fn keep_batch_in_turn(
        &self,
        run_id: RunId,
        batch: Batch,
        mut turn: Turn,
    ) -> Result<KeptBatch, NotKept> {
        // Without a connection in hand: the batch before may need it.
        turn.may_insert().await?;
        let heads = self.heads_of(&batch.alerts).await?;
        let mut tx = begin_on(&self.work).await?;
        let kept = keep(&mut tx, run_id, &batch, &heads, &mut turn).await;
        if matches!(kept, Err(NotKept::RemovedMeanwhile)) {
            self.heads.forget();
        }
        let stored_in_run = kept?;
        tx.commit().await?;
        turn.has_committed();
        Ok(KeptBatch { stored_in_run, proof: Kept::after_commit() })
    }
}

/// State, number of the last batch, alerts, saved query of a listener, stream.
type LockedRun = (String, i64, i64, Option<i64>, Option<String>);

async fn keep(
    connection: &mut PgConnection,
    run_id: RunId,
    batch: &Batch,
    heads: &Heads,
    turn: &mut Turn,
) -> Result<u64, NotKept> {
    let alerts = without_repeats(batch.alerts.iter());
    if !heads.are_there(connection).await? {
        return Err(NotKept::RemovedMeanwhile);
    }
    let known = insert_alerts(connection, &alerts).await?;
    turn.has_inserted();
    kept_packets::copy_in(connection, &known.packets(&alerts, |known| known.is_new), heads).await?;
    turn.may_count().await?;
    // The row lock keeps whoever wants to end the run out until this batch is counted.
    let (state, batch_number, stored, listened, stream): LockedRun = sqlx::query_as(concat!(
        "select state, batch_number, stored, case when day is not null then saved_query_id end, ",
        stream_of_run!(),
        " from run where id = $1 for update"
    ))
    .bind(run_id)
    .fetch_optional(&mut *connection)
    .await?
    .ok_or(NotKept::RunEnded)?;
    if batch_number >= batch.number {
        return Ok(from_bigint(stored));
    }
    if state != "running" {
        return Err(NotKept::RunEnded);
    }
    // Only now: the batch before may have locked the same packets.
    kept_packets::complete(connection, &known.packets(&alerts, |known| known.is_row), heads)
        .await?;
    insert_said(connection, &alerts, &known, stream.as_deref()).await?;
    let n_linked = link_to_run(connection, run_id, listened, &alerts, &known).await?;
    let n_set_aside = insert_unreadable(connection, run_id, listened, &batch.unreadable).await?;
    Ok(count_batch(connection, run_id, batch, n_linked, n_set_aside).await?)
}

/// Each alert once, in the order of its key: two processes that keep the same alerts wait for each other
/// instead of blocking each other for ever.
pub(super) fn without_repeats<'k>(
    alerts: impl Iterator<Item = &'k KeptAlert>,
) -> Vec<&'k KeptAlert> {
    let mut seen = HashSet::new();
    let mut once: Vec<&KeptAlert> =
        alerts.filter(|kept| seen.insert((kept.alert.survey, kept.alert.source_id))).collect();
    once.sort_by_key(|kept| (kept.alert.survey, kept.alert.source_id));
    once
}

/// Adds a batch to the run's counts; how many alerts the run has now.
async fn count_batch(
    connection: &mut PgConnection,
    run_id: RunId,
    batch: &Batch,
    n_linked: u64,
    unreadable: u64,
) -> Result<u64, StorageError> {
    let passed = batch.alerts.len() as u64;
    let stored: i64 = sqlx::query_scalar(
        "update run set
             batch_number = $2,
             received = received + $3,
             passed = passed + $4,
             rejected = rejected + $5,
             unreadable = unreadable + $6,
             stored = stored + $7,
             duplicates = duplicates + ($4 - $7),
             received_bytes = received_bytes + $8,
             rejected_by = (
                 select coalesce(jsonb_object_agg(rule, n), '{}')
                 from (
                     select key as rule, sum(value::bigint) as n
                     from (select * from jsonb_each_text(rejected_by) union all select * from jsonb_each_text($9)) as both_
                     group by key
                 ) as summed
             ),
             -- The transaction may have begun long ago, and a heartbeat have come since.
             heartbeat = clock_timestamp(),
             last_received = clock_timestamp()
         where id = $1
         returning stored",
    )
    .bind(run_id)
    .bind(batch.number)
    .bind(to_bigint(passed + unreadable + batch.rejected()))
    .bind(to_bigint(passed))
    .bind(to_bigint(batch.rejected()))
    .bind(to_bigint(unreadable))
    .bind(to_bigint(n_linked))
    .bind(to_bigint(batch.received_bytes))
    .bind(Json(&batch.rejected_by))
    .fetch_one(connection)
    .await?;
    Ok(from_bigint(stored))
}
