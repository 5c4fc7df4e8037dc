//! The queue of runs: which may begin next, for each member only so many at once.
//!
//! The queue is table `run`. Every process takes runs whose turn it is, by one statement under one lock: of a member
//! only as many as may go on at once on all processes, the oldest first, and members with fewer runs going on before
//! those with more. Any process may begin any run, so nobody has to be woken, and no run waits for a process that is
//! gone. Runs of listeners (`day` is set) are no part of the queue. Someone with 20 runs waiting is refused, so the
//! queue does not grow for ever.

use std::time::Duration;

use sqlx::PgConnection;

use super::{NotDone, Refused, Storage, StorageError, begin_on, from_bigint, to_bigint};
use crate::domain::{
    member::{Member, Role},
    run::{Run, RunId},
};

/// Number of the lock under which runs begin: two processes must not both see a member's last free place.
const LOCK: i64 = 0x7472_756e_7175_6575;

/// Ends the runs that somebody asked to stop while they waited, and those of members who may run nothing any more.
const END_CANCELLED: &str = "update run
    set state = 'cancelled', finished = now(),
        feedback = case
            when cancel_requested then 'Cancelled before it began.'
            else 'Not begun: who started it may only look now.'
        end
    where state = 'queued' and (cancel_requested or started_by in (
        select id from member where removed is not null or role = 'viewer'
    ))";

/// A run whose turn it is, and which the process that asked has taken on.
#[derive(Clone, Debug)]
pub struct BegunRun {
    /// Its id.
    pub id: RunId,
    /// Id of the backend.
    pub broker: String,
    /// The form as it was typed.
    pub parameters: serde_json::Value,
    /// Who started it.
    pub by: Member,
}

/// What a waiting run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunsAhead {
    /// Runs of the same member that go on.
    pub going_on: u64,
    /// Runs of the same member that have waited longer.
    pub waiting: u64,
}

/// What a [`BegunRun`] is made of.
#[derive(sqlx::FromRow)]
pub(super) struct BegunRow {
    id: i64,
    broker: String,
    parameters: serde_json::Value,
    member_id: i64,
    name: String,
    email: Option<String>,
    role: String,
}

impl TryFrom<BegunRow> for BegunRun {
    type Error = StorageError;

    fn try_from(row: BegunRow) -> Result<Self, StorageError> {
        let BegunRow { id, broker, parameters, member_id, name, email, role } = row;
        let role = Role::from_id(&role)
            .ok_or(StorageError::Inconsistent { table: "member", id: member_id })?;
        Ok(Self { id, broker, parameters, by: Member { id: member_id, name, email, role } })
    }
}

/// Makes sure that a member has fewer live runs than this, those of listeners aside, until the transaction ends.
pub(super) async fn check_room(
    connection: &mut PgConnection,
    member_id: i64,
    most_live: u32,
) -> Result<(), NotDone> {
    // One after another: two requests must not both find the last place.
    sqlx::query("select from member where id = $1 for no key update")
        .bind(member_id)
        .execute(&mut *connection)
        .await?;
    let (live, waiting): (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where state = 'queued')
         from run
         where started_by = $1 and state in ('queued', 'running') and day is null",
    )
    .bind(member_id)
    .fetch_one(connection)
    .await?;
    if live >= i64::from(most_live) {
        return Err(Refused::QueueFull { waiting: from_bigint(waiting) }.into());
    }
    Ok(())
}

impl Storage {
    /// Takes the runs to *running* whose turn it is, at most `n` of them, for the process that asks. Of one member
    /// `at_once` go on at most, on all processes; the oldest begin first, and who has fewer going on comes before who
    /// has more. For the time of `head_start` a run is left to the process that was asked for it.
    pub async fn begin_runs(
        &self,
        instance: &str,
        at_once: u32,
        n: usize,
        head_start: Duration,
    ) -> Result<Vec<BegunRun>, StorageError> {
        // All processes ask each second: only one that may find something takes the lock.
        let any_waits = "select exists (select from run where state = 'queued')";
        if !sqlx::query_scalar(any_waits).fetch_one(&self.work).await? {
            return Ok(Vec::new());
        }
        let mut tx = begin_on(&self.work).await?;
        sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
        sqlx::query(END_CANCELLED).execute(&mut *tx).await?;
        let rows: Vec<BegunRow> = sqlx::query_as(
            "with going_on as (
                 select started_by, count(*) as n from run where state = 'running' and day is null group by started_by
             ), waiting as (
                 select q.id,
                        q.instance = $1 or q.created < clock_timestamp() - make_interval(secs => $4) as is_ours,
                        coalesce(g.n, 0) + row_number() over (partition by q.started_by order by q.id) as place
                 from run q
                 left join going_on g on g.started_by = q.started_by
                 where q.state = 'queued' and not q.cancel_requested
             ), next as (
                 select id from waiting where place <= $2 and is_ours order by place, id limit $3
             )
             update run r
             set state = 'running', started = clock_timestamp(), heartbeat = clock_timestamp(), instance = $1
             from next, member m
             where r.id = next.id and r.state = 'queued' and m.id = r.started_by
               and m.removed is null and m.role <> 'viewer'
             returning r.id, r.broker, r.parameters, m.id as member_id, m.name, m.email, m.role",
        )
        .bind(instance)
        .bind(i64::from(at_once))
        .bind(to_bigint(n as u64))
        .bind(head_start.as_secs_f64())
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut begun = rows.into_iter().map(BegunRun::try_from).collect::<Result<Vec<_>, _>>()?;
        begun.sort_by_key(|run| run.id);
        Ok(begun)
    }

    /// Puts runs back into the queue that this process has begun and not worked on.
    pub async fn give_back_runs(&self, instance: &str, ids: &[RunId]) -> Result<(), StorageError> {
        if ids.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "update run set state = 'queued', started = null, heartbeat = now()
             where id = any($2) and instance = $1 and state = 'running'",
        )
        .bind(instance)
        .bind(ids)
        .execute(&self.work)
        .await?;
        Ok(())
    }

    /// Ends the runs that somebody asked to stop while they waited.
    pub async fn end_cancelled_runs(&self) -> Result<(), StorageError> {
        sqlx::query(END_CANCELLED).execute(&self.pool).await?;
        Ok(())
    }

    /// What stands between a waiting run and its beginning.
    pub async fn runs_ahead(&self, run: &Run) -> Result<RunsAhead, StorageError> {
        let (going_on, waiting): (i64, i64) = sqlx::query_as(
            "select count(*) filter (where state = 'running'),
                    count(*) filter (where state = 'queued' and id < $2)
             from run
             where started_by = $1 and state in ('queued', 'running') and day is null",
        )
        .bind(run.started_by)
        .bind(run.id)
        .fetch_one(&self.pool)
        .await?;
        Ok(RunsAhead { going_on: from_bigint(going_on), waiting: from_bigint(waiting) })
    }

    /// Marks the runs *interrupted* that nobody has begun; how many.
    pub async fn interrupt_queued_runs(&self, feedback: &str) -> Result<u64, StorageError> {
        let done = sqlx::query(
            "update run set state = 'interrupted', feedback = $1, finished = now() where state = 'queued'",
        )
        .bind(feedback)
        .execute(&self.work)
        .await?;
        Ok(done.rows_affected())
    }
}
