//! Dates of the calendar in the orders in which astronomers write them: year first, or the month as a word.

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime, Timelike, Utc};

use super::TimeError;
use crate::domain::text_input::decimal;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads a date with a time of the day, with a fraction of the day (`2020 08 15.5928`) or with neither; an offset counts.
pub(super) fn parse_calendar(text: &str) -> Result<DateTime<Utc>, TimeError> {
    let (text, offset) = split_offset(text);
    let (date, time) = split_time(text);
    let (day, fraction) = parse_date(date)?;
    let at = match (fraction, time) {
        (0.0, None) => midnight(day),
        (0.0, Some(time)) => day.and_time(parse_clock(time).ok_or(TimeError::Unknown)?).and_utc(),
        (fraction, None) => {
            #[expect(clippy::cast_possible_truncation, reason = "a fraction of a day")]
            let microseconds = (fraction * 86_400e6).round() as i64;
            midnight(day) + Duration::microseconds(microseconds)
        }
        _ => return Err(TimeError::Unknown),
    };
    Ok(match offset {
        Some(offset) => at - Duration::seconds(offset.local_minus_utc().into()),
        None => at,
    })
}

/// The first moment of a day.
pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Takes `Z`, `UTC`, `UT` or `+02:00` off the end.
fn split_offset(text: &str) -> (&str, Option<FixedOffset>) {
    for utc in ["UTC", "UT", "Z", "utc", "ut", "z"] {
        if let Some(rest) = text.strip_suffix(utc)
            && rest.trim_end().ends_with(|c: char| c.is_ascii_digit())
        {
            return (rest.trim_end(), None);
        }
    }
    let split =
        text.len().checked_sub(6).filter(|at| text.is_char_boundary(*at) && text.contains(':'));
    let offset =
        split.and_then(|at| text[at..].parse::<FixedOffset>().ok().map(|offset| (at, offset)));
    match offset {
        Some((at, offset)) => (text[..at].trim_end(), Some(offset)),
        None => (text, None),
    }
}

/// Parts the date and the time of the day: at a `T` between digits, or at the last space before a clock.
fn split_time(text: &str) -> (&str, Option<&str>) {
    let at_t = text.char_indices().find(|(at, c)| {
        matches!(c, 'T' | 't')
            && text[..*at].ends_with(|c: char| c.is_ascii_digit())
            && text[at + 1..].starts_with(|c: char| c.is_ascii_digit())
    });
    if let Some((at, _)) = at_t {
        return (&text[..at], Some(&text[at + 1..]));
    }
    match text.rsplit_once(' ') {
        Some((date, time)) if time.contains(':') || time.contains('h') => {
            (date.trim_end(), Some(time))
        }
        _ => (text, None),
    }
}

/// A day, and which fraction of it has passed.
fn parse_date(text: &str) -> Result<(NaiveDate, f64), TimeError> {
    let compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let spread;
    let text = if compact {
        spread = format!("{} {} {}", &text[..4], &text[4..6], &text[6..]);
        &spread
    } else {
        text
    };
    let mut words: Vec<&str> = text
        .split([' ', '-', '/', ','])
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    // "3.4.2026" is three numbers, "2020-08-15.5" a date with a fraction.
    if words.len() == 1 && text.matches('.').count() == 2 {
        words = text.split('.').collect();
    }
    let [first, second, third] = words[..] else { return Err(TimeError::Unknown) };
    let (year, month, day) = if is_year(first) {
        (first, month_of(second), third)
    } else if let Some(month) = month_by_name(first) {
        (third, Some(month), second)
    } else if let Some(month) = month_by_name(second) {
        (third, Some(month), first)
    } else {
        let is_slashed = [first, second, third]
            .iter()
            .all(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        return Err(if is_slashed { TimeError::Ambiguous } else { TimeError::Unknown });
    };
    // A comma is no point of decimals here.
    if text.contains(',') && is_year(first) {
        return Err(TimeError::Unknown);
    }
    read_day(year, month, day).ok_or(TimeError::Unknown)
}

fn read_day(year: &str, month: Option<u32>, day: &str) -> Option<(NaiveDate, f64)> {
    let is_day = day.starts_with(|c: char| c.is_ascii_digit())
        && day.chars().all(|c| c.is_ascii_digit() || c == '.');
    let day = decimal(day).filter(|_| is_day)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a day of a month")]
    let whole = day.min(99.0).trunc() as u32;
    let year: i32 = is_year(year).then(|| year.parse().ok()).flatten()?;
    Some((NaiveDate::from_ymd_opt(year, month?, whole)?, day.fract()))
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn month_of(word: &str) -> Option<u32> {
    let is_number = (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { word.parse().ok() } else { month_by_name(word) }
}

fn month_by_name(word: &str) -> Option<u32> {
    let lower = word.to_ascii_lowercase();
    let is_name = |month: &&str| {
        lower.len() >= 3 && month.starts_with(&lower) || lower == "sept" && **month == *"september"
    };
    (1..).zip(&MONTHS).find(|(_, month)| is_name(month)).map(|(number, _)| number)
}

/// `07:30`, `07:30:15.5`, `07h30m15s`, `073015`; a minute has no sixty-first second here.
fn parse_clock(text: &str) -> Option<NaiveTime> {
    let is_compact = matches!(text.len(), 4 | 6) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_compact {
        let colons =
            text.as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":");
        return parse_clock(&colons);
    }
    let marked = text.to_ascii_lowercase().replace(['h', 'm'], ":");
    let colons = marked.trim_end_matches(['s', ':']);
    let time = ["%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|form| NaiveTime::parse_from_str(colons, form).ok())?;
    (time.nanosecond() < 1_000_000_000).then_some(time)
}
