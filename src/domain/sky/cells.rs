//! HEALPix cells (nested, depth 29) that make circles on the sky into ranges of a database index.

use cdshealpix::nested;

use super::{Cone, Position};

/// Depth of the cells that are stored: 0.4 milliarcseconds, finer than any position.
const DEPTH: u8 = 29;

/// Ranges that a circle is covered with, about, at most.
const MAX_RANGES: usize = 96;

/// The cell of a place.
///
/// # Panics
/// Never: a cell of depth 29 has 62 bits.
pub fn healpix29(place: Position) -> i64 {
    let cell = nested::hash(DEPTH, place.ra_deg().to_radians(), place.dec_deg().to_radians());
    i64::try_from(cell).expect("a cell of depth 29 has 62 bits")
}

/// Ranges of cells, both ends included, that together cover a circle and a little more.
pub fn cone_cover(cone: &Cone) -> Vec<(i64, i64)> {
    // Near antipodes the coverage of the library misses cells, and half the sky is no selection anyway.
    if cone.radius_deg >= 90.0 {
        return vec![(0, 12 * (1_i64 << (2 * u32::from(DEPTH))) - 1)];
    }
    let mut depth = depth_for(cone.radius_deg);
    loop {
        let ranges = cover_at(cone, depth);
        if ranges.len() <= MAX_RANGES || depth == 0 {
            return ranges;
        }
        depth -= 1;
    }
}

impl Cone {
    /// The cells of a depth that together cover the circle and a little more, in order; `None` where they are more
    /// than `most`.
    pub fn cells(&self, depth: u8, most: usize) -> Option<Vec<i64>> {
        // The number of cells in the circle's box of the same area tells when not to begin.
        let side_deg = 58.6 / f64::from(1_u32 << depth);
        let about = (2.0 * self.radius_deg / side_deg).powi(2);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let is_hopeless = self.radius_deg >= 90.0 || about > 2.0 * most as f64;
        if is_hopeless {
            return None;
        }
        let shift = 2 * u32::from(DEPTH - depth);
        let ranges = cover_at(self, depth);
        let cells: Vec<i64> =
            ranges.iter().flat_map(|(low, high)| low >> shift..=high >> shift).collect();
        (cells.len() <= most).then_some(cells)
    }
}

/// The depth whose cells are about a quarter of the radius across.
fn depth_for(radius_deg: f64) -> u8 {
    // A cell of depth 0 is about 58.6 degrees across; each depth halves that.
    let depth = (58.6 / (radius_deg / 4.0)).log2().floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    {
        depth.clamp(0.0, f64::from(DEPTH)) as u8
    }
}

fn cover_at(cone: &Cone, depth: u8) -> Vec<(i64, i64)> {
    // The rim belongs to the circle, and rounding must not lose what lies on it.
    let radius = (cone.radius_deg * (1.0 + 1e-9) + 1e-9).to_radians().min(std::f64::consts::PI);
    let cells = nested::cone_coverage_approx(
        depth,
        cone.center.ra_deg().to_radians(),
        cone.center.dec_deg().to_radians(),
        radius,
    );
    let shift = 2 * u32::from(DEPTH - depth);
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for cell in cells.flat_iter() {
        let low = i64::try_from(cell << shift).expect("a cell of depth 29 has 62 bits");
        let high = low + ((1_i64 << shift) - 1);
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == low => *end = high,
            _ => ranges.push((low, high)),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::sky::separation_deg;

    fn covers(cone: &Cone, place: Position) -> bool {
        let cell = healpix29(place);
        cone_cover(cone).iter().any(|(low, high)| (*low..=*high).contains(&cell))
    }

    #[test]
    fn circles_wider_than_half_the_sky_are_covered_to_their_rim() {
        for (radius_deg, place) in
            [(157.24, (180.0, 22.76)), (169.3, (180.0, 10.7)), (180.0, (180.0, 0.0))]
        {
            let cone = Cone { center: Position::new(0.0, 0.0).unwrap(), radius_deg };
            assert!(covers(&cone, Position::new(place.0, place.1).unwrap()), "{radius_deg}");
        }
    }

    #[test]
    fn a_cover_is_short_and_in_order() {
        for radius_deg in [0.000_1, 0.01, 1.0, 30.0, 90.0, 180.0] {
            for (ra, dec) in [(0.0, 0.0), (359.9, 89.9), (10.0, -90.0), (123.0, 41.8)] {
                let cone = Cone { center: Position::new(ra, dec).unwrap(), radius_deg };
                let ranges = cone_cover(&cone);
                assert!(
                    !ranges.is_empty() && ranges.len() <= MAX_RANGES,
                    "{radius_deg}: {}",
                    ranges.len()
                );
                assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
            }
        }
    }

    #[test]
    fn cells_are_named_one_by_one_up_to_a_number() {
        let cone = |radius_deg| Cone { center: Position::new(0.0, 90.0).unwrap(), radius_deg };
        let few = cone(0.1).cells(9, 4_000).unwrap();
        assert!((4..40).contains(&few.len()), "{}", few.len());
        assert!(cone(1.0).cells(9, 4_000).is_some());
        assert!(cone(0.001).cells(19, 4_000).is_some());
        for (radius_deg, depth) in [(30.0, 9), (90.0, 9), (180.0, 9), (0.1, 19)] {
            assert_eq!(cone(radius_deg).cells(depth, 4_000), None, "{radius_deg} {depth}");
        }
    }

    proptest! {
        #[test]
        fn every_place_in_a_circle_is_covered(
            ra in prop_oneof![0.0..360.0_f64, Just(0.0), 359.999..360.0_f64],
            dec in prop_oneof![-90.0..=90.0_f64, Just(90.0), Just(-90.0), 89.99..90.0_f64],
            log_radius in -4.0..2.3_f64,
            bearing in 0.0..std::f64::consts::TAU,
            fraction in 0.0..1.0_f64,
        ) {
            let center = Position::new(ra, dec).unwrap();
            let cone = Cone { center, radius_deg: 10_f64.powf(log_radius).min(180.0) };
            // A place at a distance and bearing from the centre.
            let distance = (cone.radius_deg * fraction).to_radians();
            let (sin_dec, cos_dec) = dec.to_radians().sin_cos();
            let sin_new = (sin_dec * distance.cos() + cos_dec * distance.sin() * bearing.cos()).clamp(-1.0, 1.0);
            let turn = (bearing.sin() * distance.sin() * cos_dec).atan2(distance.cos() - sin_dec * sin_new);
            let place = Position::new((ra + turn.to_degrees()).rem_euclid(360.0).min(359.999_999_999), sin_new.asin().to_degrees()).unwrap();
            prop_assume!(separation_deg(center, place) <= cone.radius_deg);
            prop_assert!(covers(&cone, place), "{cone:?} {place:?}");
            for depth in [9, 19] {
                let cell = healpix29(place) >> (2 * (29 - depth));
                if let Some(cells) = cone.cells(depth, 4_000) {
                    prop_assert!(cells.contains(&cell), "{cone:?} {place:?}");
                }
            }
        }
    }
}
