//! How a run stands: state, counts, why it stopped, log. A part of the run's page that also comes alone.

use askama::Template;

use super::controls::{Link, StateChip};

/// State and counts of a run; alone it is the answer of `/runs/{id}/progress/`.
#[derive(Clone, Debug, Template)]
#[template(path = "components/run_progress.html")]
pub struct RunProgress {
    /// Its state.
    pub state: StateChip,
    /// How long it took or has taken: "00:14".
    pub duration: Option<String>,
    /// What it is doing or did, in a sentence that is read aloud: "Running: 214 received, 31 passed".
    pub status: String,
    /// Title of the browser tab, state first.
    pub page_title: String,
    /// Whether more may come: the page then asks again.
    pub is_live: bool,
    /// How near the end is, where that is known.
    pub gauge: Option<Gauge>,
    /// The counts, in the order shown.
    pub counts: Vec<Count>,
    /// Which rule of the filter rejected how many, most first.
    pub rejected_by: Vec<RejectedBy>,
    /// Why it stopped, a sentence each; empty while it runs.
    pub feedback: Vec<String>,
    /// What is wrong while it runs.
    pub notice: Option<String>,
    /// What went wrong and what to do.
    pub trouble: Option<Trouble>,
    /// Packets that could not be read.
    pub unreadable: Option<Link>,
    /// Results that are not on the page yet: "14 new, show".
    pub new_results: Option<Link>,
    /// The log, oldest first.
    pub log: Vec<LogLine>,
}

/// How near the end of a run is.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// Present value.
    pub value: u64,
    /// Value at the end.
    pub max: u64,
    /// In words: "31 of at most 100 alerts".
    pub text: String,
}

/// A count of a run.
#[derive(Clone, Debug)]
pub struct Count {
    /// What is counted.
    pub label: String,
    /// The number with its unit.
    pub value: String,
    /// What the count means, in a sentence.
    pub meaning: String,
    /// Whether it is the number that matters most.
    pub is_main: bool,
    /// Whether it deserves a look: unreadable packets.
    pub is_alarming: bool,
}

/// How many alerts a rule of the filter rejected.
#[derive(Clone, Debug)]
pub struct RejectedBy {
    /// The rule in words: "Star/galaxy score below 0.10".
    pub rule: String,
    /// How many it rejected.
    pub count: String,
    /// The same as a share of all received, 0 to 100.
    pub percent: u8,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// What happened, in a sentence.
    pub title: String,
    /// What to do, a sentence each.
    pub advice: Vec<String>,
    /// Where to do it.
    pub links: Vec<Link>,
    /// The backend's own words.
    pub raw: Option<String>,
}

/// A line of a run's log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// Time of day, UTC: `05:10:07`.
    pub time: String,
    /// How much it matters: `info`, `warning` or `error`.
    pub level: LogLevel,
    /// What happened.
    pub text: String,
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What happened.
    Info,
    /// What a user should know.
    Warning,
    /// Why something failed.
    Error,
}

impl LogLevel {
    /// The word in the log; also part of the CSS class.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
