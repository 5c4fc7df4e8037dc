//! The form of a broker, as the API describes it: what can be put into `parameters`.

use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

use crate::forms::{Choice, Choices, Field, FormSpec, Kind, Rule};

/// What a query of a broker can ask for.
#[derive(Serialize, ToSchema)]
#[schema(as = Form)]
pub(super) struct FormBody {
    /// Its fields: names and values are what `parameters` hold.
    fields: Vec<FieldBody>,
    /// What must hold between fields, as sentences.
    #[schema(example = json!(["The faintest magnitude must not be smaller than the brightest."]))]
    rules: Vec<&'static str>,
}

/// A field of a form.
#[derive(Serialize, ToSchema)]
#[schema(as = Field, example = json!({
    "name": "max_results", "label": "Maximum results", "required": false, "initial": "100",
    "help": "Stop after this many alerts have passed the filter. Empty: read to the end.",
    "kind": "integer", "min": 1, "max": 1_000_000
}))]
pub(super) struct FieldBody {
    /// Its name in `parameters`.
    name: &'static str,
    /// What pages call it.
    label: &'static str,
    /// Whether a query needs it.
    required: bool,
    /// What pages put into it at first.
    #[schema(required)]
    initial: Option<&'static str>,
    /// What it means.
    help: &'static str,
    kind: FieldKind,
    /// Of a text: how many characters it has at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    max_length: Option<usize>,
    /// Of a number: the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64)]
    min: Option<Number>,
    /// Of a number: the greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64)]
    max: Option<Number>,
    /// Of `choice` and `flags`: the values that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    options: Option<Vec<OptionBody>>,
}

/// What a field takes: `flags` takes a list of values of its `options`, `choice` one of them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum FieldKind {
    Text,
    Integer,
    Number,
    Choice,
    Flags,
    Checkbox,
}

/// A value that a field takes.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldOption, example = json!({"value": "g", "label": "g"}))]
pub(super) struct OptionBody {
    /// What is sent.
    value: String,
    /// What pages call it.
    label: String,
}

impl FormBody {
    /// A form with what can be chosen in it now.
    pub(super) fn of(form: &FormSpec, choices: &Choices) -> Self {
        Self {
            fields: form.fields().map(|field| FieldBody::of(field, choices)).collect(),
            rules: form.rules.iter().map(Rule::sentence).collect(),
        }
    }
}

impl FieldBody {
    fn of(field: &Field, choices: &Choices) -> Self {
        let (min, max) = match field.kind {
            Kind::Integer { min, max } => (Some(min.into()), Some(max.into())),
            Kind::Number { min, max } => (Number::from_f64(min), Number::from_f64(max)),
            _ => (None, None),
        };
        Self {
            name: field.name,
            label: field.label,
            required: field.required,
            initial: field.initial,
            help: field.help,
            kind: FieldKind::of(field.kind),
            max_length: field.max_length(),
            min,
            max,
            options: match field.kind {
                Kind::Choice(options) | Kind::Flags(options) => {
                    Some(options.iter().map(OptionBody::of_pair).collect())
                }
                Kind::DynamicChoice => {
                    Some(choices.options(field.name).iter().map(OptionBody::of).collect())
                }
                _ => None,
            },
        }
    }
}

impl FieldKind {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text { .. } | Kind::LongText { .. } | Kind::Checked { .. } | Kind::Parsed(_) => {
                Self::Text
            }
            Kind::Integer { .. } => Self::Integer,
            Kind::Number { .. } => Self::Number,
            Kind::Choice(_) | Kind::DynamicChoice => Self::Choice,
            Kind::Flags(_) => Self::Flags,
            Kind::Checkbox => Self::Checkbox,
        }
    }
}

impl OptionBody {
    fn of(choice: &Choice) -> Self {
        Self { value: choice.value.clone(), label: choice.label.clone() }
    }

    fn of_pair((value, label): &(&str, &str)) -> Self {
        Self { value: (*value).to_owned(), label: (*label).to_owned() }
    }
}
