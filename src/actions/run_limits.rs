//! What the runs of one member may take, so that the others get theirs.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use crate::brokers::PullPace;

/// Runs that one process works on at once, whosever they are: a stream with a backlog takes up to 60 MB.
const IN_ONE_PROCESS: usize = 16;

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
        usize::try_from(self.at_once).unwrap_or(usize::MAX).max(IN_ONE_PROCESS)
    }
}

/// The pace of each member's pulls.
#[derive(Debug, Default)]
pub(super) struct PullPaces(Mutex<HashMap<i64, Weak<PullPace>>>);

impl PullPaces {
    /// The pace that a member's runs share as long as one of them goes on.
    pub(super) fn of(&self, member_id: i64, limits: RunLimits) -> Option<Arc<PullPace>> {
        let a_minute = limits.pulls_a_minute?;
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = paces.get(&member_id).and_then(Weak::upgrade) {
            return Some(shared);
        }
        paces.retain(|_, pace| pace.strong_count() > 0);
        let pace = Arc::new(PullPace::new(a_minute));
        paces.insert(member_id, Arc::downgrade(&pace));
        Some(pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_member_share_a_pace_and_those_of_two_do_not() {
        let paces = PullPaces::default();
        let limits = RunLimits { pulls_a_minute: NonZeroU32::new(60), ..RunLimits::default() };
        let (one, two) = (paces.of(1, limits).unwrap(), paces.of(1, limits).unwrap());
        let other = paces.of(2, limits).unwrap();
        assert!(Arc::ptr_eq(&one, &two) && !Arc::ptr_eq(&one, &other));
        drop((one, two));
        paces.of(3, limits);
        assert_eq!(paces.0.lock().unwrap().len(), 2, "who has no run is forgotten");
        assert!(paces.of(1, RunLimits::default()).is_none());
    }
}
