//! The one limiter of all that is counted: so many for each requester, and when the next one may come. Time is a parameter.
//!
//! What a requester has taken is given back bit by bit, or all at once when a minute is over ([`Pace`]). A request beyond
//! that is refused ([`Limiter::check`]). A pull takes a place in the line ([`Limiter::line_up`]) before it has messages in
//! hand; that wait does not count as silence of the stream.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Requesters that are remembered at once. Who has taken nothing lately needs no place.
const MAX_REQUESTERS: usize = 10_000;

/// How often places are cleared while there is none left.
const CLEAR_EVERY: Duration = Duration::from_secs(1);

const MINUTE: Duration = Duration::from_mins(1);

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Requester {
    /// A member, by id.
    Member(i64),
    /// Somebody who has not signed in, by the network that they come from.
    Network(IpAddr),
}

impl Requester {
    /// Whoever asks from an address. One household has a whole /64 of version 6.
    pub fn at(address: IpAddr) -> Self {
        Self::Network(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => IpAddr::from((u128::from(address) >> 64 << 64).to_be_bytes()),
        })
    }
}

/// How much one requester may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// So many may be taken without a pause by somebody who was quiet,
    at_once: u32,
    /// and so many of them are given back
    given_back: u32,
    /// each time that this has passed.
    every: Duration,
}

impl Pace {
    /// So many a minute, evenly; `at_once` of them (at least one) may follow each other without a pause.
    pub fn per_minute(n: NonZeroU32, at_once: u32) -> Self {
        Self { at_once: at_once.max(1), given_back: 1, every: MINUTE / n.get() }
    }

    /// So many in a minute, and the next ones when it is over.
    pub fn in_each_minute(n: u32) -> Self {
        Self { at_once: n, given_back: n.max(1), every: MINUTE }
    }
}

/// What a requester has taken and was not given back yet.
#[derive(Clone, Copy, Debug)]
struct Taken {
    n: u32,
    /// When something was given back last, or the first of these was taken.
    since: Instant,
}

impl Taken {
    /// What is left of it now.
    fn left(self, pace: Pace, now: Instant) -> Self {
        let passed = now.saturating_duration_since(self.since).as_nanos() / pace.every.as_nanos();
        let n_times = u32::try_from(passed).unwrap_or(u32::MAX);
        match self.n.saturating_sub(n_times.saturating_mul(pace.given_back)) {
            0 => Self { n: 0, since: now },
            n => Self { n, since: self.since + pace.every * n_times },
        }
    }

    /// How long the next one has to wait.
    fn wait(self, pace: Pace, now: Instant) -> Duration {
        let n_times = (self.n + 1).saturating_sub(pace.at_once).div_ceil(pace.given_back);
        (self.since + pace.every * n_times).saturating_duration_since(now)
    }
}

/// Counts what each requester takes.
#[derive(Debug)]
pub struct Limiter {
    pace: Pace,
    requesters: Mutex<Requesters>,
}

#[derive(Debug, Default)]
struct Requesters {
    taken: HashMap<Requester, Taken>,
    cleared: Option<Instant>,
}

impl Limiter {
    /// Lets each requester take so much.
    pub fn new(pace: Pace) -> Self {
        Self { pace, requesters: Mutex::default() }
    }

