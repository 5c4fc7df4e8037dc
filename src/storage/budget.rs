//! Tables `bigquery_spending`: what queries may cost, reserved before a job, and what they cost; and `bigquery_check`:
//! how often they are looked at before.
//!
//! Reservations are made one after another, under an advisory lock. A job holds a place, whatever became of its run,
//! until it is settled, known to have ended, or past its time-out.

use std::time::Duration;

use super::{Storage, StorageError, begin_on, from_bigint, to_bigint};
use crate::domain::run::RunId;

/// What may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendingLimits {
    /// Bytes a day for one member.
    pub member_bytes: u64,
    /// Bytes a day for all.
    pub team_bytes: u64,
    /// Jobs of one member that may be under way at once.
    pub member_jobs: i64,
    /// Jobs of all that may be under way at once.
    pub team_jobs: i64,
}

/// What a job needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendingWish {
    /// What the dry run said, bytes.
    pub estimated: u64,
    /// What it may be billed for, bytes.
    pub wanted: u64,
    /// When it must have ended: until then it holds a place, unless its end is known before.
    pub lasts: Duration,
}

/// What became of the wish to spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// Set aside under this id.
    Yes(i64),
    /// The member's day has only this many bytes left.
    MemberHas(u64),
    /// The team's day has only this many bytes left.
    TeamHas(u64),
    /// This many jobs of the member are under way.
    MemberBusy(i64),
    /// This many jobs of the team are under way.
    TeamBusy(i64),
    /// The run is gone.
    NoSuchRun,
}

/// One after another: two jobs must not both see the last bytes of a day.
const LOCK: i64 = 0x7462_7564_6765_7400;

impl Storage {
    /// Sets aside what a job of a run may be billed for, if the day's budgets of its member and of the team suffice.
    pub async fn reserve_bytes(
        &self,
        run_id: RunId,
        wish: SpendingWish,
        limits: SpendingLimits,
    ) -> Result<Reserved, StorageError> {
        let mut tx = begin_on(&self.work).await?;
        sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
        let found: Option<(i64, i64, i64)> = sqlx::query_as(
            "select r.started_by,
                    (select count(*) from bigquery_spending s
                     where s.billed_bytes is null and s.holds_place_until > now() and s.member_id = r.started_by),
                    (select count(*) from bigquery_spending s
                     where s.billed_bytes is null and s.holds_place_until > now())
             from run r
             where r.id = $1",
        )
        .bind(run_id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((member_id, member_jobs, team_jobs)) = found else {
            return Ok(Reserved::NoSuchRun);
        };
        let (by_member, by_all) = spent_today(&mut *tx, member_id).await?;
        if member_jobs >= limits.member_jobs {
            return Ok(Reserved::MemberBusy(member_jobs));
        }
        if team_jobs >= limits.team_jobs {
            return Ok(Reserved::TeamBusy(team_jobs));
        }
        let member_left = limits.member_bytes.saturating_sub(by_member);
        let team_left = limits.team_bytes.saturating_sub(by_all);
        if wish.wanted > member_left {
            return Ok(Reserved::MemberHas(member_left));
        }
        if wish.wanted > team_left {
            return Ok(Reserved::TeamHas(team_left));
        }
        let id = sqlx::query_scalar(
            "insert into bigquery_spending (run_id, member_id, estimated_bytes, reserved_bytes, holds_place_until)
             values ($1, $2, $3, $4, now() + make_interval(secs => $5))
             returning id",
        )
        .bind(run_id)
        .bind(member_id)
        .bind(to_bigint(wish.estimated))
        .bind(to_bigint(wish.wanted))
        .bind(wish.lasts.as_secs_f64())
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Reserved::Yes(id))
    }

    /// Bytes that are billed or set aside today (UTC): of a member, and of everybody.
    pub async fn spent_today(&self, member_id: i64) -> Result<(u64, u64), StorageError> {
        spent_today(&self.pool, member_id).await
    }

    /// Says that a job has ended, though not what it was billed for: its place is free, what was set aside stays so.
    pub async fn free_job_place(&self, id: i64) -> Result<(), StorageError> {
        sqlx::query("update bigquery_spending set holds_place_until = now() where id = $1")
            .bind(id)
            .execute(&self.work)
            .await?;
        Ok(())
    }

    /// Counts one more look at a query by a member; if that is more than `most` in a minute, the seconds that are left
    /// of it.
    pub async fn count_check(
        &self,
        member_id: i64,
        most: i32,
    ) -> Result<Option<u64>, StorageError> {
        let (n, left_s): (i32, i64) = sqlx::query_as(
            "insert into bigquery_check as c (member_id) values ($1)
             on conflict (member_id) do update
                set n = case when c.begun > now() - interval '1 minute' then c.n + 1 else 1 end,
                    begun = case when c.begun > now() - interval '1 minute' then c.begun else now() end
             returning c.n, ceil(extract(epoch from c.begun + interval '1 minute' - now()))::bigint",
        )
        .bind(member_id)
        .fetch_one(&self.pool)
        .await?;
        Ok((n > most).then(|| from_bigint(left_s).max(1)))
    }

    /// Says what a job was billed for.
    pub async fn settle_bytes(&self, id: i64, billed: u64) -> Result<(), StorageError> {
        sqlx::query("update bigquery_spending set billed_bytes = $2 where id = $1")
            .bind(id)
            .bind(to_bigint(billed))
            .execute(&self.work)
            .await?;
        Ok(())
    }
}

async fn spent_today(
    executor: impl sqlx::PgExecutor<'_>,
    member_id: i64,
) -> Result<(u64, u64), StorageError> {
    let (by_member, by_all): (i64, i64) = sqlx::query_as(
        "select coalesce(sum(coalesce(billed_bytes, reserved_bytes)) filter (where member_id = $1), 0)::bigint,
                coalesce(sum(coalesce(billed_bytes, reserved_bytes)), 0)::bigint
         from bigquery_spending
         where day = (now() at time zone 'utc')::date",
    )
    .bind(member_id)
    .fetch_one(executor)
    .await?;
    Ok((from_bigint(by_member), from_bigint(by_all)))
}
