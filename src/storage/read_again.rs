//! What was set aside (table `unreadable`) and is read again: what can be read becomes an alert of its run, the rest stays with
//! the reason of today. A part of it is one transaction: alerts, links, counts and the line of the history.

use std::collections::{BTreeMap, HashSet};

use serde_json::json;
use sqlx::{PgConnection, types::Json};

use super::{
    NotDone, NotKept, Refused, Storage, StorageError,
    batches::{stream_of_run, without_repeats},
    classifications::insert_said,
    history, kept_packets,
    known_alerts::{KeptAlert, KnownAlerts, insert_alerts},
    packet_heads::Heads,
    run_alerts::link_to_run,
    storable, to_bigint,
};
use crate::domain::{
    history::{Action, Event, Kind},
    run::RunId,
    sharing::Asker,
};

/// What became of messages that were tried again, each with its id.
#[derive(Clone, Debug, Default)]
pub struct TriedAgain {
    /// Alerts that pass the filter of the run.
    pub passed: Vec<(i64, KeptAlert)>,
    /// Those that a rule of it rejects, with its name.
    pub rejected: Vec<(i64, String)>,
    /// Messages that still cannot be read, and why.
    pub unreadable: Vec<(i64, String)>,
}

/// How many of them were kept as what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptAgain {
    /// Alerts that passed.
    pub passed: u64,
    /// Alerts that were rejected.
    pub rejected: u64,
    /// Messages that still cannot be read.
    pub unreadable: u64,
}

/// The run of such messages, locked.
#[derive(sqlx::FromRow)]
struct LockedRun {
    query_name: String,
    is_private: bool,
    listened: Option<i64>,
    stream: Option<String>,
}

impl Storage {
    /// Keeps what became of messages that were tried again. Of two who try at once one keeps each message.
    pub async fn keep_read_again(
        &self,
        by: &Asker,
        run_id: RunId,
        tried: &TriedAgain,
    ) -> Result<KeptAgain, NotDone> {
        by.require_work()?;
        let alerts: Vec<KeptAlert> = tried.passed.iter().map(|(_, kept)| kept.clone()).collect();
        let heads = self.heads_of(&alerts).await?;
        let mut tx = self.begin_as(by).await?;
        let kept = keep(&mut tx, by, run_id, tried, &heads).await;
        if matches!(kept, Err(NotKept::RemovedMeanwhile)) {
            self.heads.forget();
        }
        let kept = kept.map_err(|error| match error {
            NotKept::Storage(error) => NotDone::Storage(error),
            NotKept::RunEnded => Refused::Forbidden.into(),
            NotKept::OutOfTurn | NotKept::RemovedMeanwhile => Refused::Changed.into(),
        })?;
        tx.commit().await?;
        Ok(kept)
    }
}

/// In the order of [`super::batches`]: alerts and packets first, then the run, which a batch of its own may hold.
async fn keep(
    connection: &mut PgConnection,
    by: &Asker,
    run_id: RunId,
    tried: &TriedAgain,
    heads: &Heads,
) -> Result<KeptAgain, NotKept> {
    if !heads.are_there(connection).await? {
        return Err(NotKept::RemovedMeanwhile);
    }
    let all = without_repeats(tried.passed.iter().map(|(_, kept)| kept));
    let known = insert_alerts(connection, &all).await?;
    kept_packets::copy_in(connection, &known.packets(&all, |known| known.is_new), heads).await?;
    let run = lock_run(connection, by, run_id).await?.ok_or(NotKept::RunEnded)?;
    kept_packets::complete(connection, &known.packets(&all, |known| known.is_row), heads).await?;
    let read = take_out(connection, run_id, tried).await?;
    let passed: Vec<&KeptAlert> =
        tried.passed.iter().filter(|(id, _)| read.contains(id)).map(|(_, kept)| kept).collect();
    let once = without_repeats(passed.iter().copied());
    let n_linked = link(connection, run_id, &run, &once, &known).await?;
    let mut rejected_by: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, rule) in tried.rejected.iter().filter(|(id, _)| read.contains(id)) {
        *rejected_by.entry(rule).or_default() += 1;
    }
    let kept = KeptAgain {
        passed: passed.len() as u64,
        rejected: rejected_by.values().sum(),
        unreadable: note_reasons(connection, run_id, &tried.unreadable).await?,
    };
    count(connection, run_id, &kept, n_linked, &rejected_by).await?;
    let detail =
        json!({ "passed": kept.passed, "rejected": kept.rejected, "unreadable": kept.unreadable });
    let event = Event::new(Action::TriedAgain, Kind::Run, run_id, run.query_name);
    history::record(connection, by, event.with(detail).without_detail_if(run.is_private)).await?;
    Ok(kept)
}

