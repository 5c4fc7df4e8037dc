//! The form of a query of BigQuery: its fields, and the checks that keep a query from scanning a whole table.

use chrono::{DateTime, Duration, Utc};

use super::tables::{CHOICES, FIRST, Shape, Table, check_table};
use crate::{
    brokers::filter_form::{FILTER_FIELDS, FILTER_RULES},
    domain::{sky::parse_cone, time::parse_time},
    forms::{FORM_ERRORS, Field, FormSpec, Parameters, Rule},
};

pub(super) static FORM: FormSpec =
    FormSpec { groups: &[DATABASE_FIELDS, FILTER_FIELDS], rules: RULES };

/// The longest time window that bounds a query by itself, days.
const LONGEST_WINDOW_D: i64 = 7;

/// The largest circle that bounds a query of a table that is clustered by cells of the sky, degrees: its cells can be
/// named one by one.
pub(super) const LARGEST_CONE_DEG: f64 = 2.0;

const DATABASE_FIELDS: &[Field] = &[
    Field::choice("table", "Table", CHOICES)
        .initial(FIRST)
        .required()
        .help("ZTF's tables are not partitioned: every query scans whole columns.")
        .section("Table"),
    Field::checked("own_table", "Your own table", 300, check_table)
        .placeholder("my-proj.my_alerts.alerts_v4_02")
        .help("A table with the same columns as the one chosen above, such as a copy of part of it. Empty: the one above.")
        .section("Table"),
    Field::choice("columns", "Columns", &[
        ("summary", "Summary: what lists, filters and targets need"),
        ("history", "With history: earlier measurements for the light curve; several times as many bytes"),
        ("all", "All: the whole alert except its images; many times as many bytes"),
    ])
    .initial("summary")
    .help("BigQuery bills the bytes of the columns that are read.")
    .section("Table"),
    Field::checked("objectId", "objectId", 64, check_object_id)
        .placeholder("ZTF21abcdefg")
        .help("All alerts of one object. LSST: the number of a diaObject, or of a solar-system object; from the last 30 days, unless \"Observed after\" is set.")
        .section("Which alerts"),
    Field::checked("candid", "candid", 19, check_candid)
        .placeholder("2982177112815010003")
        .help("One alert by its number. LSST: diaSourceId; from the last 30 days, unless \"Observed after\" is set.")
        .section("Which alerts"),
    Field::integer("max_results", "Maximum results", 1, 100_000)
        .initial("100")
        .required()
        .help("Stop after this many alerts. It makes the answer shorter, not cheaper.")
        .section("Which alerts"),
    Field::choice("order", "Order", &[
        ("newest", "newest first"),
        ("oldest", "oldest first"),
        ("brightest", "brightest first"),
        ("faintest", "faintest first"),
    ])
    .initial("newest")
    .help("Which alerts are kept when there are more than the maximum.")
    .section("Which alerts"),
    Field::integer("timeout", "Time limit", 1, 600)
        .initial("60")
        .unit("s")
        .help("BigQuery stops the query after this long. Empty: 60 s.")
        .section("Which alerts"),
];

const UNBOUNDED: &str = "This would scan a whole table. Add an objectId or a candid, or \"Observed after\" (and \"Observed before\") at most 7 days apart. For a published table of LSST a cone of at most 2 degrees does as well.";

const RULES: &[Rule] = &[
    Rule::AtMostOneOf {
        fields: &["objectId", "candid"],
        message: "Only one of either objectId or candid can be used to filter.",
    },
    Rule::Own {
        fields: &[
            "table",
            "own_table",
            "objectId",
            "candid",
            "cone",
            "observed_after",
            "observed_before",
        ],
        check: check_bounds,
        message: UNBOUNDED,
    },
    Rule::Own {
        fields: &["table", "objectId"],
        check: check_object,
        message: "The objectId of an LSST table is a whole number.",
    },
    Rule::Own {
        fields: &["table", "drb_min"],
        check: check_drb,
        message: "drb_min needs a table that has drb.",
    },
    FILTER_RULES[0],
    FILTER_RULES[1],
];
const _: () = assert!(FILTER_RULES.len() == 2);

