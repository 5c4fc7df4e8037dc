//! How often one client may do something: so many in a window of time, counted by its address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Addresses that are remembered at once; beyond that, those whose window is over are forgotten first.
const MAX_ADDRESSES: usize = 10_000;

/// So many in a window, for each address.
#[derive(Debug)]
pub(crate) struct RateLimit {
    most: u32,
    window: Duration,
    counts: Mutex<HashMap<IpAddr, (Instant, u32)>>,
}

impl RateLimit {
    pub(crate) fn new(most: u32, window: Duration) -> Self {
        Self { most, window, counts: Mutex::default() }
    }

    /// Counts one more; how long to wait if that is too many.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Duration> {
        self.check_at(address, Instant::now())
    }

    fn check_at(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_ADDRESSES {
            counts.retain(|_, (begun, _)| now - *begun < self.window);
            // So many within one window are an attack, which this cannot stop; it must not cost memory as well.
            if counts.len() >= MAX_ADDRESSES {
                counts.clear();
            }
        }
        let (begun, n) = counts.entry(network_of(address)).or_insert((now, 0));
        if now - *begun >= self.window {
            (*begun, *n) = (now, 0);
        }
        if *n >= self.most {
            return Err(self.window.saturating_sub(now - *begun));
        }
        *n += 1;
        Ok(())
    }
}

/// One household has a whole /64 of version 6.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::from((u128::from(address) >> 64 << 64).to_be_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_in_a_window_and_then_no_more_until_it_is_over() {
        let limit = RateLimit::new(3, Duration::from_mins(1));
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let begun = Instant::now();
        for _ in 0..3 {
            assert!(limit.check_at(one, begun).is_ok());
        }
        let later = begun + Duration::from_secs(20);
        assert_eq!(limit.check_at(one, later), Err(Duration::from_secs(40)));
        assert!(limit.check_at(other, later).is_ok());
        assert!(limit.check_at(one, begun + Duration::from_mins(1)).is_ok());
    }

    #[test]
    fn addresses_of_one_network_of_version_6_count_together() {
        let limit = RateLimit::new(1, Duration::from_mins(1));
        assert!(limit.check("2001:db8::1".parse().unwrap()).is_ok());
        assert!(limit.check("2001:db8::2".parse().unwrap()).is_err());
        assert!(limit.check("2001:db8:0:1::2".parse().unwrap()).is_ok());
    }
}
