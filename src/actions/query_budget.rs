//! The budget of one run's queries: what the backend asks for, kept in the database.

use std::fmt;

use async_trait::async_trait;
use tracing::{info, warn};

use super::run_work::patiently;
use crate::{
    brokers::{Budget, BudgetError, Cost, DailyBudget, Reservation},
    domain::run::RunId,
    storage::{Reserved, SpendingLimits, Storage},
};

/// The budget of a run.
pub(super) struct RunBudget {
    pub(super) storage: Storage,
    pub(super) run_id: RunId,
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
        estimated: u64,
        may_be_billed: u64,
        daily: DailyBudget,
    ) -> Result<Reservation, BudgetError> {
        let limits = SpendingLimits {
            member_bytes: daily.user.0,
            team_bytes: daily.team.0,
            jobs_at_once: daily.jobs_at_once,
        };
        // Not tried again: a reservation whose answer was lost would be made twice.
        let reserved = self
            .storage
            .reserve_bytes(self.run_id, estimated, may_be_billed, limits)
            .await
            .map_err(|error| BudgetError::Unknown(error.to_string()))?;
        let refused = |whose, budget, left, flag| {
            info!(run.id = self.run_id, may_be_billed, left, "Over the daily budget of the {flag}");
            let (wanted, left) = (Cost(may_be_billed), Cost(left));
            BudgetError::UsedUp { wanted, whose, budget, left, flag }
        };
        match reserved {
            Reserved::Yes(id) => Ok(Reservation(id)),
            Reserved::MemberHas(left) => Err(refused("your", daily.user, left, "user")),
            Reserved::TeamHas(left) => Err(refused("the team's", daily.team, left, "team")),
            Reserved::Busy(n) => Err(BudgetError::Busy { n }),
        }
    }

    async fn settle(&self, reservation: Reservation, billed: u64) {
        let settled = patiently(|| self.storage.settle_bytes(reservation.0, billed)).await;
        if let Err(error) = settled {
            warn!(run.id = self.run_id, %error, "What a query cost was not written: what was reserved stays counted");
        }
    }
}
