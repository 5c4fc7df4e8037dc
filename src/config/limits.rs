//! Settings of fairness: what one member may take, so that the others get theirs.

use std::num::NonZeroU32;

use clap::Args;

/// What one member may take, so that the others get theirs.
#[derive(Clone, Debug, Args)]
pub struct LimitsConfig {
    /// Runs of one member that go on at once, on all replicas; further ones wait for their turn.
    #[arg(long, env = "TOM_ALERTS_RUNS_AT_ONCE", default_value = "4", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub runs_at_once: u32,
    /// Saved queries of one member that are listened to at once, on all replicas.
    #[arg(long, env = "TOM_ALERTS_LISTENERS", default_value = "4", value_name = "N")]
    pub listeners: u32,
    /// Requests that one member may make in a minute, on each replica; 0: any number. Not in local mode.
    #[arg(long, env = "TOM_ALERTS_REQUESTS_A_MINUTE", default_value = "600", value_name = "N")]
    pub requests_a_minute: u32,
    /// Pulls from Pub/Sub that the runs of one member make in a minute, on each replica; 0: as many as they can.
    #[arg(long, env = "TOM_ALERTS_PULLS_A_MINUTE", default_value = "1200", value_name = "N")]
    pub pulls_a_minute: u32,
}

impl LimitsConfig {
    /// Requests in a minute, where they are limited.
    pub fn requests(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.requests_a_minute)
    }

    /// Pulls in a minute, where they are limited.
    pub fn pulls(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.pulls_a_minute)
    }
}
