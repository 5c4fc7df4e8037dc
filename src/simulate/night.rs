//! One simulated night: its name, its seed and the stream of its packets.

use std::collections::{HashSet, VecDeque};

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::{
    packet,
    source::{Sighting, SourceKind, sightings},
};

/// Julian date of 0001-01-01 00:00 UTC less one day, the origin of chrono's count of days.
const DAY_ZERO_JD: f64 = 1_721_424.5;
/// Julian date of 2026-09-12 00:00 UTC.
const DEFAULT_DATE_JD: f64 = 2_461_295.5;
/// Palomar's midnight in UTC, as a fraction of the day.
const MIDNIGHT_DAY_FRACTION: f64 = 7.79 / 24.0;
/// So many sources in a row without an alert: there is no night at that date.
const MAX_BARREN_SOURCES: usize = 1000;

/// One night of the simulated survey. The same values give the same packets, byte by byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Night {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// How many packets the night has.
    pub n_packets: usize,
    /// Local midnight at Palomar, Julian date, UTC, days.
    pub midnight_jd: f64,
}

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

/// The night of the default start: about a thousand packets of a fixed date.
pub fn default_night() -> Night {
    Night {
        seed: 20_260_912,
        n_packets: 1000,
        midnight_jd: DEFAULT_DATE_JD + MIDNIGHT_DAY_FRACTION,
    }
}

impl Night {
    /// The night whose middle falls on this UTC date.
    pub fn on(date: NaiveDate, seed: u64, n_packets: usize) -> Self {
        let midnight_jd = DAY_ZERO_JD + f64::from(date.num_days_from_ce()) + MIDNIGHT_DAY_FRACTION;
        Self { seed, n_packets, midnight_jd }
    }

    /// The name of the night's archive as ZTF names it: `ztf_public_YYYYMMDD.tar.gz`.
    pub fn archive_name(&self) -> String {
        format!("ztf_public_{}.tar.gz", yyyymmdd(self.midnight_jd))
    }

    /// The packets, made one by one as they are asked for.
    pub fn packets(&self) -> impl Iterator<Item = SimulatedPacket> + '_ {
        Packets { night: self, serial: 0, waiting: VecDeque::new(), candids: HashSet::new() }
            .take(self.n_packets)
    }
}

/// The UTC date of a Julian date, digits only; `00000000` beyond the calendar.
pub(super) fn yyyymmdd(jd: f64) -> String {
    let days = (jd - DAY_ZERO_JD).floor();
    NaiveDate::from_ymd_opt(1, 1, 1)
        .zip(TimeDelta::try_days(days as i64 - 1))
        .and_then(|(day_one, delta)| day_one.checked_add_signed(delta))
        .map_or_else(|| "00000000".to_owned(), |date| date.format("%Y%m%d").to_string())
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
                let candid = packet::candid(self.night, &sighting)?;
                if self.candids.insert(candid) {
                    return packet::write(self.night, &sighting);
                }
            }
            self.waiting.extend(sightings(self.night, self.serial));
            self.serial += 1;
        }
        None
    }
}
