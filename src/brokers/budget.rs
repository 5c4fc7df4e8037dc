//! What queries may cost: bytes that BigQuery bills, reserved before a job and settled after it.

use async_trait::async_trait;

use super::Cost;

/// Bytes that are set aside for one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation(pub i64);

/// Why nothing can be reserved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// The day's budget does not suffice.
    #[error(
        "the query may be billed for {wanted}, and {whose} daily budget of {budget} has {left} left. It was not run. Wait until 00:00 UTC, select less, or ask whoever runs this service to raise --bigquery-{flag}-budget"
    )]
    UsedUp {
        /// What the query may be billed for.
        wanted: Cost,
        /// "your" or "the team's".
        whose: &'static str,
        /// Of a day.
        budget: Cost,
        /// What is left of it.
        left: Cost,
        /// "user" or "team".
        flag: &'static str,
    },
    /// As many queries of the member are at work as may be.
    #[error(
        "{n} of your queries of BigQuery are at work already, as many as may be at once. Wait for one of them or stop it, then run the query again"
    )]
    Busy {
        /// How many.
        n: i64,
    },
    /// Nobody knows what has been spent.
    #[error(
        "the budget could not be read, so the query was not run ({0}). Run it again in a minute"
    )]
    Unknown(String),
}

/// What may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyBudget {
    /// Of one member, a day.
    pub user: Cost,
    /// Of all members, a day.
    pub team: Cost,
    /// Jobs of one member that may be under way at once.
    pub jobs_at_once: i64,
}

/// Keeps count of what one run's queries cost.
#[async_trait]
pub trait Budget: Send + Sync + std::fmt::Debug {
    /// Sets aside what a job may be billed for, for the member and for the team, before it is started.
    async fn reserve(
        &self,
        estimated: u64,
        may_be_billed: u64,
        daily: DailyBudget,
    ) -> Result<Reservation, BudgetError>;

    /// Says what the job was billed for. A reservation that is never settled counts as billed.
    async fn settle(&self, reservation: Reservation, billed: u64);
}
