//! The shared filter's fields, declared once for all backends, and the filter that they make.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::{
    domain::{
        alert::Band,
        filter::{Filter, Side},
        sky::{CoordinateError, echo_cone, parse_cone},
        time::{TimeError, echo_time, parse_time},
    },
    forms::{Choices, Context, Field, FormSpec, Parameters, RawForm, Rule},
};

const BANDS: [(&str, &str); 6] =
    [("u", "u"), ("g", "g"), ("r", "r"), ("i", "i"), ("z", "z"), ("y", "y")];

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
    Field::checkbox("positive_only", "Positive subtractions only")
        .help("Rejects sources fainter than in the template (isdiffpos f).")
        .section("Real or bogus"),
    Field::integer("ndethist_min", "Detections ≥", 1, 1_000_000)
        .help("ndethist: detections at this position so far, including this one.")
        .placeholder("2")
        .section("Real or bogus"),
    Field::checkbox("no_solar_system", "No known solar-system object")
        .help("Rejects alerts with a known asteroid or comet within 5″.")
        .section("Real or bogus"),
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
        positive_only: parameters.flag("positive_only"),
        ndethist_min: parameters.integer("ndethist_min"),
        cone: parameters.text("cone").map(parse_cone).transpose()?,
        observed_after: time("observed_after")?,
        observed_before: time("observed_before")?,
        no_solar_system: parameters.flag("no_solar_system"),
    })
}

/// The filter of a stored form, for a reader; a form whose fields no longer fit has none.
pub fn filter_of_stored(parameters: &Value, now: DateTime<Utc>) -> Filter {
    stored_filter(parameters, now).unwrap_or_default()
}

/// The filter of a stored form; `None` where its fields no longer fit.
pub fn stored_filter(parameters: &Value, now: DateTime<Utc>) -> Option<Filter> {
    static FORM: FormSpec = FormSpec { groups: &[FILTER_FIELDS], rules: &[] };
    let fields = parameters.as_object().into_iter().flatten();
    let own: Map<String, Value> = fields
        .filter(|(name, _)| FORM.field(name).is_some())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let context = Context { now, choices: Choices::new() };
    let checked = FORM.validate(&RawForm::from_json(&Value::Object(own)), &context).ok();
    checked.and_then(|parameters| filter_from(&parameters, now).ok())
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
        assert!(filter.positive_only && filter.no_solar_system);
        assert!((filter.cone.unwrap().radius_deg - 5.0 / 3600.0).abs() < 1e-12);
        assert_eq!(filter.observed_after, Some("2026-11-22T12:00:00Z".parse().unwrap()));
        assert_eq!(filter.observed_before, Some("2026-11-23T00:00:00Z".parse().unwrap()));
        assert_eq!(FORM.fields().count(), 13, "a new field must reach the filter: add it above");
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
