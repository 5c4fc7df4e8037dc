//! Where the telescope points, and the visits of a year to that place.

use super::{
    super::{
        draw::{Draw, split_mix},
        night::yyyymmdd,
    },
    night::{LsstNight, MJD_ZERO_JD},
};

/// The filters, by wavelength.
pub(super) const BANDS: [&str; 6] = ["u", "g", "r", "i", "z", "y"];
/// TAI less UTC, days.
pub(super) const TAI_DAYS: f64 = 37.0 / 86_400.0;
/// Days of earlier measurements that a packet carries.
const HISTORY_DAYS: i64 = 365;
/// East longitude of Cerro Pachón, degrees.
const LONGITUDE_DEG: f64 = -70.749;
/// Five-sigma limits of one visit, AB magnitude.
const DEPTHS: [f64; 6] = [23.7, 24.5, 24.1, 23.6, 22.9, 22.1];
const SLOTS: i64 = 900;
const SLOT_DAYS: f64 = 37.0 / 86_400.0;
/// The survey's nights are counted from this MJD in identifiers.
const DAY_ZERO_MJD: i64 = 22_430;

/// One pointing.
pub(super) struct Pointing {
    pub(super) serial: u64,
    pub(super) ra: f64,
    pub(super) dec: f64,
}

/// One exposure.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// `visit`: the date of the observing day and a number in it.
    pub(super) id: i64,
    pub(super) mjd_tai: f64,
    /// Index into [`BANDS`].
    pub(super) band: usize,
    /// Position angle of the camera's +Y, from North through East, degrees.
    pub(super) angle_deg: f64,
    /// Error of a faint point source, nJy.
    pub(super) sigma_njy: f64,
    /// Full width at half maximum of a star, pixels of 0.2 arcsec.
    pub(super) seeing_px: f64,
    pub(super) is_tonight: bool,
    day: i64,
    slot: i64,
}

impl Visit {
    /// `diaSourceId` of what the nth source of the night is in this visit.
    pub(super) fn source_id(&self, nth: u64, detector: i64) -> i64 {
        let counter = (nth % (1 << 23)).cast_signed();
        ((self.day - DAY_ZERO_MJD) << 42) | (self.slot << 32) | ((detector % 256) << 24) | counter
    }

    pub(super) fn band_name(&self) -> &'static str {
        BANDS.get(self.band).copied().unwrap_or("r")
    }
}

impl Pointing {
    /// A place near the meridian at midnight.
    pub(super) fn of(night: &LsstNight, serial: u64) -> Self {
        let mut draw = Draw::seeded(&[night.seed, 101, serial]);
        let days = night.midnight_mjd + MJD_ZERO_JD - 2_451_545.0;
        let meridian = 280.460_618 + 360.985_647_366 * days + LONGITUDE_DEG;
        let ra = (meridian + draw.between(-50.0, 50.0)).rem_euclid(360.0);
        let dec = draw.between(-0.9, 0.05).asin().to_degrees();
        Self { serial, ra, dec }
    }

    /// Every visit from a year before the night to its end, by time.
    pub(super) fn visits(&self, night: &LsstNight) -> Vec<Visit> {
        let mut visits = Vec::new();
        for age in (0..=HISTORY_DAYS).rev() {
            let day = (night.midnight_mjd - age as f64).floor() as i64;
            let mut draw = Draw::seeded(&[night.seed, 102, self.serial, age.cast_unsigned()]);
            if age > 0 && !draw.chance(0.13) {
                continue;
            }
            let n_visits = if age == 0 || draw.chance(0.4) { 2 } else { 1 };
            let shift = (split_mix(night.seed ^ day.cast_unsigned()) % 450) * 2;
            let first = ((self.serial * 2 + shift) % SLOTS.unsigned_abs()).cast_signed();
            let first_band = draw.integer(0, 6);
            for nth in 0..n_visits {
                let band = ((first_band + nth) % 6) as usize;
                visits.push(visit(night, age, first + nth, day, band, &mut draw));
            }
        }
        visits
    }
}

fn visit(night: &LsstNight, age: i64, slot: i64, day: i64, band: usize, draw: &mut Draw) -> Visit {
    let mjd = night.midnight_mjd - age as f64 + (slot - SLOTS / 2) as f64 * SLOT_DAYS;
    let depth = DEPTHS.get(band).copied().unwrap_or(23.5) + draw.near(0.0, 0.2, -0.8, 0.4);
    let date: i64 = yyyymmdd(mjd + MJD_ZERO_JD - 0.5).parse().unwrap_or_default();
    Visit {
        id: date * 100_000 + slot + 1,
        mjd_tai: mjd + TAI_DAYS,
        band,
        angle_deg: draw.between(-180.0, 180.0),
        sigma_njy: njy_of_mag(depth) / 5.0,
        seeing_px: draw.near(5.0, 0.8, 3.2, 8.0),
        is_tonight: age == 0,
        day,
        slot,
    }
}

/// Flux of an AB magnitude, nJy.
pub(super) fn njy_of_mag(mag: f64) -> f64 {
    10f64.powf(0.4 * (31.4 - mag))
}
