//! Coordinates in the forms that people paste. What could mean two things is refused, never guessed.

use super::{
    Cone, CoordinateError, Position,
    galactic::{from_galactic, read_galactic},
    sexagesimal::{Unit, sexagesimal},
    split::split_position,
};
use crate::domain::text_input::{decimal, plain};

/// Reads a right ascension: a plain number is degrees, sexagesimal is hours unless it carries `d` or `°`.
pub fn parse_ra(text: &str) -> Result<f64, CoordinateError> {
    let text = tidy(text)?;
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
    let text = tidy(text)?;
    let degrees = if let Some(degrees) = decimal(&text) {
        degrees
    } else {
        let parsed = sexagesimal(&text).filter(|parsed| parsed.unit != Unit::Hours);
        parsed.ok_or(CoordinateError::Format)?.value
    };
    if (-90.0..=90.0).contains(&degrees) { Ok(degrees) } else { Err(CoordinateError::DecRange) }
}

/// Reads a place from one text: right ascension and declination, galactic `l b` that are marked so, or a name that tells
/// where it is (`PSN J08384182-6420485`).
pub fn parse_position(text: &str) -> Result<Position, CoordinateError> {
    let text = tidy(text)?;
    if let Some(galactic) = read_galactic(&text) {
        let (l_deg, b_deg) = galactic?;
        return from_galactic(l_deg, b_deg);
    }
    if let Some(digits) = designation(&text) {
        return glued(digits);
    }
    if let Some(place) = minutes_only(&text) {
        return place;
    }
    let (ra, dec) = split_position(&text)?;
    // "10 -45:17:50": ten degrees, or ten hours? Who writes one in degrees writes both so.
    if decimal(&ra).is_some() && decimal(&dec).is_none() {
        return Err(CoordinateError::Ambiguous);
    }
    Position::new(parse_ra(&ra)?, parse_dec(&dec)?)
}

/// Reads "RA, Dec, radius", or another place and a radius, which is in arcseconds unless it has a unit.
pub fn parse_cone(text: &str) -> Result<Cone, CoordinateError> {
    let text = tidy(text).map_err(|_| CoordinateError::Cone)?;
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
        [first, second, radius] => (pair(first, second), *radius),
        _ => {
            let (place, radius) = text.rsplit_once(',').ok_or(CoordinateError::Cone)?;
            (parse_position(place), radius)
        }
    };
    let center = center.map_err(|error| match error {
        CoordinateError::Format | CoordinateError::Ambiguous => CoordinateError::Cone,
        error => error,
    })?;
    Ok(Cone { center, radius_deg: parse_radius(radius.trim())? })
}

/// A place of which commas have parted the coordinates.
fn pair(first: &str, second: &str) -> Result<Position, CoordinateError> {
    match read_galactic(&format!("{first}, {second}")) {
        Some(galactic) => galactic.and_then(|(l_deg, b_deg)| from_galactic(l_deg, b_deg)),
        None => Position::new(parse_ra(first)?, parse_dec(second)?),
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

fn parse_radius(text: &str) -> Result<f64, CoordinateError> {
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let split = text.find(|c| !is_of_number(c)).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let per_degree = match suffix.trim().to_lowercase().as_str() {
        "" | "\"" | "as" | "arcsec" | "arcsecs" | "arcseconds" | "asec" => 3_600.0,
        "'" | "am" | "arcmin" | "arcmins" | "arcminutes" | "amin" => 60.0,
        "°" | "d" => 1.0,
        _ => return Err(CoordinateError::Radius),
    };
    let radius_deg = decimal(number).ok_or(CoordinateError::Radius)? / per_degree;
    if radius_deg > 0.0 && radius_deg <= 180.0 {
        Ok(radius_deg)
    } else {
        Err(CoordinateError::Radius)
    }
}

/// Bytes of a text beyond which no place is looked for in it: it is read over and over.
const MOST_BYTES: usize = 1_000;

/// One kind of every character, and marks for the words that people write in their place.
fn tidy(text: &str) -> Result<String, CoordinateError> {
    if text.len() > MOST_BYTES {
        return Err(CoordinateError::Format);
    }
    let mut text = plain(text);
    for (mark, words) in
        [("°", ["degrees", "degree", "degs", "deg"]), ("h", ["hours", "hour", "hrs", "hr"])]
    {
        for word in words {
            text = replace_word(&text, word, mark);
        }
    }
    Ok(text)
}

/// Puts a mark in the place of a word that follows a number, and of the space before it.
fn replace_word(text: &str, word: &str, mark: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.to_ascii_lowercase().find(word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        let number = before.trim_end();
        let stands_alone = number.ends_with(|c: char| c.is_ascii_digit() || c == '.')
            && !after.starts_with(|c: char| c.is_ascii_alphabetic());
        if stands_alone {
            written.push_str(number);
            written.push_str(mark);
        } else {
            written.push_str(before);
            written.push_str(&found[..word.len()]);
        }
        rest = after;
    }
    written.push_str(rest);
    written
}

/// What follows the `J` of a name that tells where it is: `J190132.9+145808.7`, `PSN J08384182-6420485`, `2MASSJ1112…`.
fn designation(text: &str) -> Option<&str> {
    let at = text.char_indices().rev().find_map(|(at, c)| {
        let digits = &text[at + c.len_utf8()..];
        let is_place = digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '+' | '-'));
        (matches!(c, 'J' | 'j') && is_place).then_some(at)
    })?;
    let acronym = text[..at].trim();
    let is_acronym = acronym
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '*' | '[' | ']'));
    is_acronym.then(|| &text[at + 1..])
}

