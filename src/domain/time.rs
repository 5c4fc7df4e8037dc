//! Julian dates, UTC and the ways in which people write a time.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, SubsecRound, Timelike, Utc};

/// Julian date of 1970-01-01T00:00:00 UTC, days.
const UNIX_EPOCH_JD: f64 = 2_440_587.5;

/// JD - MJD, days.
pub const MJD_ZERO_JD: f64 = 2_400_000.5;

/// TAI - UTC, days: 37 s since 2017-01-01, when the last leap second came (IERS Bulletin C).
pub const TAI_MINUS_UTC_D: f64 = 37.0 / 86_400.0;

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

/// `2026-09-12 07:03:21`, rounded to the second.
pub fn format_utc(at: DateTime<Utc>) -> String {
    let at = at.round_subsecs(0);
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

/// A modified Julian date with five decimals (0.9 s).
pub fn format_mjd(mjd: f64) -> String {
    format!("{mjd:.5}")
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

/// Why a time cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// No known form.
    #[error(
        "Enter a time such as 2026-09-12 07:30, MJD 61295.3, JD 2461295.8, 24h or 3d (before now)."
    )]
    Unknown,
    /// Day and month cannot be told apart.
    #[error("Is that day or month first? Write it as 2026-09-12.")]
    Ambiguous,
    /// A number that is neither a Julian nor a modified Julian date.
    #[error(
        "A bare number is read as JD (2400000 to 2500000) or MJD (15000 to 100000); this is neither."
    )]
    NoDate,
    /// A calendar year in which nobody observed, or will.
    #[error("Enter a time in the years 1800 to 2200.")]
    NoYear,
}

/// The years that a time may be in.
const YEARS: RangeInclusive<i32> = 1800..=2200;

/// Reads a time (UTC): a date, a date and time, a Julian date, or a span before now (`24h`, `3 d ago`).
pub fn parse_time(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, TimeError> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "now" => return Ok(now),
        "today" => return midnight(now.date_naive()),
        "yesterday" => return midnight(now.date_naive() - Duration::days(1)),
        _ => {}
    }
    if let Some(number) = lower.strip_prefix("mjd") {
        return julian(number, MJD_ZERO_JD, 0.0, 100_000.0);
    }
    if let Some(number) = lower.strip_prefix("jd") {
        return julian(number, 0.0, 2_400_000.0, 2_500_000.0);
    }
    if let Some(number) = plain_number(&lower) {
        return match number {
            2_400_000.0..=2_500_000.0 => jd_to_utc(number).ok_or(TimeError::NoDate),
            15_000.0..=100_000.0 => jd_to_utc(number + MJD_ZERO_JD).ok_or(TimeError::NoDate),
            _ => Err(TimeError::NoDate),
        };
    }
    if let Some(span) = parse_span(&lower) {
        return now.checked_sub_signed(span).ok_or(TimeError::NoYear).and_then(within_years);
    }
    if is_slashed(text) {
        return Err(TimeError::Ambiguous);
    }
    parse_calendar(text).and_then(within_years)
}

fn within_years(at: DateTime<Utc>) -> Result<DateTime<Utc>, TimeError> {
    if YEARS.contains(&at.year()) { Ok(at) } else { Err(TimeError::NoYear) }
}

/// What was understood of a time.
pub fn echo_time(at: DateTime<Utc>) -> String {
    format!("read as {} UTC (MJD {})", format_utc(at), format_mjd(utc_to_jd(at) - MJD_ZERO_JD))
}

fn julian(text: &str, zero_jd: f64, least: f64, most: f64) -> Result<DateTime<Utc>, TimeError> {
    let number =
        plain_number(text.trim_start_matches([' ', ':', '='])).ok_or(TimeError::Unknown)?;
    if (least..=most).contains(&number) {
        jd_to_utc(number + zero_jd).ok_or(TimeError::NoDate)
    } else {
        Err(TimeError::NoDate)
    }
}

/// Digits with at most one point; no exponent, no sign, no `inf`.
fn plain_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| is_plain)
}

/// `24h`, `30 min`, `3 days ago`.
fn parse_span(text: &str) -> Option<Duration> {
    let text = text.strip_suffix("ago").unwrap_or(text).trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        _ => return None,
    };
    let span = plain_number(number)? * seconds;
    #[expect(clippy::cast_possible_truncation, reason = "checked to fit")]
    (span <= 1e11).then(|| Duration::milliseconds((span * 1e3) as i64))
}

