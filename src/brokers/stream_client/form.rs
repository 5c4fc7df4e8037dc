//! The form of a stream that Pub/Sub pushes down an open connection.

use crate::{
    brokers::{
        FILTER_FIELDS,
        pubsub::{NAME_FIELDS, STOP_FIELDS, STREAM_RULES},
    },
    forms::{Field, FormSpec},
    google::pubsub::{MAX_FILTER_BYTES, check_attribute_filter},
};

pub(super) static FORM: FormSpec = FormSpec {
    groups: &[NAME_FIELDS, FLOW_FIELDS, STOP_FIELDS, FILTER_FIELDS],
    rules: STREAM_RULES,
};

/// Messages that may be out at once where the form does not say it; Google's own default.
pub(super) const DEFAULT_BACKLOG: u32 = 1_000;

const FLOW_FIELDS: &[Field] = &[
    Field::checked("attribute_filter", "Attribute filter", MAX_FILTER_BYTES, check_attribute_filter)
        .placeholder("attributes.name = \"value\"")
        .help("Set when the subscription is created; it cannot be changed later. Pub/Sub then delivers only messages whose attributes match. Empty: no filter.")
        .section("Stream"),
    Field::integer("max_backlog", "Maximum backlog", 1, 100_000)
        .initial("1000")
        .help("Most messages that are delivered but not stored yet; at that number Pub/Sub pauses. Empty: 1,000.")
        .section("Stream"),
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::forms::{Choices, Context, FormState, Parameters, RawForm};

    fn validate(sent: &Value) -> Result<Parameters, FormState> {
        let context =
            Context { now: "2026-11-23T12:00:00Z".parse().unwrap(), choices: Choices::new() };
        FORM.validate(&RawForm::from_json(sent), &context)
    }

    #[test]
    fn the_fields_of_the_python_module_are_there_with_its_initial_values() {
        let blank = FORM.blank();
        for (name, initial) in [("max_results", "100"), ("timeout", "30"), ("max_backlog", "1000")]
        {
            assert_eq!(blank.values(name), [initial], "{name}");
        }
    }

    #[test]
    fn a_stop_condition_is_demanded() {
        let state =
            validate(&json!({"subscription_name": "ztf-loop", "max_backlog": 10})).unwrap_err();
        assert!(state.errors("max_results")[0].starts_with("You must set at least one stopping"));
    }

    #[test]
    fn a_filter_that_is_none_is_an_error_of_its_field() {
        let sent = |filter: &str| {
            validate(
                &json!({"subscription_name": "a-b-c", "timeout": 1, "attribute_filter": filter}),
            )
        };
        assert!(sent("attributes:candid").is_ok());
        let long = format!("attributes.a = \"{}\"", "x".repeat(MAX_FILTER_BYTES));
        for bad in ["candid > 1", "attributes.a == \"b\"", long.as_str()] {
            let state = sent(bad).unwrap_err();
            assert_eq!(state.errors("attribute_filter").len(), 1, "{bad}");
            assert_eq!(state.values("attribute_filter"), [bad], "nothing typed is lost");
        }
    }
}
