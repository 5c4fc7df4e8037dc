//! What must hold between the fields of a form. Its messages stand by a field, as every other.

use chrono::{DateTime, Utc};

use super::{Context, FormState, Parameters};

/// What is wrong at a time, and the field by which that is said.
pub type OwnCheck = fn(&Parameters, DateTime<Utc>) -> Option<(&'static str, String)>;

/// A rule between fields.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// Two numbers, if both are given, must not be the wrong way round. The message stands by `high`.
    Ascending {
        /// The lower one.
        low: &'static str,
        /// The higher one.
        high: &'static str,
        /// What to say.
        message: &'static str,
    },
    /// Two texts, if both are given, must stand in an order. The message stands by `late`.
    InOrder {
        /// The earlier one.
        early: &'static str,
        /// The later one.
        late: &'static str,
        /// Whether they are in order.
        is_in_order: fn(&str, &str, DateTime<Utc>) -> bool,
        /// What to say.
        message: &'static str,
    },
    /// At most one of these may be filled in. The message stands by each that is.
    AtMostOneOf {
        /// The fields.
        fields: &'static [&'static str],
        /// What to say.
        message: &'static str,
    },
    /// At least one of these must be filled in. The message stands by the first.
    AtLeastOneOf {
        /// The fields.
        fields: &'static [&'static str],
        /// What to say.
        message: &'static str,
    },
    /// A rule of a backend's own. It is asked only where none of `fields` is wrong by itself.
    Own {
        /// The fields it looks at.
        fields: &'static [&'static str],
        /// What is wrong, and the field by which that is said ([`super::FORM_ERRORS`] for the whole form).
        check: OwnCheck,
        /// What the rule demands.
        message: &'static str,
    },
}

impl Rule {
    pub(super) fn check(&self, parameters: &Parameters, context: &Context, state: &mut FormState) {
        match self {
            Self::Ascending { low, high, message } => {
                if let (Some(least), Some(most)) = (parameters.number(low), parameters.number(high))
                    && least > most
                {
                    state.add_error(high, (*message).to_owned());
                }
            }
            Self::InOrder { early, late, is_in_order, message } => {
                if let (Some(first), Some(last)) = (parameters.text(early), parameters.text(late))
                    && !is_in_order(first, last, context.now)
                {
                    state.add_error(late, (*message).to_owned());
                }
            }
            Self::AtMostOneOf { fields, message } => {
                let given: Vec<_> = fields.iter().filter(|field| parameters.has(field)).collect();
                if given.len() > 1 {
                    for field in given {
                        state.add_error(field, (*message).to_owned());
                    }
                }
            }
            Self::AtLeastOneOf { fields, message } => {
                if let Some(first) = fields.first().filter(|_| {
                    // A field that is wrong was filled in.
                    fields
                        .iter()
                        .all(|field| !parameters.has(field) && state.errors(field).is_empty())
                }) {
                    state.add_error(first, (*message).to_owned());
                }
            }
            Self::Own { fields, check, .. } => {
                if fields.iter().all(|field| state.errors(field).is_empty())
                    && let Some((field, problem)) = check(parameters, context.now)
                {
                    state.add_error(field, problem);
                }
            }
        }
    }

    /// What the rule demands.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Ascending { message, .. }
            | Self::InOrder { message, .. }
            | Self::AtMostOneOf { message, .. }
            | Self::AtLeastOneOf { message, .. }
            | Self::Own { message, .. } => message,
        }
    }
}
