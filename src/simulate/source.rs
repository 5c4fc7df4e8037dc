//! The sources of the night: what each is and where it stands.

use super::{
    draw::Draw,
    exposure::Exposure,
    field::Placement,
    light_curve::{BandMags, LightCurve},
    night::Night,
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

    /// One of them, as often as the survey finds it.
    pub(super) fn drawn(draw: &mut Draw) -> Self {
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

/// Degrees to the seven decimals that packets carry.
pub(super) fn seven_decimals(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}
