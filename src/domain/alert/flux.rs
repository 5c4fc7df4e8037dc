//! Fluxes: values with sign, error and unit, and the magnitudes that they are.

/// The unit of a flux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FluxUnit {
    /// Nanojansky: zero point 31.4 AB (LSST).
    Njy,
    /// The unit of SNANA, zero point 27.5 AB (ELAsTiCC).
    Zp27_5,
    /// Counts of the image, whose zero point each measurement has for itself (ZTF's forced photometry).
    Dn,
}

impl FluxUnit {
    /// Every unit.
    pub const ALL: [Self; 3] = [Self::Njy, Self::Zp27_5, Self::Dn];

    /// The word used in JSON and shown on pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Njy => "nJy",
            Self::Zp27_5 => "zp 27.5",
            Self::Dn => "DN",
        }
    }

    /// The unit with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }

    /// AB magnitude of one of it, where that is the same for all measurements.
    pub fn zero_point(self) -> Option<f64> {
        match self {
            Self::Njy => Some(31.4),
            Self::Zp27_5 => Some(27.5),
            Self::Dn => None,
        }
    }
}

/// A flux as it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flux {
    /// With its sign.
    pub value: f64,
    /// One-sigma error.
    pub err: Option<f64>,
    /// Of both.
    pub unit: FluxUnit,
}

impl Flux {
    /// Signal to noise, with the sign of the flux; none without an error above zero.
    pub fn snr(&self) -> Option<f64> {
        self.err.filter(|err| *err > 0.0).map(|err| self.value / err).filter(|snr| snr.is_finite())
    }

    /// The same in nanojansky; none where the unit has no zero point of its own.
    pub fn in_njy(&self) -> Option<Self> {
        if self.unit == FluxUnit::Njy {
            return Some(*self);
        }
        let factor = 10_f64.powf((FluxUnit::Njy.zero_point()? - self.unit.zero_point()?) / 2.5);
        let err = self.err.map(|err| err * factor);
        Some(Self { value: self.value * factor, err, unit: FluxUnit::Njy })
    }

    /// AB magnitude of its absolute value for a zero point; none of zero.
    pub fn mag_at(&self, zero_point: f64) -> Option<f64> {
        let mag = zero_point - 2.5 * self.value.abs().log10();
        (self.value != 0.0 && mag.is_finite()).then_some(mag)
    }

    /// The same for the unit's own zero point.
    pub fn mag(&self) -> Option<f64> {
        self.mag_at(self.unit.zero_point()?)
    }

    /// One-sigma error of the magnitude: 2.5 / ln 10 times the relative error.
    pub fn mag_err(&self) -> Option<f64> {
        let relative = self.err? / self.value.abs();
        Some(2.5 / std::f64::consts::LN_10 * relative).filter(|err| err.is_finite())
    }
}

/// The fluxes of an alert's own detection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fluxes {
    /// In the difference image, PSF (LSST `psfFlux`, ELAsTiCC `psFlux`).
    pub difference: Option<Flux>,
    /// In the science image, PSF: the total (LSST `scienceFlux`).
    pub science: Option<Flux>,
    /// In the template, PSF (LSST `templateFlux`).
    pub template: Option<Flux>,
    /// In the difference image, aperture (LSST `apFlux`).
    pub aperture: Option<Flux>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flux_is_as_bright_in_nanojansky_as_in_its_own_unit() {
        let flux = Flux { value: -100.0, err: Some(20.0), unit: FluxUnit::Zp27_5 };
        let converted = flux.in_njy().unwrap();
        assert!((converted.value + 3_630.780_5).abs() < 1e-3, "{converted:?}");
        assert!((converted.mag().unwrap() - flux.mag().unwrap()).abs() < 1e-9);
        assert!((converted.snr().unwrap() + 5.0).abs() < 1e-9);
        assert_eq!(converted.in_njy(), Some(converted));
        assert_eq!(Flux { unit: FluxUnit::Dn, ..flux }.in_njy(), None);
    }

    #[test]
    fn magnitudes_of_nanojansky() {
        let of = |value, err| Flux { value, err: Some(err), unit: FluxUnit::Njy };
        for (flux, mag, err) in [
            (of(1000.0, 100.0), 23.9, 0.1086),
            (of(1.0, 0.2), 31.4, 0.2171),
            (of(-1000.0, 100.0), 23.9, 0.1086),
        ] {
            assert!((flux.mag().unwrap() - mag).abs() < 1e-9);
            assert!((flux.mag_err().unwrap() - err).abs() < 1e-4);
        }
        assert_eq!(of(0.0, 1.0).mag(), None);
        assert_eq!(of(0.0, 1.0).mag_err(), None);
        assert_eq!(of(-30.0, 10.0).snr(), Some(-3.0));
        assert_eq!(of(-30.0, 0.0).snr(), None);
    }
}
