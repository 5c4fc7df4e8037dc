//! The packets of a night, one by one: the detection, its history and its three stamps.

use std::collections::BTreeMap;

use apache_avro::types::Value;

use super::{
    super::source::SourceKind,
    encode::Format,
    measure::{Measured, source_draw},
    night::{LsstNight, MJD_ZERO_JD},
    object::dia_object,
    orbit::Body,
    pointing::{Pointing, TAI_DAYS, Visit},
    record::{Owner, dia_forced_source, dia_source},
    schema::Fields,
    sky::Source,
    stamp::stamps,
};
use crate::domain::sky::{Position, healpix29};

/// Sources of one pointing.
const SOURCES_OF_POINTING: u64 = 12;
/// Pointings in a row without an alert: there is no night at that date.
const MAX_BARREN_POINTINGS: u64 = 1000;

/// One alert of the simulated night.
#[derive(Clone, Debug)]
pub struct LsstPacket {
    /// `diaSourceId`, unique within the night.
    pub dia_source_id: i64,
    /// `diaObjectId`, or `None` for a body of the solar system.
    pub dia_object_id: Option<i64>,
    /// `ssObjectId` of a body of the solar system.
    pub ss_object_id: Option<i64>,
    /// What the simulation knows the source to be; the packet does not say it.
    pub kind: SourceKind,
    /// Right ascension, degrees.
    pub ra: f64,
    /// Declination, degrees.
    pub dec: f64,
    /// Middle of the exposure, Julian date, UTC, days.
    pub jd: f64,
    /// Earlier detections in the packet.
    pub n_previous: usize,
    alert: Value,
    sync_marker: [u8; 16],
}

impl LsstPacket {
    /// The packet in a format.
    pub fn bytes(&self, format: Format) -> Vec<u8> {
        format.encode(self.alert.clone(), self.sync_marker)
    }

