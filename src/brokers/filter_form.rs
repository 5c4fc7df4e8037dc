//! The shared filter's fields, declared once for all backends, and the filter that they make.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::{
    domain::{
        alert::{Band, Survey},
        filter::{Filter, Side, Sign, SolarSystemWanted, StarNear},
        sky::{CoordinateError, echo_cone, parse_cone},
        time::{TimeError, echo_time, parse_time},
    },
    forms::{Choices, Context, Field, FormSpec, Parameters, RawForm, Rule},
};

const BANDS: [(&str, &str); 6] =
    [("u", "u"), ("g", "g"), ("r", "r"), ("i", "i"), ("z", "z"), ("y", "y")];

const SURVEYS: [(&str, &str); 4] =
    [("any", "any"), ("ztf", "ZTF"), ("lsst", "LSST"), ("elasticc", "ELAsTiCC")];

/// Fields of the filter, for the form of every backend.
pub const FILTER_FIELDS: &[Field] = &[
    Field::number("classtar_threshold", "classtar", 0.0, 1.0)
        .help("Star/galaxy score: 0 galaxy, 1 star. Empty: both.")
        .placeholder("0.5")
        .section("Star or galaxy"),
    Field::choice("classtar_gt_lt", "classtar is", &[("lt", "<"), ("gt", "≥")])
        .initial("lt")
        .only_with("classtar_threshold")
        .help("The side of the threshold that passes.")
        .section("Star or galaxy"),
    Field::number("rb_min", "rb ≥", 0.0, 1.0)
        .help("Real/bogus score: 0 bogus, 1 real. 0.65 keeps most real sources.")
        .placeholder("0.65")
        .section("Real or bogus"),
    Field::number("drb_min", "drb ≥", 0.0, 1.0)
        .help("Deep-learning real/bogus score. ZTF packets before schema 3.3 have none and are rejected.")
        .placeholder("0.5")
        .section("Real or bogus"),
    Field::number("snr_min", "S/N ≥", 0.0, 1_000_000.0)
        .help("Signal to noise of either sign. ZTF packets have none and are rejected.")
        .placeholder("5")
        .section("Real or bogus"),
    Field::choice("sign", "Sign", &[
        ("any", "any"),
        ("positive", "positive"),
        ("negative", "negative"),
    ])
    .initial("any")
    .help("Brighter (positive) or fainter (negative) than in the template.")
    .section("Real or bogus"),
    Field::checkbox("positive_only", "Positive subtractions only")
        .help("The same as the sign positive; kept for queries of before.")
        .section("Real or bogus"),
    Field::integer("ndethist_min", "Detections ≥", 1, 1_000_000)
        .help("ndethist: detections at this position so far, including this one.")
        .placeholder("2")
        .section("Real or bogus"),
    Field::integer("ndethist_max", "Detections ≤", 1, 1_000_000)
        .help("Rejects what was seen more often.")
        .placeholder("10")
        .section("Real or bogus"),
    Field::number("age_max", "Age ≤", 0.0, 100_000.0)
        .help("Days since the first detection.")
        .placeholder("14")
        .unit("d")
        .section("Real or bogus"),
    Field::choice("solar_system", "Solar system", &[
        ("any", "any"),
        ("none", "none"),
        ("only", "only"),
    ])
    .initial("any")
    .help("Known asteroids and comets, and what has one within 5″.")
    .section("Real or bogus"),
    Field::checkbox("no_solar_system", "No known solar-system object")
        .help("The same as the solar system none; kept for queries of before.")
        .section("Real or bogus"),
    Field::choice("survey", "Survey", &SURVEYS)
        .initial("any")
    .help("Alerts of other surveys are rejected.")
        .section("Where and when"),
    Field::number("mag_min", "Brightest magnitude", -30.0, 50.0)
        .help("Difference magnitude; brighter alerts are rejected.")
        .placeholder("15")
        .unit("mag")
        .section("Brightness"),
    Field::number("mag_max", "Faintest magnitude", -30.0, 50.0)
        .help("Difference magnitude; fainter alerts are rejected.")
        .placeholder("19.5")
        .unit("mag")
        .section("Brightness"),
    Field::flags("bands", "Bands", &BANDS).help("None ticked: any band.").section("Brightness"),
    Field::choice("star_near", "Nearest catalogue source", &[
        ("any", "any"),
        ("no_star", "no star within 2″"),
        ("galaxy", "galaxy within 10″"),
    ])
    .initial("any")
    .help("By ZTF's sgscore1 and distpsnr1: a star from 0.5. Other surveys have none and are rejected.")
    .section("Where and when"),
    Field::number("gal_b_min", "|b| ≥", 0.0, 90.0)
        .help("Distance from the galactic plane.")
        .placeholder("15")
        .unit("°")
        .section("Where and when"),
    Field::parsed("cone", "Cone search", understand_cone)
        .help("RA, Dec, radius in arcsec (or with ′ or °): 150.1, 2.2, 30 or 10:00:24.12 +02:12:00.4, 2′.")
        .placeholder("150.1005, +2.2001, 30")
        .section("Where and when"),
    Field::parsed("observed_after", "Observed after", understand_time)
        .help("UTC: 2026-09-12 07:30, MJD 61295.3, JD, or a time span before the run such as 24h or 3d.")
        .placeholder("3d")
        .section("Where and when"),
    Field::parsed("observed_before", "Observed before", understand_time)
        .help("As above.")
        .placeholder("2026-09-13")
        .section("Where and when"),
    Field::text("class_name", "Class", 100)
        .help("What a classifier calls it, in either case. Alerts without classes are rejected.")
        .placeholder("Ia")
        .section("Classes and tags"),
    Field::number("class_probability", "Class probability ≥", 0.0, 1.0)
        .help("Of that class; without a class, of any.")
        .placeholder("0.8")
        .section("Classes and tags"),
    Field::text("tag", "Tag", 100)
        .help("A tag of the broker, in either case. Alerts without tags are rejected.")
        .placeholder("is_pure")
        .section("Classes and tags"),
];

