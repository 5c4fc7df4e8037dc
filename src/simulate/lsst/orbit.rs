//! The records `ssSource` and `mpc_orbits` of a known body of the solar system.

use apache_avro::types::Value;

use super::{
    super::{
        draw::Draw,
        field::{ecliptic_latitude_deg, galactic_latitude_deg},
    },
    measure::Measured,
    schema::Fields,
};

/// A known body.
pub(super) struct Body {
    /// As `2020 SJ88`.
    designation: String,
    /// As `K20S88J`.
    packed: String,
}

impl Body {
    pub(super) fn drawn(draw: &mut Draw) -> Self {
        let (century, year) = (20, draw.integer(1, 26));
        // A half-month and a second letter, neither of which is I; the cycle is of two digits.
        let half_month = letter(draw.integer(0, 24));
        let second = letter(draw.integer(0, 25));
        let cycle = draw.integer(1, 100);
        Self {
            designation: format!("{century}{year:02} {half_month}{second}{cycle}"),
            packed: format!("K{year:02}{half_month}{cycle:02}{second}"),
        }
    }

    /// `ssObjectId`: the characters of the packed designation, one a byte.
    pub(super) fn id(&self) -> i64 {
        self.packed.bytes().fold(0, |id, byte| (id << 8) | i64::from(byte))
    }

    /// `ssSource`.
    pub(super) fn ss_source(&self, it: &Measured, draw: &mut Draw) -> Value {
        let helio_au = draw.between(1.9, 3.4);
        let topo_au = helio_au - draw.between(0.85, 0.99);
        let (along, cross) = (0.05 * draw.normal(), 0.02 * draw.normal());
        let rate = draw.between(0.12, 0.35);
        let mag = 31.4 - 2.5 * it.science_njy.max(1.0).log10();
        let mut out = Fields::default();
        out.put("diaSourceId", it.source_id);
        out.put("ssObjectId", self.id());
        out.put("designation", self.designation.as_str());
        out.put("diaDistanceRank", 1_i64);
        out.put_all([
            ("eclLambda", ecliptic_longitude_deg(it.ra, it.dec)),
            ("eclBeta", ecliptic_latitude_deg(it.ra, it.dec)),
            ("galLon", galactic_longitude_deg(it.ra, it.dec)),
            ("galLat", galactic_latitude_deg(it.ra, it.dec)),
            ("elongation", draw.between(140.0, 178.0)),
            ("phaseAngle", draw.between(1.0, 14.0)),
            ("topoRange", topo_au),
            ("topoRangeRate", 6.0 * draw.normal()),
            ("helioRange", helio_au),
            ("helioRangeRate", 2.0 * draw.normal()),
            ("ephRa", it.ra - along / 3600.0),
            ("ephDec", it.dec - cross / 3600.0),
            ("ephVmag", mag + 0.2),
            ("ephRate", rate),
            ("ephRateRa", -0.93 * rate),
            ("ephRateDec", 0.367 * rate),
            ("ephOffset", along.hypot(cross)),
            ("ephOffsetRa", along),
            ("ephOffsetDec", cross),
            ("ephOffsetAlongTrack", along),
            ("ephOffsetCrossTrack", cross),
        ]);
        out.into_record("ssSource")
    }

    /// `mpc_orbits`.
    pub(super) fn mpc_orbits(&self, it: &Measured, draw: &mut Draw) -> Value {
        let (a, e) = (draw.near(2.6, 0.3, 1.9, 3.5), draw.near(0.14, 0.07, 0.01, 0.4));
        let period = 365.256_9 * a.powf(1.5);
        let anomaly = draw.between(0.0, 360.0);
        let epoch_mjd = (it.visit.mjd_tai / 200.0).floor() * 200.0;
        let mut out = Fields::default();
        out.put("id", 0_i64);
        out.put("designation", self.designation.as_str());
        out.put("packed_primary_provisional_designation", self.packed.as_str());
        out.put("unpacked_primary_provisional_designation", self.designation.as_str());
        for (name, value) in [
            ("orbit_type_int", 11),
            ("u_param", 0),
            ("nopp", 7),
            ("nobs_total", 214),
            ("nobs_total_sel", 209),
        ] {
            out.put(name, i64::from(value));
        }
        out.put_all([
            ("arc_length_total", draw.between(900.0, 8_000.0)),
            ("a", a),
            ("q", a * (1.0 - e)),
            ("e", e),
            ("i", draw.near(7.0, 5.0, 0.3, 28.0)),
            ("node", draw.between(0.0, 360.0)),
            ("argperi", draw.between(0.0, 360.0)),
            ("peri_time", epoch_mjd - anomaly / 360.0 * period),
            ("mean_anomaly", anomaly),
            ("period", period),
            ("mean_motion", 360.0 / period),
            ("epoch_mjd", epoch_mjd),
            ("h", draw.between(13.0, 19.5)),
            ("g", 0.15),
            ("normalized_rms", draw.between(0.3, 0.8)),
            ("earth_moid", (a * (1.0 - e) - 1.0).abs()),
            ("a_unc", 3.0e-8),
            ("q_unc", 6.0e-8),
            ("e_unc", 4.0e-8),
            ("i_unc", 6.0e-6),
            ("node_unc", 4.0e-5),
            ("argperi_unc", 6.0e-5),
            ("peri_time_unc", 2.0e-4),
            ("mean_anomaly_unc", 5.0e-5),
        ]);
        let fitted = ((epoch_mjd - 40_587.0) * 86_400.0e6) as i64;
        for name in ["created_at", "updated_at", "fitting_datetime"] {
            out.put(name, fitted);
        }
        out.into_record("mpc_orbits")
    }
}

fn letter(index: i64) -> char {
    let letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ";
    letters.chars().nth(index as usize).unwrap_or('A')
}

/// Ecliptic longitude of a place (obliquity 23.4393), degrees.
fn ecliptic_longitude_deg(ra: f64, dec: f64) -> f64 {
    let (obliquity, ra, dec) = (23.4393_f64.to_radians(), ra.to_radians(), dec.to_radians());
    let y = ra.sin() * obliquity.cos() + dec.tan() * obliquity.sin();
    y.atan2(ra.cos()).to_degrees().rem_euclid(360.0)
}

/// Galactic longitude of a place (J2000 pole at 192.8595, 27.1284; its own longitude 122.932), degrees.
fn galactic_longitude_deg(ra: f64, dec: f64) -> f64 {
    let (from_pole, pole_dec) = ((ra - 192.8595).to_radians(), 27.1284_f64.to_radians());
    let dec = dec.to_radians();
    let y = dec.cos() * from_pole.sin();
    let x = dec.sin() * pole_dec.cos() - dec.cos() * pole_dec.sin() * from_pole.cos();
    (122.932 - y.atan2(x).to_degrees()).rem_euclid(360.0)
}
