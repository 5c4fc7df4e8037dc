//! What people type and paste, made one before it is read: widths, spaces, dashes, quotes and marks of degrees; and numbers.
//! Forms, echoes, filter boxes and the API all read by this, so that what one takes no other refuses.

use unicode_normalization::UnicodeNormalization;

/// A text of one line as it is kept: white space of every kind is a space, also tabs and ends of lines.
pub fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}

/// A text as it is compared and read: NFKC with one kind of space, dash, quote and prime.
///
/// Digits that stand higher or lower than others stay what they are: 10² is not 102.
pub fn plain(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = String::new();
    for c in text.chars().map(one_kind) {
        if c.is_numeric() && !c.is_ascii() && !is_wide_digit(c) {
            read.extend(rest.nfkc().map(one_kind));
            rest.clear();
            read.push(c);
        } else {
            rest.push(c);
        }
    }
    read.extend(rest.nfkc().map(one_kind));
    one_line(&read).replace("''", "\"")
}

fn is_wide_digit(c: char) -> bool {
    ('\u{ff10}'..='\u{ff19}').contains(&c)
}

/// The one table of characters that people mean as another one, which NFKC leaves or makes into something else.
fn one_kind(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{ff0d}' => '-',
        '\u{2018}'..='\u{201b}'
        | '\u{2032}'
        | '\u{00b4}'
        | '\u{0060}'
        | '\u{02b9}'
        | '\u{02bc}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{02ba}' | '\u{3003}' => '"',
        // The ordinal and the ring are what keyboards have in the place of the degree.
        '\u{00ba}' | '\u{02da}' | '\u{2218}' => '°',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// Why a number cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// A comma where the point of decimals stands, or between thousands: it could be either.
    #[error("Use a point for decimals and no commas: {pointed}.")]
    Comma {
        /// The same with a point.
        pointed: String,
    },
    /// No number at all.
    #[error("This is not a number.")]
    Format,
}

/// Reads a number: `0.65`, `.5`, `-4e-06`, `1.2E3`; with `unit` behind it or without.
pub fn parse_number(text: &str, unit: &str) -> Result<f64, NumberError> {
    let text = without_unit(&plain(text), &plain(unit));
    if let Some(number) = decimal(&text) {
        return Ok(number);
    }
    let pointed = text.replacen(',', ".", 1);
    Err(match decimal(&pointed) {
        Some(_) => NumberError::Comma { pointed },
        None => NumberError::Format,
    })
}

/// Reads a whole number: as [`parse_number`], and with commas between thousands as pages write them.
pub fn parse_integer(text: &str, unit: &str) -> Result<i64, NumberError> {
    let text = without_unit(&plain(text), &plain(unit));
    let joined = if is_grouped(&text) { text.replace(',', "") } else { text };
    if let Ok(number) = joined.parse() {
        return Ok(number);
    }
    let number = parse_number(&joined, "")?;
    // Beyond this not every whole number is a number of this kind.
    let is_exact = number.fract() == 0.0 && number.abs() < 9e15;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and fits")]
    is_exact.then_some(number as i64).ok_or(NumberError::Format)
}

fn without_unit(text: &str, unit: &str) -> String {
    let Some(at) = text.len().checked_sub(unit.len()).filter(|at| text.is_char_boundary(*at))
    else {
        return text.to_owned();
    };
    let (number, suffix) = text.split_at(at);
    let is_unit = !unit.is_empty() && suffix.eq_ignore_ascii_case(unit);
    if is_unit { number.trim_end().to_owned() } else { text.to_owned() }
}

/// Whether commas stand where thousands end, and nowhere else: `1,000`, `12,345,678`.
fn is_grouped(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut groups = digits.split(',');
    let first = groups.next().unwrap_or_default();
    let are_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    digits.contains(',')
        && (1..=3).contains(&first.len())
        && are_digits(first)
        && groups.all(|group| group.len() == 3 && are_digits(group))
}

/// Digits with at most one point, perhaps a sign and an exponent; no `inf`, no `nan`, nothing beyond what a number holds.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let unsigned = |text: &str| text.strip_prefix(['+', '-']).unwrap_or(text).to_owned();
    let digits = unsigned(mantissa);
    let is_mantissa = digits.len() <= 40
        && digits.contains(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_exponent = exponent.is_none_or(|text| {
        let digits = unsigned(text);
        (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let number: f64 = (is_mantissa && is_exponent).then(|| text.parse().ok()).flatten()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_meant_alike_is_read_alike() {
        for (typed, read) in [
            ("\u{2212}5 \u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015} \u{ff0d}", "-5 ------ -"),
            ("150.1\t2.2,\u{a0}30\r\n", "150.1 2.2, 30"),
            ("ｚｔｆ１８＋２．５", "ztf18+2.5"),
            ("05ʰ34ᵐ31ˢ", "05h34m31s"),
            ("5º 6˚ 7°", "5° 6° 7°"),
            ("2′ 3″ 4” 5’ 6''", "2' 3\" 4\" 5' 6\""),
            ("\u{b5} Cep", "\u{3bc} Cep"),
            ("e\u{301}", "\u{e9}"),
            ("10²", "10²"),
        ] {
            assert_eq!(plain(typed), read, "{typed}");
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written_and_nothing_else_is_a_number() {
        for (text, number) in [
            ("0.65", 0.65),
            (" .5 ", 0.5),
            ("5.", 5.0),
            ("-4e-06", -4e-6),
            ("1.2E3", 1_200.0),
            ("+7", 7.0),
            ("\u{2212}3", -3.0),
            ("１９．５", 19.5),
            ("19.5 mag", 19.5),
            ("19.5mag", 19.5),
        ] {
            assert_eq!(parse_number(text, "mag"), Ok(number), "{text}");
        }
        for text in [
            "", "1e", "--5", "0.5.5", "e5", "nan", "inf", "1e400", "0x1", "٣", "10²", "5 s", "1 2",
            ".",
        ] {
            assert_eq!(parse_number(text, "mag"), Err(NumberError::Format), "{text}");
        }
        let comma = parse_number("0,65", "").unwrap_err();
        assert_eq!(comma.to_string(), "Use a point for decimals and no commas: 0.65.");
    }

    #[test]
    fn whole_numbers_may_have_commas_between_thousands() {
        for (text, number) in [
            ("100", 100),
            ("1,000", 1_000),
            ("-12,345,678", -12_345_678),
            ("1e3", 1_000),
            ("30 s", 30),
            ("7.0", 7),
        ] {
            assert_eq!(parse_integer(text, "s"), Ok(number), "{text}");
        }
        for text in ["7.5", "1,00", "1,0000", ",100", "1e30", "", "x"] {
            assert!(parse_integer(text, "s").is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_plain_stays_so(text in "\\PC{0,40}") {
            let once = plain(&text);
            prop_assert_eq!(plain(&once), once);
        }

        #[test]
        fn every_number_is_read_back(number in proptest::num::f64::NORMAL) {
            prop_assert_eq!(parse_number(&format!("{number:e}"), ""), Ok(number));
        }
    }
}
