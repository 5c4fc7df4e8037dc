//! The budget of one run's queries: what the backend asks for, kept in the database.

use std::fmt;

use async_trait::async_trait;
use tracing::{info, warn};

use super::retrying::patiently;
use crate::{
    brokers::{Budget, BudgetError, Cost, DailyBudget, PlannedJob, Reservation},
    domain::{run::RunId, timing::RunTiming},
    storage::{Reserved, SpendingLimits, SpendingWish, Storage},
};

/// The budget of a run.
pub(super) struct RunBudget {
    pub(super) storage: Storage,
    pub(super) run_id: RunId,
    pub(super) timing: RunTiming,
}

impl fmt::Debug for RunBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunBudget").field("run_id", &self.run_id).finish_non_exhaustive()
    }
}

#[async_trait]
impl Budget for RunBudget {
    async fn reserve(
        &self,
        job: PlannedJob,
        daily: DailyBudget,
    ) -> Result<Reservation, BudgetError> {
        let limits = SpendingLimits {
            member_bytes: daily.user.0,
            team_bytes: daily.team.0,
            member_jobs: daily.user_jobs,
            team_jobs: daily.team_jobs,
        };
        let PlannedJob { estimated, may_be_billed: wanted, lasts } = job;
        let wish = SpendingWish { estimated: estimated.0, wanted: wanted.0, lasts };
        // Not tried again: a reservation whose answer was lost would be made twice.
        let reserved = self
            .storage
            .reserve_bytes(self.run_id, wish, limits)
            .await
            .map_err(|error| BudgetError::Unknown(error.to_string()))?;
        let refused = |whose, budget, left, flag| {
            let may_be_billed = wanted.0;
            info!(run.id = self.run_id, may_be_billed, left, "Over the daily budget of the {flag}");
            BudgetError::UsedUp { wanted, whose, budget, left: Cost(left), flag }
        };
        match reserved {
            Reserved::Yes(id) => Ok(Reservation(id)),
            Reserved::MemberHas(left) => Err(refused("your", daily.user, left, "user")),
            Reserved::TeamHas(left) => Err(refused("the team's", daily.team, left, "team")),
            Reserved::MemberBusy(n) => Err(BudgetError::Busy { n }),
            Reserved::NoSuchRun => {
                Err(BudgetError::Unknown("the run is no longer ours to write".to_owned()))
            }
            Reserved::TeamBusy(n) => Err(BudgetError::TeamBusy { n }),
        }
    }

    async fn ended(&self, reservation: Reservation) {
        let freed = patiently(self.timing, || self.storage.free_job_place(reservation.0)).await;
        if let Err(error) = freed {
            warn!(run.id = self.run_id, %error, "The end of a query's job was not written: it holds its place for as long as it might have lasted");
        }
    }

    async fn settle(&self, reservation: Reservation, billed: u64) {
        let settled =
            patiently(self.timing, || self.storage.settle_bytes(reservation.0, billed)).await;
        if let Err(error) = settled {
            warn!(run.id = self.run_id, %error, "What a query cost was not written: what was reserved stays counted");
        }
    }
}