    /// Takes one; how long to wait if it is one too many. Who is refused has taken nothing.
    pub fn check(&self, requester: Requester, now: Instant) -> Result<(), Duration> {
        let wait = self.take(requester, now, |wait| wait.is_zero());
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    /// Takes a place in the requester's line; how long to wait for it.
    pub fn line_up(&self, requester: Requester, now: Instant) -> Duration {
        self.take(requester, now, |_| true)
    }

    fn take(&self, requester: Requester, now: Instant, is_taken: fn(Duration) -> bool) -> Duration {
        let mut requesters = self.requesters.lock().unwrap_or_else(PoisonError::into_inner);
        if !requesters.taken.contains_key(&requester) {
            requesters.make_room(self.pace, now);
        }
        let taken = requesters.taken.entry(requester).or_insert(Taken { n: 0, since: now });
        *taken = taken.left(self.pace, now);
        let wait = taken.wait(self.pace, now);
        taken.n = taken.n.saturating_add(u32::from(is_taken(wait)));
        wait
    }
}

impl Requesters {
    fn make_room(&mut self, pace: Pace, now: Instant) {
        if self.taken.len() < MAX_REQUESTERS {
            return;
        }
        if self.cleared.is_none_or(|at| now.saturating_duration_since(at) >= CLEAR_EVERY) {
            self.cleared = Some(now);
            self.taken.retain(|_, taken| taken.left(pace, now).n > 0);
        }
        // So many within a minute are an attack from many addresses, which this cannot stop; members are still counted.
        if self.taken.len() >= MAX_REQUESTERS {
            self.taken.retain(|requester, _| matches!(requester, Requester::Member(_)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Requester = Requester::Member(1);
    const OTHER: Requester = Requester::Member(2);

    fn per_minute(n: u32, at_once: u32) -> Limiter {
        Limiter::new(Pace::per_minute(NonZeroU32::new(n).unwrap(), at_once))
    }

    fn in_each_minute(n: u32) -> Limiter {
        Limiter::new(Pace::in_each_minute(n))
    }

    fn address(n: u32) -> Requester {
        Requester::at(IpAddr::from(n.to_be_bytes()))
    }

    /// How many are let through that ask every 100 ms for so long.
    fn let_through(limiter: &Limiter, seconds: u32) -> u32 {
        let begun = Instant::now();
        let times = (0..seconds * 10).map(|n| begun + Duration::from_millis(100) * n);
        times.map(|now| u32::from(limiter.check(ONE, now).is_ok())).sum()
    }

    #[test]
    fn some_go_at_once_and_the_others_at_the_pace() {
        // 60 a minute: one each second, and five for a beginning.
        assert_eq!(let_through(&per_minute(60, 5), 1), 5);
        assert_eq!(let_through(&per_minute(60, 5), 10), 5 + 9);
        assert_eq!(let_through(&per_minute(60, 0), 10), 10, "one at once is the least");
        assert_eq!(let_through(&per_minute(6_000, 1), 10), 100, "who is slower never waits");
    }

    #[test]
    fn who_pauses_may_run_ahead_again_and_no_further() {
        let (limiter, begun) = (per_minute(60, 5), Instant::now());
        for now in [begun, begun + Duration::from_hours(1)] {
            for _ in 0..5 {
                assert_eq!(limiter.check(ONE, now), Ok(()));
            }
            assert_eq!(limiter.check(ONE, now), Err(Duration::from_secs(1)));
        }
    }

    #[test]
    fn what_a_part_of_a_pause_has_given_back_is_not_lost() {
        let (limiter, begun) = (per_minute(60, 2), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        assert!(limiter.check(ONE, at(0)).is_ok() && limiter.check(ONE, at(500)).is_ok());
        assert_eq!(limiter.check(ONE, at(900)), Err(Duration::from_millis(100)));
        assert!(limiter.check(ONE, at(1_000)).is_ok());
        assert_eq!(limiter.check(ONE, at(1_000)), Err(Duration::from_secs(1)));
    }

    #[test]
    fn so_many_in_a_minute_and_then_no_more_until_it_is_over() {
        let (limiter, begun) = (in_each_minute(3), Instant::now());
        for n in 0..3 {
            assert!(limiter.check(ONE, begun + Duration::from_secs(n)).is_ok());
        }
        let later = begun + Duration::from_secs(20);
        assert_eq!(limiter.check(ONE, later), Err(Duration::from_secs(40)));
        assert!(limiter.check(OTHER, later).is_ok());
        let next = begun + MINUTE;
        assert_eq!(
            [(); 4].map(|()| limiter.check(ONE, next)),
            [Ok(()), Ok(()), Ok(()), Err(MINUTE)]
        );
    }

    #[test]
    fn one_who_asks_ten_times_too_often_gets_their_share_and_the_others_theirs() {
        let (limiter, begun) = (per_minute(600, 150), Instant::now());
        let (mut n_noisy, mut n_honest) = (0, 0);
        // Six thousand a minute against sixty, for a minute.
        for n in 0..6_000 {
            let now = begun + Duration::from_millis(10) * n;
            n_noisy += u32::from(limiter.check(ONE, now).is_ok());
            if n % 100 == 0 {
                n_honest += u32::from(limiter.check(OTHER, now).is_ok());
            }
        }
        assert_eq!(n_honest, 60);
        assert!((740..=750).contains(&n_noisy), "{n_noisy}: 150 at once, and 600 in the minute");
    }

    #[test]
    fn who_is_refused_is_told_when_to_come_again_and_is_not_punished_for_asking() {
        let (limiter, now) = (per_minute(60, 1), Instant::now());
        assert!(limiter.check(ONE, now).is_ok());
        for _ in 0..100 {
            assert_eq!(limiter.check(ONE, now), Err(Duration::from_secs(1)));
        }
        assert!(limiter.check(ONE, now + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn those_who_wait_are_lined_up_one_behind_the_other() {
        let (limiter, now) = (per_minute(120, 1), Instant::now());
        for n in 0..6 {
            assert_eq!(limiter.line_up(ONE, now), Duration::from_millis(500) * n);
        }
        assert_eq!(limiter.line_up(OTHER, now), Duration::ZERO);
    }

    #[test]
    fn addresses_of_one_network_of_version_6_count_together() {
        let (limiter, now) = (in_each_minute(1), Instant::now());
        let ask = |text: &str| limiter.check(Requester::at(text.parse().unwrap()), now);
        assert!(ask("2001:db8::1").is_ok() && ask("192.0.2.1").is_ok());
        assert!(ask("2001:db8::2").is_err());
        assert!(ask("2001:db8:0:1::2").is_ok() && ask("192.0.2.2").is_ok());
    }

    #[test]
    fn many_addresses_take_no_more_memory_and_do_not_free_a_member() {
        let (limiter, begun) = (per_minute(4, 1), Instant::now());
        assert!(limiter.check(ONE, begun).is_ok());
        for n in 0..100_000 {
            let _ = limiter.check(address(n), begun + Duration::from_micros(10) * n);
            assert!(limiter.requesters.lock().unwrap().taken.len() <= MAX_REQUESTERS);
        }
        assert!(limiter.check(ONE, begun + Duration::from_secs(2)).is_err());
    }

    #[test]
    fn whoever_has_been_quiet_makes_room_for_others() {
        let (limiter, begun) = (per_minute(60, 15), Instant::now());
        for n in 0..10_000 {
            assert!(limiter.check(address(n), begun).is_ok());
        }
        assert!(limiter.check(address(20_000), begun + Duration::from_secs(2)).is_ok());
        assert_eq!(limiter.requesters.lock().unwrap().taken.len(), 1);
    }
}
