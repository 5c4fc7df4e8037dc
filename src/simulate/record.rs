//! The records inside a packet: the detection, and those of the history.

use apache_avro::types::Value;

use super::{
    catalogue::{ABSENT, Neighbours, PanStarrs},
    container::Fields,
    detection::Detection,
    draw::Draw,
    exposure::Exposure,
    night::{Night, yyyymmdd},
    source::{SolarSystemBody, Source},
    visit::{Alert, Visit},
};

const REAL_BOGUS_VERSION: &str = "t17_f5_c3";
const DEEP_REAL_BOGUS_VERSION: &str = "d6_m7";

/// `candidate`.
pub(super) fn candidate(alert: &Alert<'_>, neighbours: &Neighbours) -> Value {
    let (source, exposure, detection) = (alert.source, alert.exposure, &alert.detection);
    let mut draw = Draw::seeded(&[alert.night.seed, 8, u64::from(exposure.field.unsigned_abs())]);
    let mut out = Fields::default();
    put_visit(&mut out, source, exposure);
    put_measurements(&mut out, Some(detection));
    out.put("candid", detection.candid);
    out.put("isdiffpos", detection.isdiffpos);
    out.put("ra", detection.ra);
    out.put("dec", detection.dec);
    out.put("magpsf", detection.magpsf as f32);
    out.put("sigmapsf", detection.sigmapsf as f32);
    out.put("ranr", detection.nearest.ranr);
    out.put("decnr", detection.nearest.decnr);
    out.put("scorr", Some(detection.scorr));
    out.put("tooflag", Some(0));
    put_solar_system(&mut out, source.body.as_ref());
    put_panstarrs(&mut out, neighbours);
    put_detections_so_far(&mut out, alert);
    put_reference_image(&mut out, source, exposure, alert.night, &mut draw);
    let ssnrms = detection.scorr * 1.3 + 4.0;
    let sign = if detection.isdiffpos == "t" { 1.0 } else { -1.0 };
    let dsdiff = sign * 0.6 * detection.scorr;
    out.put_floats([("dsnrms", ssnrms + dsdiff), ("ssnrms", ssnrms), ("dsdiff", dsdiff)]);
    put_calibration(&mut out, exposure, neighbours, &mut draw);
    out.put("rbversion", REAL_BOGUS_VERSION);
    out.put("drb", Some(detection.drb as f32));
    out.put("drbversion", DEEP_REAL_BOGUS_VERSION);
    out.into_record()
}

/// One of `prv_candidates`: a detection, or the limit where there is none.
pub(super) fn prv_candidate(source: &Source, visit: &Visit<'_>) -> Value {
    let detection = visit.detection.as_ref();
    let double = |value: fn(&Detection) -> f64| detection.map(value);
    let float = |value: fn(&Detection) -> f64| detection.map(|it| value(it) as f32);
    let mut out = Fields::default();
    put_visit(&mut out, source, visit.exposure);
    put_measurements(&mut out, detection);
    out.put("candid", detection.map(|it| it.candid));
    out.put("isdiffpos", detection.map(|it| it.isdiffpos));
    out.put("ra", double(|it| it.ra));
    out.put("dec", double(|it| it.dec));
    out.put("magpsf", float(|it| it.magpsf));
    out.put("sigmapsf", float(|it| it.sigmapsf));
    out.put("ranr", double(|it| it.nearest.ranr));
    out.put("decnr", double(|it| it.nearest.decnr));
    out.put("scorr", double(|it| it.scorr));
    out.put("ssdistnr", None::<f32>);
    out.put("ssmagnr", None::<f32>);
    out.put("ssnamenr", None::<&str>);
    out.put_floats(zero_points(visit.exposure));
    out.put("rbversion", REAL_BOGUS_VERSION);
    out.into_record()
}

/// Which image it is, and where on the camera the source stands.
fn put_visit(out: &mut Fields, source: &Source, exposure: &Exposure) {
    let rcid = source.placement.rcid;
    out.put("jd", exposure.jd);
    out.put("fid", exposure.fid);
    out.put("pid", exposure.pid(rcid));
    out.put_floats([("diffmaglim", exposure.diffmaglim)]);
    let (date, day_fraction) = (yyyymmdd(exposure.jd), (exposure.day_fraction() * 1e6) as i64);
    let (field, band, ccd, quadrant) =
        (exposure.field, exposure.band(), rcid / 4 + 1, rcid % 4 + 1);
    let file = format!(
        "ztf_{date}{day_fraction:06}_{field:06}_z{band}_c{ccd:02}_o_q{quadrant}_scimrefdiffimg.fits"
    );
    out.put("pdiffimfilename", Some(file));
    out.put("programpi", Some("Simulation"));
    out.put("programid", 1);
    out.put("nid", Some(exposure.nid as i32));
    out.put("rcid", Some(rcid));
    out.put("field", Some(field));
}

