//! A look at a query before it is run: what would be asked, and what that would cost.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{BrokerError, DailyBudget};
use crate::{
    forms::Parameters,
    google::{Access, bigquery::Accuracy},
};

/// Bytes that are read, in words with their price: "41.2 GiB (about $0.25)".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u64);

/// US dollars for reading a TiB, on demand. <https://cloud.google.com/bigquery/pricing#on_demand_pricing>
const DOLLARS_PER_TIB: f64 = 6.25;

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let bytes = self.0 as f64;
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
        let mut amount = bytes;
        let mut unit = 0;
        while amount >= 1024.0 && unit + 1 < units.len() {
            amount /= 1024.0;
            unit += 1;
        }
        let decimals = usize::from(unit > 0 && amount < 100.0);
        write!(f, "{amount:.decimals$} {}", units.get(unit).unwrap_or(&"bytes"))?;
        let dollars = bytes / f64::from(1 << 20) / f64::from(1 << 20) * DOLLARS_PER_TIB;
        match dollars {
            0.0 => write!(f, " (free)"),
            ..0.01 => write!(f, " (less than $0.01)"),
            _ => write!(f, " (about ${dollars:.2})"),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_with_their_price() {
        for (bytes, text) in [
            (0, "0 bytes (free)"),
            (512, "512 bytes (less than $0.01)"),
            (10 << 20, "10.0 MiB (less than $0.01)"),
            (44_238_061_568, "41.2 GiB (about $0.25)"),
            (1 << 40, "1.0 TiB (about $6.25)"),
            (350 << 30, "350 GiB (about $2.14)"),
        ] {
            assert_eq!(Cost(bytes).to_string(), text);
        }
    }
}
