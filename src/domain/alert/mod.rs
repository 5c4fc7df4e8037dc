//! An alert as every backend delivers it: who, where, when, how bright, with its history and its packet.

mod band;
mod classification;
mod derived;
mod flux;
mod history;
mod packet;
mod solar_system;
mod survey;

pub use band::Band;
pub use classification::Classification;
pub use derived::{NEAR_GALAXY_ARCSEC, NEAR_STAR_ARCSEC, STAR_SCORE_MIN};
pub use flux::{Flux, FluxUnit, Fluxes};
pub use history::{ForcedMag, ForcedStatus, HistoryPoint, Measurement, forced_mag};
pub use packet::{Packet, PacketFormat};
pub use solar_system::{Host, SolarSystem};
pub use survey::Survey;

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
    /// Magnitude of the absolute value of the difference flux, AB (ZTF `magpsf`; else made of the flux).
    pub mag: Option<f64>,
    /// One-sigma error of `mag` (ZTF `sigmapsf`).
    pub mag_err: Option<f64>,
    /// Fluxes, where the survey measures in flux.
    pub fluxes: Fluxes,
    /// Signal to noise of this detection, with the sign of its flux (LSST, ELAsTiCC `snr`).
    pub snr: Option<f64>,
    /// Band of this detection.
    pub band: Option<Band>,
    /// Star/galaxy score of the source, 0 galaxy to 1 star (ZTF `classtar`).
    pub classtar: Option<f64>,
    /// Real/bogus score, 0 bogus to 1 real (ZTF `rb`; none for other surveys).
    pub rb: Option<f64>,
    /// Deep-learning real/bogus score (ZTF `drb`).
    pub drb: Option<f64>,
    /// Real/bogus score of LSST, 0 bogus to 1 real (`reliability`).
    pub reliability: Option<f64>,
    /// Whether the source is brighter than in the template (ZTF `isdiffpos`).
    pub is_positive: Option<bool>,
    /// Number of detections at this position so far (ZTF `ndethist`).
    pub ndethist: Option<i64>,
    /// Time of the first detection as the packet says it, Julian date, UTC (ZTF `jdstarthist`, LSST `firstDiaSourceMjdTai`).
    pub first_detection_jd: Option<f64>,
    /// Star/galaxy score of the nearest catalogue source, 1 star (ZTF `sgscore1`).
    pub sgscore1: Option<f64>,
    /// Distance of the nearest catalogue source, arcsec (ZTF `distpsnr1`).
    pub distpsnr1: Option<f64>,
    /// Distance of the nearest known solar-system object, arcsec (ZTF `ssdistnr`).
    pub ssdistnr: Option<f64>,
    /// What the packet says of a body of the solar system that this is.
    pub solar_system: Option<SolarSystem>,
    /// The galaxy that the survey takes for the host (ELAsTiCC).
    pub host: Option<Host>,
    /// What classifiers say of it, in the order of the packet.
    pub classifications: Vec<Classification>,
    /// What the broker says of it in a word (Pitt-Google's `is_pure`, `likely variable`), in order, each once.
    pub tags: Vec<String>,
    /// Earlier measurements at this position, by time.
    pub history: Vec<HistoryPoint>,
    /// Limits and forced measurements that no exposure can have, which `history` leaves out.
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

impl Alert {
    /// An alert of which no more is known than that it is there.
    pub fn new(survey: Survey, source_id: i64, object_id: String, packet: Packet) -> Self {
        Self {
            survey,
            source_id,
            object_id,
            jd: f64::NAN,
            ra: f64::NAN,
            dec: f64::NAN,
            mag: None,
            mag_err: None,
            fluxes: Fluxes::default(),
            snr: None,
            band: None,
            classtar: None,
            rb: None,
            drb: None,
            reliability: None,
            is_positive: None,
            ndethist: None,
            first_detection_jd: None,
            sgscore1: None,
            distpsnr1: None,
            ssdistnr: None,
            solar_system: None,
            host: None,
            classifications: Vec::new(),
            tags: Vec::new(),
            history: Vec::new(),
            n_impossible_limits: 0,
            stamps: Stamps::default(),
            packet,
        }
    }
}
