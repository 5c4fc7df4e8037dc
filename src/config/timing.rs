//! How patient the program is, for tests of the whole of it.

use std::num::NonZeroU32;

use clap::Args;

/// How patient the program is. It is no setting of a deployment.
#[derive(Clone, Copy, Debug, Args)]
pub struct TimingConfig {
    /// Every heartbeat, look, pause and limit is shorter by so much. For tests.
    #[arg(long, env = "TOM_ALERTS_TIMING_DIVISOR", default_value = "1", hide = true)]
    pub timing_divisor: NonZeroU32,
}
