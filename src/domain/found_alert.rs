//! An alert as a list of results shows it: one row.

use chrono::{DateTime, Utc};

use super::alert::Survey;

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
    /// Target that bears the object's name.
    pub target: Option<TargetLink>,
    /// Whether the member who looks has ticked it.
    pub is_selected: bool,
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
    /// Star/galaxy score of the nearest catalogue source.
    pub sgscore1: Option<f64>,
    /// Its distance, arcsec.
    pub distpsnr1: Option<f64>,
    /// Distance of the nearest known solar-system object, arcsec.
    pub ssdistnr: Option<f64>,
    /// When it was first received.
    pub received: DateTime<Utc>,
    /// Its packet.
    pub packet: super::alert::Packet,
}
