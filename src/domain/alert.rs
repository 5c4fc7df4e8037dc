//! An alert as every backend delivers it: who, where, when, how bright, with its history and its packet.

use std::fmt;

use bytes::Bytes;

/// The survey that issued an alert. Its id stands in URLs and in the database and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Survey {
    /// Zwicky Transient Facility.
    Ztf,
    /// Legacy Survey of Space and Time, Vera C. Rubin Observatory.
    Lsst,
    /// The simulated LSST challenge of DESC.
    Elasticc,
}

impl Survey {
    /// Every survey, in the order in which pages list them.
    pub const ALL: [Self; 3] = [Self::Ztf, Self::Lsst, Self::Elasticc];

    /// The word used in URLs, in JSON and in the database.
    pub fn id(self) -> &'static str {
        match self {
            Self::Ztf => "ztf",
            Self::Lsst => "lsst",
            Self::Elasticc => "elasticc",
        }
    }

    /// The name that pages show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ztf => "ZTF",
            Self::Lsst => "LSST",
            Self::Elasticc => "ELAsTiCC",
        }
    }

    /// The survey with this id, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|survey| survey.id() == id)
    }
}

/// A photometric band, ordered by wavelength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Band {
    /// 365 nm.
    U,
    /// 475 nm (ZTF `fid` 1).
    G,
    /// 640 nm (ZTF `fid` 2).
    R,
    /// 790 nm (ZTF `fid` 3).
    I,
    /// 870 nm.
    Z,
    /// 1000 nm.
    Y,
}

impl Band {
    /// Every band, by wavelength.
    pub const ALL: [Self; 6] = [Self::U, Self::G, Self::R, Self::I, Self::Z, Self::Y];

    /// The lower-case letter that stands for the band everywhere.
    pub fn letter(self) -> &'static str {
        match self {
            Self::U => "u",
            Self::G => "g",
            Self::R => "r",
            Self::I => "i",
            Self::Z => "z",
            Self::Y => "y",
        }
    }

    /// The band of a letter in either case (ELAsTiCC writes `Y`).
    pub fn from_letter(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.letter().eq_ignore_ascii_case(letter))
    }

    /// The band of a ZTF filter id: 1 g, 2 r, 3 i.
    pub fn from_ztf_fid(fid: i64) -> Option<Self> {
        match fid {
            1 => Some(Self::G),
            2 => Some(Self::R),
            3 => Some(Self::I),
            _ => None,
        }
    }

    /// ZTF's filter id of the band, if ZTF has it.
    pub fn ztf_fid(self) -> Option<i64> {
        (1..=3).find(|fid| Self::from_ztf_fid(*fid) == Some(self))
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}

/// One alert, read from its packet. "Absent" is `None`, whatever sentinel the packet used.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The survey.
    pub survey: Survey,
    /// The survey's id of this detection (ZTF `candid`, LSST `diaSourceId`). Beyond 2^53: never a float.
    pub source_id: i64,
    /// The survey's id of the object (ZTF `objectId`).
    pub object_id: String,
    /// Time of the observation, Julian date, UTC, days.
    pub jd: f64,
    /// Right ascension, degrees, ICRS, `0 <= ra < 360`.
    pub ra: f64,
    /// Declination, degrees, ICRS.
    pub dec: f64,
    /// Magnitude of the absolute value of the difference flux, AB (ZTF `magpsf`).
    pub mag: Option<f64>,
    /// One-sigma error of `mag` (ZTF `sigmapsf`).
    pub mag_err: Option<f64>,
    /// Band of this detection.
    pub band: Option<Band>,
    /// Star/galaxy score of the source, 0 galaxy to 1 star (ZTF `classtar`).
    pub classtar: Option<f64>,
    /// Real/bogus score, 0 bogus to 1 real (ZTF `rb`).
    pub rb: Option<f64>,
    /// Deep-learning real/bogus score (ZTF `drb`).
    pub drb: Option<f64>,
    /// Whether the source is brighter than in the template (ZTF `isdiffpos`).
    pub is_positive: Option<bool>,
    /// Number of detections at this position so far (ZTF `ndethist`).
    pub ndethist: Option<i64>,
    /// Star/galaxy score of the nearest catalogue source, 1 star (ZTF `sgscore1`).
    pub sgscore1: Option<f64>,
    /// Distance of the nearest catalogue source, arcsec (ZTF `distpsnr1`).
    pub distpsnr1: Option<f64>,
    /// Distance of the nearest known solar-system object, arcsec (ZTF `ssdistnr`).
    pub ssdistnr: Option<f64>,
    /// Earlier measurements at this position, by time.
    pub history: Vec<HistoryPoint>,
    /// Upper limits that no exposure can have, which `history` leaves out.
    pub n_impossible_limits: u64,
    /// Which image stamps the packet carries.
    pub stamps: Stamps,
    /// The packet itself.
    pub packet: Packet,
}

/// Which of the three image stamps a packet carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    /// The new image.
    pub science: bool,
    /// The reference image.
    pub template: bool,
    /// New minus reference.
    pub difference: bool,
}

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
        /// Brighter than the template?
        is_positive: Option<bool>,
        /// Real/bogus score.
        rb: Option<f64>,
    },
    /// Nothing seen down to this magnitude (ZTF `diffmaglim`, 5 sigma).
    Limit {
        /// Limiting magnitude, AB.
        mag: f64,
    },
    /// Forced photometry at the object's position (ZTF `fp_hists`).
    Forced {
        /// Difference flux, in the packet's own unit (ZTF: DN).
        flux: f64,
        /// One-sigma error of `flux`.
        flux_err: Option<f64>,
        /// `magzpsci - 2.5 log10(flux)` where the flux is positive.
        mag: Option<f64>,
    },
}

/// The form in which a packet came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketFormat {
    /// Avro object container file holding one record, its schema in the header.
    AvroContainer,
    /// Confluent wire format: `00`, schema id (big-endian u32), schemaless Avro.
    AvroWire,
    /// JSON text.
    Json,
    /// A row of a database table, as JSON: `{"table": …, "row": {column: value}}`.
    TableRow,
}

impl PacketFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::AvroContainer, Self::AvroWire, Self::Json, Self::TableRow];

    /// The word used in the database.
    pub fn id(self) -> &'static str {
        match self {
            Self::AvroContainer => "avro",
            Self::AvroWire => "avro-wire",
            Self::Json => "json",
            Self::TableRow => "table-row",
        }
    }

    /// How the name of a file with such a packet ends.
    pub fn file_ending(self) -> &'static str {
        match self {
            Self::TableRow => "json",
            other => other.id(),
        }
    }

    /// The format with this id, if there is one.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.id() == id)
    }
}

/// The packet of an alert, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// How `bytes` are to be read.
    pub format: PacketFormat,
    /// The schema's version as the packet says it (ZTF `schemavsn`), empty where it does not.
    pub schema_version: String,
    /// The packet's own bytes.
    pub bytes: Bytes,
    /// How many of them, from the first, are the same in all packets with this schema: a container's header up to its sync
    /// marker. 0 where there is no such head.
    pub n_head_bytes: usize,
}

impl Packet {
    /// What all packets with this schema begin with, and the rest.
    pub fn head_and_rest(&self) -> (&[u8], &[u8]) {
        self.bytes.split_at(self.n_head_bytes.min(self.bytes.len()))
    }
}
