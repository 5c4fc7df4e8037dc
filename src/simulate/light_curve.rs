//! Brightness against time of each kind of source, as flux in the difference image.

use super::{
    draw::Draw,
    exposure::{HISTORY_DAYS, ujy_of_mag},
};

/// Magnitudes in g, r and i.
pub(super) type BandMags = [f64; 3];

/// The value of a band (`fid` 1 to 3).
pub(super) fn in_band(mags: &BandMags, fid: i32) -> f64 {
    match fid {
        1 => mags[0],
        2 => mags[1],
        _ => mags[2],
    }
}

/// How a source's flux differs from the template's, as a function of time.
#[derive(Clone, Debug)]
pub(super) enum LightCurve {
    /// A new source that rises and falls.
    Explosion(Explosion),
    /// A star that repeats itself.
    Periodic(Periodic),
    /// A nucleus that wanders.
    Wandering(Wandering),
    /// There in one exposure only: a moving body or an artefact. Flux in microjansky.
    Once { jd: f64, diff_ujy: f64 },
}

impl LightCurve {
    /// Difference flux in microjansky; negative where the source is fainter than in the template.
    pub(super) fn diff_ujy(&self, jd: f64, fid: i32) -> f64 {
        match self {
            Self::Explosion(explosion) => explosion.ujy(jd, fid),
            Self::Periodic(periodic) => periodic.diff_ujy(jd, fid),
            Self::Wandering(wandering) => wandering.diff_ujy(jd, fid),
            Self::Once { jd: then, diff_ujy } if (jd - then).abs() < 1e-6 => *diff_ujy,
            Self::Once { .. } => 0.0,
        }
    }
}

/// Days from maximum and magnitudes below maximum in g, r, i.
type Template = [(f64, BandMags)];

/// The mean course of a type Ia supernova: blue at maximum, red a month later, a second hump in i.
const TYPE_IA: &Template = &[
    (-17.0, [6.0, 6.0, 6.0]),
    (-15.0, [3.0, 3.0, 3.1]),
    (-12.0, [1.45, 1.5, 1.5]),
    (-9.0, [0.65, 0.7, 0.65]),
    (-5.0, [0.18, 0.2, 0.12]),
    (0.0, [0.0, 0.02, 0.05]),
    (5.0, [0.15, 0.1, 0.3]),
    (10.0, [0.52, 0.42, 0.6]),
    (15.0, [1.02, 0.68, 0.68]),
    (20.0, [1.6, 0.8, 0.55]),
    (25.0, [2.1, 0.95, 0.5]),
    (30.0, [2.45, 1.25, 0.75]),
    (40.0, [2.8, 1.85, 1.5]),
    (60.0, [3.15, 2.55, 2.5]),
    (90.0, [3.6, 3.4, 3.5]),
];

/// The mean course of a type II supernova: a fast rise, then a plateau that reddens.
const TYPE_II: &Template = &[
    (-9.0, [6.0, 6.0, 6.0]),
    (-7.0, [1.9, 2.1, 2.2]),
    (-4.0, [0.45, 0.6, 0.7]),
    (0.0, [0.0, 0.05, 0.1]),
    (10.0, [0.25, 0.08, 0.05]),
    (25.0, [0.7, 0.15, 0.1]),
    (50.0, [1.3, 0.3, 0.2]),
    (80.0, [1.9, 0.6, 0.45]),
    (100.0, [4.0, 2.4, 2.1]),
];

/// A supernova.
#[derive(Clone, Debug)]
pub(super) struct Explosion {
    template: &'static Template,
    jd_of_peak: f64,
    stretch: f64,
    peak: BandMags,
}

