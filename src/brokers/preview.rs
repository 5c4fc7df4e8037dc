//! A look at a query before it is run: what would be asked, and what that would cost.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{BrokerError, DailyBudget, cost::Cost};
use crate::{
    forms::Parameters,
    google::{Access, bigquery::Accuracy},
};

/// What would be asked, and what that would cost.
#[derive(Clone, Debug)]
pub struct Check {
    /// The statement.
    pub statement: String,
    /// Its parameters: name, type, value.
    pub parameters: Vec<(String, String, String)>,
    /// What one should know about the query, as sentences.
    pub remarks: Vec<String>,
    /// The same query as a Python program.
    pub python: String,
    /// The same query as a command for a shell.
    pub curl: String,
    /// Who bills for it: "BigQuery".
    pub billed_by: &'static str,
    /// The project that would be billed.
    pub project: String,
    /// What may be spent today still; `None` where nobody has counted.
    pub left: Option<LeftToday>,
    /// What it would read; `Err` says why that is not known, as a sentence.
    pub estimate: Result<EstimatedCost, String>,
}

/// What may be spent until the end of the day (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftToday {
    /// By the member.
    pub user: Cost,
    /// By everybody together.
    pub team: Cost,
}

/// What a query would read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstimatedCost {
    /// What it would read.
    pub cost: Cost,
    /// How good that is.
    pub accuracy: Accuracy,
    /// What it may be billed for at most: it is refused beyond that.
    pub cap: Cost,
    /// What one query may read at most.
    pub limit: Cost,
}

impl EstimatedCost {
    /// What it would read, in words: "at most 41.2 GiB (about $0.25)".
    pub fn words(&self) -> String {
        format!("{}{}", self.accuracy.words(), self.cost)
    }
}

/// A backend that can look at a query before it is run.
#[async_trait]
pub trait Preview: Send + Sync {
    /// What a checked form asks, and what that would cost. Nothing is read and nothing is billed.
    async fn check(
        &self,
        query: &Parameters,
        now: DateTime<Utc>,
        access: &Access,
    ) -> Result<Check, BrokerError>;

    /// What may be spent a day.
    fn daily(&self) -> DailyBudget;
}
