//! How many requests one member may make, so that the others are answered: counted by member, before sign-in by address.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::rate_limit::network_of;
use crate::domain::pace::{Pace, Track};

/// Askers that are remembered at once. Who has asked for nothing lately needs no place.
const MAX_ASKERS: usize = 10_000;

/// How often places are cleared while there is none left.
const CLEAR_EVERY: Duration = Duration::from_secs(1);

/// The share of a minute's requests that may come at once: an eager reader opens many pages together.
const AT_ONCE: u32 = 4;

/// Paths that are never counted: pages need their files, and machines that watch must not be sent away.
const FREE: [&str; 2] = ["/healthz", "/readyz"];
const FREE_FOLDER: &str = "/static/";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    /// A member, by id.
    Member(i64),
    /// Somebody who has not signed in.
    Address(IpAddr),
}

impl Asker {
    /// As they are counted: addresses of one network together.
    pub(crate) fn known(self) -> Self {
        match self {
            Self::Address(address) => Self::Address(network_of(address)),
            member @ Self::Member(_) => member,
        }
    }
}

/// Whether requests of a path are not counted.
pub(crate) fn is_free(path: &str) -> bool {
    FREE.contains(&path) || path.starts_with(FREE_FOLDER)
}

/// So many requests a minute, for each asker.
#[derive(Debug)]
pub(crate) struct RequestLimit {
    pace: Pace,
    askers: Mutex<Askers>,
}

#[derive(Debug, Default)]
struct Askers {
    tracks: HashMap<Asker, Track>,
    cleared: Option<Instant>,
}

impl RequestLimit {
    pub(crate) fn new(a_minute: NonZeroU32) -> Self {
        let pace = Pace::per_minute(a_minute, a_minute.get() / AT_ONCE);
        Self { pace, askers: Mutex::default() }
    }

    /// Counts a request; how long to wait if it is one too many.
    pub(crate) fn check(&self, asker: Asker, path: &str) -> Result<(), Duration> {
        if is_free(path) {
            return Ok(());
        }
        self.check_at(asker.known(), Instant::now())
    }

    fn check_at(&self, asker: Asker, now: Instant) -> Result<(), Duration> {
        let mut askers = self.askers.lock().unwrap_or_else(PoisonError::into_inner);
        if !askers.tracks.contains_key(&asker) {
            askers.make_room(now);
        }
        let track = askers.tracks.entry(asker).or_default();
        let wait = self.pace.wait(track, now);
        if wait.is_zero() {
            self.pace.take(track, now);
            return Ok(());
        }
        Err(wait)
    }
}

impl Askers {
    fn make_room(&mut self, now: Instant) {
        if self.tracks.len() < MAX_ASKERS {
            return;
        }
        if self.cleared.is_none_or(|at| now.saturating_duration_since(at) >= CLEAR_EVERY) {
            self.cleared = Some(now);
            self.tracks.retain(|_, track| !track.is_worked_off(now));
        }
        // So many within a minute are an attack from many addresses, which this cannot stop; members are still counted.
        if self.tracks.len() >= MAX_ASKERS {
            self.tracks.retain(|asker, _| matches!(asker, Asker::Member(_)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(a_minute: u32) -> RequestLimit {
        RequestLimit::new(NonZeroU32::new(a_minute).unwrap())
    }

    fn address(n: u32) -> Asker {
        Asker::Address(IpAddr::from(n.to_be_bytes()))
    }

    #[test]
    fn one_who_asks_ten_times_too_often_gets_their_share_and_the_others_theirs() {
        let limit = limit(600);
        let begun = Instant::now();
        let (noisy, honest) = (Asker::Member(1), Asker::Member(2));
        let (mut n_noisy, mut n_honest) = (0, 0);
        // Six thousand a minute against sixty, for a minute.
        for n in 0..6_000 {
            let now = begun + Duration::from_millis(10) * n;
            n_noisy += u32::from(limit.check_at(noisy, now).is_ok());
            if n % 100 == 0 {
                n_honest += u32::from(limit.check_at(honest, now).is_ok());
            }
        }
        assert_eq!(n_honest, 60);
        assert!((740..=750).contains(&n_noisy), "{n_noisy}: 150 at once, and 600 in the minute");
    }

    #[test]
    fn who_is_refused_is_told_when_to_come_again_and_is_not_punished_for_asking() {
        let limit = limit(60);
        let now = Instant::now();
        let asker = Asker::Member(1);
        for _ in 0..15 {
            assert!(limit.check_at(asker, now).is_ok());
        }
        for _ in 0..100 {
            assert_eq!(limit.check_at(asker, now), Err(Duration::from_secs(1)));
        }
        assert!(limit.check_at(asker, now + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn files_and_probes_are_not_counted() {
        let limit = limit(1);
        assert!(limit.check(Asker::Member(1), "/runs/").is_ok());
        assert!(limit.check(Asker::Member(1), "/runs/").is_err());
        for free in ["/static/0123abcd/app.css", "/healthz", "/readyz"] {
            assert!(limit.check(Asker::Member(1), free).is_ok(), "{free}");
        }
    }

    #[test]
    fn addresses_of_one_network_of_version_6_count_together() {
        let limit = limit(1);
        let ask = |text: &str| limit.check(Asker::Address(text.parse().unwrap()), "/");
        assert!(ask("2001:db8::1").is_ok());
        assert!(ask("2001:db8::2").is_err());
        assert!(ask("2001:db8:0:1::2").is_ok());
    }

    #[test]
    fn many_addresses_take_no_more_memory_and_do_not_free_a_member() {
        let limit = limit(4);
        let begun = Instant::now();
        assert!(limit.check_at(Asker::Member(1), begun).is_ok());
        for n in 0..100_000 {
            let _ = limit.check_at(address(n), begun + Duration::from_micros(10) * n);
            assert!(limit.askers.lock().unwrap().tracks.len() <= MAX_ASKERS);
        }
        assert!(limit.check_at(Asker::Member(1), begun + Duration::from_secs(2)).is_err());
    }

    #[test]
    fn whoever_has_been_quiet_makes_room_for_others() {
        let limit = limit(60);
        let begun = Instant::now();
        for n in 0..10_000 {
            assert!(limit.check_at(address(n), begun).is_ok());
        }
        let later = begun + Duration::from_secs(2);
        assert!(limit.check_at(address(20_000), later).is_ok());
        assert_eq!(limit.askers.lock().unwrap().tracks.len(), 1);
    }
}
