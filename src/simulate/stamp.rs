//! The three image stamps of an alert, as gzipped FITS.

use std::io::Write;

use flate2::{Compression, GzBuilder};

use super::{
    draw::Draw,
    exposure::{Exposure, GAIN, ujy_of_mag},
    field::{QUADRANT_NX, QUADRANT_NY},
    light_curve::in_band,
    measured::Measured,
    night::Night,
    scene::{Image, Scene},
    source::{Flaw, Source, source_draw},
};

/// Pixels from the middle of a stamp to its edge.
const HALF_SIZE: f64 = 31.0;
const FITS_BLOCK: usize = 2880;

/// Noise of one pixel of sky, DN: that of a point source over the square root of its noise-equivalent area.
pub(super) fn pixel_sigma_dn(exposure: &Exposure) -> f64 {
    let gaussian_sigma = exposure.seeing_px / 2.355;
    exposure.sigma_ujy() * exposure.dn_per_ujy()
        / (4.0 * std::f64::consts::PI).sqrt()
        / gaussian_sigma
}

/// The science, template and difference stamps of a source in an exposure.
pub(super) fn stamps(
    night: &Night,
    source: &Source,
    exposure: &Exposure,
    now: Measured,
) -> [Vec<u8>; 3] {
    let mut draw = source_draw(night, source, exposure, 11);
    let cut = Cut::of(source);
    let mut images = Exposed::of(night, source, exposure, now, &cut, &mut draw);
    if draw.chance(0.05) {
        images.mask(&mut draw);
    }
    [&images.science, &images.template, &images.difference].map(gzipped_fits)
}

/// What of the 63 x 63 pixels lies on the chip, and where in it the source stands.
struct Cut {
    n_columns: usize,
    n_rows: usize,
    centre: (f64, f64),
}

impl Cut {
    fn of(source: &Source) -> Self {
        let (n_columns, x) = along(source.placement.xpos, QUADRANT_NX);
        let (n_rows, y) = along(source.placement.ypos, QUADRANT_NY);
        Self { n_columns, n_rows, centre: (x, y) }
    }
}

/// Pixels of the stamp on the chip and the source's place among them.
fn along(position: f64, n_pixels: f64) -> (usize, f64) {
    let middle = position.floor();
    let first = (middle - HALF_SIZE).max(0.0);
    let last = (middle + HALF_SIZE).min(n_pixels - 1.0);
    ((last - first + 1.0).max(1.0) as usize, position.floor() - first + position.fract() - 0.5)
}

/// The three images.
struct Exposed {
    science: Image,
    template: Image,
    difference: Image,
}

impl Exposed {
    fn of(
        night: &Night,
        source: &Source,
        exposure: &Exposure,
        now: Measured,
        cut: &Cut,
        draw: &mut Draw,
    ) -> Self {
        let scene = Scene::around(night, source);
        let (fid, dn, fwhm) = (exposure.fid, exposure.dn_per_ujy(), exposure.seeing_px);
        let mut template = Image::empty(cut.n_columns, cut.n_rows);
        let mut science = template.clone();
        let mut difference = template.clone();
        let template_fwhm = 1.9;
        scene.draw_into(&mut template, cut.centre, fid, dn, template_fwhm);
        scene.draw_into(&mut science, cut.centre, fid, dn, fwhm);
        let shift = (0.03 * draw.normal(), 0.03 * draw.normal());
        scene.draw_residuals(&mut difference, cut.centre, fid, dn, fwhm, shift);
        let flux_dn = now.flux_ujy * dn;
        let mut change = Image::empty(cut.n_columns, cut.n_rows);
        draw_change(&mut change, source, exposure, cut, flux_dn);
        let variance = pixel_sigma_dn(exposure).powi(2);
        let light = science
            .pixels
            .iter()
            .zip(&change.pixels)
            .map(|(science, change)| (science + change).max(0.0));
        let mut noise = science
            .of_same_size(light.map(|light| (variance + light / GAIN).sqrt() * draw.normal()));
        noise.take_point_away(cut.centre, fwhm);
        let sky = exposure.sky_dn;
        let arriving =
            change.pixels.iter().zip(&noise.pixels).map(|(change, noise)| change + noise);
        let images =
            science.pixels.iter_mut().zip(&mut template.pixels).zip(&mut difference.pixels);
        for (((science, template), difference), arriving) in images.zip(arriving) {
            let template_noise =
                (0.04 * variance + *template / (GAIN * 20.0)).sqrt() * draw.normal();
            *science += sky + arriving;
            *template += sky + template_noise;
            *difference += arriving - template_noise;
        }
        Self { science, template, difference }
    }

