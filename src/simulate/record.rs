//! The records inside a packet, field by field in the order of the schema.

use super::{
    avro::AvroBytes,
    catalogue::{ABSENT, Neighbours, PanStarrs},
    detection::Detection,
    draw::Draw,
    exposure::Exposure,
    night::{Night, yyyymmdd},
    source::Source,
    visit::{Alert, Visit},
};

const REAL_BOGUS_VERSION: &str = "t17_f5_c3";
const DEEP_REAL_BOGUS_VERSION: &str = "d6_m7";

/// Writes `candidate`.
pub(super) fn candidate(out: &mut AvroBytes, alert: &Alert<'_>, neighbours: &Neighbours) {
    let (source, exposure, detection) = (alert.source, alert.exposure, &alert.detection);
    let mut draw = Draw::seeded(&[alert.night.seed, 8, u64::from(exposure.field.unsigned_abs())]);
    visit_ids(out, source, exposure);
    out.long(detection.candid);
    out.text(detection.isdiffpos);
    chip_ids(out, source, exposure, Some(detection));
    out.double(detection.ra);
    out.double(detection.dec);
    out.float(detection.magpsf);
    out.float(detection.sigmapsf);
    measurements(out, detection);
    solar_system(out, source);
    out.some_floats(&big_aperture(detection));
    out.double(detection.nearest.ranr);
    out.double(detection.nearest.decnr);
    let [first, second, third] = &neighbours.panstarrs;
    panstarrs(out, first);
    detections_so_far(out, alert);
    out.some().double(detection.scorr);
    out.some().int(0);
    out.some().long(first.objectid);
    out.some().long(second.objectid);
    panstarrs(out, second);
    out.some().long(third.objectid);
    panstarrs(out, third);
    out.int(neighbours.nmtchps);
    reference_image(out, source, exposure, alert.night, &mut draw);
    out.text(REAL_BOGUS_VERSION);
    let ssnrms = detection.scorr * 1.3 + 4.0;
    let sign = if detection.isdiffpos == "t" { 1.0 } else { -1.0 };
    out.some_floats(&[ssnrms + sign * 0.6 * detection.scorr, ssnrms, sign * 0.6 * detection.scorr]);
    calibration(out, exposure, neighbours, &mut draw);
    out.some().float(30.0);
    out.some().float(detection.drb);
    out.text(DEEP_REAL_BOGUS_VERSION);
}

/// Writes one of `prv_candidates`: a detection, or the limit where there is none.
pub(super) fn prv_candidate(out: &mut AvroBytes, source: &Source, visit: &Visit<'_>) {
    let exposure = visit.exposure;
    visit_ids(out, source, exposure);
    if let Some(detection) = &visit.detection {
        out.some().long(detection.candid);
        out.some().text(detection.isdiffpos);
        chip_ids(out, source, exposure, Some(detection));
        out.some().double(detection.ra);
        out.some().double(detection.dec);
        out.some_floats(&[detection.magpsf, detection.sigmapsf]);
        measurements(out, detection);
        out.nulls(3);
        out.some_floats(&big_aperture(detection));
        out.some().double(detection.nearest.ranr);
        out.some().double(detection.nearest.decnr);
        out.some().double(detection.scorr);
    } else {
        out.nulls(2);
        chip_ids(out, source, exposure, None);
        out.nulls(36);
    }
    out.some_floats(&zero_points(exposure));
    out.text(REAL_BOGUS_VERSION);
}

/// `jd` to `programid`.
fn visit_ids(out: &mut AvroBytes, source: &Source, exposure: &Exposure) {
    let rcid = source.placement.rcid;
    out.double(exposure.jd);
    out.int(exposure.fid);
    out.long(exposure.pid(rcid));
    out.some().float(exposure.diffmaglim);
    let (date, day_fraction) = (yyyymmdd(exposure.jd), (exposure.day_fraction() * 1e6) as i64);
    let (field, band, ccd, quadrant) =
        (exposure.field, exposure.band(), rcid / 4 + 1, rcid % 4 + 1);
    out.some().text(&format!(
        "ztf_{date}{day_fraction:06}_{field:06}_z{band}_c{ccd:02}_o_q{quadrant}_scimrefdiffimg.fits"
    ));
    out.some().text("Simulation");
    out.int(1);
}

/// `tblid` to `ypos`.
fn chip_ids(
    out: &mut AvroBytes,
    source: &Source,
    exposure: &Exposure,
    detection: Option<&Detection>,
) {
    match detection {
        Some(detection) => out.some().long(detection.tblid),
        None => out.null(),
    }
    out.some().long(exposure.nid);
    out.some().int(source.placement.rcid);
    out.some().int(exposure.field);
    match detection {
        Some(detection) => out.some_floats(&[detection.xpos, detection.ypos]),
        None => out.nulls(2),
    }
}

