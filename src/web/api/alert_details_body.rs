//! What the API tells of an alert besides place, time and magnitude: fluxes, scores, first detection, surroundings.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{alert::Flux, found_alert::FoundAlert, numbers::shortest};

/// More of an alert. What its survey does not have is null.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertDetails)]
pub(super) struct AlertDetailsBody {
    /// Flux of the difference, PSF, nJy, with its sign; null for ZTF.
    #[schema(required)]
    flux: Option<f64>,
    /// Its one-sigma error, nJy.
    #[schema(required)]
    flux_err: Option<f64>,
    /// Flux in the science image: the total, nJy.
    #[schema(required)]
    science_flux: Option<f64>,
    /// Its one-sigma error, nJy.
    #[schema(required)]
    science_flux_err: Option<f64>,
    /// Flux in the template, nJy.
    #[schema(required)]
    template_flux: Option<f64>,
    /// Its one-sigma error, nJy.
    #[schema(required)]
    template_flux_err: Option<f64>,
    /// Flux of the difference in an aperture, nJy.
    #[schema(required)]
    aperture_flux: Option<f64>,
    /// Its one-sigma error, nJy.
    #[schema(required)]
    aperture_flux_err: Option<f64>,
    /// Signal to noise, with the sign of the flux; null for ZTF.
    #[schema(required)]
    snr: Option<f64>,
    /// Real/bogus score of LSST, from 0 (bogus) to 1 (real).
    #[schema(required)]
    reliability: Option<f64>,
    /// Days since the first detection.
    #[schema(required)]
    age_d: Option<f64>,
    /// When that was: Julian date, UTC.
    #[schema(required)]
    first_detection_jd: Option<f64>,
    /// When nothing was seen for the last time before: Julian date, UTC.
    #[schema(required)]
    last_limit_jd: Option<f64>,
    /// The limiting magnitude of that, AB.
    #[schema(required)]
    last_limit_mag: Option<f64>,
    /// Detections in its packet, itself included, by letter of the band.
    detections: BTreeMap<String, u64>,
    /// Score of the nearest catalogue source, from 0 (galaxy) to 1 (star).
    #[schema(required)]
    star_score: Option<f64>,
    /// Distance of that source, arcsec.
    #[schema(required)]
    star_distance: Option<f64>,
    /// Galactic latitude, degrees.
    #[schema(required)]
    gal_b: Option<f64>,
    /// Designation of the body of the solar system that it is.
    #[schema(required)]
    designation: Option<String>,
    /// Redshift of the galaxy that the survey takes for its host.
    #[schema(required)]
    host_z: Option<f64>,
}

impl AlertDetailsBody {
    /// Those of an alert.
    pub(super) fn of(alert: &FoundAlert) -> Self {
        let details = &alert.details;
        let (flux, flux_err) = in_njy(details.fluxes.difference);
        let (science_flux, science_flux_err) = in_njy(details.fluxes.science);
        let (template_flux, template_flux_err) = in_njy(details.fluxes.template);
        let (aperture_flux, aperture_flux_err) = in_njy(details.fluxes.aperture);
        Self {
            flux,
            flux_err,
            science_flux,
            science_flux_err,
            template_flux,
            template_flux_err,
            aperture_flux,
            aperture_flux_err,
            snr: details.snr.map(shortest),
            reliability: details.reliability.map(shortest),
            age_d: alert.age_d(),
            first_detection_jd: details.first_detection_jd,
            last_limit_jd: details.last_limit.map(|limit| limit.jd),
            last_limit_mag: details.last_limit.map(|limit| shortest(limit.mag)),
            detections: details.detections.iter().map(|(band, n)| (band.to_string(), *n)).collect(),
            star_score: details.sgscore1.map(shortest),
            star_distance: details.distpsnr1.map(shortest),
            gal_b: details.gal_b,
            designation: details.designation.clone(),
            host_z: details.host_z.map(shortest),
        }
    }
}

/// A flux and its error in nanojansky.
fn in_njy(flux: Option<Flux>) -> (Option<f64>, Option<f64>) {
    let flux = flux.and_then(|flux| flux.in_njy());
    (flux.map(|flux| shortest(flux.value)), flux.and_then(|flux| flux.err).map(shortest))
}
