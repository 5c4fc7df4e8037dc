//! What an exposure measures at the place of a source.

use super::{
    exposure::{Exposure, GAIN, ujy_of_mag},
    light_curve::in_band,
    night::Night,
    source::{Source, source_draw},
};

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
    let template =
        source.template_mags.map_or(0.0, |mags| ujy_of_mag(in_band(&mags, exposure.fid)));
    let photons = ((template + model.abs()) / (GAIN * exposure.dn_per_ujy())).sqrt();
    let calibration = (0.012 * model).hypot(0.002 * template);
    let sigma_ujy = exposure.sigma_ujy().hypot(photons).hypot(calibration);
    Measured { flux_ujy: model + sigma_ujy * draw.normal(), sigma_ujy }
}
