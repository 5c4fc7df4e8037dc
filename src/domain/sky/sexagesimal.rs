//! Sexagesimal numbers: one to three parts with marks or spaces between.

use crate::domain::text_input::decimal;

/// What the first part counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Hours,
    Degrees,
    Unmarked,
}

/// What was read.
pub(super) struct Sexagesimal {
    /// In the first part's unit.
    pub(super) value: f64,
    pub(super) unit: Unit,
}

/// Reads `10:00:24.12`, `10 00 24.12`, `10h00m24.12s`, `-0°30'`, `10.5h`: up to three parts, of which only the
/// last may have a fraction. Unmarked parts with spaces between must be three.
pub(super) fn sexagesimal(text: &str) -> Option<Sexagesimal> {
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut unit = Unit::Unmarked;
    let mut marks = Vec::new();
    let mut parts: Vec<&str> = Vec::new();
    while !rest.trim().is_empty() {
        rest = rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        parts.push(number);
        let mark = after.trim_start().chars().next().filter(|c| !c.is_ascii_digit() && *c != '.');
        rest = match mark {
            Some(mark) => {
                let after = after.trim_start();
                &after[mark.len_utf8()..]
            }
            None => after,
        };
        let mark = mark.map_or(' ', |mark| mark.to_ascii_lowercase());
        match (parts.len(), mark) {
            (1, 'h') => unit = Unit::Hours,
            (1, 'd' | '°') => unit = Unit::Degrees,
            (1 | 2, ':' | ' ') | (2, 'm' | '\'') | (3, 's' | '"' | ' ') => {}
            _ => return None,
        }
        marks.push(mark);
    }
    if marks.last() == Some(&':') {
        return None;
    }
    let is_marked = unit != Unit::Unmarked;
    let is_enough = match parts.len() {
        1 => is_marked,
        2 => is_marked || marks.first() == Some(&':'),
        3 => true,
        _ => false,
    };
    is_enough
        .then(|| sum_parts(&parts))
        .flatten()
        .map(|value| Sexagesimal { value: if is_negative { -value } else { value }, unit })
}

fn sum_parts(parts: &[&str]) -> Option<f64> {
    let last = parts.len() - 1;
    let mut value = 0.0;
    let mut weight = 1.0;
    for (i, part) in parts.iter().enumerate() {
        let number = unsigned(part).filter(|_| i == last || !part.contains('.'))?;
        if i > 0 && number >= 60.0 {
            return None;
        }
        value += number / weight;
        weight *= 60.0;
    }
    Some(value)
}

/// A part: digits with at most one point.
fn unsigned(text: &str) -> Option<f64> {
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    decimal(text).filter(|_| is_plain)
}
