//! One simulated night of LSST: its date and its seed.

use chrono::{DateTime, NaiveDate, Utc};

use super::super::night::{Night, yyyymmdd};

/// Between UTC midnight and midnight at Cerro Pachón, days.
const MIDNIGHT_DAY_FRACTION: f64 = 4.72 / 24.0;
/// Between midnight and the last exposure, days.
const HALF_NIGHT_DAYS: f64 = 0.2;
/// Julian date of MJD zero.
pub(super) const MJD_ZERO_JD: f64 = 2_400_000.5;

/// One night of the simulated survey. The same values give the same packets, byte by byte.
#[derive(Clone, Debug, PartialEq)]
pub struct LsstNight {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// How many packets the night has.
    pub n_packets: usize,
    /// Local midnight, modified Julian date, UTC, days.
    pub midnight_mjd: f64,
}

impl LsstNight {
    /// The night whose middle falls on this UTC date.
    pub fn on(date: NaiveDate, seed: u64, n_packets: usize) -> Self {
        let day = (Night::on(date, seed, n_packets).midnight_jd - MJD_ZERO_JD).floor();
        Self { seed, n_packets, midnight_mjd: day + MIDNIGHT_DAY_FRACTION }
    }

    /// The UTC date of the middle of the last night that was over at this time.
    pub fn last(now: DateTime<Utc>) -> NaiveDate {
        let hours = (MIDNIGHT_DAY_FRACTION + HALF_NIGHT_DAYS) * 24.0;
        (now - chrono::TimeDelta::minutes((hours * 60.0).ceil() as i64)).date_naive()
    }

    /// The name of the night's archive: `lsst_YYYYMMDD.tar.gz`.
    pub fn archive_name(&self) -> String {
        format!("lsst_{}.tar.gz", yyyymmdd(self.midnight_mjd + MJD_ZERO_JD))
    }
}
