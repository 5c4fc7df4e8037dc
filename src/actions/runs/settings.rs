//! How a process works on runs: by which clock, how patiently, how many at once.

use tokio_util::sync::CancellationToken;

use crate::{actions::run_limits::RunLimits, clock::Clock, domain::timing::Timing};

/// How a process works on runs.
#[derive(Clone, Debug)]
pub struct RunnerSettings {
    /// Tells the time.
    pub clock: Clock,
    /// How patient it is.
    pub timing: Timing,
    /// What the runs of one member may take.
    pub limits: RunLimits,
    /// The command of the program that it runs.
    pub command: &'static str,
    /// Set when its runs are to end.
    pub shutdown: CancellationToken,
}

impl Default for RunnerSettings {
    /// A service as it is without any settings.
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            timing: Timing::default(),
            limits: RunLimits::default(),
            command: "serve",
            shutdown: CancellationToken::new(),
        }
    }
}