fn shape(parameters: &Parameters) -> Option<Shape> {
    Table::find(parameters.text("table")?).map(|table| table.shape)
}

/// BigQuery would read a table from end to end for any question: none may be asked that everything answers.
fn check_bounds(parameters: &Parameters, now: DateTime<Utc>) -> Option<(&'static str, String)> {
    let is_bounded = parameters.has("objectId")
        || parameters.has("candid")
        || is_bounded_by_cone(parameters)
        || window(parameters, now)
            .is_some_and(|(after, before)| before - after <= Duration::days(LONGEST_WINDOW_D));
    (!is_bounded).then(|| (FORM_ERRORS, UNBOUNDED.to_owned()))
}

/// Only LSST's published tables are known to be clustered by cells, and only a small circle is a list of them.
fn is_bounded_by_cone(parameters: &Parameters) -> bool {
    let cone = parameters.text("cone").and_then(|text| parse_cone(text).ok());
    shape(parameters) == Some(Shape::Lsst)
        && !parameters.has("own_table")
        && cone.is_some_and(|cone| cone.radius_deg <= LARGEST_CONE_DEG)
}

/// The time of observation that is asked for, where it has a beginning.
fn window(parameters: &Parameters, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let after = parse_time(parameters.text("observed_after")?, now).ok()?;
    let before = match parameters.text("observed_before") {
        Some(text) => parse_time(text, now).ok()?,
        None => now.max(after),
    };
    Some((after, before))
}

fn check_object(parameters: &Parameters, _: DateTime<Utc>) -> Option<(&'static str, String)> {
    let object = parameters.text("objectId")?;
    let is_number = object.parse::<i64>().is_ok_and(|number| number > 0);
    let is_wrong = shape(parameters)? == Shape::Lsst && !is_number;
    is_wrong.then(|| {
        ("objectId", "Objects of LSST are numbers: enter a diaObjectId or an ssObjectId such as 170028485835751490.".to_owned())
    })
}

fn check_drb(parameters: &Parameters, _: DateTime<Utc>) -> Option<(&'static str, String)> {
    let lacks_drb = matches!(shape(parameters)?, Shape::Ztf { has_drb: false, .. } | Shape::Lsst);
    (lacks_drb && parameters.has("drb_min")).then(|| {
        (
            "drb_min",
            "This table has no drb. Use rb (LSST: reliability) instead, or choose another table."
                .to_owned(),
        )
    })
}

fn check_object_id(text: &str) -> Result<(), String> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err("Enter one id without spaces, such as ZTF21abcdefg.".to_owned())
}

