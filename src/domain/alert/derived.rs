//! What follows from an alert's values: age, last limit, detections by band, what it is near.

use super::{Alert, Band, Measurement};
use crate::domain::sky::{Position, galactic};

/// A catalogue source with a star score from here on is a star.
pub const STAR_SCORE_MIN: f64 = 0.5;
/// A star this near is taken for the source, arcsec.
pub const NEAR_STAR_ARCSEC: f64 = 2.0;
/// A galaxy this near may be the host, arcsec.
pub const NEAR_GALAXY_ARCSEC: f64 = 10.0;

impl Alert {
    /// Real/bogus score of whichever survey, 0 bogus to 1 real: ZTF `rb`, LSST `reliability`.
    pub fn real_bogus(&self) -> Option<f64> {
        self.rb.or(self.reliability)
    }

    /// Julian date, UTC, of the first detection: as the packet says it, else the earliest that the packet holds.
    pub fn first_detection(&self) -> f64 {
        let earliest = self
            .history
            .iter()
            .filter(|point| matches!(point.measurement, Measurement::Detection { .. }))
            .fold(self.jd, |earliest, point| earliest.min(point.jd));
        self.first_detection_jd.filter(|jd| *jd <= self.jd).unwrap_or(earliest)
    }

    /// Days since the first detection; 0 for a first one.
    pub fn age_d(&self) -> f64 {
        (self.jd - self.first_detection()).max(0.0)
    }

    /// Julian date and magnitude of the last limit before the first detection.
    pub fn last_limit(&self) -> Option<(f64, f64)> {
        let first = self.first_detection();
        self.history.iter().rev().find_map(|point| match point.measurement {
            Measurement::Limit { mag } if point.jd < first => Some((point.jd, mag)),
            _ => None,
        })
    }

    /// Detections in the packet by band, this one included, by wavelength; bands without one are left out.
    pub fn detections_by_band(&self) -> Vec<(Band, usize)> {
        let earlier = self.history.iter().filter_map(|point| {
            point.band.filter(|_| matches!(point.measurement, Measurement::Detection { .. }))
        });
        let bands: Vec<Band> = earlier.chain(self.band).collect();
        Band::ALL
            .into_iter()
            .map(|band| (band, bands.iter().filter(|it| **it == band).count()))
            .filter(|(_, n)| *n > 0)
            .collect()
    }

    /// Galactic latitude, degrees.
    pub fn gal_b(&self) -> Option<f64> {
        Position::new(self.ra, self.dec).ok().map(|place| galactic(place).1)
    }

    /// Designation of the body of the solar system that this is.
    pub fn designation(&self) -> Option<&str> {
        self.solar_system.as_ref()?.designation.as_deref()
    }

    /// Whether it is a known body of the solar system, or has one within `radius_arcsec`.
    pub fn is_solar_system(&self, radius_arcsec: f64) -> bool {
        self.solar_system.is_some()
            || self.ssdistnr.is_some_and(|distance| distance < radius_arcsec)
    }
}