impl Explosion {
    /// A supernova that is in the middle of its course at `jd`.
    pub(super) fn drawn(jd: f64, draw: &mut Draw) -> Self {
        let is_ia = draw.chance(0.75);
        let template = if is_ia { TYPE_IA } else { TYPE_II };
        let phase = if is_ia { draw.between(-14.0, 38.0) } else { draw.between(-7.0, 70.0) };
        let reddening = draw.exponential(0.12);
        let r = draw.magnitude(15.8, 19.6, 0.35) + 2.3 * reddening;
        let (g_r, r_i) = if is_ia { (-0.02, -0.3) } else { (-0.08, -0.08) };
        Self {
            template,
            jd_of_peak: jd - phase,
            stretch: draw.near(1.0, 0.08, 0.75, 1.25),
            peak: [r + g_r + reddening, r, r - r_i - 0.6 * reddening],
        }
    }

    /// Julian date of first light.
    pub(super) fn jd_of_first_light(&self) -> f64 {
        self.jd_of_peak + self.stretch * self.template.first().map_or(0.0, |(phase, _)| *phase)
    }

    fn ujy(&self, jd: f64, fid: i32) -> f64 {
        let phase = (jd - self.jd_of_peak) / self.stretch;
        below_peak(self.template, phase, fid)
            .map_or(0.0, |below| ujy_of_mag(in_band(&self.peak, fid) + below))
    }
}

fn below_peak(template: &Template, phase: f64, fid: i32) -> Option<f64> {
    let after = template.iter().position(|(day, _)| *day > phase).unwrap_or(template.len() - 1);
    let before = after.checked_sub(1)?;
    let ((day0, mags0), (day1, mags1)) = (template.get(before)?, template.get(after)?);
    let t = (phase - day0) / (day1 - day0);
    Some(in_band(mags0, fid) * (1.0 - t) + in_band(mags1, fid) * t)
}

/// The shapes in which stars repeat.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// A steep rise and a slow fall (RR Lyrae, Cepheids).
    Sawtooth,
    /// Constant but for two eclipses, of which the second is shallower by this factor.
    Eclipses { width: f64, second: f64 },
    /// Two near-equal humps a period (contact binaries).
    Contact,
    /// Slow and nearly sinusoidal (Mira stars).
    Slow,
}

/// A periodic variable star.
#[derive(Clone, Debug)]
pub(super) struct Periodic {
    shape: Shape,
    period_days: f64,
    jd_zero: f64,
    /// Full range in magnitudes.
    range: BandMags,
    /// Magnitudes in the template.
    pub(super) mean: BandMags,
}

impl Periodic {
    /// A variable star of one of the common kinds.
    pub(super) fn drawn(jd: f64, draw: &mut Draw) -> Self {
        let r = draw.magnitude(13.2, 19.2, 0.22);
        let (shape, period_days, range_r, g_range_factor, g_r) = match draw.uniform() {
            p if p < 0.35 => (
                Shape::Sawtooth,
                draw.between(0.42, 0.75),
                draw.between(0.4, 0.8),
                1.4,
                draw.between(0.15, 0.4),
            ),
            p if p < 0.42 => (
                Shape::Sawtooth,
                draw.between(2.0, 18.0),
                draw.between(0.4, 0.8),
                1.4,
                draw.between(0.5, 1.0),
            ),
            p if p < 0.6 => {
                let shape = Shape::Eclipses {
                    width: draw.between(0.03, 0.07),
                    second: draw.between(0.2, 0.9),
                };
                (
                    shape,
                    draw.between(0.5, 4.0),
                    draw.between(0.4, 1.2),
                    1.05,
                    draw.between(0.2, 0.9),
                )
            }
            p if p < 0.8 => (
                Shape::Contact,
                draw.between(0.25, 0.5),
                draw.between(0.3, 0.7),
                1.03,
                draw.between(0.4, 0.9),
            ),
            _ => (
                Shape::Slow,
                draw.between(120.0, 450.0),
                draw.between(1.5, 4.0),
                1.25,
                draw.between(1.4, 2.4),
            ),
        };
        Self {
            shape,
            period_days,
            jd_zero: jd - period_days * draw.uniform(),
            range: [range_r * g_range_factor, range_r, range_r * 0.75],
            mean: [r + g_r, r, r - 0.35 * g_r],
        }
    }

