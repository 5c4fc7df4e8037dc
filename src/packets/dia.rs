//! From the values of an alert of LSST or ELAsTiCC to an [`Alert`], whichever format they stood in.
//!
//! A row holds the values of one record in the order of its names here; names of other versions stand beside today's.

use crate::domain::alert::{
    Alert, Flux, Fluxes, ForcedStatus, HistoryPoint, Measurement, Packet, SolarSystem, Stamps,
    Survey,
};

use super::PacketError;
use super::cursor::Fault;
use super::dia_values::{
    band, declination, designation, first, flux, host, id, is_brighter, jd_utc, limit, unit,
    version,
};
use super::invalid::impossible;
use super::limits::HISTORY_POINTS;
use super::plan::Stamp;
use super::program::Scalar;
use super::ztf_values::{integer, not_negative, number, right_ascension, score};

/// The alert itself.
pub(super) const ALERT: [&str; 2] = ["diaSourceId", "lsst_schema_version"];
/// `diaSource`: the detection that it is about.
pub(super) const SOURCE: [&str; 24] = [
    "diaSourceId",
    "diaObjectId",
    "ssObjectId",
    "midpointMjdTai",
    "midPointTai",
    "ra",
    "dec",
    "decl",
    "band",
    "filterName",
    "psfFlux",
    "psfFluxErr",
    "psFlux",
    "psFluxErr",
    "scienceFlux",
    "scienceFluxErr",
    "templateFlux",
    "templateFluxErr",
    "apFlux",
    "apFluxErr",
    "snr",
    "extendedness",
    "reliability",
    "isNegative",
];
/// `diaObject`; the host is ELAsTiCC's.
pub(super) const OBJECT: [&str; 8] = [
    "diaObjectId",
    "nDiaSources",
    "firstDiaSourceMjdTai",
    "hostgal_ra",
    "hostgal_dec",
    "hostgal_snsep",
    "hostgal_zspec",
    "hostgal_zphot",
];
/// `ssSource`, and `ssObject` of schemas 7.
pub(super) const SS_SOURCE: [&str; 5] =
    ["ssObjectId", "designation", "ephOffset", "ephVmag", "predictedVMagnitude"];
/// `mpc_orbits`, and `MPCORB` of schemas 8 and 9.
pub(super) const MPC_ORBITS: [&str; 10] = [
    "designation",
    "unpacked_primary_provisional_designation",
    "mpcDesignation",
    "a",
    "q",
    "e",
    "i",
    "incl",
    "h",
    "mpcH",
];
/// One of `prvDiaSources`.
pub(super) const PREVIOUS: [&str; 12] = [
    "diaSourceId",
    "midpointMjdTai",
    "midPointTai",
    "band",
    "filterName",
    "psfFlux",
    "psfFluxErr",
    "psFlux",
    "psFluxErr",
    "isNegative",
    "reliability",
    "timeWithdrawnMjdTai",
];
/// One of `prvDiaForcedSources`.
pub(super) const FORCED: [&str; 9] = [
    "midpointMjdTai",
    "midPointTai",
    "band",
    "filterName",
    "psfFlux",
    "psfFluxErr",
    "psFlux",
    "psFluxErr",
    "timeWithdrawnMjdTai",
];
/// One of `prvDiaNondetectionLimits`.
pub(super) const LIMIT: [&str; 5] =
    ["midpointMjdTai", "midPointTai", "band", "filterName", "diaNoise"];

