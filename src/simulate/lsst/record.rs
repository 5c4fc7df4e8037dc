//! The records `diaSource` and `diaForcedSource`.

use apache_avro::types::Value;

use super::{
    super::{draw::Draw, source::SourceKind},
    measure::Measured,
    schema::Fields,
    sky::Source,
};

/// Degrees of one pixel.
const PIXEL_DEG: f64 = 0.2 / 3600.0;

/// Whose detection it is: what is not there is zero, as the survey writes it.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    pub(super) dia_object: i64,
    pub(super) ss_object: i64,
}

/// A detection.
pub(super) fn dia_source(
    source: &Source,
    it: &Measured,
    owner: Owner,
    draw: &mut Draw,
    withdrawn_mjd: Option<f64>,
) -> Value {
    let mut out = Fields::default();
    out.put("diaSourceId", it.source_id);
    out.put("visit", it.visit.id);
    out.put("detector", it.detector);
    out.put("diaObjectId", owner.dia_object);
    out.put("ssObjectId", owner.ss_object);
    out.put("parentDiaSourceId", 0_i64);
    out.put("band", it.visit.band_name());
    out.put("reliabilityVersion", "simulated");
    out.put("bboxSize", it.bbox);
    out.put("timeProcessedMjdTai", it.processed_mjd());
    if let Some(mjd) = withdrawn_mjd {
        out.put("timeWithdrawnMjdTai", mjd);
    }
    put_place(&mut out, it);
    put_fluxes(&mut out, it, draw);
    put_shape(&mut out, source, it, draw);
    put_flags(&mut out, source, it, draw);
    out.into_record("diaSource")
}

fn put_place(out: &mut Fields, it: &Measured) {
    let error_deg = it.error_px * PIXEL_DEG;
    out.put_all([
        ("midpointMjdTai", it.visit.mjd_tai),
        ("exposureTime", 30.0),
        ("ra", it.ra),
        ("raErr", error_deg),
        ("dec", it.dec),
        ("decErr", error_deg * 1.1),
        ("ra_dec_Cov", 0.05 * error_deg * error_deg),
        ("x", it.x),
        ("xErr", it.error_px),
        ("y", it.y),
        ("yErr", it.error_px * 1.1),
        ("reliability", it.reliability),
    ]);
}

fn put_fluxes(out: &mut Fields, it: &Measured, draw: &mut Draw) {
    let aperture_sigma = 2.6 * it.sigma_njy;
    out.put("isNegative", it.diff_njy < 0.0);
    out.put_all([
        ("psfFlux", it.diff_njy),
        ("psfFluxErr", it.sigma_njy),
        ("snr", it.snr()),
        ("psfChi2", draw.near(1681.0, 60.0, 1450.0, 2400.0)),
        ("apFlux", it.diff_njy + 0.8 * aperture_sigma * draw.normal()),
        ("apFluxErr", aperture_sigma),
        ("scienceFlux", it.science_njy),
        ("scienceFluxErr", it.sigma_njy),
        ("templateFlux", it.template_njy),
        ("templateFluxErr", 0.2 * it.sigma_njy),
    ]);
    out.put("psfNdata", 1681_i64);
}

/// Second moments, trail and dipole.
fn put_shape(out: &mut Fields, source: &Source, it: &Measured, draw: &mut Draw) {
    let moment = (0.2 * it.visit.seeing_px / 2.355).powi(2);
    let wide = 1.0 + 0.1 * draw.normal().abs();
    out.put_all([
        ("ixx", moment * wide),
        ("iyy", moment * (2.0 - 1.0 / wide)),
        ("ixy", 0.05 * moment * draw.normal()),
        ("ixxPSF", moment),
        ("iyyPSF", moment * 1.02),
        ("ixyPSF", 0.02 * moment),
        (
            "extendedness",
            if source.kind == SourceKind::Bogus { draw.uniform() } else { draw.uniform().powi(3) },
        ),
    ]);
    let is_moving = source.kind == SourceKind::Asteroid;
    out.put_all([
        ("trailFlux", it.diff_njy * 1.02),
        ("trailFluxErr", 0.3 * it.sigma_njy),
        ("trailRa", it.ra),
        ("trailDec", it.dec),
        ("trailLength", if is_moving { draw.between(0.3, 1.5) } else { draw.between(0.1, 0.6) }),
        ("trailAngle", draw.between(-180.0, 180.0)),
    ]);
    out.put("trailNdata", 0_i64);
    out.put("trailAlgorithm", 1_i64);
    let is_dipole = source.kind == SourceKind::Bogus && source.template.iter().any(|it| *it > 0.0);
    out.put("isDipole", is_dipole);
    out.put("dipoleFitAttempted", is_dipole);
    out.put("dipoleNdata", if is_dipole { 1681_i64 } else { 0 });
    if is_dipole {
        out.put_all([
            ("dipoleMeanFlux", it.diff_njy.abs() * 1.4),
            ("dipoleMeanFluxErr", it.sigma_njy),
            ("dipoleFluxDiff", it.diff_njy),
            ("dipoleFluxDiffErr", it.sigma_njy),
            ("dipoleLength", draw.between(0.1, 0.6)),
            ("dipoleAngle", draw.between(0.0, 360.0)),
            ("dipoleChi2", draw.between(1600.0, 3000.0)),
        ]);
    }
    // The fit of a trail gives no errors that are numbers where nothing trails.
    if !is_moving {
        out.put("trailLengthErr", f64::NAN);
        out.put("trailAngleErr", f64::NAN);
    }
}

fn put_flags(out: &mut Fields, source: &Source, it: &Measured, draw: &mut Draw) {
    let is_bogus = source.kind == SourceKind::Bogus;
    let is_saturated = it.template_njy > 2.0e6;
    let has_cosmic_ray = is_bogus && draw.chance(0.4);
    for (name, is_set) in [
        ("pixelFlags", is_saturated || has_cosmic_ray),
        ("pixelFlags_cr", has_cosmic_ray),
        ("pixelFlags_crCenter", has_cosmic_ray),
        ("pixelFlags_interpolated", has_cosmic_ray),
        ("pixelFlags_saturated", is_saturated),
        ("pixelFlags_saturatedCenter", is_saturated),
    ] {
        out.put(name, is_set);
    }
}

/// Forced photometry at the object's place.
pub(super) fn dia_forced_source(
    source: &Source,
    it: &Measured,
    dia_object: i64,
    withdrawn_mjd: Option<f64>,
) -> Value {
    let mut out = Fields::default();
    out.put("diaForcedSourceId", it.source_id);
    out.put("diaObjectId", dia_object);
    out.put("visit", it.visit.id);
    out.put("detector", it.detector);
    out.put("band", it.visit.band_name());
    out.put_all([
        ("ra", source.ra),
        ("dec", source.dec),
        ("psfFlux", it.diff_njy),
        ("psfFluxErr", it.sigma_njy),
        ("midpointMjdTai", it.visit.mjd_tai),
        ("scienceFlux", it.science_njy),
        ("scienceFluxErr", it.sigma_njy),
        ("timeProcessedMjdTai", it.processed_mjd()),
    ]);
    if let Some(mjd) = withdrawn_mjd {
        out.put("timeWithdrawnMjdTai", mjd);
    }
    out.into_record("diaForcedSource")
}
