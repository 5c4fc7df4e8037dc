//! Coordinates in the forms that people paste. What could mean two things is refused, never guessed.

use super::{Cone, Position};

/// Why coordinates cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoordinateError {
    /// No known form.
    #[error("Invalid format. Please use sexagesimal or degrees")]
    Format,
    /// A right ascension that is none.
    #[error("RA must be at least 0 and less than 360 degrees (24 h)")]
    RaRange,
    /// A declination that is none.
    #[error("Dec must be between -90 and 90 degrees")]
    DecRange,
    /// Several readings are possible.
    #[error(
        "That can be read in more than one way. Write it as 150.1005 +2.2001, 10:00:24.12 +02:12:00.4 or 10h00m24.12s +02d12m00.4s"
    )]
    Ambiguous,
    /// Not a place and a radius.
    #[error(
        "Cone search parameters must be in the format 'RA, Dec, Radius', such as 150.1, 2.2, 30\" or 10:00:24 +02:12:00, 2'"
    )]
    Cone,
    /// A radius that is none.
    #[error(
        "The radius must be above 0 and at most 180 degrees, with an optional unit: \" (arcsec), ' (arcmin) or ° (deg)"
    )]
    Radius,
}

/// The unit of a radius that is given without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RadiusUnit {
    /// Arcseconds.
    Arcsec,
    /// Degrees.
    Degree,
}

/// Reads a right ascension: a plain number is degrees, sexagesimal is hours unless it carries `d` or `°`.
pub fn parse_ra(text: &str) -> Result<f64, CoordinateError> {
    let text = tidy(text);
    let degrees = if let Some(degrees) = decimal(&text) {
        degrees
    } else {
        let parsed = sexagesimal(&text).ok_or(CoordinateError::Format)?;
        if parsed.unit == Unit::Degrees { parsed.value } else { parsed.value * 15.0 }
    };
    if (0.0..360.0).contains(&degrees) { Ok(degrees) } else { Err(CoordinateError::RaRange) }
}

/// Reads a declination, always in degrees.
pub fn parse_dec(text: &str) -> Result<f64, CoordinateError> {
    let text = tidy(text);
    let degrees = if let Some(degrees) = decimal(&text) {
        degrees
    } else {
        let parsed = sexagesimal(&text).filter(|parsed| parsed.unit != Unit::Hours);
        parsed.ok_or(CoordinateError::Format)?.value
    };
    if (-90.0..=90.0).contains(&degrees) { Ok(degrees) } else { Err(CoordinateError::DecRange) }
}

/// Reads right ascension and declination from one text.
pub fn parse_position(text: &str) -> Result<Position, CoordinateError> {
    let text = tidy(text);
    if let Some(digits) = text.strip_prefix(['J', 'j']) {
        return glued(digits);
    }
    let (ra, dec) = split_position(&text)?;
    // "10 -45:17:50": ten degrees, or ten hours? Who writes one in degrees writes both so.
    if decimal(&ra).is_some() && decimal(&dec).is_none() {
        return Err(CoordinateError::Ambiguous);
    }
    Position::new(parse_ra(&ra)?, parse_dec(&dec)?)
}

/// Reads "RA, Dec, radius" with the radius in arcseconds unless it has a unit.
pub fn parse_cone(text: &str) -> Result<Cone, CoordinateError> {
    parse_cone_with(text, RadiusUnit::Arcsec)
}

/// Reads "RA, Dec, radius" with a choice of the radius's unit where it has none.
pub fn parse_cone_with(text: &str, unit: RadiusUnit) -> Result<Cone, CoordinateError> {
    let text = tidy_but_primes(text);
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let (center, radius) = match parts.as_slice() {
        [_] => {
            let (place, radius) = split_radius(&text).ok_or(CoordinateError::Cone)?;
            // "150.1 +2 30\"" may be two degrees and thirty arcseconds: a place that goes on is not one.
            if place.split_whitespace().count() > 1 && parse_position(&text).is_ok() {
                return Err(CoordinateError::Ambiguous);
            }
            (parse_position(place), radius)
        }
        [ra, dec, radius] => {
            (wrapped_ra(ra).and_then(|ra| Position::new(ra, parse_dec(dec)?)), *radius)
        }
        _ => {
            let (place, radius) = text.rsplit_once(',').ok_or(CoordinateError::Cone)?;
            (parse_position(place), radius)
        }
    };
    let center = center.map_err(|error| match error {
        CoordinateError::Format | CoordinateError::Ambiguous => CoordinateError::Cone,
        error => error,
    })?;
    Ok(Cone { center, radius_deg: parse_radius(radius.trim(), unit)? })
}

