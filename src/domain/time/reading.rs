//! The ways in which people write a time.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Duration, Utc};

use super::{
    MJD_ZERO_JD, TimeError,
    calendar::{midnight, parse_calendar},
    jd_to_utc,
};
use crate::domain::text_input::{decimal, plain};

/// The years that a time may be in.
const YEARS: RangeInclusive<i32> = 1800..=2200;

/// Reads a time (UTC): a date, a date and time, a Julian date, or a span before now (`24h`, `3 d ago`).
pub fn parse_time(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, TimeError> {
    let text = plain(text);
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "now" => return Ok(now),
        "today" => return Ok(midnight(now.date_naive())),
        "yesterday" => return Ok(midnight(now.date_naive() - Duration::days(1))),
        _ => {}
    }
    if let Some(number) = lower.strip_prefix("mjd") {
        return julian(number, MJD_ZERO_JD, 0.0, 100_000.0);
    }
    if let Some(number) = lower.strip_prefix("jd") {
        return julian(number, 0.0, 2_400_000.0, 2_500_000.0);
    }
    let is_date = lower.len() == 8 && lower.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(number) = plain_number(&lower).filter(|_| !is_date) {
        return match number {
            2_400_000.0..=2_500_000.0 => jd_to_utc(number).ok_or(TimeError::NoDate),
            15_000.0..=100_000.0 => jd_to_utc(number + MJD_ZERO_JD).ok_or(TimeError::NoDate),
            _ => Err(TimeError::NoDate),
        };
    }
    if let Some(span) = parse_span(&lower) {
        return now.checked_sub_signed(span).ok_or(TimeError::NoYear).and_then(within_years);
    }
    if has_signed_year(&text) {
        return Err(TimeError::NoYear);
    }
    parse_calendar(&text).and_then(within_years)
}

/// `+262142-12-31`: only years that nobody writes otherwise have a sign.
fn has_signed_year(text: &str) -> bool {
    let year = text.strip_prefix(['+', '-']).and_then(|rest| rest.split('-').next());
    year.is_some_and(|year| year.len() > 4 && year.bytes().all(|byte| byte.is_ascii_digit()))
}

fn within_years(at: DateTime<Utc>) -> Result<DateTime<Utc>, TimeError> {
    if YEARS.contains(&at.year()) { Ok(at) } else { Err(TimeError::NoYear) }
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

/// A number that is not below zero.
fn plain_number(text: &str) -> Option<f64> {
    decimal(text.trim()).filter(|number| *number >= 0.0)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::format_utc;

    fn now() -> DateTime<Utc> {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn times_are_read_in_every_form_people_write() {
        for (text, expected) in [
            ("2026-09-12", "2026-09-12 00:00:00"),
            ("2026-09-12 07:30", "2026-09-12 07:30:00"),
            ("2026-09-12T07:30:15.5", "2026-09-12 07:30:15"),
            ("2026-09-12 07:30:15Z", "2026-09-12 07:30:15"),
            ("2026-09-12T07:30:15+02:00", "2026-09-12 05:30:15"),
            ("2026-09-12T07:30+02:00", "2026-09-12 05:30:00"),
            ("2026\u{2011}09\u{2011}12\u{a0}07:30", "2026-09-12 07:30:00"),
            ("2020 08 15.59280", "2020-08-15 14:13:37"),
            ("2020-08-15.5", "2020-08-15 12:00:00"),
            ("2022-03-04.56", "2022-03-04 13:26:24"),
            ("2022 Mar 04.56", "2022-03-04 13:26:24"),
            ("30-Mar-2022 17:25:14.500", "2022-03-30 17:25:14"),
            ("30 March 2022", "2022-03-30 00:00:00"),
            ("2022 Mar. 30 17:25", "2022-03-30 17:25:00"),
            ("Mar 30, 2022 17:25 UT", "2022-03-30 17:25:00"),
            ("2026/09/12", "2026-09-12 00:00:00"),
            ("2026/09/12 07:30:15 UTC", "2026-09-12 07:30:15"),
            ("2026-09-12 07h30m15s", "2026-09-12 07:30:15"),
            ("20260912", "2026-09-12 00:00:00"),
            ("20260912T073015", "2026-09-12 07:30:15"),
            ("MJD 6.12955e4", "2026-09-12 12:00:00"),
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
            "2026-09-12 07:30:60",
            "2026-09-12 24:00",
            "2026-09-12.5 07:30",
            "2026-09-31.5",
            "2020 08 15,5",
            "30-Mrz-2022",
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
}
