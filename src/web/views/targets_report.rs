//! What became of each alert that was to be a target.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{Link, PostButton};

/// The page after *Create targets*.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/targets_report.html")]
pub struct TargetsReportPage {
    /// The frame.
    pub chrome: Chrome,
    /// The result in a sentence: "9 targets created, 2 were there already, 1 failed".
    pub summary: String,
    /// The run that the alerts came from.
    pub run: Link,
    /// One outcome an alert.
    pub rows: Vec<ReportRow>,
    /// Tries the failed ones again.
    pub retry: Option<PostButton>,
}

/// What became of one alert.
#[derive(Clone, Debug)]
pub struct ReportRow {
    /// The alert: name of the object and page.
    pub alert: Link,
    /// The survey's id of the detection.
    pub source_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The target, if there is one.
    pub target: Option<Link>,
    /// Why, in a sentence; empty where there is nothing to say.
    pub reason: String,
}

/// What became of an alert that was to be a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A target was made.
    Created,
    /// Its object was a target already.
    Existing,
    /// No target could be made.
    Failed,
}

impl Outcome {
    /// The word on the chip.
    pub fn label(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Existing => "Already a target",
            Self::Failed => "Failed",
        }
    }

    /// CSS class of the chip.
    pub fn class(self) -> &'static str {
        match self {
            Self::Created => "is-good",
            Self::Existing => "is-info",
            Self::Failed => "is-bad",
        }
    }

    /// The sign on the chip.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Created => "✓",
            Self::Existing => "=",
            Self::Failed => "✕",
        }
    }
}
