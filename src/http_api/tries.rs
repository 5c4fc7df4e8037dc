//! How long a call is tried, and how long it waits between two tries.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{HttpApi, Passing};

/// The tries of one call.
pub(crate) struct Tries<'c> {
    api: &'c HttpApi,
    began: Instant,
    patience: Duration,
    pause: Duration,
}

/// A call that was given up.
#[derive(Debug)]
pub(crate) struct GivenUp {
    pub(crate) service: &'static str,
    /// How long it was tried, seconds.
    pub(crate) seconds: u64,
    /// Why it failed at last.
    pub(crate) last: String,
    /// It was asked too often, or for too much.
    pub(crate) is_quota: bool,
}

impl<'c> Tries<'c> {
    pub(super) fn begin(api: &'c HttpApi, patience: Duration) -> Self {
        Self { api, began: Instant::now(), patience, pause: api.timing().first_pause }
    }

    /// Waits until the next try after one that failed, as long as there is patience for it.
    pub(crate) async fn wait(&mut self, failed: Passing) -> Result<(), GivenUp> {
        let Passing { why, is_quota, retry_after, may_be_done } = failed;
        self.api.count_failure(may_be_done);
        let wait = jittered(self.pause).max(retry_after.unwrap_or(Duration::ZERO));
        let after = self.began.elapsed();
        if after + wait > self.patience {
            let asked = retry_after.map(|wait| format!("; it asks to wait {} s", wait.as_secs()));
            let last = why + &asked.unwrap_or_default();
            let seconds = after.as_secs().max(1);
            return Err(GivenUp { service: self.api.service(), seconds, last, is_quota });
        }
        self.api.is_troubled(&why);
        sleep(wait).await;
        self.pause = (self.pause * 2).min(self.api.timing().longest_pause);
        Ok(())
    }
}

/// Between half of a pause and the whole: many clients do not come back at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.5..=1.0))
}
