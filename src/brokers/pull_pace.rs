//! The pace of pulls that the runs of one member share in a process.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::domain::pace::{Pace, Track};

/// The pace of pulls that the runs of one member share in a process.
#[derive(Debug)]
pub struct PullPace {
    a_minute: NonZeroU32,
    pace: Pace,
    track: Mutex<Track>,
}

impl PullPace {
    /// So many pulls in a minute; those of a second may follow each other without a pause.
    pub fn new(a_minute: NonZeroU32) -> Self {
        let pace = Pace::per_minute(a_minute, a_minute.get() / 60);
        Self { a_minute, pace, track: Mutex::default() }
    }

    /// Pulls in a minute.
    pub fn a_minute(&self) -> u32 {
        self.a_minute.get()
    }

    /// Takes a place in the line; how long to wait for it.
    pub fn line_up(&self, now: Instant) -> Duration {
        let mut track = self.track.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.pace.wait(&track, now);
        self.pace.take(&mut track, now);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pulls_of_a_second_go_at_once_and_the_next_ones_wait_in_line() {
        let pace = PullPace::new(NonZeroU32::new(1_200).unwrap());
        let now = Instant::now();
        for _ in 0..20 {
            assert_eq!(pace.line_up(now), Duration::ZERO);
        }
        assert_eq!(pace.line_up(now), Duration::from_millis(50));
        assert_eq!(pace.line_up(now), Duration::from_millis(100));
        let slow = PullPace::new(NonZeroU32::MIN);
        assert_eq!(slow.line_up(now), Duration::ZERO);
        assert_eq!(slow.line_up(now), Duration::from_mins(1));
    }
}
