//! What a query would ask and cost, before it is run, as whoever would run it.

use super::runs::Runner;
use crate::{
    brokers::{Broker, BrokerError, Check, Cost, DailyBudget, LeftToday},
    domain::member::Member,
    forms::Parameters,
    storage::StorageError,
};

/// How often one member may ask in a minute: each time is a call of theirs to Google.
pub const ESTIMATES_A_MINUTE: i32 = 30;

/// What asking has brought.
#[derive(Debug)]
pub enum Estimate {
    /// What the query would ask and cost.
    Estimated(Box<Check>),
    /// Nothing: the query cannot be asked.
    Failed(BrokerError),
    /// Nothing: the member has asked [`ESTIMATES_A_MINUTE`] times in this minute, of which so many seconds are left.
    TooOften(u64),
}

/// What a checked form would ask and cost; `None` for a backend whose queries cost nothing.
pub async fn estimate_query(
    runner: &Runner,
    broker: &dyn Broker,
    parameters: &Parameters,
    by: &Member,
) -> Result<Option<Estimate>, StorageError> {
    let Some(preview) = broker.preview() else { return Ok(None) };
    if let Some(left_s) = runner.storage().count_check(by.id, ESTIMATES_A_MINUTE).await? {
        tracing::info!(member.id = by.id, "A member looks at queries too often");
        return Ok(Some(Estimate::TooOften(left_s)));
    }
    let (now, access) = runner.access_for_run(by, broker.needed_right()).await?;
    Ok(Some(match preview.check(parameters, now, &access).await {
        Ok(check) => {
            let left = left_today(runner, by.id, preview.daily()).await?;
            Estimate::Estimated(Box::new(Check { left: Some(left), ..check }))
        }
        Err(error) => Estimate::Failed(error),
    }))
}

async fn left_today(
    runner: &Runner,
    member_id: i64,
    daily: DailyBudget,
) -> Result<LeftToday, StorageError> {
    let (by_member, by_all) = runner.storage().spent_today(member_id).await?;
    Ok(LeftToday {
        user: Cost(daily.user.0.saturating_sub(by_member)),
        team: Cost(daily.team.0.saturating_sub(by_all)),
    })
}
