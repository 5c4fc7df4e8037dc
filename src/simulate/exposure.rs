//! When the survey looks at a field, and how deep each exposure reaches.

use super::{
    draw::{Draw, split_mix},
    field::{Field, LATITUDE_DEG, LONGITUDE_DEG, wrapped_deg},
    night::Night,
};

/// Electrons of one DN.
pub(super) const GAIN: f64 = 6.2;
/// Days of earlier measurements that a packet carries.
pub(super) const HISTORY_DAYS: i64 = 30;
/// Julian date at which the survey's count of nights is zero.
const NIGHT_ZERO_JD: f64 = 2_457_754.5;
/// Degrees that the sky turns in an hour.
const DEG_PER_HOUR: f64 = 15.041;

/// One image of one field.
#[derive(Clone, Debug)]
pub(super) struct Exposure {
    /// UTC start, Julian date.
    pub(super) jd: f64,
    /// 1 g, 2 r, 3 i.
    pub(super) fid: i32,
    /// Number of the night.
    pub(super) nid: i64,
    pub(super) field: i32,
    /// Five-sigma limit, AB magnitude.
    pub(super) diffmaglim: f64,
    /// AB magnitude of one DN.
    pub(super) magzpsci: f64,
    pub(super) magzpscirms: f64,
    pub(super) clrcoeff: f64,
    /// Full width at half maximum of a star, pixels.
    pub(super) seeing_px: f64,
    /// Level of the sky, DN.
    pub(super) sky_dn: f64,
}

impl Exposure {
    /// `pid`: night, hundred-thousandth of the day, readout channel, product.
    pub(super) fn pid(&self, rcid: i32) -> i64 {
        let nid = self.nid.clamp(1, 9222);
        (nid * 100_000 + (self.day_fraction() * 1e5) as i64) * 10_000 + i64::from(rcid) * 100 + 15
    }

    /// Fraction of the UTC day.
    pub(super) fn day_fraction(&self) -> f64 {
        (self.jd - 0.5).rem_euclid(1.0)
    }

    /// One-sigma error of a faint point source, microjansky.
    pub(super) fn sigma_ujy(&self) -> f64 {
        ujy_of_mag(self.diffmaglim) / 5.0
    }

    /// DN of one microjansky.
    pub(super) fn dn_per_ujy(&self) -> f64 {
        10f64.powf(0.4 * (self.magzpsci - 23.9))
    }

    /// The letter of the filter.
    pub(super) fn band(&self) -> char {
        match self.fid {
            1 => 'g',
            2 => 'r',
            _ => 'i',
        }
    }
}

/// Flux of an AB magnitude, microjansky.
pub(super) fn ujy_of_mag(mag: f64) -> f64 {
    10f64.powf(0.4 * (23.9 - mag))
}

/// AB magnitude of a positive flux in microjansky.
pub(super) fn mag_of_ujy(ujy: f64) -> f64 {
    23.9 - 2.5 * ujy.log10()
}

/// The night's number at a Julian date.
pub(super) fn nid_of(jd: f64) -> i64 {
    (jd - NIGHT_ZERO_JD).floor() as i64
}

/// Every exposure of a field from thirty days before the night to its end, by time.
pub(super) fn exposures_of(night: &Night, field: Field) -> Vec<Exposure> {
    let tonight = nid_of(night.midnight_jd);
    let cadence = 2 + i64::from(field.id % 3 == 0);
    let i_band = field.id % 6 == 1;
    let mut exposures = Vec::new();
    for age in (0..=HISTORY_DAYS).rev() {
        let nid = tonight - age;
        let mut draw = Draw::seeded(&[
            night.seed,
            1,
            nid.cast_unsigned(),
            i64::from(field.id).cast_unsigned(),
        ]);
        let is_planned = draw.chance(if age % cadence == 0 { 0.93 } else { 0.06 });
        if age != 0 && (!is_planned || is_cloudy(night.seed, nid)) {
            continue;
        }
        for (fid, hour) in hours_of_visit(night, field, age, i_band, &mut draw) {
            let jd = second_of_jd(night.midnight_jd - age as f64 + hour / 24.0);
            if jd > night.midnight_jd - HISTORY_DAYS as f64 + 0.5 {
                exposures.push(take(jd, fid, nid, field.id, &mut draw));
            }
        }
    }
    exposures.sort_by(|a, b| a.jd.total_cmp(&b.jd));
    exposures
}

