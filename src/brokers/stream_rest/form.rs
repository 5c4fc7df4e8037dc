//! The form of a stream that is pulled by REST.

use crate::{
    brokers::{
        FILTER_FIELDS,
        pubsub::{NAME_FIELDS, STOP_FIELDS, STREAM_RULES},
    },
    forms::{Field, FormSpec},
};

pub(in crate::brokers) static FORM: FormSpec = FormSpec {
    groups: &[NAME_FIELDS, MESSAGE_FIELDS, STOP_FIELDS, FILTER_FIELDS],
    rules: STREAM_RULES,
};

const MESSAGE_FIELDS: &[Field] = &[Field::choice(
    "acknowledge",
    "Acknowledge messages?",
    &[
        ("keep", "Yes (keep): store, then acknowledge, so that they are not delivered again"),
        ("peek", "No (peek): show up to 1,000 and leave them in the subscription"),
    ],
)
.initial("keep")
.section("Stream")];