/// `chipsf` to `rb`.
fn measurements(out: &mut AvroBytes, detection: &Detection) {
    let (photometry, shape, nearest) =
        (&detection.photometry, &detection.shape, &detection.nearest);
    out.some_floats(&[photometry.chipsf, photometry.magap, photometry.sigmagap]);
    out.some_floats(&[
        nearest.distnr,
        nearest.magnr,
        nearest.sigmagnr,
        nearest.chinr,
        nearest.sharpnr,
    ]);
    out.some_floats(&[
        photometry.sky,
        photometry.magap - detection.magpsf,
        shape.fwhm,
        shape.classtar,
    ]);
    let bimage = shape.aimage / shape.elong;
    out.some_floats(&[
        shape.mindtoedge,
        photometry.magfromlim,
        shape.seeratio,
        shape.aimage,
        bimage,
    ]);
    out.some_floats(&[shape.aimage / shape.fwhm, bimage / shape.fwhm, shape.elong]);
    out.some().int(shape.nneg);
    out.some().int(shape.nbad);
    out.some().float(detection.rb);
}

/// `ssdistnr`, `ssmagnr`, `ssnamenr`.
fn solar_system(out: &mut AvroBytes, source: &Source) {
    if let Some(body) = &source.body {
        out.some_floats(&[body.distance_arcsec, body.mag]);
        out.some().text(&body.name);
    } else {
        out.some_floats(&[ABSENT, ABSENT]);
        out.some().text("null");
    }
}

/// `sumrat`, `magapbig`, `sigmagapbig`.
fn big_aperture(detection: &Detection) -> [f64; 3] {
    [detection.shape.sumrat, detection.photometry.magapbig, detection.photometry.sigmagapbig]
}

fn panstarrs(out: &mut AvroBytes, row: &PanStarrs) {
    out.some_floats(&row.mags);
    out.some_floats(&[row.sgscore, row.distance_arcsec]);
}

/// `ndethist`, `ncovhist`, `jdstarthist`, `jdendhist`.
fn detections_so_far(out: &mut AvroBytes, alert: &Alert<'_>) {
    let earlier = || alert.history.iter().filter(|visit| visit.detection.is_some());
    let n_before = alert.source.known_since.map_or(0, |(_, n)| n);
    let first_here = earlier().next().map_or(alert.exposure.jd, |visit| visit.exposure.jd);
    let n_now = earlier().count() as i64 + 1;
    let n_covered =
        alert.history.len() as i64 + 1 + i64::from(alert.exposure.field % 97) * 14 + n_before;
    out.long(n_before + n_now);
    out.long(n_covered);
    out.some().double(alert.source.known_since.map_or(first_here, |(jd, _)| jd));
    out.some().double(alert.exposure.jd);
}

/// `rfid`, `jdstartref`, `jdendref`, `nframesref`.
fn reference_image(
    out: &mut AvroBytes,
    source: &Source,
    exposure: &Exposure,
    night: &Night,
    draw: &mut Draw,
) {
    let start = night.midnight_jd - draw.between(2_600.0, 3_100.0);
    out.long(reference_id(source, exposure));
    out.double(start);
    out.double(start + draw.between(40.0, 400.0));
    out.long(draw.integer(15, 41));
}

/// `rfid`: field, product, filter, readout channel.
pub(super) fn reference_id(source: &Source, exposure: &Exposure) -> i64 {
    let rcid = i64::from(source.placement.rcid);
    i64::from(exposure.field) * 1_000_000 + 120_000 + i64::from(exposure.fid) * 100 + rcid
}

/// `magzpsci` and its two errors, `clrcoeff` and its error.
pub(super) fn zero_points(exposure: &Exposure) -> [f64; 5] {
    [exposure.magzpsci, 2e-5, exposure.magzpscirms, exposure.clrcoeff, 3e-5]
}

/// `magzpsci` to `maggaiabright`.
fn calibration(out: &mut AvroBytes, exposure: &Exposure, neighbours: &Neighbours, draw: &mut Draw) {
    let [zero_point, uncertainty, rms, colour, colour_uncertainty] = zero_points(exposure);
    out.some_floats(&[zero_point, uncertainty, rms]);
    out.long(draw.integer(150, 2200));
    out.some_floats(&[colour, colour_uncertainty, -1.5e-5, zero_point - 0.05]);
    out.some_floats(&[draw.near(0.65, 0.1, 0.3, 1.1), draw.near(0.2, 0.04, 0.1, 0.4)]);
    let gaia = &neighbours.gaia;
    out.some_floats(&[gaia.near.0, gaia.bright.0, gaia.near.1, gaia.bright.1]);
}
