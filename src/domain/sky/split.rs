//! Where right ascension ends and declination begins in a text that holds both.

use super::CoordinateError;
use crate::domain::text_input::decimal;

/// Where right ascension ends and declination begins.
pub(super) fn split_position(text: &str) -> Result<(String, String), CoordinateError> {
    if text.is_empty() {
        return Err(CoordinateError::Format);
    }
    if let Some(pair) = split_at_comma(text)? {
        return Ok(pair);
    }
    if let Some(at) = sign_of_second(text) {
        let (ra, dec) = text.split_at(at);
        return Ok((ra.trim().to_owned(), dec.trim().to_owned()));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        // "10h 30": ten hours and thirty minutes, or thirty degrees?
        [ra, dec]
            if ra.ends_with(['h', 'd', '°']) && !ra.contains('.') && decimal(dec).is_some() =>
        {
            Err(CoordinateError::Ambiguous)
        }
        [ra, dec] => Ok(((*ra).to_owned(), (*dec).to_owned())),
        [_, _, _, _, _, _] => Ok((words[..3].join(" "), words[3..].join(" "))),
        _ => Err(CoordinateError::Ambiguous),
    }
}

/// Commas part the two coordinates, or are decimal commas, or could be either.
fn split_at_comma(text: &str) -> Result<Option<(String, String)>, CoordinateError> {
    let words: Vec<&str> = text.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    if let [ra, dec] = words.as_slice()
        && let (Some(ra), Some(dec)) = (european(ra.trim_end_matches(',')), european(dec))
    {
        return Ok(Some((ra, dec)));
    }
    match text.matches(',').count() {
        0 => Ok(None),
        1 => {
            let (ra, dec) = text.split_once(',').ok_or(CoordinateError::Format)?;
            // "10,5" may be ten and a half.
            let is_glued = !ra.ends_with(' ') && dec.starts_with(|c: char| c.is_ascii_digit());
            if is_glued && !ra.contains('.') && !dec.contains('.') && !text.contains(':') {
                return Err(CoordinateError::Ambiguous);
            }
            Ok(Some((ra.trim().to_owned(), dec.trim().to_owned())))
        }
        _ => Err(CoordinateError::Ambiguous),
    }
}

/// `105,5` with a point for the comma.
fn european(word: &str) -> Option<String> {
    let is_european = word.matches(',').count() == 1 && !word.contains('.') && !word.ends_with(',');
    let pointed = word.replace(',', ".");
    (is_european && decimal(&pointed).is_some()).then_some(pointed)
}

/// Where the sign of the second number stands; that of an exponent is none.
fn sign_of_second(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_exponent = |at: usize| {
        at > 1
            && matches!(bytes[at - 1], b'e' | b'E')
            && (bytes[at - 2].is_ascii_digit() || bytes[at - 2] == b'.')
    };
    let mut signs = text.char_indices().skip(1).filter(|(_, c)| matches!(c, '+' | '-'));
    signs.find(|(at, _)| !is_exponent(*at)).map(|(at, _)| at)
}
