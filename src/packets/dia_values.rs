//! What values of LSST and ELAsTiCC mean: times in TAI, fluxes, ids of which 0 is none.

use crate::domain::alert::{Band, Flux, FluxUnit, Host, Survey};
use crate::domain::time::mjd_tai_to_jd_utc;

use super::program::Scalar;
use super::ztf_values::{integer, is_positive, julian_date, not_negative, number, right_ascension};

/// The first of two names' values that is there.
pub(super) fn first<'r, 'a>(value: &'r Scalar<'a>, other: &'r Scalar<'a>) -> &'r Scalar<'a> {
    if *value == Scalar::Absent { other } else { value }
}

/// An id; 0 stands for none.
pub(super) fn id(value: &Scalar<'_>) -> Option<i64> {
    integer(value).filter(|id| *id != 0)
}

/// What no Modified Julian Date reaches: the examples of schemas 7 have seconds since 1970 instead.
const SECONDS_FROM: f64 = 1e8;
/// Modified Julian Date of 1970-01-01.
const MJD_1970: f64 = 40_587.0;

/// Julian date, UTC, of a Modified Julian Date in TAI.
pub(super) fn jd_utc(mjd_tai: &Scalar<'_>) -> Option<f64> {
    let mjd = number(mjd_tai).filter(|mjd| *mjd > 0.0)?;
    let mjd = if mjd < SECONDS_FROM { mjd } else { MJD_1970 + mjd / 86_400.0 };
    julian_date(&Scalar::Float(mjd_tai_to_jd_utc(mjd)))
}

/// A declination, degrees.
pub(super) fn declination(value: &Scalar<'_>) -> Option<f64> {
    number(value).filter(|dec| (-90.0..=90.0).contains(dec))
}

pub(super) fn band(letter: &Scalar<'_>) -> Option<Band> {
    match letter {
        Scalar::Text(letter) => Band::from_letter(letter),
        _ => None,
    }
}

/// The unit of a survey's fluxes.
pub(super) fn unit(survey: Survey) -> FluxUnit {
    match survey {
        Survey::Elasticc => FluxUnit::Zp27_5,
        Survey::Lsst | Survey::Ztf => FluxUnit::Njy,
    }
}

pub(super) fn flux(value: &Scalar<'_>, err: &Scalar<'_>, unit: FluxUnit) -> Option<Flux> {
    Some(Flux { value: number(value)?, err: not_negative(err), unit })
}

/// Whether a source is brighter than the template, as it says or by the sign of its flux.
pub(super) fn is_brighter(is_negative: &Scalar<'_>, flux: Option<Flux>) -> Option<bool> {
    let by_flux = || flux.filter(|flux| flux.value != 0.0).map(|flux| flux.value > 0.0);
    is_positive(is_negative).map(|is_negative| !is_negative).or_else(by_flux)
}

/// Limits in standard deviations of the noise.
const LIMIT_SIGMA: f64 = 5.0;
/// Limits that an exposure of LSST can have, magnitudes.
const LIMITS: std::ops::RangeInclusive<f64> = 10.0..=30.0;

/// The magnitude down to which nothing was seen above this noise.
pub(super) fn limit(noise: f64, unit: FluxUnit) -> Option<f64> {
    let flux = Flux { value: LIMIT_SIGMA * noise, err: None, unit };
    flux.mag().filter(|mag| noise > 0.0 && LIMITS.contains(mag))
}

/// Longest designation that is read, bytes.
const DESIGNATION_BYTES: usize = 64;

/// A designation: visible text.
pub(super) fn designation(value: &Scalar<'_>) -> Option<String> {
    let Scalar::Text(text) = value else { return None };
    let text = text.trim();
    let is_one = (1..=DESIGNATION_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    (is_one && text != "null").then(|| text.to_owned())
}

/// The version in a schema's name, `10.0` of `lsst.v10_0`.
pub(super) fn version(name: &Scalar<'_>) -> String {
    let Scalar::Text(name) = name else { return String::new() };
    version_of(name)
}

/// The version in the name of a schema or of a record of it; empty where there is none.
pub(super) fn version_of(name: &str) -> String {
    let is_number = |text: &&str| {
        (1..=16).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let version = name.split('.').find_map(|part| part.strip_prefix('v').filter(is_number));
    version.unwrap_or_default().replace('_', ".")
}

/// The host galaxy in `hostgal_ra`, `_dec`, `_snsep`, `_zspec` and `_zphot`, which are negative where there is none.
pub(super) fn host([ra, dec, separation, z_spec, z_phot]: &[Scalar<'_>; 5]) -> Option<Host> {
    let place = right_ascension(ra).zip(declination(dec));
    let host = Host {
        ra: place.map(|(ra, _)| ra),
        dec: place.map(|(_, dec)| dec),
        separation_arcsec: not_negative(separation),
        z_spec: not_negative(z_spec),
        z_phot: not_negative(z_phot),
    };
    (host != Host::default()).then_some(host)
}
