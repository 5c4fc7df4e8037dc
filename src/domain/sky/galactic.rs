//! Galactic coordinates: of a place, read where they are marked so, and turned into right ascension and declination.

use super::{CoordinateError, Position};
use crate::domain::text_input::decimal;

/// ICRS to galactic (J2000), by rows: The Hipparcos and Tycho Catalogues, ESA SP-1200, volume 1, section 1.5.3.
const FROM_ICRS: [[f64; 3]; 3] = [
    [-0.054_875_560_416_215_4, -0.873_437_090_234_885, -0.483_835_015_548_713_2],
    [0.494_109_427_875_583_7, -0.444_829_629_960_011_2, 0.746_982_244_497_219],
    [-0.867_666_149_019_004_7, -0.198_076_373_431_201_5, 0.455_983_776_175_066_9],
];

/// Longitude and latitude of a text that says that it means these, degrees: `l=120.5 b=-30.2`, `gal 120.5 -30.2`,
/// `120.5 -30.2 galactic`. `None` for a text that does not.
pub(super) fn read_galactic(text: &str) -> Option<Result<(f64, f64), CoordinateError>> {
    let lower = text.to_lowercase();
    let numbers = marked_by_word(&lower).or_else(|| marked_by_letters(&lower))?;
    let words: Vec<&str> = numbers
        .split([' ', ',', ';', '=', ':', '°', '(', ')'])
        .filter(|word| !word.is_empty())
        .collect();
    let [l, b] = words[..] else { return Some(Err(CoordinateError::Format)) };
    Some(decimal(l).zip(decimal(b)).ok_or(CoordinateError::Format))
}

fn marked_by_word(lower: &str) -> Option<String> {
    ["galactic", "gal"].iter().find_map(|word| {
        let rest = lower.strip_prefix(word).or_else(|| lower.strip_suffix(word))?;
        let rest = rest.strip_prefix(['.', ':', ',']).unwrap_or(rest);
        (!rest.contains(|c: char| c.is_ascii_alphabetic() && c != 'e')).then(|| rest.to_owned())
    })
}

fn marked_by_letters(lower: &str) -> Option<String> {
    let rest = lower.strip_prefix('l')?.trim_start_matches([' ', '=', ':']);
    let (l, b) = rest.split_once('b')?;
    let is_number = |text: &str| {
        text.contains(|c: char| c.is_ascii_digit()) && !text.contains(char::is_alphabetic)
    };
    (is_number(l) && is_number(b)).then(|| format!("{l} {b}"))
}

/// Galactic longitude and latitude, degrees.
pub fn galactic(place: Position) -> (f64, f64) {
    let v = place.unit_vector();
    let [x, y, z] = FROM_ICRS.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>());
    (y.atan2(x).to_degrees().rem_euclid(360.0), z.clamp(-1.0, 1.0).asin().to_degrees())
}

/// The place of galactic coordinates, degrees.
pub fn from_galactic(l_deg: f64, b_deg: f64) -> Result<Position, CoordinateError> {
    if !(0.0..=360.0).contains(&l_deg) || !(-90.0..=90.0).contains(&b_deg) {
        return Err(CoordinateError::GalacticRange);
    }
    let (sin_l, cos_l) = l_deg.to_radians().sin_cos();
    let (sin_b, cos_b) = b_deg.to_radians().sin_cos();
    let galactic = [cos_b * cos_l, cos_b * sin_l, sin_b];
    // The rotation is undone by its transpose.
    let [x, y, z] = [0, 1, 2].map(|column| {
        FROM_ICRS.iter().zip(galactic).map(|(row, part)| row[column] * part).sum::<f64>()
    });
    let ra_deg = y.atan2(x).to_degrees().rem_euclid(360.0);
    // Rounding may end on 360 itself.
    Position::new(if ra_deg < 360.0 { ra_deg } else { 0.0 }, z.clamp(-1.0, 1.0).asin().to_degrees())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn galactic_coordinates_are_read_where_they_are_marked() {
        for text in [
            "l=120.5 b=-30.2",
            "l 120.5 b -30.2",
            "l: 120.5, b: -30.2",
            "gal 120.5 -30.2",
            "Galactic: 120.5, -30.2",
            "120.5 -30.2 galactic",
            "120.5° -30.2° gal",
        ] {
            assert_eq!(read_galactic(text), Some(Ok((120.5, -30.2))), "{text}");
        }
        for text in ["120.5 -30.2", "", "lb", "l b", "label", "galaxy 1 2", "ZTF18abgal"] {
            assert_eq!(read_galactic(text), None, "{text}");
        }
        assert_eq!(read_galactic("gal 120.5"), Some(Err(CoordinateError::Format)));
    }

    #[test]
    fn the_pole_the_centre_and_a_known_place_are_where_they_are() {
        // The pole and the centre as the catalogue has them; M 31 by astropy.
        for (l, b, ra, dec) in [
            (0.0, 90.0, 192.859_48, 27.128_25),
            (0.0, 0.0, 266.404_99, -28.936_17),
            (121.174_3, -21.573_3, 10.684_7, 41.268_7),
        ] {
            let place = from_galactic(l, b).unwrap();
            assert!((place.ra_deg() - ra).abs() < 1e-3, "{place:?}");
            assert!((place.dec_deg() - dec).abs() < 1e-3, "{place:?}");
        }
        assert_eq!(from_galactic(361.0, 0.0), Err(CoordinateError::GalacticRange));
        assert_eq!(from_galactic(0.0, 90.1), Err(CoordinateError::GalacticRange));
    }
}
