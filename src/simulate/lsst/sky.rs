//! The sources of the night: what each is, where it stands and how bright it is when.

use std::f64::consts::TAU;

use super::{
    super::{draw::Draw, field::ecliptic_latitude_deg, source::SourceKind},
    night::LsstNight,
    pointing::{Pointing, njy_of_mag},
};

/// Light of a galaxy, of which the source stands this far from the centre.
#[derive(Clone, Debug)]
pub(super) struct Galaxy {
    pub(super) east_arcsec: f64,
    pub(super) north_arcsec: f64,
    pub(super) scale_arcsec: f64,
    /// Total flux by band, nJy.
    pub(super) njy: [f64; 6],
}

/// How the light differs from the template.
#[derive(Clone, Debug)]
enum Curve {
    Explosion { mjd: f64, rise: f64, fall: f64, peak: [f64; 6] },
    Waves { waves: [(f64, f64, f64); 3], mean: [f64; 6] },
    Once { njy: [f64; 6] },
}

/// One source.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) serial: u64,
    pub(super) kind: SourceKind,
    pub(super) ra: f64,
    pub(super) dec: f64,
    /// Light of the source in the template, nJy.
    pub(super) template: [f64; 6],
    pub(super) galaxy: Option<Galaxy>,
    curve: Curve,
}

impl Source {
    /// The source with this number, near a pointing.
    pub(super) fn of(night: &LsstNight, serial: u64, pointing: &Pointing) -> Self {
        let mut draw = Draw::seeded(&[night.seed, 103, serial]);
        let dec = pointing.dec + draw.between(-1.2, 1.2);
        let east = draw.between(-1.2, 1.2) / dec.to_radians().cos();
        let ra = (pointing.ra + east).rem_euclid(360.0);
        let mut kind = SourceKind::drawn(&mut draw);
        if kind == SourceKind::Asteroid && ecliptic_latitude_deg(ra, dec).abs() > 35.0 {
            kind = SourceKind::VariableStar;
        }
        let (curve, template, galaxy) = match kind {
            SourceKind::Supernova => supernova(night, &mut draw),
            SourceKind::VariableStar => waves(&mut draw, [0.6, 70.0], 0.5, false),
            SourceKind::ActiveGalaxy => waves(&mut draw, [60.0, 900.0], 0.35, true),
            SourceKind::Asteroid => {
                let njy = by_colour(draw.magnitude(18.0, 23.4, 0.3), 0.6);
                (Curve::Once { njy }, [0.0; 6], None)
            }
            SourceKind::Bogus => bogus(&mut draw),
        };
        Self { serial, kind, ra, dec, template, galaxy, curve }
    }

    /// Light that the template does not have, nJy.
    pub(super) fn diff_njy(&self, mjd: f64, band: usize, is_tonight: bool) -> f64 {
        let of = |njy: &[f64; 6]| njy.get(band).copied().unwrap_or(0.0);
        match &self.curve {
            Curve::Explosion { mjd: start, rise, fall, peak } => {
                let days = mjd - start;
                let slower_in_red = fall * (1.0 + 0.15 * band as f64);
                let shape = (-days / slower_in_red).exp() / (1.0 + (-days / rise).exp());
                if days < -5.0 * rise { 0.0 } else { of(peak) * shape * 1.6 }
            }
            Curve::Waves { waves, mean } => {
                let fainter: f64 = waves
                    .iter()
                    .map(|(amplitude, period, phase)| {
                        amplitude * (TAU * (mjd / period + phase)).sin()
                    })
                    .sum();
                of(mean) * (10f64.powf(-0.4 * fainter) - 1.0)
            }
            Curve::Once { njy } => {
                if is_tonight {
                    of(njy)
                } else {
                    0.0
                }
            }
        }
    }

    /// Light of the template in the aperture of a point source, nJy.
    pub(super) fn template_njy(&self, band: usize, seeing_px: f64) -> f64 {
        let of = |njy: &[f64; 6]| njy.get(band).copied().unwrap_or(0.0);
        let galaxy = self.galaxy.as_ref().map_or(0.0, |galaxy| {
            let area_arcsec2 = 2.0 * TAU * (0.2 * seeing_px / 2.355).powi(2);
            let surface = of(&galaxy.njy) / (TAU * galaxy.scale_arcsec.powi(2));
            let radius = galaxy.east_arcsec.hypot(galaxy.north_arcsec) / galaxy.scale_arcsec;
            area_arcsec2 * surface * (-radius).exp()
        });
        of(&self.template) + galaxy
    }
}

type Drawn = (Curve, [f64; 6], Option<Galaxy>);

fn supernova(night: &LsstNight, draw: &mut Draw) -> Drawn {
    let galaxy = galaxy(draw);
    let curve = Curve::Explosion {
        mjd: night.midnight_mjd - draw.between(-4.0, 70.0),
        rise: draw.between(2.0, 5.0),
        fall: draw.between(18.0, 45.0),
        peak: by_colour(draw.magnitude(18.5, 22.8, 0.3), 0.2),
    };
    (curve, [0.0; 6], Some(galaxy))
}

fn galaxy(draw: &mut Draw) -> Galaxy {
    let scale_arcsec = draw.between(0.5, 1.6);
    let (radius, angle) = (scale_arcsec * draw.exponential(1.0).min(2.5), draw.angle_rad());
    Galaxy {
        east_arcsec: radius * angle.cos(),
        north_arcsec: radius * angle.sin(),
        scale_arcsec,
        njy: by_colour(draw.magnitude(17.5, 23.0, 0.25), 0.8),
    }
}

fn waves(draw: &mut Draw, periods: [f64; 2], amplitude: f64, is_nucleus: bool) -> Drawn {
    let mean = by_colour(draw.magnitude(17.0, 22.0, 0.25), draw_colour(is_nucleus));
    let [short, long] = periods;
    let waves = std::array::from_fn(|nth| {
        let period = short * (long / short).powf(draw.uniform());
        (amplitude * draw.between(0.3, 1.0) / (nth + 1) as f64, period, draw.uniform())
    });
    let galaxy = is_nucleus.then(|| Galaxy { east_arcsec: 0.0, north_arcsec: 0.0, ..galaxy(draw) });
    (Curve::Waves { waves, mean }, mean, galaxy)
}

fn draw_colour(is_nucleus: bool) -> f64 {
    if is_nucleus { 0.15 } else { 0.5 }
}

fn bogus(draw: &mut Draw) -> Drawn {
    let sign = if draw.chance(0.5) { 1.0 } else { -1.0 };
    let njy = by_colour(draw.magnitude(19.0, 23.0, 0.3), 0.1).map(|njy| sign * njy);
    // A star that does not subtract.
    let star = if draw.chance(0.6) { by_colour(draw.between(15.5, 18.5), 0.5) } else { [0.0; 6] };
    (Curve::Once { njy }, star, None)
}

/// Flux in every band of a source with this r magnitude and g - r.
fn by_colour(r: f64, g_r: f64) -> [f64; 6] {
    [2.2, 1.0, 0.0, -0.4, -0.55, -0.65].map(|slope| njy_of_mag(r + slope * g_r))
}