/// What the pipeline measures of a detection, in the fields that every record of one has in the same type.
fn put_measurements(out: &mut Fields, detection: Option<&Detection>) {
    type Float = fn(&Detection) -> f64;
    const FLOATS: &[(&str, Float)] = &[
        ("xpos", |it| it.xpos),
        ("ypos", |it| it.ypos),
        ("chipsf", |it| it.photometry.chipsf),
        ("magap", |it| it.photometry.magap),
        ("sigmagap", |it| it.photometry.sigmagap),
        ("distnr", |it| it.nearest.distnr),
        ("magnr", |it| it.nearest.magnr),
        ("sigmagnr", |it| it.nearest.sigmagnr),
        ("chinr", |it| it.nearest.chinr),
        ("sharpnr", |it| it.nearest.sharpnr),
        ("sky", |it| it.photometry.sky),
        ("magdiff", |it| it.photometry.magap - it.magpsf),
        ("fwhm", |it| it.shape.fwhm),
        ("classtar", |it| it.shape.classtar),
        ("mindtoedge", |it| it.shape.mindtoedge),
        ("magfromlim", |it| it.photometry.magfromlim),
        ("seeratio", |it| it.shape.seeratio),
        ("aimage", |it| it.shape.aimage),
        ("bimage", |it| it.shape.bimage()),
        ("aimagerat", |it| it.shape.aimage / it.shape.fwhm),
        ("bimagerat", |it| it.shape.bimage() / it.shape.fwhm),
        ("elong", |it| it.shape.elong),
        ("rb", |it| it.rb),
        ("sumrat", |it| it.shape.sumrat),
        ("magapbig", |it| it.photometry.magapbig),
        ("sigmagapbig", |it| it.photometry.sigmagapbig),
    ];
    for (name, value) in FLOATS {
        out.put(name, detection.map(|it| value(it) as f32));
    }
    out.put("tblid", detection.map(|it| it.tblid));
    out.put("nneg", detection.map(|it| it.shape.nneg));
    out.put("nbad", detection.map(|it| it.shape.nbad));
}

fn put_solar_system(out: &mut Fields, body: Option<&SolarSystemBody>) {
    let (distance_arcsec, mag, name) =
        body.map_or((ABSENT, ABSENT, "null"), |it| (it.distance_arcsec, it.mag, &it.name));
    out.put_floats([("ssdistnr", distance_arcsec), ("ssmagnr", mag)]);
    out.put("ssnamenr", Some(name));
}

fn put_panstarrs(out: &mut Fields, neighbours: &Neighbours) {
    for (nth, row) in (1..).zip(&neighbours.panstarrs) {
        let PanStarrs { objectid, mags: [g, r, i, z], sgscore, distance_arcsec } = row;
        out.put(&format!("objectidps{nth}"), Some(*objectid));
        for (name, value) in [("sgmag", g), ("srmag", r), ("simag", i), ("szmag", z)] {
            out.put(&format!("{name}{nth}"), Some(*value as f32));
        }
        out.put(&format!("sgscore{nth}"), Some(*sgscore as f32));
        out.put(&format!("distpsnr{nth}"), Some(*distance_arcsec as f32));
    }
    out.put("nmtchps", neighbours.nmtchps);
}

fn put_detections_so_far(out: &mut Fields, alert: &Alert<'_>) {
    let earlier = || alert.history.iter().filter(|visit| visit.detection.is_some());
    let n_before = alert.source.known_since.map_or(0, |(_, n)| n);
    let first_here = earlier().next().map_or(alert.exposure.jd, |visit| visit.exposure.jd);
    let n_now = earlier().count() as i64 + 1;
    let n_covered =
        alert.history.len() as i64 + 1 + i64::from(alert.exposure.field % 97) * 14 + n_before;
    out.put("ndethist", (n_before + n_now) as i32);
    out.put("ncovhist", n_covered as i32);
    out.put("jdstarthist", Some(alert.source.known_since.map_or(first_here, |(jd, _)| jd)));
    out.put("jdendhist", Some(alert.exposure.jd));
}

fn put_reference_image(
    out: &mut Fields,
    source: &Source,
    exposure: &Exposure,
    night: &Night,
    draw: &mut Draw,
) {
    let start = night.midnight_jd - draw.between(2_600.0, 3_100.0);
    out.put("rfid", reference_id(source, exposure));
    out.put("jdstartref", start);
    out.put("jdendref", start + draw.between(40.0, 400.0));
    out.put("nframesref", draw.integer(15, 41) as i32);
}

/// `rfid`: field, product, filter, readout channel.
pub(super) fn reference_id(source: &Source, exposure: &Exposure) -> i64 {
    let rcid = i64::from(source.placement.rcid);
    i64::from(exposure.field) * 1_000_000 + 120_000 + i64::from(exposure.fid) * 100 + rcid
}

/// The image's calibration, which every record has.
pub(super) fn zero_points(exposure: &Exposure) -> [(&'static str, f64); 5] {
    [
        ("magzpsci", exposure.magzpsci),
        ("magzpsciunc", 2e-5),
        ("magzpscirms", exposure.magzpscirms),
        ("clrcoeff", exposure.clrcoeff),
        ("clrcounc", 3e-5),
    ]
}

/// The image's calibration, with the stars behind it, and Gaia's neighbours.
fn put_calibration(
    out: &mut Fields,
    exposure: &Exposure,
    neighbours: &Neighbours,
    draw: &mut Draw,
) {
    out.put_floats(zero_points(exposure));
    out.put("nmatches", draw.integer(150, 2200) as i32);
    out.put_floats([
        ("zpclrcov", -1.5e-5),
        ("zpmed", exposure.magzpsci - 0.05),
        ("clrmed", draw.near(0.65, 0.1, 0.3, 1.1)),
        ("clrrms", draw.near(0.2, 0.04, 0.1, 0.4)),
        ("exptime", 30.0),
    ]);
    let gaia = &neighbours.gaia;
    out.put_floats([
        ("neargaia", gaia.near.0),
        ("neargaiabright", gaia.bright.0),
        ("maggaia", gaia.near.1),
        ("maggaiabright", gaia.bright.1),
    ]);
}
