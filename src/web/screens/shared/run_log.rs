//! The log of a run as its page shows it.

use crate::{
    domain::run::{LogLine, RunLog},
    web::widgets::words::grouped,
};

/// The end of a run's log.
#[derive(Clone, Debug)]
pub(in crate::web) struct RunLogView {
    /// Its latest lines, oldest first.
    pub(in crate::web) lines: Vec<LogLineView>,
    /// How many there are: "23", "the latest 200 of 1,204".
    pub(in crate::web) size: String,
}

/// A line of a run's log.
#[derive(Clone, Debug)]
pub(in crate::web) struct LogLineView {
    /// Time of day, UTC: `05:10:07`.
    pub(in crate::web) time: String,
    /// How much it matters: `info`, `warning` or `error`.
    pub(in crate::web) level: &'static str,
    pub(in crate::web) text: String,
}

impl RunLogView {
    /// A log that was read.
    pub(in crate::web) fn of(log: &RunLog) -> Self {
        let (n_shown, n_all) = (log.lines.len() as u64, log.n_lines);
        let size = if n_shown < n_all {
            format!("the latest {} of {}", grouped(n_shown), grouped(n_all))
        } else {
            grouped(n_shown)
        };
        Self { lines: log.lines.iter().map(LogLineView::of).collect(), size }
    }
}

impl LogLineView {
    fn of(line: &LogLine) -> Self {
        Self {
            time: line.at.format("%H:%M:%S").to_string(),
            level: line.level.id(),
            text: line.message.clone(),
        }
    }
}
