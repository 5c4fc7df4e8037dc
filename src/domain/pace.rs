//! A pace: so many in a minute, and a few of them at once. Time is a parameter.
//!
//! It is one instant for each member, not a window and not a timer. A request over the pace is refused. A pull over it
//! waits in line before it has messages in hand; that wait does not count as silence of the stream.

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

/// So many in a minute, and a few of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two of them.
    interval: Duration,
    /// How far somebody who was quiet may run ahead.
    lead: Duration,
}

/// How far somebody has come at a pace.
#[derive(Clone, Copy, Debug, Default)]
pub struct Track {
    /// When what was taken so far is worked off; `None` before the first.
    worked_off: Option<Instant>,
}

impl Pace {
    /// `n` in a minute; `at_once` of them (at least one) may follow each other without a pause.
    pub fn per_minute(n: NonZeroU32, at_once: u32) -> Self {
        let interval = Duration::from_mins(1) / n.get();
        Self { interval, lead: interval * at_once.saturating_sub(1) }
    }

    /// How long the next one has to wait from `now` on.
    pub fn wait(&self, track: &Track, now: Instant) -> Duration {
        let ahead = track.worked_off.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        ahead.saturating_sub(self.lead)
    }

    /// Takes the next one, whether or not it has to wait.
    pub fn take(&self, track: &mut Track, now: Instant) {
        let begun = track.worked_off.map_or(now, |at| at.max(now));
        track.worked_off = Some(begun + self.interval);
    }
}

impl Track {
    /// Whether nothing is left of what was taken: such a track is as good as a new one.
    pub fn is_worked_off(&self, now: Instant) -> bool {
        self.worked_off.is_none_or(|at| at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(n: u32, at_once: u32) -> Pace {
        Pace::per_minute(NonZeroU32::new(n).unwrap(), at_once)
    }

    /// How many are let through that ask every 100 ms for so long.
    fn let_through(pace: Pace, seconds: u32) -> u32 {
        let (mut track, begun) = (Track::default(), Instant::now());
        (0..seconds * 10)
            .map(|n| begun + Duration::from_millis(100) * n)
            .map(|now| {
                let is_free = pace.wait(&track, now).is_zero();
                if is_free {
                    pace.take(&mut track, now);
                }
                u32::from(is_free)
            })
            .sum()
    }

    #[test]
    fn some_go_at_once_and_the_others_at_the_pace() {
        // 60 a minute: one each second, and five for a beginning.
        assert_eq!(let_through(pace(60, 5), 1), 5);
        assert_eq!(let_through(pace(60, 5), 10), 5 + 9);
        assert_eq!(let_through(pace(60, 1), 10), 10);
        assert_eq!(let_through(pace(6_000, 1), 10), 100, "who is slower never waits");
    }

    #[test]
    fn who_pauses_may_run_ahead_again_and_no_further() {
        let pace = pace(60, 5);
        let (mut track, begun) = (Track::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(pace.wait(&track, begun), Duration::ZERO);
            pace.take(&mut track, begun);
        }
        assert_eq!(pace.wait(&track, begun), Duration::from_secs(1));
        assert!(!track.is_worked_off(begun + Duration::from_secs(4)));
        let hour = begun + Duration::from_hours(1);
        assert!(track.is_worked_off(hour));
        for _ in 0..5 {
            assert_eq!(pace.wait(&track, hour), Duration::ZERO);
            pace.take(&mut track, hour);
        }
        assert_eq!(pace.wait(&track, hour), Duration::from_secs(1));
    }

    #[test]
    fn those_who_wait_are_lined_up_one_behind_the_other() {
        let pace = pace(120, 1);
        let (mut track, now) = (Track::default(), Instant::now());
        for n in 0..6 {
            assert_eq!(pace.wait(&track, now), Duration::from_millis(500) * n);
            pace.take(&mut track, now);
        }
    }
}
