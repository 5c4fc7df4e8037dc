//! The filter that every backend shares: it judges an alert in memory and says which rule rejected it.
//!
//! It is the run's, not the backend's, so all backends have the same one and count its rejections alike.
//! `brokers/database` has it as SQL too, so that no more rows come than are wanted; the run still judges each row.

mod judge;
mod rule;
mod words;

use chrono::{DateTime, Utc};

use super::{
    alert::{Band, Survey},
    sky::Cone,
};

pub use rule::Rule;

/// A known solar-system object this near is taken to be the source, arcsec (the radius ZTF's own brokers use).
pub const SOLAR_SYSTEM_RADIUS_ARCSEC: f64 = 5.0;

/// On which side of the threshold a star/galaxy score passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Below the threshold.
    LessThan,
    /// At or above the threshold.
    GreaterOrEqual,
}

impl Side {
    /// The sign between score and threshold.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::LessThan => "<",
            Self::GreaterOrEqual => "≥",
        }
    }
}

/// The sign of the difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// Either.
    #[default]
    Any,
    /// Brighter than in the template.
    Positive,
    /// Fainter than in the template.
    Negative,
}

/// Whether bodies of the solar system are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SolarSystemWanted {
    /// With all others.
    #[default]
    Any,
    /// No.
    None,
    /// Nothing else.
    Only,
}

/// What the nearest catalogue source may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StarNear {
    /// Anything.
    #[default]
    Any,
    /// No star within [`NEAR_STAR_ARCSEC`](super::alert::NEAR_STAR_ARCSEC).
    NoStar,
    /// A galaxy within [`NEAR_GALAXY_ARCSEC`](super::alert::NEAR_GALAXY_ARCSEC).
    Galaxy,
}

/// Which alerts a query wants. What is `None`, empty or false does not cut.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Star/galaxy score below, or at or above, a threshold.
    pub classtar: Option<(Side, f64)>,
    /// Brightest magnitude.
    pub mag_min: Option<f64>,
    /// Faintest magnitude.
    pub mag_max: Option<f64>,
    /// Bands; empty: any.
    pub bands: Vec<Band>,
    /// Least real/bogus score.
    pub rb_min: Option<f64>,
    /// Least deep-learning real/bogus score.
    pub drb_min: Option<f64>,
    /// Brighter or fainter than in the template.
    pub sign: Sign,
    /// Least number of detections.
    pub ndethist_min: Option<i64>,
    /// Only within a circle.
    pub cone: Option<Cone>,
    /// Only observed at this time or later.
    pub observed_after: Option<DateTime<Utc>>,
    /// Only observed before this time.
    pub observed_before: Option<DateTime<Utc>>,
    /// Known solar-system objects, and what has one within [`SOLAR_SYSTEM_RADIUS_ARCSEC`].
    pub solar_system: SolarSystemWanted,
    /// Only of this survey.
    pub survey: Option<Survey>,
    /// Most days since the first detection.
    pub age_max: Option<f64>,
    /// Most detections.
    pub ndethist_max: Option<i64>,
    /// Least signal to noise, of either sign.
    pub snr_min: Option<f64>,
    /// What the nearest catalogue source is.
    pub star_near: StarNear,
    /// Least distance from the galactic plane, degrees.
    pub gal_b_min: Option<f64>,
    /// A class that a classifier gives, in either case.
    pub class_name: Option<String>,
    /// Least probability of that class, or of any.
    pub class_probability: Option<f64>,
    /// A tag, in either case.
    pub tag: Option<String>,
}

/// Why an alert is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The first rule that it breaks.
    pub rule: Rule,
    /// Whether the alert lacks the value that the rule asks for.
    pub is_absent: bool,
}

#[cfg(test)]
mod tests;