/// `190132.9+145808.7`, `08384182-6420485`: hours, minutes and seconds with nothing between; digits beyond are decimals.
fn glued(digits: &str) -> Result<Position, CoordinateError> {
    let sign = digits.find(['+', '-']).ok_or(CoordinateError::Format)?;
    let (ra, dec) = (&digits[..sign], &digits[sign + 1..]);
    if ra.len() == 4 && matches!(dec.len(), 2 | 4) {
        return Err(CoordinateError::CoarseName);
    }
    let ra = spread(ra)?;
    let dec = format!("{}{}", &digits[sign..=sign], spread(dec)?);
    Position::new(parse_ra(&ra)?, parse_dec(&dec)?)
}

fn spread(text: &str) -> Result<String, CoordinateError> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_whole = whole.len() == 6 || (whole.len() > 6 && !text.contains('.'));
    if !are_digits || !is_whole || text.len() > 12 {
        return Err(CoordinateError::Format);
    }
    let (seconds, beyond) = whole[4..].split_at(2);
    Ok(format!("{}:{}:{seconds}.{beyond}{decimals}", &whole[..2], &whole[2..4]))
}

/// `13 14 +33 22`: hours and minutes, degrees and minutes. Four numbers without a sign could be anything.
fn minutes_only(text: &str) -> Option<Result<Position, CoordinateError>> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let [hours, minutes, degrees, arcminutes] = words[..] else { return None };
    let are_whole = [hours, minutes, arcminutes].iter().all(|word| {
        (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
    });
    let is_signed = degrees.starts_with(['+', '-']) && degrees.len() > 1;
    (are_whole && is_signed).then(|| {
        let ra = parse_ra(&format!("{hours}:{minutes}"))?;
        Position::new(ra, parse_dec(&format!("{degrees}:{arcminutes}"))?)
    })
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
            ("150.1 deg", 150.1),
            ("150.1 Degrees", 150.1),
            ("10.5 hours", 157.5),
            ("1.501e2", 150.1),
            ("05ʰ34ᵐ31.94ˢ", 83.633_083_3),
            ("１５０．１", 150.1),
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
            "1e",
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
            ("-4e-06", -4e-6),
            ("\u{2011}32.1 deg", -32.1),
            ("+22º00′52.2″", 22.014_5),
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
            ("1e-4 -4e-06", 1e-4, -4e-6),
            ("150.1\t2.2", 150.1, 2.2),
            ("150.1 deg 2.2 deg", 150.1, 2.2),
            ("150.1° 2.2", 150.1, 2.2),
            ("13 14 +33 22", 198.5, 33.366_667),
            ("13 14 \u{2212}33 22", 198.5, -33.366_667),
            ("PSN J08384182-6420485", 129.674_25, -64.346_806),
            ("2MASS J11123099\u{2013}7653342", 168.129_125, -76.892_833),
            ("SDSS J123456.78+123456.7", 188.736_583, 12.582_417),
            ("l=121.1743 b=-21.5733", 10.684_680, 41.268_760),
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
        assert_eq!(parse_position("FRB J1901+1458"), Err(CoordinateError::CoarseName));
        for text in ["1deg ".repeat(20_000), "J".repeat(100_000), "1".repeat(100_000)] {
            assert_eq!(parse_position(&text), Err(CoordinateError::Format));
            assert_eq!(parse_cone(&text), Err(CoordinateError::Cone));
        }
        for text in
            ["", "here", "J190132.9", "J19013+145808", "ZTF18abc", "é é", "400 2", "-10 2.2"]
        {
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
            ("150.1\t2.2, 30", 30.0),
            ("150.1 deg, 2.2 deg, 5e-3 deg", 18.0),
            ("gal 120.5, -30.2, 2'", 120.0),
            ("l=120.5 b=-30.2, 30", 30.0),
            ("PSN J08384182-6420485, 5", 5.0),
        ] {
            let read = parse_cone(text);
            assert!(
                read.as_ref().is_ok_and(|cone| close(cone.radius_deg * 3600.0, radius_arcsec)),
                "{text}: {read:?}"
            );
        }
        for text in ["12, 12", "12, 12, 5, 12", "12", "", "150.1 2.2 30"] {
            assert_eq!(parse_cone(text), Err(CoordinateError::Cone), "{text}");
        }
        for text in ["400, 2, 3", "-10, 2.2, 30", "-10 2.2, 30", "360, 2, 3"] {
            assert_eq!(parse_cone(text), Err(CoordinateError::RaRange), "{text}");
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
