//! Coordinates as people write them.

use super::{Cone, Position};

/// Right ascension in hours, `10 00 24.12`. Rounding carries: never 60 seconds, never 24 hours.
pub fn format_ra_hms(ra_deg: f64, n_decimals: u32) -> String {
    let (units_per_second, width) = scale(n_decimals);
    let whole_day = 86_400 * units_per_second;
    let units = rounded(ra_deg.rem_euclid(360.0) / 15.0 * 3_600.0, units_per_second) % whole_day;
    let (hours, minutes, seconds) = split(units, units_per_second);
    format!(
        "{hours:02} {minutes:02} {}",
        seconds_text(seconds, units_per_second, n_decimals, width)
    )
}

/// Declination in degrees, `+02 12 00.4`.
pub fn format_dec_dms(dec_deg: f64, n_decimals: u32) -> String {
    let (units_per_second, width) = scale(n_decimals);
    let units = rounded(dec_deg.abs() * 3_600.0, units_per_second);
    let (degrees, minutes, seconds) = split(units, units_per_second);
    let sign = if dec_deg < 0.0 { '-' } else { '+' };
    format!(
        "{sign}{degrees:02} {minutes:02} {}",
        seconds_text(seconds, units_per_second, n_decimals, width)
    )
}

/// A name made of a position, `J100024.12+021200.4`: cut off, never rounded, as the IAU asks
/// (<https://cdsweb.u-strasbg.fr/Dic/iau-spec.html>).
pub fn coordinate_name(place: Position) -> String {
    // What stands exactly on a hundredth must not fall below it by the last bit of a product.
    let ra = (place.ra_deg() / 15.0 * 3_600.0 * 100.0 + 1e-6).floor();
    let dec = (place.dec_deg().abs() * 3_600.0 * 10.0 + 1e-6).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position is below 8,640,000 and above 0"
    )]
    let (ra, dec) = (ra as u64, dec as u64);
    let (hours, minutes, seconds) = split(ra, 100);
    let (degrees, arcminutes, arcseconds) = split(dec, 10);
    let sign = if place.dec_deg() < 0.0 { '-' } else { '+' };
    format!(
        "J{hours:02}{minutes:02}{}{sign}{degrees:02}{arcminutes:02}{}",
        seconds_text(seconds, 100, 2, 2),
        seconds_text(arcseconds, 10, 1, 2),
    )
}

/// What was understood of a position.
pub fn echo_position(place: Position) -> String {
    format!(
        "read as {} {} → {} {:+.6}",
        format_ra_hms(place.ra_deg(), 2),
        format_dec_dms(place.dec_deg(), 1),
        format_ra_degrees(place.ra_deg()),
        place.dec_deg()
    )
}

/// Right ascension in degrees, `150.100500`. What rounds to 360 is 0.
pub fn format_ra_degrees(ra_deg: f64) -> String {
    format_longitude(ra_deg, 6)
}

/// An angle of a full turn in degrees. What rounds to 360 is 0.
pub fn format_longitude(deg: f64, decimals: usize) -> String {
    let text = format!("{deg:.decimals$}");
    // Below a full turn only rounding leads to 360.
    if text.starts_with("360") { format!("{:.decimals$}", 0.0) } else { text }
}

/// What was understood of a circle.
pub fn echo_cone(cone: &Cone) -> String {
    format!("{}, radius {}", echo_position(cone.center), format_radius(cone))
}

/// The radius of a circle in the unit that suits it: `30″`, `5′`, `2.5°`.
pub fn format_radius(cone: &Cone) -> String {
    let arcsec = cone.radius_deg * 3_600.0;
    match arcsec {
        ..120.0 => format!("{}″", trimmed(arcsec)),
        120.0..7_200.0 => format!("{}′", trimmed(arcsec / 60.0)),
        _ => format!("{}°", trimmed(cone.radius_deg)),
    }
}

fn trimmed(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Units in a second, and the digits before the point.
fn scale(n_decimals: u32) -> (u64, usize) {
    (10_u64.pow(n_decimals.min(9)), 2)
}

fn rounded(seconds: f64, units_per_second: u64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "at most 360 degrees in billionths of a second; absurd input saturates"
    )]
    {
        (seconds * units_per_second as f64).round() as u64
    }
}

fn split(units: u64, units_per_second: u64) -> (u64, u64, u64) {
    let (minutes, seconds) = (units / (60 * units_per_second), units % (60 * units_per_second));
    (minutes / 60, minutes % 60, seconds)
}

fn seconds_text(units: u64, units_per_second: u64, n_decimals: u32, width: usize) -> String {
    let (whole, fraction) = (units / units_per_second, units % units_per_second);
    if n_decimals == 0 {
        format!("{whole:0width$}")
    } else {
        format!("{whole:0width$}.{fraction:0digits$}", digits = n_decimals as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_written_with_a_carry() {
        assert_eq!(format_ra_hms(150.100_5, 2), "10 00 24.12");
        assert_eq!(format_dec_dms(2.200_111, 1), "+02 12 00.4");
        assert_eq!(format_ra_hms(359.999_999_9, 2), "00 00 00.00");
        assert_eq!(format_ra_hms(14.999_999_99, 2), "01 00 00.00");
        assert_eq!(format_dec_dms(-0.5, 1), "-00 30 00.0");
        assert_eq!(format_dec_dms(-89.999_999_9, 1), "-90 00 00.0");
        assert_eq!(format_dec_dms(1.0 - 1e-9, 0), "+01 00 00");
    }

    #[test]
    fn what_rounds_to_a_full_turn_is_zero() {
        for (deg, six, four) in [
            (359.999_999_99, "0.000000", "0.0000"),
            (359.999_98, "359.999980", "0.0000"),
            (359.9, "359.900000", "359.9000"),
            (36.0, "36.000000", "36.0000"),
            (0.0, "0.000000", "0.0000"),
        ] {
            assert_eq!(format_ra_degrees(deg), six);
            assert_eq!(format_longitude(deg, 4), four);
        }
    }

    #[test]
    fn names_of_positions_are_cut_off_not_rounded() {
        let name = |ra, dec| coordinate_name(Position::new(ra, dec).unwrap());
        assert_eq!(name(150.100_5, 2.200_111), "J100024.12+021200.3");
        assert_eq!(name(15.0, -0.5), "J010000.00-003000.0");
    }
}
