//! What the sky around a source looks like: point sources and galaxies drawn into pixels.

use super::{
    draw::Draw,
    exposure::ujy_of_mag,
    field::{PIXEL_ARCSEC, galactic_latitude_deg},
    light_curve::in_band,
    night::Night,
    source::{Galaxy, Source},
};

/// An image in the making: rows from North to South, columns from East to West.
#[derive(Clone)]
pub(super) struct Image {
    pub(super) n_columns: usize,
    pub(super) n_rows: usize,
    pub(super) pixels: Vec<f64>,
}

impl Image {
    pub(super) fn empty(n_columns: usize, n_rows: usize) -> Self {
        Self { n_columns, n_rows, pixels: vec![0.0; n_columns * n_rows] }
    }

    /// Another image of the same size.
    pub(super) fn of_same_size(&self, pixels: impl Iterator<Item = f64>) -> Self {
        Self { n_columns: self.n_columns, n_rows: self.n_rows, pixels: pixels.collect() }
    }

    /// Runs over the pixels within `reach` of a point, with their offset from it.
    pub(super) fn around(
        &mut self,
        (x, y): (f64, f64),
        reach: f64,
        mut pixel: impl FnMut(f64, f64, &mut f64),
    ) {
        let rows = span(y, reach, self.n_rows);
        let columns = span(x, reach, self.n_columns);
        for row in rows {
            let start = row * self.n_columns;
            let Some(line) = self.pixels.get_mut(start..start + self.n_columns) else { continue };
            for column in columns.clone() {
                if let Some(value) = line.get_mut(column) {
                    pixel(column as f64 - x, row as f64 - y, value);
                }
            }
        }
    }

    /// Adds a point source as a Moffat profile (Moffat 1969) of index 3.
    pub(super) fn add_point(&mut self, at: (f64, f64), flux_dn: f64, fwhm_px: f64) {
        let radius2 = moffat_radius2(fwhm_px);
        let peak = 2.0 * flux_dn / (std::f64::consts::PI * radius2);
        let reach = (fwhm_px * (2.0 + (peak.abs() / 0.1).max(1.0).powf(1.0 / 6.0))).min(60.0);
        self.around(at, reach, |dx, dy, value| {
            let t = 1.0 + (dx * dx + dy * dy) / radius2;
            *value += peak / (t * t * t);
        });
    }

    /// Takes away what noise alone would measure as a point source, so that the stamp shows the flux that was measured.
    pub(super) fn take_point_away(&mut self, at: (f64, f64), fwhm_px: f64) {
        let radius2 = moffat_radius2(fwhm_px);
        let profile = |dx: f64, dy: f64| (1.0 + (dx * dx + dy * dy) / radius2).powi(-3);
        let (mut product, mut square) = (0.0, 0.0);
        self.around(at, 5.0, |dx, dy, value| {
            product += *value * profile(dx, dy);
            square += profile(dx, dy).powi(2);
        });
        let level = if square > 0.0 { product / square } else { 0.0 };
        self.around(at, 5.0, |dx, dy, value| *value -= level * profile(dx, dy));
    }

    /// Adds a galaxy: an exponential disc and a round bulge, softened by the seeing.
    fn add_galaxy(&mut self, at: (f64, f64), galaxy: &Galaxy, flux_dn: f64, fwhm_px: f64) {
        let scale = galaxy.scale_arcsec / PIXEL_ARCSEC;
        let soft2 = (0.42 * fwhm_px).powi(2);
        let (scale, axis_ratio) = (scale.hypot(0.25 * fwhm_px), galaxy.axis_ratio.max(0.2));
        let peak =
            flux_dn * (1.0 - galaxy.bulge) / (std::f64::consts::TAU * scale * scale * axis_ratio);
        let (sin, cos) = galaxy.angle_rad.sin_cos();
        self.around(at, 9.0 * scale, |dx, dy, value| {
            let (along, across) = (dx * cos + dy * sin, (dy * cos - dx * sin) / axis_ratio);
            *value += peak * (-(along * along + across * across + soft2).sqrt() / scale).exp();
        });
        self.add_point(at, flux_dn * galaxy.bulge, fwhm_px.hypot(0.6 * scale));
    }
}

/// The square of the Moffat profile's radius for a full width at half maximum (index 3).
fn moffat_radius2(fwhm_px: f64) -> f64 {
    fwhm_px * fwhm_px / (4.0 * (2f64.powf(1.0 / 3.0) - 1.0))
}

