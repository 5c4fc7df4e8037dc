//! Reading what was typed: texts without tricks, numbers within limits, one of a few.

use serde_json::Value;

use crate::domain::{
    text_input::{NumberError, parse_integer, parse_number},
    wording::grouped,
};

pub(super) fn read_text(text: &str, max_length: usize, is_long: bool) -> Result<&str, String> {
    let is_allowed = |c: char| !c.is_control() || (is_long && matches!(c, '\n' | '\t'));
    if !text.chars().all(is_allowed) {
        return Err("Control characters are not allowed.".to_owned());
    }
    if text.chars().any(is_invisible) {
        return Err("Invisible characters are not allowed.".to_owned());
    }
    match text.chars().count() {
        length if length > max_length => Err(format!(
            "Enter at most {} characters; this has {}.",
            grouped(max_length as u64),
            grouped(length as u64)
        )),
        _ => Ok(text),
    }
}

/// Whether a line holds characters that are not seen, or change how others are.
pub fn has_tricks(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || is_invisible(c))
}

/// Characters that change how others are shown, or are not shown at all: two names could look alike.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{00ad}')
}

pub(super) fn read_integer(text: &str, unit: &str, min: i64, max: i64) -> Result<i64, String> {
    let within = |number: &i64| (min..=max).contains(number);
    parse_integer(text, unit).ok().filter(within).ok_or_else(|| {
        format!("Enter a whole number from {} to {}.", signed_grouped(min), signed_grouped(max))
    })
}

pub(super) fn read_number(text: &str, unit: &str, min: f64, max: f64) -> Result<f64, String> {
    match parse_number(text, unit) {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        Err(error @ NumberError::Comma { .. }) => Err(error.to_string()),
        _ => Err(format!("Enter a number from {min} to {max}.")),
    }
}

/// What was understood of a number, where it does not stand there as it was typed.
pub(super) fn echo_number(text: &str, unit: &str, number: &Value) -> Option<String> {
    let shown = number.to_string();
    let shown = shown.strip_suffix(".0").unwrap_or(&shown);
    let typed = text.strip_prefix('+').unwrap_or(text);
    let is_as_typed = typed == shown
        || typed.parse().is_ok_and(|read: f64| number.as_f64() == Some(read))
            && !typed.contains(['e', 'E']);
    (!is_as_typed).then(|| format!("read as {shown} {unit}").trim_end().to_owned())
}

/// A bound with commas.
fn signed_grouped(bound: i64) -> String {
    let sign = if bound < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(bound.unsigned_abs()))
}

pub(super) fn pick<'t, 'o>(
    text: &'t str,
    mut options: impl Iterator<Item = &'o str>,
) -> Result<&'t str, String> {
    if options.any(|option| option == text) {
        Ok(text)
    } else {
        let shown: String = text.chars().take(80).collect();
        Err(format!("Select a valid choice. {shown} is not one of the available choices."))
    }
}
