//! A run's pulls wait for their turn at the pace that it shares with its member's other runs.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    brokers::RunContext,
    domain::{run::LogLevel, wording::grouped},
};

/// How a run waits before it pulls. It never waits with messages in hand.
#[derive(Debug)]
pub(in crate::brokers) struct Pacing {
    context: RunContext,
    has_said: AtomicBool,
    waited: Mutex<Duration>,
}

impl Pacing {
    pub(in crate::brokers) fn new(context: RunContext) -> Self {
        Self { context, has_said: AtomicBool::new(false), waited: Mutex::default() }
    }

    /// Waits for the turn of one pull; false if the run is to end meanwhile.
    pub(in crate::brokers) async fn turn(&self) -> bool {
        let Some(pace) = &self.context.pulls else { return true };
        let wait = pace.limiter.line_up(pace.requester, Instant::now().into_std());
        if wait.is_zero() {
            return true;
        }
        if !self.has_said.swap(true, Ordering::Relaxed) {
            self.context.log(
                LogLevel::Info,
                format!(
                    "This service pulls at most {} times a minute for one member: pulls are slowed down from here on, and nothing is lost",
                    grouped(u64::from(pace.a_minute.get()))
                ),
            );
        }
        let is_its_turn = tokio::select! {
            () = sleep(wait) => true,
            () = self.context.stop.cancelled() => false,
        };
        *self.waited.lock().unwrap_or_else(PoisonError::into_inner) += wait;
        is_its_turn
    }

    /// How long pulls have waited since this was last asked: while nobody asks for messages, it is no silence.
    pub(in crate::brokers) fn take_waited(&self) -> Duration {
        std::mem::take(&mut *self.waited.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
