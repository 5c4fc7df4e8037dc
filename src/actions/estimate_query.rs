//! What a query would ask and cost, before it is run, as whoever would run it.

use super::run_query::Runner;
use crate::{
    brokers::{Broker, BrokerError, Check, Cost, DailyBudget, LeftToday},
    domain::member::Member,
    forms::Parameters,
    storage::StorageError,
};

/// How often one member may ask for an estimate in a minute: each is a call of theirs to Google.
pub const CHECKS_A_MINUTE: i32 = 30;

/// What came of an estimate.
#[derive(Debug)]
pub enum Estimate {
    /// What the query would ask and cost.
    Estimated(Box<Check>),
    /// The query cannot be asked.
    Failed(BrokerError),
    /// The member has asked [`CHECKS_A_MINUTE`] times in this minute, of which so many seconds are left.
    TooOften(u64),
}

impl Runner {
    /// What a checked form would ask and cost; `None` for a backend whose queries cost nothing.
    pub async fn estimate(
        &self,
        broker: &dyn Broker,
        parameters: &Parameters,
        by: &Member,
    ) -> Result<Option<Estimate>, StorageError> {
        let Some(preview) = broker.preview() else { return Ok(None) };
        if let Some(left_s) = self.storage().count_check(by.id, CHECKS_A_MINUTE).await? {
            tracing::info!(member.id = by.id, "A member asks for estimates too often");
            return Ok(Some(Estimate::TooOften(left_s)));
        }
        let (now, access) = self.access_for_run(by, broker.needed_scope()).await?;
        Ok(Some(match preview.check(parameters, now, &access).await {
            Ok(check) => {
                let left = self.left_today(by.id, preview.daily()).await?;
                Estimate::Estimated(Box::new(Check { left: Some(left), ..check }))
            }
            Err(error) => Estimate::Failed(error),
        }))
    }

    async fn left_today(
        &self,
        member_id: i64,
        daily: DailyBudget,
    ) -> Result<LeftToday, StorageError> {
        let (by_member, by_all) = self.storage().spent_today(member_id).await?;
        Ok(LeftToday {
            user: Cost(daily.user.0.saturating_sub(by_member)),
            team: Cost(daily.team.0.saturating_sub(by_all)),
        })
    }
}
