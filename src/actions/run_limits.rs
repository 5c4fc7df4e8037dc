//! What the runs of one member may take, so that the others get theirs.
//!
//! Runs are counted on all replicas, because they take what replicas share. Pulls and requests are counted on each,
//! because they take what it has itself.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use crate::brokers::PullPace;

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

/// The pace of each member's pulls.
#[derive(Debug, Default)]
pub(super) struct PullPaces(Mutex<HashMap<i64, Arc<PullPace>>>);

impl PullPaces {
    /// The pace that a member's runs share. One that is ahead of it is remembered: who begins one short run after the
    /// other must not start afresh with each.
    pub(super) fn of(
        &self,
        member_id: i64,
        limits: RunLimits,
        now: Instant,
    ) -> Option<Arc<PullPace>> {
        let a_minute = limits.pulls_a_minute?;
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paces.retain(|_, pace| Arc::strong_count(pace) > 1 || !pace.is_worked_off(now));
        let pace = paces.entry(member_id).or_insert_with(|| Arc::new(PullPace::new(a_minute)));
        Some(pace.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn a_minute(n: u32) -> RunLimits {
        RunLimits { pulls_a_minute: NonZeroU32::new(n), ..RunLimits::default() }
    }

    #[test]
    fn runs_of_one_member_share_a_pace_and_those_of_two_do_not() {
        let (paces, now) = (PullPaces::default(), Instant::now());
        let of = |member_id| paces.of(member_id, a_minute(60), now).unwrap();
        let (one, two, other) = (of(1), of(1), of(2));
        assert!(Arc::ptr_eq(&one, &two) && !Arc::ptr_eq(&one, &other));
        drop((one, two));
        of(3);
        assert_eq!(paces.0.lock().unwrap().len(), 2, "who has no run is forgotten");
        assert!(paces.of(1, RunLimits::default(), now).is_none());
    }

    #[test]
    fn a_run_that_ends_does_not_free_the_next_one_of_its_pace() {
        let (paces, now) = (PullPaces::default(), Instant::now());
        let of = |at| paces.of(1, a_minute(60), at).unwrap();
        assert_eq!(of(now).line_up(now), Duration::ZERO);
        assert_eq!(of(now).line_up(now), Duration::from_secs(1));
        assert_eq!(of(now).line_up(now), Duration::from_secs(2));
        let later = now + Duration::from_mins(1);
        assert_eq!(of(later).line_up(later), Duration::ZERO);
    }
}
