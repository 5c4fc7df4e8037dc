//! The three stamps of an alert: the sky around the source as the camera stood, in nJy.

use super::{
    super::{draw::Draw, source::SourceKind},
    measure::{Measured, source_draw},
    night::LsstNight,
    sky::Source,
    stamp_fits::{Frame, fits},
};

/// Degrees of one pixel.
const PIXEL_DEG: f64 = 0.2 / 3600.0;

/// Difference, science and template, each as a FITS file.
pub(super) fn stamps(night: &LsstNight, source: &Source, now: &Measured) -> [Vec<u8>; 3] {
    let mut draw = source_draw(night, source, &now.visit, 106);
    let frame = frame(now, &mut draw);
    let sigma_px = now.visit.seeing_px / 2.355;
    let pixel_sigma = now.sigma_njy / (4.0 * std::f64::consts::PI).sqrt() / sigma_px;
    let scene = Scene { source, now, frame: &frame, neighbours: neighbours(night, source) };
    let static_light = scene.image(Scene::static_njy);
    let change = scene.image(Scene::change_njy);
    let mut noise = |factor: f64| -> Vec<f64> {
        let n = frame.size * frame.size;
        (0..n).map(|_| factor * pixel_sigma * draw.normal()).collect()
    };
    let (arriving, of_template) = (noise(0.98), noise(0.2));
    let science = sum(&[&static_light, &change, &arriving]);
    let template = sum(&[&static_light, &of_template]);
    let difference: Vec<f64> = science.iter().zip(&template).map(|(s, t)| s - t).collect();
    [(difference, 1.0), (science, 0.96), (template, 0.04)].map(|(pixels, share)| {
        let variance = vec![share * pixel_sigma * pixel_sigma; pixels.len()];
        fits(&frame, &pixels, &variance, sigma_px)
    })
}

fn sum(images: &[&Vec<f64>]) -> Vec<f64> {
    let n = images.first().map_or(0, |image| image.len());
    (0..n).map(|at| images.iter().filter_map(|image| image.get(at)).sum()).collect()
}

/// The pixel grid: the source stands off its middle by a part of a pixel, as its place on the chip asks.
fn frame(now: &Measured, draw: &mut Draw) -> Frame {
    let size = now.bbox.clamp(30, 60);
    let cut = |position: f64| position.floor() - (size / 2) as f64;
    let (cut_x, cut_y) = (cut(now.x), cut(now.y));
    let (sin, cos) = now.visit.angle_deg.to_radians().sin_cos();
    Frame {
        size: size as usize,
        cut_x,
        cut_y,
        centre_x: now.x - cut_x,
        centre_y: now.y - cut_y,
        ra: now.ra,
        dec: now.dec,
        pc: [[-cos, sin], [sin, cos]].map(|row| row.map(|part| part * PIXEL_DEG)),
        rotpa_deg: now.visit.angle_deg + draw.between(-0.3, 0.7),
    }
}

/// Stars near the source: offset in arcsec, share of a thousandth of magnitude 15.
fn neighbours(night: &LsstNight, source: &Source) -> Vec<(f64, f64, f64)> {
    let mut draw = Draw::seeded(&[night.seed, 107, source.serial]);
    let n = draw.integer(0, 4);
    (0..n)
        .map(|_| {
            let (radius, angle) = (draw.between(1.8, 6.0), draw.angle_rad());
            let njy = super::pointing::njy_of_mag(draw.magnitude(18.5, 24.0, 0.25));
            (radius * angle.cos(), radius * angle.sin(), njy)
        })
        .collect()
}

struct Scene<'a> {
    source: &'a Source,
    now: &'a Measured,
    frame: &'a Frame,
    neighbours: Vec<(f64, f64, f64)>,
}

impl Scene<'_> {
    /// An image of the light at every place, given as offset from the source in arcsec to the East and the North.
    fn image(&self, light: fn(&Self, f64, f64) -> f64) -> Vec<f64> {
        let [[east_x, east_y], [north_x, north_y]] = self.frame.pc;
        let mut pixels = Vec::with_capacity(self.frame.size * self.frame.size);
        for row in 0..self.frame.size {
            for column in 0..self.frame.size {
                let x = column as f64 + 1.0 - self.frame.centre_x;
                let y = row as f64 + 1.0 - self.frame.centre_y;
                let east = (east_x * x + east_y * y) * 3600.0;
                let north = (north_x * x + north_y * y) * 3600.0;
                pixels.push(light(self, east, north));
            }
        }
        pixels
    }

    /// A point source of one nJy at this distance: nJy in one pixel.
    fn point(&self, east: f64, north: f64) -> f64 {
        let sigma_px = self.now.visit.seeing_px / 2.355;
        let r2 = (east * east + north * north) / 0.04;
        (-0.5 * r2 / sigma_px.powi(2)).exp() / (std::f64::consts::TAU * sigma_px.powi(2))
    }

    fn static_njy(&self, east: f64, north: f64) -> f64 {
        let band = self.now.visit.band;
        let of = |njy: &[f64; 6]| njy.get(band).copied().unwrap_or(0.0);
        let mut light = of(&self.source.template) * self.point(east, north);
        for (star_east, star_north, njy) in &self.neighbours {
            light += njy * self.point(east - star_east, north - star_north);
        }
        if let Some(galaxy) = &self.source.galaxy {
            let radius = (east + galaxy.east_arcsec).hypot(north + galaxy.north_arcsec);
            let area = std::f64::consts::TAU * (galaxy.scale_arcsec / 0.2).powi(2);
            light += of(&galaxy.njy) / area * (-radius / galaxy.scale_arcsec).exp();
        }
        light
    }

    fn change_njy(&self, east: f64, north: f64) -> f64 {
        let flux = self.now.diff_njy;
        let is_dipole = self.source.kind == SourceKind::Bogus
            && self.source.template.iter().any(|njy| *njy > 0.0);
        if is_dipole {
            return flux
                * (1.6 * self.point(east - 0.2, north) - 0.6 * self.point(east + 0.3, north));
        }
        flux * self.point(east, north)
    }
}
