//! What the runs of one member may take, so that the others get theirs.
//!
//! Runs are counted on all replicas, because they take what replicas share. Pulls and requests are counted on each,
//! because they take what it has itself.

use std::{num::NonZeroU32, sync::Arc};

use crate::{
    brokers::PullPace,
    domain::limiter::{Limiter, Pace, Requester},
};

/// Runs that one process works on at once, whosever they are, beyond those of one member: a stream with a backlog takes up
/// to 60 MB.
const OF_OTHERS: usize = 12;

/// What the runs of one member may take, so that the others get theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunLimits {
    /// Runs of a member that go on at once, on all replicas.
    pub at_once: u32,
    /// Runs of a member that may wait for a place.
    pub waiting: u32,
    /// Listeners of a member that go on, on all replicas; they take none of the places of runs.
    pub listeners: u32,
    /// Pulls that the runs of a member make in a minute, in one process; `None`: as many as they can.
    pub pulls_a_minute: Option<NonZeroU32>,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self { at_once: 4, waiting: 20, listeners: 4, pulls_a_minute: None }
    }
}

impl RunLimits {
    /// Runs of a member that may go on or wait.
    pub(super) fn most_live(self) -> u32 {
        self.at_once.saturating_add(self.waiting)
    }

    /// Runs that this process may work on at once.
    pub(super) fn in_one_process(self) -> usize {
        usize::try_from(self.at_once).unwrap_or(usize::MAX).saturating_add(OF_OTHERS)
    }
}

/// The pace of each member's pulls, whichever of their runs makes them.
pub(super) struct PullLimit {
    a_minute: NonZeroU32,
    limiter: Arc<Limiter>,
}

impl PullLimit {
    /// So many pulls in a minute, where they are limited; those of a second may follow each other without a pause.
    pub(super) fn new(limits: RunLimits) -> Option<Self> {
        let a_minute = limits.pulls_a_minute?;
        let pace = Pace::per_minute(a_minute, a_minute.get() / 60);
        Some(Self { a_minute, limiter: Arc::new(Limiter::new(pace)) })
    }

    /// The pace that a member's runs share.
    pub(super) fn of(&self, member_id: i64) -> PullPace {
        let requester = Requester::Member(member_id);
        PullPace { a_minute: self.a_minute, limiter: self.limiter.clone(), requester }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn limit(a_minute: u32) -> Option<PullLimit> {
        let pulls_a_minute = NonZeroU32::new(a_minute);
        PullLimit::new(RunLimits { pulls_a_minute, ..RunLimits::default() })
    }

    fn line_up(pace: &PullPace, now: Instant) -> Duration {
        pace.limiter.line_up(pace.requester, now)
    }

    #[test]
    fn the_pulls_of_a_second_go_at_once_and_the_next_ones_wait_in_line() {
        let (pulls, now) = (limit(1_200).unwrap(), Instant::now());
        for _ in 0..20 {
            assert_eq!(line_up(&pulls.of(1), now), Duration::ZERO);
        }
        assert_eq!(line_up(&pulls.of(1), now), Duration::from_millis(50));
        assert_eq!(line_up(&pulls.of(1), now), Duration::from_millis(100));
        let slow = limit(1).unwrap();
        assert_eq!(line_up(&slow.of(1), now), Duration::ZERO);
        assert_eq!(line_up(&slow.of(1), now), Duration::from_mins(1));
        assert!(limit(0).is_none(), "as many as they can");
    }

    #[test]
    fn runs_of_one_member_share_a_pace_and_those_of_two_do_not() {
        let (pulls, now) = (limit(60).unwrap(), Instant::now());
        let (one, two, other) = (pulls.of(1), pulls.of(1), pulls.of(2));
        assert_eq!(line_up(&one, now), Duration::ZERO);
        assert_eq!(line_up(&two, now), Duration::from_secs(1));
        assert_eq!(line_up(&other, now), Duration::ZERO);
        drop((one, two));
        assert_eq!(
            line_up(&pulls.of(1), now),
            Duration::from_secs(2),
            "a run that ends frees none"
        );
    }
}
