//! The form of a stream that is pulled by REST.

use crate::{
    brokers::{
        filter_form::{FILTER_FIELDS, FILTER_RULES},
        pubsub::{NAME_FIELDS, STOP_FIELDS, STOP_RULE},
    },
    forms::{Field, FormSpec, Rule},
};

pub(in crate::brokers) static FORM: FormSpec =
    FormSpec { groups: &[NAME_FIELDS, MESSAGE_FIELDS, STOP_FIELDS, FILTER_FIELDS], rules: RULES };

const MESSAGE_FIELDS: &[Field] = &[Field::choice(
    "acknowledge",
    "What becomes of the messages",
    &[
        ("keep", "Keep: store, then acknowledge, so that they do not come again"),
        ("peek", "Peek: look at them and leave them in the subscription"),
    ],
)
.initial("keep")
.section("Stream")];

const RULES: &[Rule] = &[STOP_RULE, FILTER_RULES[0], FILTER_RULES[1]];
const _: () = assert!(FILTER_RULES.len() == 2);