/// `03/04/2026` and the like.
fn is_slashed(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .split(['/', '.'])
            .take(3)
            .filter(|part| part.chars().take(2).all(|c| c.is_ascii_digit()))
            .count()
            == 3
        && !text.contains('-')
}

fn parse_calendar(text: &str) -> Result<DateTime<Utc>, TimeError> {
    if let Ok(at) = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)) {
        return Ok(at.with_timezone(&Utc));
    }
    // An offset without seconds.
    if let Ok(at) = DateTime::parse_from_str(&text.replacen('T', " ", 1), "%Y-%m-%d %H:%M%:z") {
        return Ok(at.with_timezone(&Utc));
    }
    let plain = text.trim_end_matches(['Z', 'z']).trim_end().trim_end_matches("UTC").trim_end();
    if let Ok(date) = NaiveDate::parse_from_str(plain, "%Y-%m-%d") {
        return midnight(date);
    }
    let spaced = plain.replacen('T', " ", 1);
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&spaced, format).ok())
        .map(|at| at.and_utc())
        .ok_or(TimeError::Unknown)
}

fn midnight(date: NaiveDate) -> Result<DateTime<Utc>, TimeError> {
    date.and_hms_opt(0, 0, 0).map(|at| at.and_utc()).ok_or(TimeError::Unknown)
}

#[cfg(test)]
mod tests {
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
            ("2026-09-12T07:03:20.6Z", "2026-09-12 07:03:21"),
            ("2026-12-31T23:59:59.7Z", "2027-01-01 00:00:00"),
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
    fn times_are_read_in_every_form_people_write() {
        for (text, expected) in [
            ("2026-09-12", "2026-09-12 00:00:00"),
            ("2026-09-12 07:30", "2026-09-12 07:30:00"),
            ("2026-09-12T07:30:15.5", "2026-09-12 07:30:16"),
            ("2026-09-12 07:30:15Z", "2026-09-12 07:30:15"),
            ("2026-09-12T07:30:15+02:00", "2026-09-12 05:30:15"),
            ("2026-09-12T07:30+02:00", "2026-09-12 05:30:00"),
            ("MJD 61295.5", "2026-09-12 12:00:00"),
            ("61295.5", "2026-09-12 12:00:00"),
            ("JD 2461296", "2026-09-12 12:00:00"),
            ("2461296.0", "2026-09-12 12:00:00"),
            ("24h", "2026-11-22 12:00:00"),
            ("3 d ago", "2026-11-20 12:00:00"),
            ("30 min", "2026-11-23 11:30:00"),
            ("now", "2026-11-23 12:00:00"),
            ("today", "2026-11-23 00:00:00"),
            ("yesterday", "2026-11-22 00:00:00"),
        ] {
            assert_eq!(parse_time(text, now()).map(format_utc).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn times_that_could_be_two_things_are_refused() {
        for text in ["03/04/2026", "3.4.2026", "12/11/26"] {
            assert_eq!(parse_time(text, now()), Err(TimeError::Ambiguous), "{text}");
        }
        for text in ["1234", "0", "999999", "MJD 2461296", "JD 61295"] {
            assert_eq!(parse_time(text, now()), Err(TimeError::NoDate), "{text}");
        }
        for text in [
            "",
            "soon",
            "2026-13-01",
            "2026-02-30",
            "nan",
            "inf",
            "1e9",
            "-3d",
            "24 parsecs",
            "5m",
            "99999999999999d",
        ] {
            assert!(parse_time(text, now()).is_err(), "{text}");
        }
    }

    #[test]
    fn years_in_which_nobody_observed_are_refused() {
        for text in ["1800-01-01", "2200-12-31 23:59:59.9", "74000d"] {
            assert!(parse_time(text, now()).is_ok(), "{text}");
        }
        for text in [
            "1799-12-31 23:59",
            "2201-01-01",
            "2200-12-31T23:30:00-01:00",
            "0202-09-12",
            "+262142-12-31",
            "-262143-01-01",
            "83000d",
            "27000000h",
        ] {
            assert_eq!(parse_time(text, now()), Err(TimeError::NoYear), "{text}");
        }
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