/// One night in seven is lost to weather.
fn is_cloudy(seed: u64, nid: i64) -> bool {
    split_mix(seed ^ nid.cast_unsigned()).is_multiple_of(7)
}

/// Filters and hours from midnight of one night's visits: g and r about an hour apart near transit, i at times.
fn hours_of_visit(
    night: &Night,
    field: Field,
    age: i64,
    i_band: bool,
    draw: &mut Draw,
) -> Vec<(i32, f64)> {
    let half_night = half_night_hours(night.midnight_jd);
    let transit =
        wrapped_deg(field.ra - sidereal_deg(night.midnight_jd - age as f64)) / DEG_PER_HOUR;
    let wanted = transit.clamp(-half_night, half_night) + draw.near(0.0, 1.2, -3.0, 3.0);
    let first =
        wanted.clamp(-half_night + draw.between(0.05, 2.0), half_night - draw.between(1.2, 3.2));
    let second = first + draw.between(0.5, 1.15);
    let (g, r) = if draw.chance(0.5) { (first, second) } else { (second, first) };
    let mut visits = Vec::with_capacity(3);
    if age == 0 || draw.chance(0.88) {
        visits.push((1, g));
    }
    if age == 0 || draw.chance(0.92) {
        visits.push((2, r));
    }
    if i_band && age % 4 == 0 {
        visits.push((3, first - 0.04));
    }
    visits
}

fn take(jd: f64, fid: i32, nid: i64, field: i32, draw: &mut Draw) -> Exposure {
    let moon = moonlight(jd);
    let (dark_limit, moon_loss, zero_point, sky) = match fid {
        1 => (20.55, 0.8, 26.25, 85.0 + 90.0 * moon),
        2 => (20.35, 0.6, 26.2, 150.0 + 100.0 * moon),
        _ => (19.8, 0.4, 25.6, 210.0 + 80.0 * moon),
    };
    let haze = if draw.chance(0.12) { draw.between(0.1, 0.9) } else { 0.0 };
    Exposure {
        jd,
        fid,
        nid,
        field,
        diffmaglim: (dark_limit - moon_loss * moon - 0.9 * haze + 0.15 * draw.normal())
            .clamp(18.2, 21.1),
        magzpsci: zero_point - haze + 0.06 * draw.normal(),
        magzpscirms: draw.near(0.028, 0.008, 0.012, 0.08),
        clrcoeff: if fid == 1 {
            draw.near(-0.06, 0.01, -0.12, 0.0)
        } else {
            draw.near(0.1, 0.01, 0.05, 0.2)
        },
        seeing_px: draw.near(2.1, 0.3, 1.5, 3.6),
        sky_dn: sky * draw.between(0.92, 1.1),
    }
}

/// Fraction of the Moon that is lit (mean synodic month from the new moon of 2000 January 6).
fn moonlight(jd: f64) -> f64 {
    let phase = (jd - 2_451_550.1) / 29.530_588;
    0.5 - 0.5 * (std::f64::consts::TAU * phase).cos()
}

/// Local sidereal time at Palomar, degrees.
fn sidereal_deg(jd: f64) -> f64 {
    (280.460_618 + 360.985_647_366 * (jd - 2_451_545.0) + LONGITUDE_DEG).rem_euclid(360.0)
}

/// Hours from midnight to the end of astronomical twilight.
pub(super) fn half_night_hours(midnight_jd: f64) -> f64 {
    let year_angle = std::f64::consts::TAU * (midnight_jd - 2_451_623.8) / 365.2422;
    let sun_dec = (0.397_79 * year_angle.sin()).asin();
    let latitude = LATITUDE_DEG.to_radians();
    let cos_hour_angle = ((-16_f64).to_radians().sin() - latitude.sin() * sun_dec.sin())
        / (latitude.cos() * sun_dec.cos());
    12.0 - cos_hour_angle.clamp(-1.0, 1.0).acos().to_degrees() / 15.0
}

/// Whether a place stands high enough at some time of the night.
pub(super) fn is_visible(night: &Night, ra: f64, dec: f64) -> bool {
    let reach_deg = half_night_hours(night.midnight_jd) * DEG_PER_HOUR + 28.0;
    (-27.5..=80.0).contains(&dec)
        && wrapped_deg(ra - sidereal_deg(night.midnight_jd)).abs() < reach_deg
}

/// The same time at a whole second, as exposures are logged, to seven decimals of a day.
fn second_of_jd(jd: f64) -> f64 {
    ((jd * 86_400.0).round() / 86_400.0 * 1e7).round() / 1e7
}
