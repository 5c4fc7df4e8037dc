//! Table `bigquery_spending`: what queries may cost, reserved before a job, and what they cost.

use super::{Storage, StorageError, from_bigint, to_bigint};
use crate::domain::run::RunId;

/// What may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendingLimits {
    /// Bytes a day for one member.
    pub member_bytes: u64,
    /// Bytes a day for all.
    pub team_bytes: u64,
    /// Jobs of one member that may be under way at once.
    pub jobs_at_once: i64,
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
    Busy(i64),
}

/// One after another: two jobs must not both see the last bytes of a day.
const LOCK: i64 = 0x7462_7564_6765_7400;

impl Storage {
    /// Sets aside what a job of a run may be billed for, if the day's budgets of its member and of the team suffice.
    pub async fn reserve_bytes(
        &self,
        run_id: RunId,
        estimated: u64,
        wanted: u64,
        limits: SpendingLimits,
    ) -> Result<Reserved, StorageError> {
        self.in_transaction(move |connection| {
            Box::pin(async move {
                sqlx::query("select pg_advisory_xact_lock($1)")
                    .bind(LOCK)
                    .execute(&mut *connection)
                    .await?;
                let (member_id, member_bytes, team_bytes, n_jobs): (i64, i64, i64, i64) = sqlx::query_as(
                    "select r.started_by,
                            coalesce((select sum(coalesce(s.billed_bytes, s.reserved_bytes)) from bigquery_spending s
                                      where s.day = (now() at time zone 'utc')::date and s.member_id = r.started_by), 0)::bigint,
                            coalesce((select sum(coalesce(s.billed_bytes, s.reserved_bytes)) from bigquery_spending s
                                      where s.day = (now() at time zone 'utc')::date), 0)::bigint,
                            (select count(*) from bigquery_spending s join run other on other.id = s.run_id
                             where s.billed_bytes is null and s.member_id = r.started_by
                               and other.state in ('queued', 'running'))
                     from run r
                     where r.id = $1",
                )
                .bind(run_id)
                .fetch_optional(&mut *connection)
                .await?
                .ok_or(StorageError::RunEnded)?;
                if n_jobs >= limits.jobs_at_once {
                    return Ok(Reserved::Busy(n_jobs));
                }
                let left = |budget: u64, spent: i64| budget.saturating_sub(from_bigint(spent));
                let member_left = left(limits.member_bytes, member_bytes);
                let team_left = left(limits.team_bytes, team_bytes);
                if wanted > member_left {
                    return Ok(Reserved::MemberHas(member_left));
                }
                if wanted > team_left {
                    return Ok(Reserved::TeamHas(team_left));
                }
                let id = sqlx::query_scalar(
                    "insert into bigquery_spending (run_id, member_id, estimated_bytes, reserved_bytes)
                     values ($1, $2, $3, $4)
                     returning id",
                )
                .bind(run_id)
                .bind(member_id)
                .bind(to_bigint(estimated))
                .bind(to_bigint(wanted))
                .fetch_one(&mut *connection)
                .await?;
                Ok(Reserved::Yes(id))
            })
        })
        .await
    }

    /// Says what a job was billed for.
    pub async fn settle_bytes(&self, id: i64, billed: u64) -> Result<(), StorageError> {
        self.in_transaction(move |connection| {
            Box::pin(async move {
                sqlx::query("update bigquery_spending set billed_bytes = $2 where id = $1")
                    .bind(id)
                    .bind(to_bigint(billed))
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}