/// Rules between the fields of the filter.
pub const FILTER_RULES: &[Rule] = &[
    Rule::Ascending {
        low: "mag_min",
        high: "mag_max",
        message: "The faintest magnitude must not be brighter than the brightest.",
    },
    Rule::InOrder {
        early: "observed_after",
        late: "observed_before",
        is_in_order,
        message: "This time must be later than \"Observed after\".",
    },
];

fn understand_cone(text: &str, _: DateTime<Utc>) -> Result<String, String> {
    parse_cone(text).map(|cone| echo_cone(&cone)).map_err(|error| format!("{error}."))
}

fn understand_time(text: &str, now: DateTime<Utc>) -> Result<String, String> {
    parse_time(text, now).map(echo_time).map_err(|error| error.to_string())
}

fn is_in_order(early: &str, late: &str, now: DateTime<Utc>) -> bool {
    match (parse_time(early, now), parse_time(late, now)) {
        (Ok(early), Ok(late)) => early < late,
        // Each has its own message.
        _ => true,
    }
}

/// Why a checked form makes no filter: the software has changed since it was saved.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// The cone.
    #[error(transparent)]
    Cone(#[from] CoordinateError),
    /// A time.
    #[error(transparent)]
    Time(#[from] TimeError),
}

/// The filter of a checked form; relative times count from `now`.
pub fn filter_from(parameters: &Parameters, now: DateTime<Utc>) -> Result<Filter, FilterError> {
    let side = match parameters.text("classtar_gt_lt") {
        Some("gt") => Side::GreaterOrEqual,
        _ => Side::LessThan,
    };
    let time = |name| parameters.text(name).map(|text| parse_time(text, now)).transpose();
    Ok(Filter {
        classtar: parameters.number("classtar_threshold").map(|threshold| (side, threshold)),
        mag_min: parameters.number("mag_min"),
        mag_max: parameters.number("mag_max"),
        bands: parameters.list("bands").into_iter().filter_map(Band::from_letter).collect(),
        rb_min: parameters.number("rb_min"),
        drb_min: parameters.number("drb_min"),
        sign: match parameters.text("sign") {
            Some("negative") => Sign::Negative,
            Some("positive") => Sign::Positive,
            // As queries of before say it.
            _ if parameters.flag("positive_only") => Sign::Positive,
            _ => Sign::Any,
        },
        ndethist_min: parameters.integer("ndethist_min"),
        cone: parameters.text("cone").map(parse_cone).transpose()?,
        observed_after: time("observed_after")?,
        observed_before: time("observed_before")?,
        solar_system: match parameters.text("solar_system") {
            Some("none") => SolarSystemWanted::None,
            Some("only") => SolarSystemWanted::Only,
            _ if parameters.flag("no_solar_system") => SolarSystemWanted::None,
            _ => SolarSystemWanted::Any,
        },
        survey: parameters.text("survey").and_then(Survey::from_id),
        age_max: parameters.number("age_max"),
        ndethist_max: parameters.integer("ndethist_max"),
        snr_min: parameters.number("snr_min"),
        star_near: match parameters.text("star_near") {
            Some("no_star") => StarNear::NoStar,
            Some("galaxy") => StarNear::Galaxy,
            _ => StarNear::Any,
        },
        gal_b_min: parameters.number("gal_b_min"),
        class_name: parameters.text("class_name").map(str::to_owned),
        class_probability: parameters.number("class_probability"),
        tag: parameters.text("tag").map(str::to_owned),
    })
}

/// The filter of a stored form, for a reader; a form whose fields no longer fit has none.
pub fn filter_of_stored(parameters: &Value, now: DateTime<Utc>) -> Filter {
    static FORM: FormSpec = FormSpec { groups: &[FILTER_FIELDS], rules: &[] };
    let fields = parameters.as_object().into_iter().flatten();
    let own: Map<String, Value> = fields
        .filter(|(name, _)| FORM.field(name).is_some())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let context = Context { now, choices: Choices::new() };
    let checked = FORM.validate(&RawForm::from_json(&Value::Object(own)), &context).ok();
    checked.and_then(|parameters| filter_from(&parameters, now).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static FORM: FormSpec = FormSpec { groups: &[FILTER_FIELDS], rules: FILTER_RULES };

    fn context() -> Context {
        Context { now: "2026-11-23T12:00:00Z".parse().unwrap(), choices: Choices::new() }
    }

    #[test]
    fn every_field_reaches_the_filter() {
        let sent = json!({
            "classtar_threshold": 0.5, "classtar_gt_lt": "gt", "mag_min": 15, "mag_max": "19.5", "bands": ["r", "g"],
            "rb_min": 0.65, "drb_min": 0.3, "positive_only": true, "ndethist_min": 2, "cone": "12, 12, 5",
            "observed_after": "24h", "observed_before": "2026-11-23", "no_solar_system": true,
            "survey": "lsst", "age_max": 14, "ndethist_max": 9, "snr_min": 5, "star_near": "galaxy", "gal_b_min": 15,
            "class_name": "Ia", "class_probability": 0.8, "tag": "is_pure",
        });
        let parameters = FORM.validate(&RawForm::from_json(&sent), &context()).unwrap();
        let filter = filter_from(&parameters, context().now).unwrap();
        assert_eq!(filter.classtar, Some((Side::GreaterOrEqual, 0.5)));
        assert_eq!((filter.mag_min, filter.mag_max), (Some(15.0), Some(19.5)));
        assert_eq!(filter.bands, [Band::G, Band::R]);
        assert_eq!(
            (filter.rb_min, filter.drb_min, filter.ndethist_min),
            (Some(0.65), Some(0.3), Some(2))
        );
        assert_eq!(
            (filter.sign, filter.solar_system),
            (Sign::Positive, SolarSystemWanted::None),
            "the old names"
        );
        assert_eq!((filter.survey, filter.age_max), (Some(Survey::Lsst), Some(14.0)));
        assert_eq!((filter.ndethist_max, filter.snr_min), (Some(9), Some(5.0)));
        assert_eq!((filter.star_near, filter.gal_b_min), (StarNear::Galaxy, Some(15.0)));
        assert_eq!(
            (filter.class_name.as_deref(), filter.class_probability, filter.tag.as_deref()),
            (Some("Ia"), Some(0.8), Some("is_pure"))
        );
        assert!((filter.cone.unwrap().radius_deg - 5.0 / 3600.0).abs() < 1e-12);
        assert_eq!(filter.observed_after, Some("2026-11-22T12:00:00Z".parse().unwrap()));
        assert_eq!(filter.observed_before, Some("2026-11-23T00:00:00Z".parse().unwrap()));
        assert_eq!(FORM.fields().count(), 24, "a new field must reach the filter: add it above");
    }

    #[test]
    fn a_stored_form_gives_its_filter_whatever_else_it_holds() {
        let stored =
            json!({"folder": "night", "max_results": 5, "rb_min": 0.65, "observed_after": "24h"});
        let filter = filter_of_stored(&stored, context().now);
        assert_eq!(filter.rule_words("rb_min"), "rb ≥ 0.65");
        assert_eq!(filter.rule_words("observed_after"), "observed after 2026-11-22 12:00 UTC");
        assert_eq!(filter_of_stored(&json!({"rb_min": 7}), context().now), Filter::default());
    }

    #[test]
    fn times_and_magnitudes_in_the_wrong_order_are_errors_of_the_form() {
        let sent =
            json!({"mag_min": 19, "mag_max": 15, "observed_after": "1h", "observed_before": "2h"});
        let state = FORM.validate(&RawForm::from_json(&sent), &context()).unwrap_err();
        assert_eq!(state.errors("mag_max").len(), 1);
        assert_eq!(state.errors("observed_before").len(), 1);
    }

    #[test]
    fn positions_and_times_are_echoed() {
        let sent =
            RawForm::from_pairs([("cone", "10 00 24.12 +02 12 00.4, 2'"), ("observed_after", "x")]);
        let state = FORM.validate(&sent, &context()).unwrap_err();
        assert_eq!(
            state.echo("cone"),
            Some("read as 10 00 24.12 +02 12 00.4 → 150.100500 +2.200111, radius 2′")
        );
    }
}
