//! Earlier measurements at an alert's position.

use super::{Band, Flux};

/// One earlier measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPoint {
    /// Julian date, UTC, days.
    pub jd: f64,
    /// Band.
    pub band: Option<Band>,
    /// What was measured.
    pub measurement: Measurement,
}

/// What was measured at an earlier time.
#[derive(Clone, Debug, PartialEq)]
pub enum Measurement {
    /// A detection in the difference image.
    Detection {
        /// The survey's id of that detection, where the packet has it.
        source_id: Option<i64>,
        /// Magnitude of the absolute value of the difference flux, AB.
        mag: f64,
        /// One-sigma error of `mag`.
        mag_err: Option<f64>,
        /// The difference flux, where the survey measures in flux.
        flux: Option<Flux>,
        /// Brighter than the template?
        is_positive: Option<bool>,
        /// Real/bogus score (ZTF `rb`, LSST `reliability`).
        rb: Option<f64>,
    },
    /// Nothing seen down to this magnitude (ZTF `diffmaglim`, 5 sigma).
    Limit {
        /// Limiting magnitude, AB.
        mag: f64,
    },
    /// Forced photometry at the object's position (ZTF `fp_hists`, LSST `prvDiaForcedSources`).
    Forced {
        /// Difference flux with its sign, in the packet's own unit.
        flux: Flux,
        /// AB magnitude of one of that unit for this measurement (ZTF `magzpsci`).
        zero_point: Option<f64>,
        /// What the survey says against it.
        status: Option<ForcedStatus>,
    },
}

/// What a survey says against a forced measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForcedStatus {
    /// ZTF's `procstatus`, other than `0` and `57`, as it stands in the packet.
    ProcStatus(String),
    /// LSST took it back (`timeWithdrawnMjdTai`).
    Withdrawn,
}

impl ForcedStatus {
    /// In a few words: `procstatus 56`, `withdrawn`.
    pub fn words(&self) -> String {
        match self {
            Self::ProcStatus(codes) => format!("procstatus {codes}"),
            Self::Withdrawn => "withdrawn".to_owned(),
        }
    }
}

/// Least signal to noise of a forced measurement that has a magnitude of its own; below it there is a limit.
const FORCED_SNR_MIN: f64 = 3.0;

/// What a forced measurement is in magnitudes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ForcedMag {
    /// Seen: magnitude of the absolute flux and its one-sigma error.
    Seen {
        /// AB magnitude.
        mag: f64,
        /// One-sigma error.
        mag_err: Option<f64>,
    },
    /// Not seen down to this magnitude, of so many sigma.
    Limit {
        /// AB magnitude.
        mag: f64,
    },
}

/// The magnitude of a forced flux from S/N 3 up, of either sign; below that the magnitude of `limit_sigma` times its error.
pub fn forced_mag(flux: &Flux, zero_point: Option<f64>, limit_sigma: f64) -> Option<ForcedMag> {
    let zero_point = zero_point.or(flux.unit.zero_point())?;
    let snr = flux.snr()?;
    if snr.abs() >= FORCED_SNR_MIN {
        let mag = flux.mag_at(zero_point)?;
        return Some(ForcedMag::Seen { mag, mag_err: flux.mag_err() });
    }
    let limit = Flux { value: limit_sigma * flux.err?, ..*flux };
    limit.mag_at(zero_point).map(|mag| ForcedMag::Limit { mag })
}

#[cfg(test)]
mod tests {
    use super::super::FluxUnit;
    use super::*;

    #[test]
    fn forced_photometry_has_a_magnitude_from_three_sigma_up_and_a_limit_below() {
        let of = |value, err| Flux { value, err: Some(err), unit: FluxUnit::Njy };
        let mag = |value, err| forced_mag(&of(value, err), None, 3.0);
        assert!(
            matches!(mag(1000.0, 100.0), Some(ForcedMag::Seen { mag, .. }) if (mag - 23.9).abs() < 1e-9)
        );
        assert!(
            matches!(mag(-1000.0, 100.0), Some(ForcedMag::Seen { mag, .. }) if (mag - 23.9).abs() < 1e-9)
        );
        // 0.6 ± 25 is no magnitude of 31.95 but a limit of 75 nJy.
        assert!(
            matches!(mag(0.6, 25.0), Some(ForcedMag::Limit { mag }) if (mag - (31.4 - 2.5 * 75_f64.log10())).abs() < 1e-9)
        );
        assert_eq!(forced_mag(&Flux { err: None, ..of(5.0, 1.0) }, None, 3.0), None);
        let counts = Flux { unit: FluxUnit::Dn, ..of(1000.0, 100.0) };
        assert_eq!(forced_mag(&counts, None, 3.0), None);
        assert!(
            matches!(forced_mag(&counts, Some(26.0), 3.0), Some(ForcedMag::Seen { mag, .. }) if (mag - 18.5).abs() < 1e-9)
        );
    }
}
