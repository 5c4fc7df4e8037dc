//! Julian dates and UTC: what they are of one another, and how pages write them. How times are read is in `reading`.

mod calendar;
mod error;
mod leap_seconds;
mod reading;

pub use self::{
    error::TimeError,
    leap_seconds::{mjd_tai_to_jd_utc, tai_minus_utc_d},
    reading::parse_time,
};

use chrono::{DateTime, Duration, SubsecRound, Timelike, Utc};

/// Julian date of 1970-01-01T00:00:00 UTC, days.
const UNIX_EPOCH_JD: f64 = 2_440_587.5;

/// JD - MJD, days.
pub const MJD_ZERO_JD: f64 = 2_400_000.5;

const MICROSECONDS_PER_DAY: f64 = 86_400e6;

/// The moment of a Julian date (UTC), to the microsecond; `None` beyond the calendar.
pub fn jd_to_utc(jd: f64) -> Option<DateTime<Utc>> {
    let microseconds = ((jd - UNIX_EPOCH_JD) * MICROSECONDS_PER_DAY).round();
    // 1e17 µs are three thousand years: whoever asks for more has a wrong number.
    if !(-1e17..1e17).contains(&microseconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked above to fit")]
    DateTime::from_timestamp_micros(microseconds as i64)
}

/// The Julian date (UTC) of a moment.
pub fn utc_to_jd(at: DateTime<Utc>) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a Julian date in 64 bits is good to 40 microseconds"
    )]
    let microseconds = at.timestamp_micros() as f64;
    UNIX_EPOCH_JD + microseconds / MICROSECONDS_PER_DAY
}

/// `2026-09-12 07:03:20`, cut to the second: what is copied into "Observed after" must not leave the alert itself out.
pub fn format_utc(at: DateTime<Utc>) -> String {
    // A list shows a hundred of them, and a pattern would be read for each.
    let (date, time) = (at.date_naive(), at.time());
    // A leap second is a second of 2,000,000,000 ns.
    let second = time.second() + time.nanosecond() / 1_000_000_000;
    format!("{date} {:02}:{:02}:{second:02}", time.hour(), time.minute())
}

/// The same to the minute: `2026-11-23 05:10`.
pub fn format_utc_minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// A Julian date (UTC) with five decimals (0.9 s), cut off as [`format_utc`] is.
pub fn format_jd(jd: f64) -> String {
    cut_off(jd, 0.0)
}

/// The modified Julian date of a Julian date (UTC), with five decimals (0.9 s), cut off as [`format_utc`] is.
pub fn format_mjd(jd: f64) -> String {
    cut_off(jd, MJD_ZERO_JD)
}

/// Days since another date, with five decimals: rounded, and where that would be read as later than the date, one digit
/// less. The digit is taken from the rounded number: taken from the date, the rest would be rounded once more, and a date
/// between two digits would lose both.
fn cut_off(jd: f64, zero_jd: f64) -> String {
    let rounded = format!("{:.5}", jd - zero_jd);
    match rounded.parse::<f64>() {
        Ok(read) if read + zero_jd > jd => format!("{:.5}", read - 1e-5),
        _ => rounded,
    }
}

/// A Julian date as the old module of Pitt-Google showed it: `22 Oct 2020 - 16:33:36`.
pub fn readable_date(jd: f64) -> Option<String> {
    Some(jd_to_utc(jd)?.round_subsecs(0).format("%d %b %Y - %H:%M:%S").to_string())
}

/// "just now", "5 min ago", "3 h ago", "12 d ago", "2.3 y ago"; "in …" for what is to come.
pub fn relative_age(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let age = now - at;
    let seconds = age.num_seconds().abs();
    let amount = match seconds {
        ..45 => return "just now".to_owned(),
        45..5_400 => format!("{} min", (seconds + 30) / 60),
        5_400..129_600 => format!("{} h", (seconds + 1_800) / 3_600),
        129_600..63_072_000 => format!("{} d", (seconds + 43_200) / 86_400),
        _ => format!("{:.1} y", age.as_seconds_f64().abs() / 31_557_600.0),
    };
    if age < Duration::zero() { format!("in {amount}") } else { format!("{amount} ago") }
}