async fn lock_run(
    connection: &mut PgConnection,
    by: &Asker,
    run_id: RunId,
) -> Result<Option<LockedRun>, StorageError> {
    let run = sqlx::query_as(concat!(
        "select query_name, readers = '{}' as is_private, case when day is not null then saved_query_id end as listened, ",
        stream_of_run!(),
        " as stream
         from run
         where id = $1 and may_change(started_by, readers, writers, $2, $3, $4)
         for update"
    ))
    .bind(run_id)
    .bind(by.member_id())
    .bind(by.seen_groups())
    .bind(by.is_admin())
    .fetch_optional(connection)
    .await?;
    Ok(run)
}

async fn link(
    connection: &mut PgConnection,
    run_id: RunId,
    run: &LockedRun,
    alerts: &[&KeptAlert],
    known: &KnownAlerts,
) -> Result<u64, StorageError> {
    insert_said(connection, alerts, known, run.stream.as_deref()).await?;
    link_to_run(connection, run_id, run.listened, alerts, known).await
}

/// Takes what was read out of the quarantine; which messages were still there.
async fn take_out(
    connection: &mut PgConnection,
    run_id: RunId,
    tried: &TriedAgain,
) -> Result<HashSet<i64>, StorageError> {
    let passed = tried.passed.iter().map(|(id, _)| *id);
    let read: Vec<i64> = passed.chain(tried.rejected.iter().map(|(id, _)| *id)).collect();
    let ids: Vec<i64> = sqlx::query_scalar(
        "delete from unreadable where run_id = $1 and id = any($2) returning id",
    )
    .bind(run_id)
    .bind(read)
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().collect())
}

/// Keeps why messages still cannot be read; how many were still there.
async fn note_reasons(
    connection: &mut PgConnection,
    run_id: RunId,
    unreadable: &[(i64, String)],
) -> Result<u64, StorageError> {
    let done = sqlx::query(
        "update unreadable u set error = t.error, tried = now()
         from unnest($2::bigint[], $3::text[]) as t (id, error)
         where u.run_id = $1 and u.id = t.id",
    )
    .bind(run_id)
    .bind(unreadable.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(unreadable.iter().map(|(_, error)| storable(error)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Counts as alerts what was counted as unreadable.
async fn count(
    connection: &mut PgConnection,
    run_id: RunId,
    kept: &KeptAgain,
    n_linked: u64,
    rejected_by: &BTreeMap<&str, u64>,
) -> Result<(), StorageError> {
    sqlx::query(
        "update run set
             passed = passed + $2,
             rejected = rejected + $3,
             unreadable = unreadable - ($2 + $3),
             stored = stored + $4,
             duplicates = duplicates + ($2 - $4),
             rejected_by = (
                 select coalesce(jsonb_object_agg(rule, n), '{}')
                 from (
                     select key as rule, sum(value::bigint) as n
                     from (select * from jsonb_each_text(rejected_by) union all select * from jsonb_each_text($5)) as both_
                     group by key
                 ) as summed
             ),
             -- Whoever looks at the run is told.
             batch_number = batch_number
         where id = $1",
    )
    .bind(run_id)
    .bind(to_bigint(kept.passed))
    .bind(to_bigint(kept.rejected))
    .bind(to_bigint(n_linked))
    .bind(Json(rejected_by))
    .execute(connection)
    .await?;
    Ok(())
}