    /// Pixels without a value: a stretch of one edge, or the core of the brightest source.
    fn mask(&mut self, draw: &mut Draw) {
        let (n_columns, n_rows) = (self.science.n_columns, self.science.n_rows);
        let n_masked = draw.integer(1, 9) as usize * n_columns;
        let from_top = draw.chance(0.5);
        for image in [&mut self.science, &mut self.template, &mut self.difference] {
            let skipped = if from_top { 0 } else { (n_columns * n_rows).saturating_sub(n_masked) };
            image
                .pixels
                .iter_mut()
                .skip(skipped)
                .take(n_masked)
                .for_each(|pixel| *pixel = f64::NAN);
        }
    }
}

/// Draws what differs from the template: the source, or the flaw that passes for one.
fn draw_change(image: &mut Image, source: &Source, exposure: &Exposure, cut: &Cut, flux_dn: f64) {
    match source.flaw {
        None => image.add_point(cut.centre, flux_dn, exposure.seeing_px),
        Some(Flaw::CosmicRay { angle_rad, length_px }) => {
            let (sin, cos) = angle_rad.sin_cos();
            let level = flux_dn / (length_px + 1.0) * 1.4;
            image.around(cut.centre, length_px, |dx, dy, value| {
                let (along, across) = (dx * cos + dy * sin, dy * cos - dx * sin);
                if along.abs() < 0.5 * length_px.max(1.2) && across.abs() < 0.75 {
                    *value += level * (1.0 - across.abs());
                }
            });
        }
        Some(Flaw::BadColumn) => {
            let level = 0.15 * flux_dn;
            image.around(cut.centre, 64.0, |dx, _, value| {
                if dx.abs() <= 0.5 {
                    *value += level;
                }
            });
        }
        Some(Flaw::Misaligned { dx_px, dy_px }) => {
            let star =
                source.template_mags.map_or(0.0, |mags| ujy_of_mag(in_band(&mags, exposure.fid)));
            let (x, y) = cut.centre;
            let star_dn = star * exposure.dn_per_ujy();
            image.add_point((x + dx_px, y + dy_px), star_dn + 0.3 * flux_dn, exposure.seeing_px);
            image.add_point((x, y), -star_dn, exposure.seeing_px);
        }
    }
}

/// One primary image with the cards that ZTF writes, its free-format `SIMPLE` included, gzipped without a time.
fn gzipped_fits(image: &Image) -> Vec<u8> {
    let (columns, rows) = (image.n_columns, image.n_rows);
    let cards = [
        format!("{:<80}", "SIMPLE  =  T"),
        format!("{:<80}", "BITPIX  =                  -32"),
        format!("{:<80}", "NAXIS   =                    2"),
        format!("{:<80}", format!("NAXIS1  = {columns:>20}")),
        format!("{:<80}", format!("NAXIS2  = {rows:>20}")),
        format!("{:<80}", "BUNIT   = 'DN      '"),
        format!("{:<80}", "END"),
    ];
    let mut file = cards.concat().into_bytes();
    file.resize(FITS_BLOCK, b' ');
    file.extend(image.pixels.iter().flat_map(|pixel| (*pixel as f32).to_be_bytes()));
    file.resize(file.len().next_multiple_of(FITS_BLOCK), 0);
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::with_capacity(16_384), Compression::fast());
    gzip.write_all(&file).and_then(|()| gzip.finish()).expect("writing to memory cannot fail")
}