/// A right ascension that may have gone round: a search around 361 degrees means 1 degree.
fn wrapped_ra(text: &str) -> Result<f64, CoordinateError> {
    match decimal(text) {
        // Rounding may end on 360 itself.
        Some(degrees) => Ok(degrees.rem_euclid(360.0)).map(|ra| if ra < 360.0 { ra } else { 0.0 }),
        None => parse_ra(text),
    }
}

/// Without commas only a unit tells the radius from a coordinate: `… 30"`, `… 2 arcmin`.
fn split_radius(text: &str) -> Option<(&str, &str)> {
    let unit = text.trim_end_matches(|c: char| !c.is_ascii_digit() && c != '.');
    if unit.len() == text.len() {
        return None;
    }
    let number = unit.rfind(char::is_whitespace)?;
    let (place, radius) = text.split_at(number);
    Some((place.trim_end(), radius.trim_start()))
}

fn parse_radius(text: &str, unit: RadiusUnit) -> Result<f64, CoordinateError> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let per_degree = match (suffix.trim().to_lowercase().as_str(), unit) {
        ("", RadiusUnit::Arcsec)
        | ("\"" | "″" | "''" | "as" | "arcsec" | "arcsecs" | "arcseconds" | "asec", _) => 3_600.0,
        ("'" | "′" | "am" | "arcmin" | "arcmins" | "arcminutes" | "amin", _) => 60.0,
        ("", RadiusUnit::Degree) | ("°" | "d" | "deg" | "degs" | "degree" | "degrees", _) => 1.0,
        _ => return Err(CoordinateError::Radius),
    };
    let radius_deg = decimal(number).ok_or(CoordinateError::Radius)? / per_degree;
    if radius_deg > 0.0 && radius_deg <= 180.0 {
        Ok(radius_deg)
    } else {
        Err(CoordinateError::Radius)
    }
}

/// One kind of minus, prime and space.
fn tidy(text: &str) -> String {
    tidy_but_primes(text).replace('′', "'").replace(['″', '”', '“'], "\"").replace("''", "\"")
}

fn tidy_but_primes(text: &str) -> String {
    let one_kind: String = text
        .chars()
        .map(|c| match c {
            '\u{2212}' | '\u{2013}' | '\u{2014}' | '\u{2010}' | '\u{2011}' => '-',
            '’' | '‘' => '\'',
            'º' | '˚' => '°',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    one_kind.trim().to_owned()
}

/// Digits with at most one point and perhaps a sign; no exponent, no `inf`, no `nan`.
fn decimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_plain = digits.len() <= 40
        && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| is_plain)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Hours,
    Degrees,
    Unmarked,
}

struct Sexagesimal {
    /// In the first part's unit.
    value: f64,
    unit: Unit,
}

/// Reads `10:00:24.12`, `10 00 24.12`, `10h00m24.12s`, `-0°30'`, `10.5h`: up to three parts, of which only the
/// last may have a fraction. Unmarked parts with spaces between must be three.
fn sexagesimal(text: &str) -> Option<Sexagesimal> {
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
        let number = decimal(part).filter(|_| i == last || !part.contains('.'))?;
        if i > 0 && number >= 60.0 {
            return None;
        }
        value += number / weight;
        weight *= 60.0;
    }
    Some(value)
}

