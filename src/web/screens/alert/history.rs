//! How an alert's object varied: the points of its light curve and the rows of its history.

use crate::{
    domain::{
        alert::{Alert, Band, ForcedMag, ForcedStatus, HistoryPoint, Measurement, forced_mag},
        time::MJD_ZERO_JD,
    },
    web::widgets::{
        brightness::Magnitude,
        controls::TimeView,
        light_curve::{LightCurvePoint, PointKind},
        words::{flux_text, magnitude, observed, score},
    },
};

/// A measurement.
#[derive(Clone, Debug)]
pub(super) struct HistoryRow {
    /// Time of the observation, with its MJD.
    pub(super) time: TimeView,
    pub(super) kind: HistoryKind,
    pub(super) magnitude: Option<Magnitude>,
    /// Difference flux with its sign, error and unit.
    pub(super) flux: Option<String>,
    /// What the survey says against it: "procstatus 56".
    pub(super) status: Option<String>,
    pub(super) rb: Option<String>,
    /// Whether it is the alert of this page.
    pub(super) is_this_alert: bool,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HistoryKind {
    Detection,
    Limit,
    /// The flux at the object's position, source or not.
    Forced,
}

impl HistoryKind {
    /// Its word in the table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Detection => "detection",
            Self::Limit => "limit",
            Self::Forced => "forced",
        }
    }
}

/// The points of a light curve: history and this alert.
pub(super) fn light_curve_points(alert: &Alert) -> Vec<LightCurvePoint> {
    let current = alert.mag.map(|mag| LightCurvePoint {
        mjd: alert.jd - MJD_ZERO_JD,
        mag,
        err: alert.mag_err,
        band: alert.band,
        kind: PointKind::Detection,
        is_negative: alert.is_positive == Some(false),
        is_current: true,
    });
    let earlier = alert.history.iter().filter_map(|point| {
        let (mag, err, kind, is_negative) = match point.measurement {
            Measurement::Detection { mag, mag_err, is_positive, .. } => {
                (mag, mag_err, PointKind::Detection, is_positive == Some(false))
            }
            Measurement::Limit { mag } => (mag, None, PointKind::Limit, false),
            Measurement::Forced { flux, zero_point, .. } => {
                match forced_mag(&flux, zero_point, FORCED_LIMIT_SIGMA)? {
                    ForcedMag::Seen { mag, mag_err } => {
                        (mag, mag_err, PointKind::Forced, flux.value < 0.0)
                    }
                    ForcedMag::Limit { mag } => (mag, None, PointKind::Limit, false),
                }
            }
        };
        Some(LightCurvePoint {
            mjd: point.jd - MJD_ZERO_JD,
            mag,
            err,
            band: point.band,
            kind,
            is_negative,
            is_current: false,
        })
    });
    earlier.chain(current).collect()
}

/// The magnitude of this many sigma is the limit of a forced measurement in which nothing was seen.
const FORCED_LIMIT_SIGMA: f64 = 3.0;

/// History, newest first, this alert on top.
pub(super) fn history(alert: &Alert) -> Vec<HistoryRow> {
    let this = HistoryRow {
        time: observed(alert.jd, None),
        kind: HistoryKind::Detection,
        magnitude: magnitude(alert.mag, alert.mag_err, alert.band, alert.is_positive),
        flux: alert.fluxes.difference.as_ref().map(flux_text),
        status: None,
        rb: score(alert.real_bogus()),
        is_this_alert: true,
    };
    let earlier = alert.history.iter().rev().map(history_row);
    std::iter::once(this).chain(earlier).collect()
}

fn history_row(point: &HistoryPoint) -> HistoryRow {
    let band = point.band;
    let (kind, shown, flux, rb) = match &point.measurement {
        Measurement::Detection { mag, mag_err, flux, is_positive, rb, .. } => (
            HistoryKind::Detection,
            magnitude(Some(*mag), *mag_err, band, *is_positive),
            flux.as_ref(),
            score(*rb),
        ),
        Measurement::Limit { mag } => (HistoryKind::Limit, limit(*mag, band), None, None),
        Measurement::Forced { flux, zero_point, .. } => {
            let shown = match forced_mag(flux, *zero_point, FORCED_LIMIT_SIGMA) {
                Some(ForcedMag::Seen { mag, mag_err }) => {
                    magnitude(Some(mag), mag_err, band, Some(flux.value >= 0.0))
                }
                Some(ForcedMag::Limit { mag }) => limit(mag, band),
                None => None,
            };
            (HistoryKind::Forced, shown, Some(flux), None)
        }
    };
    let status = match &point.measurement {
        Measurement::Forced { status, .. } => status.as_ref().map(ForcedStatus::words),
        _ => None,
    };
    HistoryRow {
        time: observed(point.jd, None),
        kind,
        magnitude: shown,
        flux: flux.map(flux_text),
        status,
        rb,
        is_this_alert: false,
    }
}

fn limit(mag: f64, band: Option<Band>) -> Option<Magnitude> {
    magnitude(Some(mag), None, band, None)
        .map(|limit| Magnitude { value: format!("> {}", limit.value), ..limit })
}