fn check_candid(text: &str) -> Result<(), String> {
    match text.parse::<i64>() {
        Ok(1..) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        _ => Err("Enter a whole number, such as 2982177112815010003.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{super::query::Query, *};
    use crate::forms::{Choices, Context, FormState, RawForm};

    const LSST: &str = "pitt-alert-broker.lsst.alerts_v11_1";

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn validate(more: &Value) -> Result<Parameters, FormState> {
        let mut sent = json!({"table": FIRST, "max_results": 100});
        sent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        FORM.validate(&RawForm::from_json(&sent), &Context { now: now(), choices: Choices::new() })
    }

    #[test]
    fn a_year_in_which_nobody_observed_is_told_by_its_field() {
        for field in ["observed_after", "observed_before"] {
            for date in ["+262142-12-31", "-262143-01-01", "0202-09-12", "2201-01-01"] {
                let sent = json!({"table": LSST, "candid": 7, "max_results": 5, field: date});
                let state = validate(&sent).unwrap_err();
                let told = ["Enter a time in the years 1800 to 2200."];
                assert_eq!(state.errors(field), told, "{date}");
                assert!(state.errors(FORM_ERRORS).is_empty(), "{date}");
            }
        }
        for date in ["1800-01-01", "2200-12-31"] {
            let sent = json!({"table": LSST, "candid": 7, "observed_before": date});
            let parameters = validate(&sent).unwrap();
            assert!(Query::of(&parameters, now()).unwrap().published.is_some(), "{date}");
        }
    }

    #[test]
    fn object_id_and_candid_exclude_each_other() {
        let state = validate(&json!({"objectId": "ZTF21abcdefg", "candid": 7})).unwrap_err();
        for field in ["objectId", "candid"] {
            assert_eq!(
                state.errors(field),
                ["Only one of either objectId or candid can be used to filter."]
            );
        }
    }

    #[test]
    fn a_query_that_everything_answers_is_refused_with_what_to_add() {
        for unbounded in [
            json!({}),
            json!({"rb_min": 0.5, "bands": ["g"]}),
            json!({"observed_before": "2026-11-20"}),
            json!({"observed_after": "8d"}),
            json!({"observed_after": "2026-11-01", "observed_before": "2026-11-08 00:01"}),
            json!({"cone": "10, 10, 60"}),
            json!({"table": LSST}),
            json!({"table": LSST, "cone": "10, 10, 2.001°"}),
            json!({"table": LSST, "cone": "10, 10, 180°"}),
            json!({"table": LSST, "own_table": "my-proj.d.t", "cone": "10, 10, 60"}),
            json!({"table": LSST, "own_table": LSST, "cone": "10, 10, 60"}),
        ] {
            let state = validate(&unbounded).unwrap_err();
            assert!(state.errors(FORM_ERRORS)[0].contains("Add an objectId"), "{unbounded}");
        }
        for bounded in [
            json!({"objectId": "ZTF21abcdefg"}),
            json!({"candid": "2982177112815010003"}),
            json!({"observed_after": "7d"}),
            json!({"observed_after": "2024-01-01", "observed_before": "2024-01-08"}),
            json!({"table": LSST, "cone": "10, 10, 60"}),
            json!({"table": LSST, "cone": "10, 10, 2°"}),
            json!({"table": LSST, "cone": "10, 10, 180°", "observed_after": "7d"}),
            json!({"table": LSST, "own_table": "my-proj.d.t", "cone": "10, 10, 2°", "objectId": 7}),
        ] {
            assert!(validate(&bounded).is_ok(), "{bounded}");
        }
    }

    #[test]
    fn a_field_that_is_wrong_is_told_once() {
        let state = validate(&json!({"cone": "north", "table": LSST})).unwrap_err();
        assert_eq!((state.errors("cone").len(), state.errors(FORM_ERRORS).len()), (1, 0));
        assert!(validate(&json!({"max_results": null, "candid": 1})).is_err());
    }

    #[test]
    fn a_candid_is_a_whole_number_above_zero() {
        for bad in ["0", "-1", "+7", "1.5", "1e18", "9223372036854775808", "ZTF21abcdefg", "7;"] {
            let state = validate(&json!({"candid": bad})).unwrap_err();
            assert_eq!(
                (state.errors("candid").len(), state.errors(FORM_ERRORS).len()),
                (1, 0),
                "{bad}"
            );
        }
        let most = validate(&json!({"candid": i64::MAX})).unwrap();
        assert_eq!(Query::of(&most, now()).unwrap().candid, Some(i64::MAX));
    }

    #[test]
    fn a_table_without_a_column_says_so() {
        let state = validate(&json!({"table": LSST, "objectId": "ZTF21abcdefg"})).unwrap_err();
        assert!(state.errors("objectId")[0].contains("numbers"));
        for table in [LSST, "ardent-cycling-243415.ztf.alerts_v3_1"] {
            let state =
                validate(&json!({"table": table, "candid": 7, "drb_min": 0.5})).unwrap_err();
            assert!(state.errors("drb_min")[0].contains("no drb"));
        }
    }
}
