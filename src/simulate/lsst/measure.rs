//! What one visit measures at the place of a source.

use super::{
    super::{draw::Draw, source::SourceKind},
    night::LsstNight,
    pointing::Visit,
    sky::Source,
};

/// One measurement.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) visit: Visit,
    pub(super) source_id: i64,
    pub(super) detector: i64,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) ra: f64,
    pub(super) dec: f64,
    /// Error of the place, pixels.
    pub(super) error_px: f64,
    pub(super) diff_njy: f64,
    pub(super) sigma_njy: f64,
    pub(super) template_njy: f64,
    pub(super) science_njy: f64,
    pub(super) reliability: f64,
    pub(super) bbox: i64,
}

impl Measured {
    /// The measurement of a source in a visit.
    pub(super) fn of(night: &LsstNight, source: &Source, visit: &Visit) -> Self {
        let mut draw = source_draw(night, source, visit, 104);
        let model = source.diff_njy(visit.mjd_tai, visit.band, visit.is_tonight);
        let template = source.template_njy(visit.band, visit.seeing_px);
        let photons = (25.0 * (template + model.abs())).sqrt();
        let sigma_njy = visit.sigma_njy.hypot(photons).hypot(0.004 * template);
        let diff_njy = model + sigma_njy * draw.normal();
        let snr = (diff_njy / sigma_njy).abs();
        let detector = draw.integer(0, 189);
        let error_px = (visit.seeing_px / 2.355 / snr).clamp(0.01, 2.0);
        let arcsec = 0.2 * error_px;
        let north = arcsec * draw.normal() / 3600.0;
        let east = arcsec * draw.normal() / 3600.0 / source.dec.to_radians().cos();
        let reliability = if source.kind == SourceKind::Bogus {
            draw.uniform().powi(3) * 0.6
        } else {
            1.0 - draw.uniform().powi(4) * (4.0 / snr).min(0.7)
        };
        Self {
            visit: visit.clone(),
            source_id: visit.source_id(source.serial, detector),
            detector,
            x: draw.between(60.0, 4010.0),
            y: draw.between(60.0, 3935.0),
            ra: (source.ra + east).rem_euclid(360.0),
            dec: source.dec + north,
            error_px,
            diff_njy,
            sigma_njy,
            template_njy: template * (1.0 + 0.002 * draw.normal()),
            science_njy: template + diff_njy + 0.2 * sigma_njy * draw.normal(),
            reliability,
            bbox: (12.0 + 8.0 * snr.ln() + 4.0 * draw.normal()).clamp(8.0, 60.0) as i64,
        }
    }

    pub(super) fn snr(&self) -> f64 {
        (self.diff_njy / self.sigma_njy).abs()
    }

    /// Whether it makes an alert: five sigma.
    pub(super) fn is_detection(&self) -> bool {
        self.snr() > 5.0
    }

    /// When the pipeline was done with it, MJD TAI.
    pub(super) fn processed_mjd(&self) -> f64 {
        self.visit.mjd_tai + 0.0016
    }
}

/// Draws for one purpose of one source in one visit.
pub(super) fn source_draw(night: &LsstNight, source: &Source, visit: &Visit, purpose: u64) -> Draw {
    Draw::seeded(&[night.seed, purpose, source.serial, visit.id.cast_unsigned()])
}