/// An alert half read: its rows, and the history that came with it.
pub(super) struct Dia<'a> {
    survey: Survey,
    pub(super) alert: [Scalar<'a>; ALERT.len()],
    pub(super) source: [Scalar<'a>; SOURCE.len()],
    pub(super) object: [Scalar<'a>; OBJECT.len()],
    pub(super) ss_source: [Scalar<'a>; SS_SOURCE.len()],
    pub(super) mpc_orbits: [Scalar<'a>; MPC_ORBITS.len()],
    history: Vec<HistoryPoint>,
    n_impossible: u64,
    stamps: Stamps,
}

impl<'a> Dia<'a> {
    pub(super) fn new(survey: Survey) -> Self {
        Self {
            survey,
            alert: Default::default(),
            source: Default::default(),
            object: Default::default(),
            ss_source: Default::default(),
            mpc_orbits: Default::default(),
            history: Vec::new(),
            n_impossible: 0,
            stamps: Stamps::default(),
        }
    }

    /// Takes an earlier detection. One of flux 0 has no magnitude and is counted, one that was taken back is none.
    pub(super) fn previous(&mut self, row: &[Scalar<'a>; PREVIOUS.len()]) -> Result<(), Fault> {
        let [source_id, mjd, mjd_old, band, filter, psf, psf_err, old, old_err, rest @ ..] = row;
        let [is_negative, reliability, withdrawn] = rest;
        let flux = flux(first(psf, old), first(psf_err, old_err), unit(self.survey));
        let Some(flux) = flux.filter(|_| number(withdrawn).is_none()) else { return Ok(()) };
        let Some(mag) = flux.mag() else {
            self.n_impossible += 1;
            return Ok(());
        };
        let measurement = Measurement::Detection {
            source_id: id(source_id),
            mag,
            mag_err: flux.mag_err(),
            flux: Some(flux),
            is_positive: is_brighter(is_negative, Some(flux)),
            rb: score(reliability),
        };
        self.add(first(mjd, mjd_old), first(band, filter), measurement)
    }

    /// Takes a forced measurement.
    pub(super) fn forced(&mut self, row: &[Scalar<'a>; FORCED.len()]) -> Result<(), Fault> {
        let [mjd, mjd_old, band, filter, psf, psf_err, old, old_err, withdrawn] = row;
        let flux = flux(first(psf, old), first(psf_err, old_err), unit(self.survey));
        let Some(flux) = flux else { return Ok(()) };
        let status = number(withdrawn).map(|_| ForcedStatus::Withdrawn);
        let measurement = Measurement::Forced { flux, zero_point: None, status };
        self.add(first(mjd, mjd_old), first(band, filter), measurement)
    }

    /// Takes a limit, which these surveys write as the noise that it is five times of.
    pub(super) fn limit(&mut self, row: &[Scalar<'a>; LIMIT.len()]) -> Result<(), Fault> {
        let [mjd, mjd_old, band, filter, noise] = row;
        let Some(noise) = number(noise) else { return Ok(()) };
        let Some(mag) = limit(noise, unit(self.survey)) else {
            self.n_impossible += 1;
            return Ok(());
        };
        self.add(first(mjd, mjd_old), first(band, filter), Measurement::Limit { mag })
    }

    /// Takes a stamp: its bytes or how many they are.
    pub(super) fn stamp(&mut self, stamp: Stamp, [bytes]: &[Scalar<'a>; 1]) {
        let is_there = matches!(bytes, Scalar::Bytes(1..));
        match stamp {
            Stamp::Science => self.stamps.science = is_there,
            Stamp::Template => self.stamps.template = is_there,
            Stamp::Difference => self.stamps.difference = is_there,
        }
    }

    /// Adds a point of history; one without a time is none.
    fn add(
        &mut self,
        mjd_tai: &Scalar<'_>,
        letter: &Scalar<'_>,
        measurement: Measurement,
    ) -> Result<(), Fault> {
        if self.history.len() == HISTORY_POINTS {
            return Err(Fault::TooManyValues);
        }
        if let Some(jd) = jd_utc(mjd_tai) {
            self.history.push(HistoryPoint { jd, band: band(letter), measurement });
        }
        Ok(())
    }

    /// The alert. `packet` gets the version that the alert says where it has none.
    pub(super) fn finish(mut self, mut packet: Packet) -> Result<Alert, PacketError> {
        let [alert_id, alert_version] = self.alert;
        let [source_id, object_id, ss_id, mjd, mjd_old, ra, dec, decl, rest @ ..] = self.source;
        let [letter, filter, psf, psf_err, old, old_err, rest @ ..] = rest;
        let [science, science_err, template, template_err, ap, ap_err, rest @ ..] = rest;
        let [snr, extendedness, reliability, is_negative] = rest;
        let [object, n_sources, first_mjd, host_row @ ..] = self.object;
        let (mjd, dec, unit) = (first(&mjd, &mjd_old), first(&dec, &decl), unit(self.survey));
        let flux = |value: &Scalar<'_>, err: &Scalar<'_>| flux(value, err, unit);
        let difference = flux(first(&psf, &old), first(&psf_err, &old_err));
        // Examples have another number at their top.
        let source_id = id(&source_id).or_else(|| id(&alert_id));
        let [ss_source_id, ..] = self.ss_source;
        let ss_id = id(&ss_source_id).or_else(|| id(&ss_id)).filter(|id| *id > 0);
        let object_id = id(&object).or_else(|| id(&object_id)).or(ss_id);
        let solar_system = self.solar_system(ss_id);
        if packet.schema_version.is_empty() {
            packet.schema_version = version(&alert_version);
        }
        self.history.sort_by(|one, other| one.jd.total_cmp(&other.jd));
        let source_id = source_id.ok_or_else(|| impossible("diaSourceId", &alert_id))?;
        let object_id = object_id.ok_or_else(|| impossible("diaObjectId", &object))?;
        let mut alert = Alert {
            jd: jd_utc(mjd).ok_or_else(|| impossible("midpointMjdTai", mjd))?,
            ra: right_ascension(&ra).ok_or_else(|| impossible("ra", &ra))?,
            dec: declination(dec).ok_or_else(|| impossible("dec", dec))?,
            mag: difference.and_then(|flux| flux.mag()),
            mag_err: difference.and_then(|flux| flux.mag_err()),
            fluxes: Fluxes {
                difference,
                science: flux(&science, &science_err),
                template: flux(&template, &template_err),
                aperture: flux(&ap, &ap_err),
            },
            snr: number(&snr).map(|snr| signed(snr, difference)),
            band: band(first(&letter, &filter)),
            // LSST tells how extended a source is, 1 a galaxy: classtar is the other way round.
            classtar: score(&extendedness).map(|extendedness| 1.0 - extendedness),
            reliability: score(&reliability),
            is_positive: is_brighter(&is_negative, difference),
            ndethist: integer(&n_sources).filter(|count| *count >= 0),
            first_detection_jd: jd_utc(&first_mjd),
            // The source is the body's own; how far from its prediction is not always told.
            ssdistnr: solar_system.as_ref().map(|body| body.offset_arcsec.unwrap_or(0.0)),
            solar_system,
            host: host(&host_row),
            history: self.history,
            n_impossible_limits: self.n_impossible,
            stamps: self.stamps,
            ..Alert::new(self.survey, source_id, object_id.to_string(), packet)
        };
        if self.survey == Survey::Elasticc {
            alert.first_detection_jd = Some(alert.first_detection());
        }
        Ok(alert)
    }

    /// The body that this is: with an id or a designation. A record of one whose values are all absent stands in many alerts.
    fn solar_system(&self, ss_id: Option<i64>) -> Option<SolarSystem> {
        let [_, name, offset, v_mag, v_mag_old] = &self.ss_source;
        let [orbit_name, provisional, mpc_name, axis, perihelion, e, i, incl, mag_h, mpc_h] =
            &self.mpc_orbits;
        // The source's own may be packed: K17SA9A for 2017 SA109.
        let names = [provisional, name, orbit_name, mpc_name];
        let designation = names.into_iter().find_map(designation);
        (ss_id.is_some() || designation.is_some()).then(|| SolarSystem {
            designation,
            offset_arcsec: not_negative(offset),
            // 0 where no prediction was made.
            v_mag: number(first(v_mag, v_mag_old)).filter(|mag| *mag > 0.0),
            a_au: number(axis),
            q_au: number(perihelion),
            e: number(e),
            i_deg: number(first(i, incl)),
            h: number(first(mag_h, mpc_h)),
        })
    }
}

/// A signal to noise with the sign of the flux: the surveys write it without.
fn signed(snr: f64, flux: Option<Flux>) -> f64 {
    if flux.is_some_and(|flux| flux.value < 0.0) { -snr.abs() } else { snr }
}
