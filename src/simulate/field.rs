//! The survey's grid of fields and the 64 quadrants of its camera.

use super::draw::Draw;

/// Latitude of Palomar Observatory, degrees.
pub(super) const LATITUDE_DEG: f64 = 33.356;
/// East longitude of Palomar Observatory, degrees.
pub(super) const LONGITUDE_DEG: f64 = -116.86;
/// Angle that one pixel sees, arcsec.
pub(super) const PIXEL_ARCSEC: f64 = 1.012;
/// Pixels of a quadrant along x.
pub(super) const QUADRANT_NX: f64 = 3072.0;
/// Pixels of a quadrant along y.
pub(super) const QUADRANT_NY: f64 = 3080.0;

const ROW_SPACING_DEG: f64 = 7.2;
const FIRST_ROW_DEC: f64 = -24.25;
const FIRST_FIELD: i32 = 246;
const FIELDS_ON_EQUATOR: f64 = 51.0;
/// From one quadrant's edge to the next one's, the gap between them included, degrees.
const QUADRANT_PITCH_DEG: f64 = 0.92;

/// A pointing of the survey.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) id: i32,
    pub(super) ra: f64,
    pub(super) dec: f64,
}

impl Field {
    /// The field whose centre is nearest to a place, of the row nearest in declination.
    pub(super) fn of(ra: f64, dec: f64) -> Self {
        let row = ((dec - FIRST_ROW_DEC) / ROW_SPACING_DEG).round().clamp(0.0, 15.0) as i32;
        let first = FIRST_FIELD + (0..row).map(fields_in_row).sum::<i32>();
        let n = fields_in_row(row);
        let spacing = 360.0 / f64::from(n);
        let column = ((ra / spacing).floor() as i32).clamp(0, n - 1);
        Self { id: first + column, ra: spacing * (f64::from(column) + 0.5), dec: row_dec(row) }
    }
}

fn row_dec(row: i32) -> f64 {
    FIRST_ROW_DEC + ROW_SPACING_DEG * f64::from(row)
}

fn fields_in_row(row: i32) -> i32 {
    (FIELDS_ON_EQUATOR * row_dec(row).to_radians().cos()).ceil() as i32 + 1
}

/// Where a source falls on the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placement {
    pub(super) field: Field,
    /// Readout channel, 0 to 63: four to each of the sixteen CCDs.
    pub(super) rcid: i32,
    pub(super) xpos: f64,
    pub(super) ypos: f64,
}

impl Placement {
    /// The place on the camera, or `None` in a gap between quadrants. Column grows to the West, row to the South.
    pub(super) fn of(ra: f64, dec: f64) -> Option<Self> {
        let field = Field::of(ra, dec);
        let east_deg = (ra - field.ra) * dec.to_radians().cos();
        let (column, xpos) = along(-east_deg, QUADRANT_NX)?;
        let (row, ypos) = along(field.dec - dec, QUADRANT_NY)?;
        let ccd = (3 - row / 2) * 4 + column / 2;
        let quadrant = [[0, 1], [3, 2]][(row % 2) as usize][(column % 2) as usize];
        Some(Self { field, rcid: ccd * 4 + quadrant, xpos, ypos })
    }

    /// The same place in another exposure: pointing repeats to some ten pixels.
    pub(super) fn dithered(&self, draw: &mut Draw) -> (f64, f64) {
        let x = (self.xpos + 8.0 * draw.normal()).clamp(1.0, QUADRANT_NX - 1.0);
        let y = (self.ypos + 8.0 * draw.normal()).clamp(1.0, QUADRANT_NY - 1.0);
        (x, y)
    }
}

/// The quadrant (0 to 7) and the pixel in it of an offset from the field's centre.
fn along(offset_deg: f64, n_pixels: f64) -> Option<(i32, f64)> {
    let cells = offset_deg / QUADRANT_PITCH_DEG + 4.0;
    if !(0.0..8.0).contains(&cells) {
        return None;
    }
    let pixel = (cells - cells.floor()) * QUADRANT_PITCH_DEG * 3600.0 / PIXEL_ARCSEC - 1.0;
    (1.0..n_pixels - 1.0).contains(&pixel).then_some((cells.floor() as i32, pixel))
}

/// Galactic latitude of a place (J2000 pole at 192.8595, 27.1284), degrees.
pub(super) fn galactic_latitude_deg(ra: f64, dec: f64) -> f64 {
    let (pole_ra, pole_dec) = (192.8595_f64, 27.1284_f64.to_radians());
    let dec = dec.to_radians();
    let sin_b =
        dec.sin() * pole_dec.sin() + dec.cos() * pole_dec.cos() * (ra - pole_ra).to_radians().cos();
    sin_b.clamp(-1.0, 1.0).asin().to_degrees()
}

/// Ecliptic latitude of a place (obliquity 23.4393), degrees.
pub(super) fn ecliptic_latitude_deg(ra: f64, dec: f64) -> f64 {
    let (obliquity, ra, dec) = (23.4393_f64.to_radians(), ra.to_radians(), dec.to_radians());
    let sin_beta = dec.sin() * obliquity.cos() - dec.cos() * obliquity.sin() * ra.sin();
    sin_beta.clamp(-1.0, 1.0).asin().to_degrees()
}

/// Degrees wrapped into `[-180, 180)`.
pub(super) fn wrapped_deg(angle: f64) -> f64 {
    (angle + 180.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
mod tests {
    use super::{Field, Placement};

    #[test]
    fn field_numbers_do_not_collide_from_row_to_row() {
        let last_of_first_row = Field::of(359.9, -24.0).id;
        assert_eq!(Field::of(0.1, -17.0).id, last_of_first_row + 1);
    }

    #[test]
    fn a_move_to_the_west_raises_x_and_a_move_to_the_south_raises_y() {
        let field = Field::of(100.0, 20.0);
        let (ra, dec) = (field.ra + 0.3, field.dec + 0.3);
        let here = Placement::of(ra, dec).unwrap();
        let moved = Placement::of(ra - 0.01, dec - 0.01).unwrap();
        assert!(moved.xpos > here.xpos && moved.ypos > here.ypos);
        assert_eq!(moved.rcid, here.rcid);
    }
}
