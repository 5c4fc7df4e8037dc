//! The sources of the night: what each is, where it stands and which of tonight's exposures see it.

use std::sync::Arc;

use super::{
    draw::Draw,
    exposure::{Exposure, exposures_of, is_visible, nid_of},
    field::{Placement, ecliptic_latitude_deg, galactic_latitude_deg},
    light_curve::{BandMags, LightCurve, in_band},
    night::Night,
    population,
};

/// What a simulated source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceKind {
    /// A supernova in or near its galaxy.
    Supernova,
    /// A periodic variable star.
    VariableStar,
    /// An active galactic nucleus.
    ActiveGalaxy,
    /// A known body of the solar system.
    Asteroid,
    /// An artefact of the camera or of the subtraction.
    Bogus,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Supernova, Self::VariableStar, Self::ActiveGalaxy, Self::Asteroid, Self::Bogus];

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Supernova => "supernova",
            Self::VariableStar => "variable star",
            Self::ActiveGalaxy => "active galaxy",
            Self::Asteroid => "asteroid",
            Self::Bogus => "bogus",
        }
    }

    fn drawn(draw: &mut Draw) -> Self {
        match draw.uniform() {
            p if p < 0.18 => Self::Supernova,
            p if p < 0.60 => Self::VariableStar,
            p if p < 0.72 => Self::ActiveGalaxy,
            p if p < 0.88 => Self::Asteroid,
            _ => Self::Bogus,
        }
    }
}

/// A galaxy near the source.
#[derive(Clone, Debug)]
pub(super) struct Galaxy {
    pub(super) mags: BandMags,
    /// Offset of its centre from the source.
    pub(super) west_arcsec: f64,
    pub(super) south_arcsec: f64,
    /// Scale length of its exponential disc.
    pub(super) scale_arcsec: f64,
    pub(super) axis_ratio: f64,
    pub(super) angle_rad: f64,
    /// Fraction of the light in the compact bulge.
    pub(super) bulge: f64,
}

impl Galaxy {
    pub(super) fn distance_arcsec(&self) -> f64 {
        self.west_arcsec.hypot(self.south_arcsec)
    }
}

/// What makes an artefact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flaw {
    /// A cosmic ray at this angle, of this length.
    CosmicRay { angle_rad: f64, length_px: f64 },
    /// A column that reads too high.
    BadColumn,
    /// A bright star whose two images do not match; the shift between them.
    Misaligned { dx_px: f64, dy_px: f64 },
}

/// A body of the solar system beside the source.
#[derive(Clone, Debug)]
pub(super) struct SolarSystemBody {
    pub(super) name: String,
    pub(super) distance_arcsec: f64,
    pub(super) mag: f64,
}

/// Everything that does not change from one exposure to the next.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) serial: u64,
    pub(super) object_id: String,
    pub(super) kind: SourceKind,
    pub(super) ra: f64,
    pub(super) dec: f64,
    pub(super) placement: Placement,
    pub(super) light_curve: LightCurve,
    /// The point source that stands there in the template.
    pub(super) template_mags: Option<BandMags>,
    pub(super) galaxy: Option<Galaxy>,
    pub(super) body: Option<SolarSystemBody>,
    pub(super) flaw: Option<Flaw>,
    /// First detection before the thirty days of history, and how many there were.
    pub(super) known_since: Option<(f64, i64)>,
}

/// A source and the exposure that raised the alert.
pub(super) struct Sighting {
    pub(super) source: Arc<Source>,
    /// Every exposure of the source's field, by time.
    pub(super) exposures: Arc<Vec<Exposure>>,
    /// Which of them raised the alert.
    pub(super) index: usize,
}

/// What one exposure measures at the source's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) flux_ujy: f64,
    pub(super) sigma_ujy: f64,
}

impl Measured {
    pub(super) fn snr(self) -> f64 {
        self.flux_ujy.abs() / self.sigma_ujy
    }

    /// Whether it makes an alert: five sigma.
    pub(super) fn is_detection(self) -> bool {
        self.snr() > 5.0
    }
}