fn span(centre: f64, reach: f64, n: usize) -> std::ops::Range<usize> {
    let low = (centre - reach).ceil().max(0.0) as usize;
    let high = ((centre + reach).floor() + 1.0).clamp(0.0, n as f64) as usize;
    low.min(high)..high
}

/// A star of the field, placed in pixels from the source.
struct FieldStar {
    west_px: f64,
    south_px: f64,
    r: f64,
    g_r: f64,
}

/// Everything constant around a source.
pub(super) struct Scene<'s> {
    source: &'s Source,
    stars: Vec<FieldStar>,
    small_galaxies: Vec<(f64, f64, Galaxy)>,
}

impl<'s> Scene<'s> {
    /// The surroundings of a source, the same in each of its stamps.
    pub(super) fn around(night: &Night, source: &'s Source) -> Self {
        let mut draw = Draw::seeded(&[night.seed, 10, source.serial]);
        let b = galactic_latitude_deg(source.ra, source.dec).abs();
        let mean = 3.0 + 32.0 * (-b / 11.0).exp();
        let n_stars = (mean + mean.sqrt() * draw.normal()).max(0.0) as usize;
        let offset = |draw: &mut Draw| draw.between(-38.0, 38.0);
        let stars = (0..n_stars).map(|_| FieldStar {
            west_px: offset(&mut draw),
            south_px: offset(&mut draw),
            r: draw.magnitude(13.0, 21.8, 0.24),
            g_r: draw.between(0.3, 1.3),
        });
        let stars = stars.filter(|star| star.west_px.hypot(star.south_px) > 4.0).collect();
        let small_galaxies = (0..draw.integer(0, 4))
            .map(|_| {
                let r = draw.magnitude(17.5, 21.5, 0.4);
                let galaxy = Galaxy {
                    mags: [r + 0.7, r, r - 0.3],
                    west_arcsec: offset(&mut draw) * PIXEL_ARCSEC,
                    south_arcsec: offset(&mut draw) * PIXEL_ARCSEC,
                    scale_arcsec: draw.between(0.6, 1.8),
                    axis_ratio: draw.between(0.3, 1.0),
                    angle_rad: draw.angle_rad(),
                    bulge: 0.2,
                };
                (galaxy.west_arcsec / PIXEL_ARCSEC, galaxy.south_arcsec / PIXEL_ARCSEC, galaxy)
            })
            .filter(|(x, y, _)| x.hypot(*y) > 8.0)
            .collect();
        Self { source, stars, small_galaxies }
    }

    /// Draws everything that the template shows, in DN.
    pub(super) fn draw_into(
        &self,
        image: &mut Image,
        (x, y): (f64, f64),
        fid: i32,
        dn_per_ujy: f64,
        fwhm_px: f64,
    ) {
        let dn = |mag: f64| ujy_of_mag(mag) * dn_per_ujy;
        for star in &self.stars {
            image.add_point((x + star.west_px, y + star.south_px), dn(star.mag(fid)), fwhm_px);
        }
        for (west, south, galaxy) in &self.small_galaxies {
            image.add_galaxy(
                (x + west, y + south),
                galaxy,
                dn(in_band(&galaxy.mags, fid)),
                fwhm_px,
            );
        }
        if let Some(galaxy) = &self.source.galaxy {
            let at =
                (x + galaxy.west_arcsec / PIXEL_ARCSEC, y + galaxy.south_arcsec / PIXEL_ARCSEC);
            image.add_galaxy(at, galaxy, dn(in_band(&galaxy.mags, fid)), fwhm_px);
        }
        if let Some(mags) = self.source.template_mags {
            image.add_point((x, y), dn(in_band(&mags, fid)), fwhm_px);
        }
    }

    /// Draws the imperfect subtraction of the brighter stars: a dipole along a common shift.
    pub(super) fn draw_residuals(
        &self,
        image: &mut Image,
        (x, y): (f64, f64),
        fid: i32,
        dn_per_ujy: f64,
        fwhm_px: f64,
        (dx, dy): (f64, f64),
    ) {
        for star in self.stars.iter().filter(|star| star.r < 18.0) {
            let flux_dn = ujy_of_mag(star.mag(fid)) * dn_per_ujy;
            let at = (x + star.west_px, y + star.south_px);
            image.add_point((at.0 + 0.5 * dx, at.1 + 0.5 * dy), flux_dn, fwhm_px);
            image.add_point((at.0 - 0.5 * dx, at.1 - 0.5 * dy), -flux_dn, fwhm_px * 1.008);
        }
    }
}

impl FieldStar {
    fn mag(&self, fid: i32) -> f64 {
        in_band(&[self.r + self.g_r, self.r, self.r - 0.35 * self.g_r], fid)
    }
}