    /// The attributes with which the broker publishes it, the nth of the stream.
    pub fn attributes(&self, offset: usize) -> BTreeMap<String, String> {
        let arrived_ms = (self.jd - 2_440_587.5) * 86_400_000.0 + 120_000.0;
        let owner = match (self.ss_object_id, self.dia_object_id) {
            (Some(id), _) => ("ssSource_ssObjectId", id),
            (None, id) => ("diaObject_diaObjectId", id.unwrap_or_default()),
        };
        let mut attributes = BTreeMap::from([
            (owner.0, owner.1.to_string()),
            ("diaSource_diaSourceId", self.dia_source_id.to_string()),
            ("schema_version", "v11_1".to_owned()),
            ("n_previous_detections", self.n_previous.to_string()),
            ("kafka.offset", offset.to_string()),
            ("kafka.partition", "0".to_owned()),
            ("kafka.timestamp", format!("{arrived_ms:.0}")),
            ("kafka.topic", "lsst-alerts-v11.1".to_owned()),
        ]);
        if let Ok(position) = Position::new(self.ra, self.dec) {
            let cell = healpix29(position);
            let names = [("healpix29", 29), ("healpix19", 19), ("healpix9", 9)];
            attributes.extend(
                names.map(|(name, depth)| (name, (cell >> (2 * (29 - depth))).to_string())),
            );
        }
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl LsstNight {
    /// The packets, made one by one as they are asked for.
    pub fn packets(&self) -> impl Iterator<Item = LsstPacket> + '_ {
        let last = (self.n_packets as u64).saturating_add(MAX_BARREN_POINTINGS);
        (0..last).flat_map(|serial| self.of_pointing(serial)).take(self.n_packets)
    }

    fn of_pointing(&self, serial: u64) -> Vec<LsstPacket> {
        let pointing = Pointing::of(self, serial);
        let visits = pointing.visits(self);
        let first = serial * SOURCES_OF_POINTING;
        (first..first + SOURCES_OF_POINTING)
            .flat_map(|nth| of_source(self, &Source::of(self, nth, &pointing), &visits))
            .collect()
    }
}

/// The alerts of a source tonight; a body that moves is another place in the next visit.
fn of_source(night: &LsstNight, source: &Source, visits: &[Visit]) -> Vec<LsstPacket> {
    let measured: Vec<_> = visits.iter().map(|visit| Measured::of(night, source, visit)).collect();
    let once = matches!(source.kind, SourceKind::Asteroid | SourceKind::Bogus);
    let tonight =
        measured.iter().enumerate().filter(|(_, it)| it.visit.is_tonight && it.is_detection());
    tonight
        .take(if once { 1 } else { 2 })
        .map(|(at, now)| packet(night, source, now, measured.get(..at).unwrap_or_default()))
        .collect()
}

fn packet(night: &LsstNight, source: &Source, now: &Measured, before: &[Measured]) -> LsstPacket {
    let mut draw = source_draw(night, source, &now.visit, 105);
    let is_once = matches!(source.kind, SourceKind::Asteroid | SourceKind::Bogus);
    let earlier: Vec<&Measured> =
        before.iter().filter(|it| !is_once && it.is_detection()).collect();
    let body = (source.kind == SourceKind::Asteroid).then(|| Body::drawn(&mut draw));
    let object_id = earlier.first().map_or(now.source_id, |first| first.source_id);
    let owner = Owner {
        dia_object: if body.is_some() { 0 } else { object_id },
        ss_object: body.as_ref().map_or(0, Body::id),
    };
    let mut out = Fields::default();
    out.put("diaSourceId", now.source_id);
    out.put("observation_reason", "wide");
    out.put("target_name", "");
    out.put("diaSource", dia_source(source, now, owner, &mut draw, None));
    match &body {
        Some(body) => {
            out.put("ssSource", body.ss_source(now, &mut draw));
            out.put("mpc_orbits", body.mpc_orbits(now, &mut draw));
        }
        None => put_object(&mut out, source, owner, now, &earlier, before, night),
    }
    put_stamps(&mut out, night, source, now);
    LsstPacket {
        dia_source_id: now.source_id,
        dia_object_id: body.is_none().then_some(object_id),
        ss_object_id: body.as_ref().map(Body::id),
        kind: source.kind,
        ra: now.ra,
        dec: now.dec,
        jd: now.visit.mjd_tai - TAI_DAYS + MJD_ZERO_JD,
        n_previous: earlier.len(),
        alert: out.into_record("alert"),
        sync_marker: draw.bytes(),
    }
}

/// The object and its history. A new object has neither earlier detections (null) nor forced photometry (none).
fn put_object(
    out: &mut Fields,
    source: &Source,
    owner: Owner,
    now: &Measured,
    earlier: &[&Measured],
    before: &[Measured],
    night: &LsstNight,
) {
    let since = earlier.first().map_or(f64::INFINITY, |first| first.visit.mjd_tai - 30.0);
    let forced: Vec<&Measured> = before.iter().filter(|it| it.visit.mjd_tai > since).collect();
    let mut draw = source_draw(night, source, &now.visit, 108);
    let mut withdrawn = |it: &Measured, share: f64| {
        draw.chance(share).then_some(it.visit.mjd_tai + 1.0).filter(|mjd| *mjd < now.visit.mjd_tai)
    };
    let photometry = forced
        .iter()
        .map(|it| dia_forced_source(source, it, owner.dia_object, withdrawn(it, 0.03)));
    out.put("prvDiaForcedSources", Value::Array(photometry.collect()));
    if !earlier.is_empty() {
        let sources = earlier.iter().map(|it| {
            let mut draw = source_draw(night, source, &it.visit, 105);
            dia_source(source, it, owner, &mut draw, withdrawn(it, 0.01))
        });
        out.put("prvDiaSources", Value::Array(sources.collect()));
    }
    let mut detections = earlier.to_vec();
    detections.push(now);
    out.put("diaObject", dia_object(source, owner.dia_object, &detections, &forced));
}

fn put_stamps(out: &mut Fields, night: &LsstNight, source: &Source, now: &Measured) {
    let [difference, science, template] = stamps(night, source, now);
    out.put("cutoutDifference", Value::Bytes(difference));
    out.put("cutoutScience", Value::Bytes(science));
    // At the edge of what the template covers there is none.
    if now.source_id % 41 != 0 {
        out.put("cutoutTemplate", Value::Bytes(template));
    }
}
