//! One simulated night: its date, its seed and its name.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

/// Julian date of 0001-01-01 00:00 UTC less one day, the origin of chrono's count of days.
const DAY_ZERO_JD: f64 = 1_721_424.5;
/// Julian date of 2026-09-12 00:00 UTC.
const DEFAULT_DATE_JD: f64 = 2_461_295.5;
/// Palomar's midnight in UTC, as a fraction of the day.
const MIDNIGHT_DAY_FRACTION: f64 = 7.79 / 24.0;

/// One night of the simulated survey. The same values give the same packets, byte by byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Night {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// How many packets the night has.
    pub n_packets: usize,
    /// Local midnight at Palomar, Julian date, UTC, days.
    pub midnight_jd: f64,
}

/// The night of the default start: about a thousand packets of a fixed date.
pub fn default_night() -> Night {
    Night {
        seed: 20_260_912,
        n_packets: 1000,
        midnight_jd: DEFAULT_DATE_JD + MIDNIGHT_DAY_FRACTION,
    }
}

/// Between midnight and the last exposure at Palomar in the longest night, hours.
const HALF_NIGHT_HOURS: f64 = 6.2;

impl Night {
    /// The UTC date of the middle of the last night that was over at this time.
    pub fn last(now: DateTime<Utc>) -> NaiveDate {
        let hours = MIDNIGHT_DAY_FRACTION * 24.0 + HALF_NIGHT_HOURS;
        (now - TimeDelta::minutes((hours * 60.0).ceil() as i64)).date_naive()
    }

    /// The night whose middle falls on this UTC date.
    pub fn on(date: NaiveDate, seed: u64, n_packets: usize) -> Self {
        let midnight_jd = DAY_ZERO_JD + f64::from(date.num_days_from_ce()) + MIDNIGHT_DAY_FRACTION;
        Self { seed, n_packets, midnight_jd }
    }

    /// The name of the night's archive as ZTF names it: `ztf_public_YYYYMMDD.tar.gz`.
    pub fn archive_name(&self) -> String {
        format!("ztf_public_{}.tar.gz", yyyymmdd(self.midnight_jd))
    }
}

/// The UTC date of a Julian date, digits only; `00000000` beyond the calendar.
pub(super) fn yyyymmdd(jd: f64) -> String {
    let days = (jd - DAY_ZERO_JD).floor();
    NaiveDate::from_ymd_opt(1, 1, 1)
        .zip(TimeDelta::try_days(days as i64 - 1))
        .and_then(|(day_one, delta)| day_one.checked_add_signed(delta))
        .map_or_else(|| "00000000".to_owned(), |date| date.format("%Y%m%d").to_string())
}
