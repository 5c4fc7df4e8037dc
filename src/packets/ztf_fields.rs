//! What ZTF's fields are: group, unit and meaning by name. Units: ZTF's alert schema 4.02.

use super::field_fact::FieldFact;

/// A group's title and its fields: name, unit, meaning.
type Group = (&'static str, &'static [(&'static str, &'static str, &'static str)]);

/// The title of the group of fields that are in no table.
pub(super) const OTHER: &str = "Other";

/// What is known of the field `name` of an alert or of its candidate.
pub(super) fn fact(name: &str) -> FieldFact {
    GROUPS
        .iter()
        .flat_map(|(title, fields)| fields.iter().map(move |field| (*title, field)))
        .find(|(_, (known, ..))| *known == name)
        .map_or(FieldFact { title: OTHER, unit: "", meaning: "" }, |(title, (_, unit, meaning))| {
            FieldFact { title, unit, meaning }
        })
}

/// Every group, in the order of the page.
pub(super) const GROUPS: &[Group] = &[
    ("Alert", ALERT),
    ("Detection", DETECTION),
    ("Scores", SCORES),
    ("History at this position", HISTORY),
    ("Source shape and pixels", SHAPE),
    ("Solar system", SOLAR_SYSTEM),
    ("Nearest source in the reference image", REFERENCE_SOURCE),
    ("Pan-STARRS1 neighbours", PAN_STARRS),
    ("Gaia neighbours", GAIA),
    ("Exposure and images", EXPOSURE),
    ("Photometric calibration", CALIBRATION),
];

const ALERT: &[(&str, &str, &str)] = &[
    ("schemavsn", "", "Version of the packet's schema"),
    ("publisher", "", "Who made the packet"),
    ("objectId", "", "Name of the object: everything within about 1.5 arcsec of one position"),
    ("candid", "", "Number of this detection"),
    ("prv_candidates", "", "Detections and limits here in the 30 days before"),
    ("fp_hists", "", "Forced photometry here in the 30 days before"),
    ("cutoutScience", "", "Stamp of the science image"),
    ("cutoutTemplate", "", "Stamp of the reference image"),
    ("cutoutDifference", "", "Stamp of the difference: science minus reference image"),
];

const DETECTION: &[(&str, &str, &str)] = &[
    ("jd", "days", "Start of the exposure, Julian date, UTC"),
    ("fid", "", "Filter: 1 g, 2 r, 3 i"),
    ("ra", "deg", "Right ascension, J2000"),
    ("dec", "deg", "Declination, J2000"),
    ("magpsf", "mag", "Difference magnitude by PSF fit"),
    ("sigmapsf", "mag", "One-sigma error of magpsf"),
    ("isdiffpos", "", "t or 1: positive subtraction; f or 0: negative"),
    ("diffmaglim", "mag", "5-sigma limiting magnitude of the difference image"),
    ("magap", "mag", "Magnitude in an aperture of 14 pixels diameter"),
    ("sigmagap", "mag", "One-sigma error of magap"),
    ("magapbig", "mag", "Magnitude in an aperture of 18 pixels diameter"),
    ("sigmagapbig", "mag", "One-sigma error of magapbig"),
    ("magdiff", "mag", "magap minus magpsf"),
    ("magfromlim", "mag", "diffmaglim minus magap"),
    ("scorr", "", "Peak signal to noise in the detection image"),
];

const SCORES: &[(&str, &str, &str)] = &[
    ("rb", "", "Real or bogus by random forest: 0 bogus, 1 real"),
    ("rbversion", "", "Version of the model behind rb"),
    ("drb", "", "Real or bogus by deep learning: 0 bogus, 1 real"),
    ("drbversion", "", "Version of the model behind drb"),
    ("classtar", "", "Star or galaxy by SExtractor: 0 galaxy, 1 star"),
];

const HISTORY: &[(&str, &str, &str)] = &[
    ("ndethist", "", "Detections within 1.5 arcsec since the survey began, including this one"),
    ("ncovhist", "", "Times that this position was covered by a field and readout channel"),
    ("jdstarthist", "days", "Earliest Julian date counted in ndethist"),
    ("jdendhist", "days", "Latest Julian date counted in ndethist"),
    ("tooflag", "", "1: target-of-opportunity exposure"),
];

const SHAPE: &[(&str, &str, &str)] = &[
    ("xpos", "pixels", "Column in the quadrant image"),
    ("ypos", "pixels", "Row in the quadrant image"),
    ("chipsf", "", "Reduced chi-square of the PSF fit"),
    ("sky", "DN", "Local background"),
    ("fwhm", "pixels", "Full width at half maximum, assuming a Gaussian profile"),
    ("mindtoedge", "pixels", "Distance to the nearest edge of the image"),
    ("seeratio", "", "fwhm over the mean width in the science image"),
    ("aimage", "pixels", "RMS along the major axis"),
    ("bimage", "pixels", "RMS along the minor axis"),
    ("aimagerat", "", "aimage over fwhm"),
    ("bimagerat", "", "bimage over fwhm"),
    ("elong", "", "aimage over bimage"),
    ("nneg", "", "Negative pixels in the 5 by 5 around the source"),
    ("nbad", "", "Bad pixels in the 5 by 5 around the source"),
    ("sumrat", "", "Sum of the pixels over the sum of their absolute values"),
    ("dsnrms", "", "Spread of the difference over the spread expected, before matching"),
    ("ssnrms", "", "Spread of the science image over the spread expected"),
    ("dsdiff", "", "dsnrms minus ssnrms"),
];

const SOLAR_SYSTEM: &[(&str, &str, &str)] = &[
    ("ssdistnr", "arcsec", "Distance of the nearest known body within 30 arcsec"),
    ("ssmagnr", "mag", "Predicted magnitude of that body"),
    ("ssnamenr", "", "Name of that body"),
];

const REFERENCE_SOURCE: &[(&str, &str, &str)] = &[
    ("distnr", "pixels", "Its distance, if within 30 arcsec"),
    ("magnr", "mag", "Its magnitude by PSF fit"),
    ("sigmagnr", "mag", "One-sigma error of magnr"),
    ("chinr", "", "Its DAOPhot chi"),
    ("sharpnr", "", "Its DAOPhot sharpness"),
    ("ranr", "deg", "Its right ascension, J2000"),
    ("decnr", "deg", "Its declination, J2000"),
];

const PAN_STARRS: &[(&str, &str, &str)] = &[
    ("objectidps1", "", "Number of the nearest source within 30 arcsec"),
    ("sgmag1", "mag", "g magnitude of the nearest source"),
    ("srmag1", "mag", "r magnitude of the nearest source"),
    ("simag1", "mag", "i magnitude of the nearest source"),
    ("szmag1", "mag", "z magnitude of the nearest source"),
    ("sgscore1", "", "Star or galaxy, nearest source: 0 galaxy, 1 star"),
    ("distpsnr1", "arcsec", "Distance of the nearest source"),
    ("objectidps2", "", "Number of the second nearest source"),
    ("sgmag2", "mag", "g magnitude of the second nearest source"),
    ("srmag2", "mag", "r magnitude of the second nearest source"),
    ("simag2", "mag", "i magnitude of the second nearest source"),
    ("szmag2", "mag", "z magnitude of the second nearest source"),
    ("sgscore2", "", "Star or galaxy, second nearest source"),
    ("distpsnr2", "arcsec", "Distance of the second nearest source"),
    ("objectidps3", "", "Number of the third nearest source"),
    ("sgmag3", "mag", "g magnitude of the third nearest source"),
    ("srmag3", "mag", "r magnitude of the third nearest source"),
    ("simag3", "mag", "i magnitude of the third nearest source"),
    ("szmag3", "mag", "z magnitude of the third nearest source"),
    ("sgscore3", "", "Star or galaxy, third nearest source"),
    ("distpsnr3", "arcsec", "Distance of the third nearest source"),
    ("nmtchps", "", "Sources within 30 arcsec"),
];

const GAIA: &[(&str, &str, &str)] = &[
    ("neargaia", "arcsec", "Distance of the nearest source within 90 arcsec"),
    ("maggaia", "mag", "G magnitude of that source"),
    ("neargaiabright", "arcsec", "Distance of the nearest source of G < 14 within 90 arcsec"),
    ("maggaiabright", "mag", "G magnitude of that bright source"),
];

const EXPOSURE: &[(&str, &str, &str)] = &[
    ("exptime", "s", "Exposure time"),
    ("pid", "", "Processing number of the science image"),
    ("pdiffimfilename", "", "File of the difference image"),
    ("programpi", "", "Principal investigator of the programme"),
    ("programid", "", "Programme: 1 public, 2 partnership, 3 Caltech"),
    ("tblid", "", "Row in the table of extracted sources"),
    ("nid", "", "Night since the survey's first"),
    ("rcid", "", "Readout channel, 0 to 63"),
    ("field", "", "Field on ZTF's grid"),
    ("rfid", "", "Processing number of the reference image"),
    ("jdstartref", "days", "Earliest exposure in the reference image"),
    ("jdendref", "days", "Latest exposure in the reference image"),
    ("nframesref", "", "Exposures in the reference image"),
];

const CALIBRATION: &[(&str, &str, &str)] = &[
    ("magzpsci", "mag", "Zero point of the science image"),
    ("magzpsciunc", "mag", "Error of magzpsci"),
    ("magzpscirms", "mag", "Scatter of the stars behind magzpsci"),
    ("nmatches", "", "Pan-STARRS1 stars behind the calibration"),
    ("clrcoeff", "", "Colour coefficient"),
    ("clrcounc", "", "Error of clrcoeff"),
    ("zpclrcov", "mag^2", "Covariance of magzpsci and clrcoeff"),
    ("zpmed", "mag", "Median zero point of the stars"),
    ("clrmed", "mag", "Median colour of the stars"),
    ("clrrms", "mag", "Scatter of the stars' colours"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_stands_in_one_group_only() {
        let mut names: Vec<_> =
            GROUPS.iter().flat_map(|(_, fields)| fields.iter().map(|field| field.0)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), all), (111, 111));
    }

    #[test]
    fn a_known_field_has_its_unit_and_an_unknown_one_has_none() {
        assert_eq!((fact("jd").unit, fact("magpsf").title), ("days", "Detection"));
        assert_eq!(fact("cdsxmatch"), FieldFact { title: OTHER, unit: "", meaning: "" });
    }
}
