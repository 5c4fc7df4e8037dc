//! An alert as a list of results shows it: one row.

use chrono::{DateTime, Utc};

use super::alert::{Alert, Band, Classification, Fluxes, Survey};

/// One row of a run's results.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundAlert {
    /// Id in the database.
    pub id: i64,
    /// Survey.
    pub survey: Survey,
    /// The survey's id of the detection; beyond 2^53.
    pub source_id: i64,
    /// The survey's id of the object.
    pub object_id: String,
    /// Julian date, UTC, days.
    pub jd: f64,
    /// Right ascension, degrees.
    pub ra: f64,
    /// Declination, degrees.
    pub dec: f64,
    /// Magnitude of the difference, AB.
    pub mag: Option<f64>,
    /// One-sigma error.
    pub mag_err: Option<f64>,
    /// Letter of the band.
    pub band: Option<String>,
    /// Brighter than the template?
    pub is_positive: Option<bool>,
    /// Star/galaxy score.
    pub classtar: Option<f64>,
    /// Real/bogus score.
    pub rb: Option<f64>,
    /// Deep-learning real/bogus score.
    pub drb: Option<f64>,
    /// Number of detections at its position so far.
    pub ndethist: Option<i64>,
    /// What its packet says besides.
    pub details: AlertDetails,
    /// What classifiers say of it, the most probable first.
    pub classified: Vec<Classified>,
    /// What brokers say of it in a word, by the alphabet.
    pub tags: Vec<String>,
    /// Target that bears the object's name.
    pub target: Option<TargetLink>,
    /// Whether the member who looks has ticked it.
    pub is_selected: bool,
}

/// What is kept of an alert so that lists need not read its packet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertDetails {
    /// Fluxes of the detection.
    pub fluxes: Fluxes,
    /// Signal to noise, with the sign of the flux.
    pub snr: Option<f64>,
    /// Real/bogus score of LSST.
    pub reliability: Option<f64>,
    /// Time of the first detection, Julian date, UTC.
    pub first_detection_jd: Option<f64>,
    /// The last limit before it.
    pub last_limit: Option<LastLimit>,
    /// Star/galaxy score of the nearest catalogue source, 1 star.
    pub sgscore1: Option<f64>,
    /// Its distance, arcsec.
    pub distpsnr1: Option<f64>,
    /// Galactic latitude, degrees.
    pub gal_b: Option<f64>,
    /// Designation of the body of the solar system that it is.
    pub designation: Option<String>,
    /// Detections in its packet by band, by wavelength.
    pub detections: Vec<(Band, u64)>,
    /// Redshift of the host, by spectroscopy or else by photometry.
    pub host_z: Option<f64>,
}

/// The last limit before the first detection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LastLimit {
    /// Julian date, UTC.
    pub jd: f64,
    /// Limiting magnitude, AB.
    pub mag: f64,
}

impl AlertDetails {
    /// Those of an alert that was read.
    pub fn of(alert: &Alert) -> Self {
        let by_band = alert.detections_by_band();
        Self {
            fluxes: alert.fluxes,
            snr: alert.snr,
            reliability: alert.reliability,
            first_detection_jd: Some(alert.first_detection()).filter(|jd| jd.is_finite()),
            last_limit: alert.last_limit().map(|(jd, mag)| LastLimit { jd, mag }),
            sgscore1: alert.sgscore1,
            distpsnr1: alert.distpsnr1,
            gal_b: alert.gal_b(),
            designation: alert.designation().map(str::to_owned),
            detections: by_band.into_iter().map(|(band, n)| (band, n as u64)).collect(),
            host_z: alert.host.and_then(|host| host.z_spec.or(host.z_phot)),
        }
    }
}

/// What a classifier says of an alert, and how that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// What it says.
    pub classification: Classification,
    /// The stream that brought it.
    pub stream: Option<String>,
    /// When it came.
    pub received: DateTime<Utc>,
}

impl FoundAlert {
    /// Days from the first detection to this one, to a tenth of a second.
    pub fn age_d(&self) -> Option<f64> {
        let first = self.details.first_detection_jd?;
        Some(((self.jd - first).max(0.0) * 1e6).round() / 1e6)
    }
}

/// Enough of a target to link to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetLink {
    /// Id in URLs.
    pub id: i64,
    /// First name.
    pub name: String,
}

/// A column by which results can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortColumn {
    /// Time of observation.
    Time,
    /// Object id.
    Name,
    /// Right ascension.
    Ra,
    /// Declination.
    Dec,
    /// Magnitude.
    Mag,
    /// Star/galaxy score.
    Score,
    /// Real/bogus score.
    Rb,
    /// Signal to noise.
    Snr,
    /// Real/bogus score of LSST.
    Reliability,
    /// Days since the first detection.
    Age,
    /// The highest probability that a classifier gives.
    Probability,
}

/// The order of a list of results. Absent values come last either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortOrder {
    /// By what.
    pub column: SortColumn,
    /// From high to low?
    pub descending: bool,
}

impl Default for SortOrder {
    fn default() -> Self {
        Self { column: SortColumn::Time, descending: true }
    }
}

impl SortOrder {
    /// From the low end of a column.
    pub const fn up(column: SortColumn) -> Self {
        Self { column, descending: false }
    }

    /// From its high end.
    pub const fn down(column: SortColumn) -> Self {
        Self { column, descending: true }
    }
}

/// An alert with everything but its packet's contents.
#[derive(Clone, Debug)]
pub struct StoredAlert {
    /// The row.
    pub row: FoundAlert,
    /// Distance of the nearest known solar-system object, arcsec.
    pub ssdistnr: Option<f64>,
    /// When it was first received.
    pub received: DateTime<Utc>,
    /// Its packet.
    pub packet: super::alert::Packet,
}
