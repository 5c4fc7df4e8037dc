//! What the fields of LSST and ELAsTiCC are: group, unit and meaning. Units: LSST's alert schema 11.1.

use super::field_fact::FieldFact;

/// The title of each record's fields.
pub(super) const TITLES: [(&str, &str); 7] = [
    ("diaSource", "Detection (diaSource)"),
    ("diaObject", "Object (diaObject)"),
    ("ssSource", "Body of the solar system (ssSource)"),
    ("ssObject", "Body of the solar system (ssObject)"),
    ("mpc_orbits", "Orbit (mpc_orbits)"),
    ("MPCORB", "Orbit (MPCORB)"),
    ("", "Alert"),
];

/// What is known of the field `name` of an alert, `record.name` where it stands in a record of it.
pub(super) fn fact(name: &str, is_lsst: bool) -> Option<FieldFact> {
    let (record, name) = name.split_once('.').unwrap_or(("", name));
    let title = TITLES.iter().find(|(known, _)| *known == record)?.1;
    let known = KNOWN.iter().find(|(known, ..)| *known == name);
    if record.is_empty() && known.is_none() {
        return None;
    }
    let (unit, meaning) = known.map_or(("", ""), |(_, unit, meaning)| (*unit, *meaning));
    let unit = match unit {
        "" if is_lsst => unit_by_form(record, name),
        "" if name.contains("Flux") => "zero point 27.5",
        known => known,
    };
    Some(FieldFact { title, unit, meaning })
}

/// The unit of a field of LSST that its name tells.
fn unit_by_form(record: &str, name: &str) -> &'static str {
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    match record {
        // Units of angles, ranges and rates are published for none of these.
        "ssSource" | "ssObject" => "",
        "mpc_orbits" => unit_of_orbit(name),
        _ if name.contains("lag") || ends(&["Ndata", "Chi2", "LnL", "Cov"]) => "",
        _ if ends(&["FluxMaxSlope"]) => "nJy/d",
        _ if name.contains("Flux") => "nJy",
        _ if ends(&["MjdTai"]) => "d, TAI",
        _ if name.starts_with("ix") || name.starts_with("iy") => "arcsec^2",
        _ if ends(&["Length", "LengthErr"]) => "arcsec",
        _ if ends(&["Ra", "Dec", "RaErr", "DecErr", "Angle", "AngleErr"]) => "deg",
        _ => "",
    }
}

fn unit_of_orbit(name: &str) -> &'static str {
    match name.trim_end_matches("_unc") {
        "a" | "q" | "earth_moid" => "au",
        "i" | "node" | "argperi" | "mean_anomaly" => "deg",
        "period" | "arc_length_total" | "arc_length_sel" => "d",
        "mean_motion" => "deg/d",
        "not_normalized_rms" => "arcsec",
        _ => "",
    }
}

/// Fields that a reader looks for: name, unit, meaning.
const KNOWN: &[(&str, &str, &str)] = &[
    ("alertId", "", "Number of the alert"),
    ("diaSourceId", "", "Number of this detection"),
    ("observation_reason", "", "Why the telescope looked here"),
    ("target_name", "", "Name of the field looked at"),
    ("prvDiaSources", "", "Detections here in the year before"),
    ("prvDiaForcedSources", "", "Forced photometry here"),
    ("prvDiaNondetectionLimits", "", "Limits here in the year before"),
    ("cutoutScience", "", "Stamp of the science image"),
    ("cutoutTemplate", "", "Stamp of the template"),
    ("cutoutDifference", "", "Stamp of the difference: science image minus template"),
    ("diaObjectId", "", "Number of the object; 0: none"),
    ("ssObjectId", "", "Number of the body of the solar system; 0: none"),
    ("parentDiaSourceId", "", "Number of the detection that this was part of; 0: none"),
    ("visit", "", "Number of the exposure"),
    ("midpointMjdTai", "d, TAI", "Middle of the exposure, Modified Julian Date"),
    ("midPointTai", "d, TAI", "Middle of the exposure, Modified Julian Date"),
    ("exposureTime", "s", "Exposure time"),
    ("ra", "deg", "Right ascension, ICRS"),
    ("dec", "deg", "Declination, ICRS"),
    ("decl", "deg", "Declination, ICRS"),
    ("raErr", "deg", "One-sigma error of ra, times cos(dec)"),
    ("decErr", "deg", "One-sigma error of dec"),
    ("ra_dec_Cov", "deg^2", "Covariance of ra, times cos(dec), and dec"),
    ("x", "pixel", "Column in the image"),
    ("y", "pixel", "Row in the image"),
    ("xErr", "pixel", ""),
    ("yErr", "pixel", ""),
    ("bboxSize", "pixel", "Side of the stamp's square"),
    ("band", "", "Filter"),
    ("filterName", "", "Filter"),
    ("psfFlux", "", "Difference flux by PSF fit, with its sign"),
    ("psfFluxErr", "", "One-sigma error of psfFlux"),
    ("psFlux", "", "Difference flux by PSF fit, with its sign"),
    ("psFluxErr", "", "One-sigma error of psFlux"),
    ("apFlux", "", "Difference flux in an aperture"),
    ("scienceFlux", "", "Flux in the science image: the total here"),
    ("templateFlux", "", "Flux in the template"),
    ("isNegative", "", "Fainter than the template?"),
    ("snr", "", "Signal to noise of the detection"),
    ("reliability", "", "Real or bogus by machine learning: 0 bogus, 1 real"),
    ("extendedness", "", "0 a point, 1 extended"),
    ("isDipole", "", "Whether it looks like a dipole"),
    ("glint_trail", "", "Whether it is part of a trail of glints"),
    ("timeWithdrawnMjdTai", "", "When the survey took it back"),
    ("nDiaSources", "", "Detections of the object so far, this one included"),
    ("firstDiaSourceMjdTai", "", "First detection of the object"),
    ("lastDiaSourceMjdTai", "", "Last detection of the object"),
    ("designation", "", "Designation of the body"),
    ("ephOffset", "arcsec", "Distance from the predicted place"),
    ("ephRa", "deg", "Predicted right ascension, ICRS"),
    ("ephDec", "deg", "Predicted declination, ICRS"),
    ("ephVmag", "mag", "Predicted V magnitude; 0: none"),
    ("a", "", "Semi-major axis"),
    ("q", "", "Perihelion distance"),
    ("e", "", "Eccentricity"),
    ("i", "", "Inclination"),
    ("h", "mag", "Absolute magnitude"),
    ("hostgal_ra", "deg", "Host galaxy: right ascension"),
    ("hostgal_dec", "deg", "Host galaxy: declination"),
    ("hostgal_snsep", "arcsec", "Separation from the host galaxy"),
    ("hostgal_zspec", "", "Host galaxy: spectroscopic redshift"),
    ("hostgal_zphot", "", "Host galaxy: photometric redshift"),
];
