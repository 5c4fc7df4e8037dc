//! What queries may cost: bytes that BigQuery bills, reserved before a job and settled after it.
//!
//! One query may read 100 GiB, not 10, because ZTF's tables are not partitioned: one column of some 500 million alerts
//! has 4 GB, and a query by `objectId` for what a list shows reads some 70 GB. The daily budgets keep that from adding
//! up.

use std::time::Duration;

use async_trait::async_trait;

use super::cost::Cost;

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
        "BigQuery runs {n} of your queries already, the maximum. Wait for one or stop it, then run the query again; a stopped one counts until BigQuery has ended it"
    )]
    Busy {
        /// How many.
        n: i64,
    },
    /// As many queries of all members are at work as may be.
    #[error(
        "BigQuery runs {n} of the team's queries already, the maximum. Run the query again when one of them has ended"
    )]
    TeamBusy {
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
    pub user_jobs: i64,
    /// Jobs of all members that may be under way at once.
    pub team_jobs: i64,
}

/// A job that is to be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedJob {
    /// What the dry run said.
    pub estimated: Cost,
    /// What BigQuery is told to bill at most.
    pub may_be_billed: Cost,
    /// When it must have ended.
    pub lasts: Duration,
}

/// Keeps count of what one run's queries cost.
#[async_trait]
pub trait Budget: Send + Sync + std::fmt::Debug {
    /// Sets aside what a job may be billed for, for the member and for the team, before it is started.
    async fn reserve(
        &self,
        job: PlannedJob,
        daily: DailyBudget,
    ) -> Result<Reservation, BudgetError>;

    /// Says that the job has ended, though nobody knows what it was billed for: another may take its place.
    async fn ended(&self, reservation: Reservation);

    /// Says what the job was billed for. A reservation that is never settled counts as billed.
    async fn settle(&self, reservation: Reservation, billed: u64);
}
