//! From a ZTF record's values to an [`Alert`], whichever form they came in.

use bytes::Bytes;

use crate::domain::alert::{
    Alert, Band, Flux, FluxUnit, ForcedStatus, HistoryPoint, Measurement, Packet, Stamps, Survey,
};

use super::PacketError;
use super::cursor::{Cursor, Fault};
use super::invalid::{impossible, name, within};
use super::limits::HISTORY_POINTS;
use super::opened::{Opened, require_end};
use super::plan::Stamp;
use super::program::Scalar;
use super::survey::{is_ztf_object, not_ztf};
use super::ztf_plan::{AlertRow, CandidateRow, ForcedRow, PreviousRow, Sink, ZtfPlan};
use super::ztf_values::{
    flux, forced_status, integer, is_impossible_limit, is_positive, julian_date, limit, magnitude,
    not_negative, number, right_ascension, score,
};

/// Reads the one alert of the packet `bytes`, whose record has to be used up.
pub(super) fn read_alert(
    opened: &Opened<'_>,
    plan: &ZtfPlan,
    bytes: &Bytes,
) -> Result<Alert, PacketError> {
    let mut cursor = Cursor::new(&opened.record);
    let mut draft = Draft { is_named_ztf: plan.is_named_ztf, ..Draft::default() };
    plan.run(&opened.ready.schema, &mut cursor, &mut draft)?;
    require_end(cursor.rest())?;
    draft.finish(opened.packet(String::new(), bytes))
}

/// An alert half read.
#[derive(Default)]
pub(super) struct Draft<'a> {
    /// Whether the schema itself says that it is ZTF's.
    is_named_ztf: bool,
    alert: AlertRow<'a>,
    candidate: CandidateRow<'a>,
    history: Vec<HistoryPoint>,
    n_impossible_limits: u64,
    stamps: Stamps,
}

impl<'a> Sink<'a> for Draft<'a> {
    fn alert(&mut self, row: &AlertRow<'a>) {
        self.alert = *row;
    }

    fn candidate(&mut self, row: &CandidateRow<'a>) {
        self.candidate = *row;
    }

    fn previous(&mut self, row: &PreviousRow<'a>) -> Result<(), Fault> {
        let [jd, fid, candid, isdiffpos, magpsf, sigmapsf, rb, diffmaglim] = row;
        let measurement = match (magnitude(magpsf), limit(diffmaglim)) {
            (Some(mag), _) => Measurement::Detection {
                source_id: integer(candid),
                mag,
                mag_err: not_negative(sigmapsf),
                flux: None,
                is_positive: is_positive(isdiffpos),
                rb: score(rb),
            },
            (None, Some(mag)) => Measurement::Limit { mag },
            (None, None) => {
                self.n_impossible_limits += u64::from(is_impossible_limit(diffmaglim));
                return Ok(());
            }
        };
        self.add(jd, fid, measurement)
    }

    fn forced(&mut self, row: &ForcedRow<'a>) -> Result<(), Fault> {
        let [jd, fid, forcediffimflux, forcediffimfluxunc, magzpsci, procstatus] = row;
        let Some(value) = flux(forcediffimflux) else {
            // What is there and is no flux is ZTF's mark of a failed measurement.
            self.n_impossible_limits += u64::from(number(forcediffimflux).is_some());
            return Ok(());
        };
        let flux = Flux { value, err: not_negative(forcediffimfluxunc), unit: FluxUnit::Dn };
        let zero_point = magnitude(magzpsci);
        let status = forced_status(procstatus).map(ForcedStatus::ProcStatus);
        self.add(jd, fid, Measurement::Forced { flux, zero_point, status })
    }

    fn stamp(&mut self, stamp: Stamp, bytes: &Scalar<'a>) {
        let present = matches!(bytes, Scalar::Bytes(1..));
        match stamp {
            Stamp::Science => self.stamps.science = present,
            Stamp::Template => self.stamps.template = present,
            Stamp::Difference => self.stamps.difference = present,
        }
    }
}

impl Draft<'_> {
    /// Adds a point of history; one without a time is none.
    fn add(
        &mut self,
        jd: &Scalar<'_>,
        fid: &Scalar<'_>,
        measurement: Measurement,
    ) -> Result<(), Fault> {
        if self.history.len() == HISTORY_POINTS {
            return Err(Fault::TooManyValues);
        }
        if let Some(jd) = julian_date(jd) {
            self.history.push(HistoryPoint { jd, band: band(fid), measurement });
        }
        Ok(())
    }

    /// The alert. A version of the schema that `packet` does not tell is the one that the record tells.
    pub(super) fn finish(mut self, mut packet: Packet) -> Result<Alert, PacketError> {
        let object_id = self.object_id()?;
        let [schemavsn, .., alert_candid] = self.alert;
        let [jd, fid, candid, isdiffpos, ra, dec, magpsf, sigmapsf, scores @ ..] = self.candidate;
        let [classtar, rb, drb, ndethist, jdstarthist, sgscore1, distpsnr1, ssdistnr] = scores;
        let source_id = integer(&alert_candid).or_else(|| integer(&candid));
        if packet.schema_version.is_empty() && schemavsn != Scalar::Absent {
            packet.schema_version = name("schemavsn", &schemavsn)?;
        }
        self.history.sort_by(|one, other| one.jd.total_cmp(&other.jd));
        let source_id = source_id.ok_or_else(|| impossible("candid", &alert_candid))?;
        Ok(Alert {
            jd: julian_date(&jd).ok_or_else(|| impossible("jd", &jd))?,
            ra: right_ascension(&ra).ok_or_else(|| impossible("ra", &ra))?,
            dec: within("dec", &dec, |dec| (-90.0..=90.0).contains(&dec))?,
            mag: magnitude(&magpsf),
            mag_err: not_negative(&sigmapsf),
            band: band(&fid),
            classtar: score(&classtar),
            rb: score(&rb),
            drb: score(&drb),
            is_positive: is_positive(&isdiffpos),
            ndethist: integer(&ndethist).filter(|count| *count >= 0),
            first_detection_jd: julian_date(&jdstarthist),
            sgscore1: score(&sgscore1),
            distpsnr1: not_negative(&distpsnr1),
            ssdistnr: not_negative(&ssdistnr),
            history: self.history,
            n_impossible_limits: self.n_impossible_limits,
            stamps: self.stamps,
            ..Alert::new(Survey::Ztf, source_id, object_id, packet)
        })
    }
}

impl Draft<'_> {
    /// The object's name; in schemas that know no objects, the alert's number.
    fn object_id(&self) -> Result<String, PacketError> {
        let [_, publisher, object_id, alert_id, _] = &self.alert;
        match (object_id, alert_id) {
            (Scalar::Text(text), _) if is_ztf_object(text) => Ok((*text).to_owned()),
            (Scalar::Absent, Scalar::Int(number)) if self.is_named_ztf => Ok(number.to_string()),
            (Scalar::Absent, Scalar::Text(_)) if self.is_named_ztf => name("alertId", alert_id),
            _ => Err(not_ztf(&name("objectId", object_id)?, publisher)),
        }
    }
}

pub(super) fn band(fid: &Scalar<'_>) -> Option<Band> {
    match fid {
        // Some write the letter: g, R.
        Scalar::Text(letter) if Band::from_letter(letter).is_some() => Band::from_letter(letter),
        number => integer(number).and_then(Band::from_ztf_fid),
    }
}