/// `190132.9+145808.7`: hours, minutes and seconds without anything between.
fn glued(digits: &str) -> Result<Position, CoordinateError> {
    let sign = digits.find(['+', '-']).ok_or(CoordinateError::Format)?;
    let (ra, dec) = digits.split_at(sign);
    let spread = |text: &str| {
        let whole = text.split('.').next().unwrap_or_default();
        (whole.len() == 6 && whole.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| format!("{}:{}:{}", &text[..2], &text[2..4], &text[4..]))
    };
    let ra = spread(ra).ok_or(CoordinateError::Format)?;
    let dec = dec.get(1..).and_then(spread).map(|text| format!("{}{text}", &dec[..1]));
    Position::new(parse_ra(&ra)?, parse_dec(&dec.ok_or(CoordinateError::Format)?)?)
}

/// Where right ascension ends and declination begins.
fn split_position(text: &str) -> Result<(String, String), CoordinateError> {
    if text.is_empty() {
        return Err(CoordinateError::Format);
    }
    if let Some(pair) = split_at_comma(text)? {
        return Ok(pair);
    }
    let sign = text.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-')).map(|(at, _)| at);
    if let Some(at) = sign {
        let (ra, dec) = text.split_at(at);
        return Ok((ra.trim().to_owned(), dec.trim().to_owned()));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        // "10h 30": ten hours and thirty minutes, or thirty degrees?
        [ra, dec] if ra.ends_with(['h', 'd', '°']) && decimal(dec).is_some() => {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::sky::{format_dec_dms, format_ra_hms};

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-5
    }

    #[test]
    fn right_ascensions_are_hours_when_sexagesimal_and_degrees_when_plain() {
        for (text, degrees) in [
            ("05:34:31.94", 83.633_083_3),
            ("5h34m31.94s", 83.633_083_3),
            ("05 34 31.94", 83.633_083_3),
            ("271d23m29.135s", 271.391_426_4),
            ("123.456", 123.456),
            ("0", 0.0),
            ("10.5h", 157.5),
            ("150.1°", 150.1),
            ("23:59:59.99", 359.999_958_3),
        ] {
            assert!(
                parse_ra(text).is_ok_and(|ra| close(ra, degrees)),
                "{text}: {:?}",
                parse_ra(text)
            );
        }
        for text in ["25:00:00", "400", "-10", "360", "24h"] {
            assert_eq!(parse_ra(text), Err(CoordinateError::RaRange), "{text}");
        }
        for text in [
            "",
            "abc",
            "nan",
            "inf",
            "1e2",
            "0x10",
            "05:61:00",
            "05:34:60",
            "05:34:",
            "5.5:30:00",
            "05 34",
            "1:2:3:4",
            "--5",
            "٣",
        ] {
            assert_eq!(parse_ra(text), Err(CoordinateError::Format), "{text}");
        }
    }

    #[test]
    fn declinations_keep_the_sign_of_minus_zero() {
        for (text, degrees) in [
            ("+22:00:52.2", 22.014_5),
            ("-00:30:00", -0.5),
            ("\u{2212}00 30 00", -0.5),
            ("-0d30m", -0.5),
            ("-32.1", -32.1),
            ("+02°12'00.4\"", 2.200_111),
            ("-90", -90.0),
        ] {
            assert!(
                parse_dec(text).is_ok_and(|dec| close(dec, degrees)),
                "{text}: {:?}",
                parse_dec(text)
            );
        }
        for text in ["95", "-90.0001", "+95:00:00"] {
            assert_eq!(parse_dec(text), Err(CoordinateError::DecRange), "{text}");
        }
        for text in ["", "abc", "NaN", "-inf", "10h00m00s"] {
            assert_eq!(parse_dec(text), Err(CoordinateError::Format), "{text}");
        }
    }

    #[test]
    fn positions_are_read_in_the_forms_people_paste() {
        for (text, ra, dec) in [
            ("150.1005 +2.200111", 150.1005, 2.200_111),
            ("150.1005, 2.200111", 150.1005, 2.200_111),
            ("150.1005,2.200111", 150.1005, 2.200_111),
            ("150.1005 2.200111", 150.1005, 2.200_111),
            ("105,5 -32,5", 105.5, -32.5),
            ("105,5, -32,5", 105.5, -32.5),
            ("10.5h +2d", 157.5, 2.0),
            ("10:12:45.3-45:17:50", 153.188_75, -45.297_222),
            ("10h12m45.3s-45d17m50s", 153.188_75, -45.297_222),
            ("153d11m19.5s-45d17m50s", 153.188_75, -45.297_222),
            ("275d11m15s+17d59m", 275.187_5, 17.983_333),
            ("10 00 24.12 +02 12 00.4", 150.100_5, 2.200_111),
            ("10 00 24.12 02 12 00.4", 150.100_5, 2.200_111),
            ("150.1° +2.2°", 150.1, 2.2),
            ("J190132.9+145808.7", 285.387_083, 14.969_083),
            ("00:00:00 -00:30:00", 0.0, -0.5),
            ("12, 12", 12.0, 12.0),
            ("10h00m00s +00d00m00s", 150.0, 0.0),
            ("269.75891,-29.179583", 269.758_91, -29.179_583),
        ] {
            let read = parse_position(text);
            assert!(
                read.as_ref().is_ok_and(|p| close(p.ra_deg(), ra) && close(p.dec_deg(), dec)),
                "{text}: {read:?}"
            );
        }
    }

    #[test]
    fn positions_that_could_be_two_things_are_refused() {
        for text in ["10 00 24", "12 12 5 12", "10,5", "10 -45:17:50", "1,2,3", "12", "10h 30"] {
            assert_eq!(parse_position(text), Err(CoordinateError::Ambiguous), "{text}");
        }
        for text in ["", "here", "J1901+1458", "J190132.9", "ZTF18abc", "é é"] {
            assert!(parse_position(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cones_have_a_radius_with_or_without_a_unit() {
        for (text, radius_arcsec) in [
            ("12, 12, 5", 5.0),
            ("150.1 +2.2, 2'", 120.0),
            ("10 00 24.12 +02 12 00.4, 2′", 120.0),
            ("05:34:31.94 +22:00:52.2 30\"", 30.0),
            ("05:34:31.94, +22:00:52.2, 0.5°", 1800.0),
            ("12,12,1 deg", 3600.0),
            ("105,5 -32,5, 30", 30.0),
            ("150.1 +2.2 2 arcmin", 120.0),
        ] {
            let read = parse_cone(text);
            assert!(
                read.as_ref().is_ok_and(|cone| close(cone.radius_deg * 3600.0, radius_arcsec)),
                "{text}: {read:?}"
            );
        }
        let in_degrees = parse_cone_with("269.75891,-29.179583,0.25", RadiusUnit::Degree).unwrap();
        assert!(close(in_degrees.radius_deg, 0.25));
        for text in ["12, 12", "12, 12, 5, 12", "12", "", "150.1 2.2 30"] {
            assert_eq!(parse_cone(text), Err(CoordinateError::Cone), "{text}");
        }
        for text in ["10h00m24s +02d 12' 30\"", "150.1 +2d 30\""] {
            assert!(parse_cone(text).is_err(), "{text}: {:?}", parse_cone(text));
        }
        for text in ["12, 12, 0", "12, 12, -5", "12, 12, 200°", "12, 12, nan", "12, 12, 5 parsec"]
        {
            assert_eq!(parse_cone(text), Err(CoordinateError::Radius), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_we_write_we_read(ra in 0.0..359.99_f64, dec in -89.9..89.9_f64) {
            let text = format!("{} {}", format_ra_hms(ra, 4), format_dec_dms(dec, 3));
            let read = parse_position(&text).unwrap();
            prop_assert!(close(read.ra_deg(), ra) && close(read.dec_deg(), dec), "{text}");
        }

        #[test]
        fn nothing_that_can_be_typed_breaks_the_reader(text in "\\PC{0,40}") {
            let _ = (parse_position(&text), parse_cone(&text), parse_ra(&text), parse_dec(&text));
        }

        #[test]
        fn near_coordinates_break_nothing(text in "[0-9hdms:°'\"+,.J \u{2212}-]{0,30}") {
            let _ = (parse_position(&text), parse_cone(&text), parse_ra(&text), parse_dec(&text));
        }
    }
}