/// What was understood of a time.
pub fn echo_time(at: DateTime<Utc>) -> String {
    format!("read as {} UTC (MJD {})", format_utc(at), format_mjd(utc_to_jd(at)))
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn julian_dates_read_as_the_old_module_showed_them() {
        assert_eq!(readable_date(2_459_145.19).unwrap(), "22 Oct 2020 - 16:33:36");
        assert_eq!(readable_date(2_451_545.0).unwrap(), "01 Jan 2000 - 12:00:00");
        assert_eq!(readable_date(2_460_736.677_118_1).unwrap(), "02 Mar 2025 - 04:15:03");
        assert_eq!(readable_date(2_459_942.716_840_3).unwrap(), "29 Dec 2022 - 05:12:15");
        assert_eq!(readable_date(f64::NAN), None);
        assert_eq!(readable_date(1e300), None);
    }

    #[test]
    fn times_are_shown_to_the_second() {
        for (text, shown) in [
            ("2026-09-12T07:03:20.6Z", "2026-09-12 07:03:20"),
            ("2026-12-31T23:59:59.7Z", "2026-12-31 23:59:59"),
            ("2016-12-31T23:59:60Z", "2016-12-31 23:59:60"),
        ] {
            assert_eq!(format_utc(text.parse().unwrap()), shown);
        }
    }

    #[test]
    fn julian_dates_survive_the_way_to_utc_and_back() {
        for jd in [2_400_000.5, 2_451_545.0, 2_461_295.823_456_7, 2_459_580.5] {
            assert!((utc_to_jd(jd_to_utc(jd).unwrap()) - jd).abs() < 1e-9, "{jd}");
        }
    }

    #[test]
    fn dates_that_are_copied_into_observed_after_leave_out_nothing_that_they_were_copied_from() {
        let seed: u64 = rand::random();
        let mut dates = StdRng::seed_from_u64(seed);
        // A packet's own decimals, those of a span, and times that stand just on a digit that is shown or between two.
        let halves = (0..500_u32).map(|n| 2_452_670.0 + 1e-5 * (f64::from(n) * 197.0 + 0.5));
        let edges = [
            2_461_295.823_45,
            2_461_295.823_449_9,
            2_459_942.716_840_3,
            2_452_670.040_885,
            2_451_545.0,
        ];
        let random = (0..5_000).map(|_| dates.random_range(2_440_000.0..2_470_000.0));
        for jd in edges.into_iter().chain(halves).chain(random) {
            let at = jd_to_utc(jd).unwrap();
            for text in [
                format_utc(at),
                format_jd(jd),
                format!("JD {}", format_jd(jd)),
                format_mjd(jd),
                format!("MJD {}", format_mjd(jd)),
            ] {
                let read = utc_to_jd(parse_time(&text, now()).unwrap());
                assert!(read <= jd, "seed {seed}: {text} is after {jd}");
                assert!((jd - read) * 86_400.0 <= 1.0, "seed {seed}: {text} is long before {jd}");
            }
        }
        assert_eq!(format_jd(2_461_295.823_456_7), "2461295.82345");
        assert_eq!(format_mjd(2_461_295.823_456_7), "61295.32345");
        // What has no more digits stays what it is.
        assert_eq!(format_jd(2_461_295.823_45), "2461295.82345");
        assert_eq!(format_mjd(2_461_295.823_45), "61295.32345");
    }

    #[test]
    fn ages_are_told_roughly() {
        let age = |text: &str| relative_age(text.parse().unwrap(), now());
        assert_eq!(age("2026-11-23T11:59:50Z"), "just now");
        assert_eq!(age("2026-11-23T11:55:00Z"), "5 min ago");
        assert_eq!(age("2026-11-23T09:00:00Z"), "3 h ago");
        assert_eq!(age("2026-11-11T12:00:00Z"), "12 d ago");
        assert_eq!(age("2020-11-23T12:00:00Z"), "6.0 y ago");
        assert_eq!(age("2026-11-23T15:00:00Z"), "in 3 h");
    }
}
