//! Places on the sky: positions, circles, distances, cells; reading and writing of coordinates is in the files beside.

mod cells;
mod error;
mod galactic;
mod parse;
mod sexagesimal;
mod split;
mod write;

pub use self::{
    cells::{cone_cover, healpix29},
    error::CoordinateError,
    galactic::{from_galactic, galactic},
    parse::{parse_cone, parse_dec, parse_position, parse_ra},
    write::{
        coordinate_name, echo_cone, echo_position, format_dec_dms, format_longitude,
        format_ra_degrees, format_ra_hms, format_radius,
    },
};

/// A place on the sky, ICRS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    ra_deg: f64,
    dec_deg: f64,
}

impl Position {
    /// A place by its right ascension (`0 <= ra < 360`) and declination (`-90 <= dec <= 90`), degrees.
    pub fn new(ra_deg: f64, dec_deg: f64) -> Result<Self, CoordinateError> {
        if !(0.0..360.0).contains(&ra_deg) {
            return Err(CoordinateError::RaRange);
        }
        if !(-90.0..=90.0).contains(&dec_deg) {
            return Err(CoordinateError::DecRange);
        }
        // Minus zero is zero.
        Ok(Self { ra_deg: ra_deg + 0.0, dec_deg: dec_deg + 0.0 })
    }

    /// Right ascension, degrees.
    pub fn ra_deg(self) -> f64 {
        self.ra_deg
    }

    /// Declination, degrees.
    pub fn dec_deg(self) -> f64 {
        self.dec_deg
    }

    fn unit_vector(self) -> [f64; 3] {
        let (sin_ra, cos_ra) = self.ra_deg.to_radians().sin_cos();
        let (sin_dec, cos_dec) = self.dec_deg.to_radians().sin_cos();
        [cos_dec * cos_ra, cos_dec * sin_ra, sin_dec]
    }
}

/// A circle on the sky.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cone {
    /// Its centre.
    pub center: Position,
    /// Its radius, degrees, `0 < radius <= 180`.
    pub radius_deg: f64,
}

impl Cone {
    /// Whether a place lies in the circle or on its rim.
    pub fn contains(&self, place: Position) -> bool {
        separation_deg(self.center, place) <= self.radius_deg
    }
}

/// Distance of two places, degrees: the angle between unit vectors by `atan2`, exact from the smallest
/// distances to antipodes, at the poles too.
pub fn separation_deg(a: Position, b: Position) -> f64 {
    let (a, b) = (a.unit_vector(), b.unit_vector());
    let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    let sine = cross.iter().map(|x| x * x).sum::<f64>().sqrt();
    let cosine: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
    sine.atan2(cosine).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ra: f64, dec: f64) -> Position {
        Position::new(ra, dec).unwrap()
    }

    #[test]
    fn only_real_places_are_positions() {
        for (ra, dec) in [(0.0, 0.0), (359.999_999, 90.0), (12.0, -90.0)] {
            assert!(Position::new(ra, dec).is_ok());
        }
        for (ra, dec) in [
            (360.0, 0.0),
            (-0.001, 0.0),
            (f64::NAN, 0.0),
            (f64::INFINITY, 0.0),
            (0.0, 90.001),
            (0.0, f64::NAN),
        ] {
            assert!(Position::new(ra, dec).is_err(), "{ra} {dec}");
        }
    }

    #[test]
    fn distances_are_right_across_zero_at_the_poles_and_for_antipodes() {
        assert!((separation_deg(at(359.9999, 0.0), at(0.0001, 0.0)) - 0.0002).abs() < 1e-12);
        assert!((separation_deg(at(0.0, 89.9), at(180.0, 89.9)) - 0.2).abs() < 1e-10);
        assert!((separation_deg(at(10.0, 20.0), at(190.0, -20.0)) - 180.0).abs() < 1e-10);
        assert!((separation_deg(at(10.0, 20.0), at(10.0, 20.0 + 1e-8)) - 1e-8).abs() < 1e-14);
    }

    #[test]
    fn the_galactic_centre_is_where_it_is() {
        let (l, b) = galactic(at(266.404_996, -28.936_172));
        assert!(!(0.001..359.999).contains(&l) && b.abs() < 0.001, "{l} {b}");
        let (_, pole) = galactic(at(192.859_48, 27.128_25));
        assert!((pole - 90.0).abs() < 0.001);
    }
}