/// The measurement of a source in an exposure: the model, with noise of the sky, of the photons and of calibration.
pub(super) fn measure(night: &Night, source: &Source, exposure: &Exposure) -> Measured {
    let mut draw = source_draw(night, source, exposure, 2);
    let model = source.light_curve.diff_ujy(exposure.jd, exposure.fid);
    let template = source
        .template_mags
        .map_or(0.0, |mags| super::exposure::ujy_of_mag(in_band(&mags, exposure.fid)));
    let photons = ((template + model.abs()) / (super::stamp::GAIN * exposure.dn_per_ujy())).sqrt();
    let calibration = (0.012 * model).hypot(0.002 * template);
    let sigma_ujy = exposure.sigma_ujy().hypot(photons).hypot(calibration);
    Measured { flux_ujy: model + sigma_ujy * draw.normal(), sigma_ujy }
}

/// The draws that belong to a source in an exposure, for one purpose.
pub(super) fn source_draw(
    night: &Night,
    source: &Source,
    exposure: &Exposure,
    purpose: u64,
) -> Draw {
    let visit = exposure.nid.cast_unsigned() * 4 + u64::from(exposure.fid.unsigned_abs());
    Draw::seeded(&[night.seed, purpose, source.serial, visit])
}

/// Tonight's alerts of one more source; none where the sky, the gaps or the limits leave none.
pub(super) fn sightings(night: &Night, serial: u64) -> Vec<Sighting> {
    let mut draw = Draw::seeded(&[night.seed, 3, serial]);
    let kind = SourceKind::drawn(&mut draw);
    let Some((ra, dec, placement)) = place(night, kind, &mut draw) else { return Vec::new() };
    let exposures = Arc::new(exposures_of(night, placement.field));
    let tonight = nid_of(night.midnight_jd);
    let wants_both = draw.chance(0.35);
    for _ in 0..40 {
        let site = population::Site { night, serial, kind, ra, dec, placement };
        let seen = sightings_of(&site, &exposures, tonight, &mut draw);
        if !seen.is_empty() {
            let n_kept = if wants_both { 2 } else { 1 };
            return if draw.chance(0.5) {
                keep_last(seen, n_kept)
            } else {
                seen.into_iter().take(n_kept).collect()
            };
        }
    }
    Vec::new()
}

fn keep_last(mut seen: Vec<Sighting>, n_kept: usize) -> Vec<Sighting> {
    seen.split_off(seen.len().saturating_sub(n_kept))
}

fn sightings_of(
    site: &population::Site<'_>,
    exposures: &Arc<Vec<Exposure>>,
    tonight: i64,
    draw: &mut Draw,
) -> Vec<Sighting> {
    let visits = exposures.iter().enumerate().filter(|(_, exposure)| exposure.nid == tonight);
    let visits: Vec<(usize, &Exposure)> = visits.collect();
    let sources = site.sources(&visits, draw);
    let mut seen = Vec::new();
    for (source, allowed) in sources {
        let source = Arc::new(source);
        for &(index, exposure) in &visits {
            if allowed.is_none_or(|only| only == index)
                && measure(site.night, &source, exposure).is_detection()
            {
                seen.push(Sighting {
                    source: Arc::clone(&source),
                    exposures: Arc::clone(exposures),
                    index,
                });
            }
        }
    }
    seen
}

/// A place on the visible sky and on silicon, where sources of the kind are found.
fn place(night: &Night, kind: SourceKind, draw: &mut Draw) -> Option<(f64, f64, Placement)> {
    for _ in 0..2000 {
        let ra = seven_decimals(draw.between(0.0, 360.0));
        let dec = seven_decimals(draw.between(-0.48, 0.99).asin().to_degrees());
        if is_visible(night, ra, dec)
            && draw.chance(density(kind, ra, dec))
            && let Some(placement) = Placement::of(ra, dec)
        {
            return Some((ra, dec, placement));
        }
    }
    None
}

/// Sources of a kind at a place, relative to where they are densest.
fn density(kind: SourceKind, ra: f64, dec: f64) -> f64 {
    let b = galactic_latitude_deg(ra, dec).abs();
    match kind {
        SourceKind::VariableStar => 0.08 + 0.92 * (-b / 12.0).exp(),
        SourceKind::Supernova | SourceKind::ActiveGalaxy => 1.0 - (-(b / 14.0).powi(2)).exp(),
        SourceKind::Asteroid => (-0.5 * (ecliptic_latitude_deg(ra, dec) / 9.0).powi(2)).exp(),
        SourceKind::Bogus => 0.4 + 0.6 * (-b / 15.0).exp(),
    }
}

/// Degrees to the seven decimals that packets carry.
pub(super) fn seven_decimals(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}