    fn diff_ujy(&self, jd: f64, fid: i32) -> f64 {
        let phase = ((jd - self.jd_zero) / self.period_days).rem_euclid(1.0);
        let mean = in_band(&self.mean, fid);
        ujy_of_mag(mean + in_band(&self.range, fid) * self.shape.fainter_by(phase))
            - ujy_of_mag(mean)
    }
}

impl Shape {
    /// Magnitudes fainter than the template at a phase, in units of the full range.
    fn fainter_by(self, phase: f64) -> f64 {
        let cos = (std::f64::consts::TAU * phase).cos();
        match self {
            Self::Sawtooth if phase < 0.15 => 0.45 - phase / 0.15,
            Self::Sawtooth => -0.55 + ((phase - 0.15) / 0.85).powf(0.7),
            Self::Eclipses { width, second } => {
                let dip = |centre: f64| (-0.5 * ((phase - centre) / width).powi(2)).exp();
                dip(0.25) + second * dip(0.75) - 0.03
            }
            Self::Contact => 0.45 * (2.0 * std::f64::consts::TAU * phase).cos() + 0.05 * cos,
            Self::Slow => 0.5 * cos,
        }
    }
}

/// An active galactic nucleus: a damped random walk in magnitude, one node a day.
#[derive(Clone, Debug)]
pub(super) struct Wandering {
    jd_of_first_node: f64,
    /// Magnitudes fainter than the template, in r.
    nodes: Vec<f64>,
    /// Magnitudes in the template.
    pub(super) mean: BandMags,
}

impl Wandering {
    /// A nucleus with a damping time of months and an asymptotic scatter of some tenths (as Kelly et al. 2009 find).
    pub(super) fn drawn(jd: f64, draw: &mut Draw) -> Self {
        let r = draw.magnitude(15.8, 19.0, 0.3);
        let scatter = draw.between(0.15, 0.6);
        let decay = (-1.0 / draw.between(60.0, 400.0)).exp();
        let mut level = scatter * draw.normal();
        let nodes = (0..HISTORY_DAYS + 4)
            .map(|_| {
                level = level * decay + scatter * (1.0 - decay * decay).sqrt() * draw.normal();
                level
            })
            .collect();
        let g_r = draw.between(0.1, 0.6);
        Self {
            jd_of_first_node: jd - HISTORY_DAYS as f64 - 2.0,
            nodes,
            mean: [r + g_r, r, r - 0.2],
        }
    }

    fn diff_ujy(&self, jd: f64, fid: i32) -> f64 {
        let days = (jd - self.jd_of_first_node).max(0.0);
        let node =
            |index: usize| self.nodes.get(index).or(self.nodes.last()).copied().unwrap_or(0.0);
        let (index, t) = (days.floor() as usize, days.fract());
        let bluer_when_brighter = if fid == 1 { 1.25 } else { 1.0 };
        let fainter_by = bluer_when_brighter * (node(index) * (1.0 - t) + node(index + 1) * t);
        let mean = in_band(&self.mean, fid);
        ujy_of_mag(mean + fainter_by) - ujy_of_mag(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::{Explosion, LightCurve, TYPE_IA};

    #[test]
    fn a_type_ia_supernova_is_absent_then_bluest_near_maximum() {
        let explosion = Explosion {
            template: TYPE_IA,
            jd_of_peak: 100.0,
            stretch: 1.0,
            peak: [18.0, 18.0, 18.3],
        };
        let curve = LightCurve::Explosion(explosion);
        let colour = |jd| -2.5 * (curve.diff_ujy(jd, 1) / curve.diff_ujy(jd, 2)).log10();
        assert!(curve.diff_ujy(80.0, 2).abs() < f64::EPSILON);
        assert!(curve.diff_ujy(100.0, 2) > 4.0 * curve.diff_ujy(86.0, 2));
        assert!(colour(100.0) < 0.1 && colour(125.0) > 0.9);
    }
}
