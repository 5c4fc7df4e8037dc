//! The packets of a night, one by one: the detection, its history and its three stamps.

use std::collections::{HashSet, VecDeque};

use apache_avro::types::Value;

use super::{
    catalogue::Neighbours,
    container::{Fields, container},
    detection::Detection,
    exposure::{Exposure, HISTORY_DAYS},
    forced::{self, Forced},
    measured::{Measured, measure},
    night::Night,
    record,
    sightings::{Sighting, sightings},
    source::{Source, SourceKind, source_draw},
    stamp,
    visit::{Alert, Visit},
};

/// So many sources in a row without an alert: there is no night at that date.
const MAX_BARREN_SOURCES: usize = 1000;

/// One alert of the simulated night.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedPacket {
    /// `objectId`.
    pub object_id: String,
    /// `candid`, unique within the night.
    pub candid: i64,
    /// What the simulation knows the source to be; the packet does not say it.
    pub kind: SourceKind,
    /// Right ascension, degrees.
    pub ra: f64,
    /// Declination, degrees.
    pub dec: f64,
    /// UTC start of the exposure, Julian date, days.
    pub jd: f64,
    /// Magnitude of the difference flux, AB (`magpsf`).
    pub magpsf: f64,
    /// Avro object container file with one record, uncompressed.
    pub bytes: Vec<u8>,
}

impl Night {
    /// The packets, made one by one as they are asked for.
    pub fn packets(&self) -> impl Iterator<Item = SimulatedPacket> + '_ {
        Packets { night: self, serial: 0, waiting: VecDeque::new(), candids: HashSet::new() }
            .take(self.n_packets)
    }
}

struct Packets<'n> {
    night: &'n Night,
    serial: u64,
    waiting: VecDeque<Sighting>,
    candids: HashSet<i64>,
}

impl Iterator for Packets<'_> {
    type Item = SimulatedPacket;

    fn next(&mut self) -> Option<SimulatedPacket> {
        for _ in 0..MAX_BARREN_SOURCES {
            while let Some(sighting) = self.waiting.pop_front() {
                let candid = candid(self.night, &sighting)?;
                if self.candids.insert(candid) {
                    return write(self.night, &sighting);
                }
            }
            self.waiting.extend(sightings(self.night, self.serial));
            self.serial += 1;
        }
        None
    }
}

/// `candid` of a sighting.
pub(super) fn candid(night: &Night, sighting: &Sighting) -> Option<i64> {
    let exposure = sighting.exposures.get(sighting.index)?;
    let measured = measure(night, &sighting.source, exposure);
    Some(Detection::of(night, &sighting.source, exposure, measured).candid)
}

/// The packet of a sighting.
pub(super) fn write(night: &Night, sighting: &Sighting) -> Option<SimulatedPacket> {
    let source = sighting.source.as_ref();
    let exposure = sighting.exposures.get(sighting.index)?;
    let now = measure(night, source, exposure);
    let history = sighting.exposures.iter().filter(|earlier| {
        earlier.jd < exposure.jd && earlier.jd > exposure.jd - HISTORY_DAYS as f64
    });
    let history = history.map(|earlier| visit(night, source, earlier)).collect();
    let detection = Detection::of(night, source, exposure, now);
    let alert = Alert { night, source, exposure, detection, history };
    Some(SimulatedPacket {
        object_id: source.object_id.clone(),
        candid: alert.detection.candid,
        kind: source.kind,
        ra: alert.detection.ra,
        dec: alert.detection.dec,
        jd: exposure.jd,
        magpsf: alert.detection.magpsf,
        bytes: alert.encode(now),
    })
}

fn visit<'e>(night: &Night, source: &Source, exposure: &'e Exposure) -> Visit<'e> {
    let measured = measure(night, source, exposure);
    let detection =
        measured.is_detection().then(|| Detection::of(night, source, exposure, measured));
    Visit { exposure, measured, detection }
}

impl Alert<'_> {
    fn encode(&self, now: Measured) -> Vec<u8> {
        let source = self.source;
        let earlier = self.history.iter().map(|visit| record::prv_candidate(source, visit));
        let forced = self
            .history
            .iter()
            .rev()
            .map(|visit| forced::fp_hist(source, &Forced::of(self.night, source, visit)));
        let mut out = Fields::default();
        out.put("schemavsn", "4.02");
        out.put("publisher", "tom-alerts simulated survey");
        out.put("objectId", source.object_id.as_str());
        out.put("candid", self.detection.candid);
        out.put("candidate", record::candidate(self, &Neighbours::of(self.night, source)));
        out.put("prv_candidates", Some(Value::Array(earlier.collect())));
        out.put("fp_hists", Some(Value::Array(forced.collect())));
        self.put_stamps(&mut out, now);
        container(out.into_record(), source_draw(self.night, source, self.exposure, 7).bytes())
    }

    fn put_stamps(&self, out: &mut Fields, now: Measured) {
        let (candid, pid) = (self.detection.candid, self.exposure.pid(self.source.placement.rcid));
        let subtraction = if self.detection.isdiffpos == "t" { "scimref" } else { "refmsci" };
        let names = [
            ("cutoutScience", format!("candid{candid}_pid{pid}_targ_sci.fits.gz")),
            ("cutoutTemplate", format!("candid{candid}_ref.fits.gz")),
            ("cutoutDifference", format!("candid{candid}_pid{pid}_targ_{subtraction}.fits.gz")),
        ];
        let stamps = stamp::stamps(self.night, self.source, self.exposure, now);
        for ((field, name), stamp) in names.into_iter().zip(stamps) {
            let mut cutout = Fields::default();
            cutout.put("fileName", name);
            cutout.put("stampData", stamp);
            out.put(field, Some(cutout.into_record()));
        }
    }
}
