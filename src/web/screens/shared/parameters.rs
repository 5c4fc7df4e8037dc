//! What a query asks for: checked against the broker's form, whether typed, stored or sent, and told in words.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::{
    actions::stored_form::validate_stored,
    brokers::{Broker, filter_of_stored},
    domain::{filter::Filter, run::Run, wording::grouped_text},
    forms::{Choices, Context, Field, FormSpec, Kind, Parameters, RawForm},
    web::widgets::controls::Fact,
};

/// The name of a saved query.
pub(in crate::web) const QUERY_NAME: Field =
    Field::text("query_name", "Query name", 500).help("Only needed to save the query.");

/// Checks the `parameters` of a JSON body; what is wrong by field.
pub(in crate::web) async fn validate_sent(
    broker: &dyn Broker,
    parameters: Option<&Value>,
    now: DateTime<Utc>,
) -> Result<Parameters, Map<String, Value>> {
    let empty = Value::Object(Map::new());
    let parameters = match parameters {
        None | Some(Value::Null) => &empty,
        Some(object @ Value::Object(_)) => object,
        Some(_) => {
            let mut errors = Map::new();
            errors.insert(
                "parameters".to_owned(),
                Value::from(vec!["Enter an object of fields with values."]),
            );
            return Err(errors);
        }
    };
    validate_stored(broker, parameters, now).await.map_err(|state| state.errors_json())
}

/// What is wrong with the name of a query that is to be saved.
pub(in crate::web) fn check_query_name(name: &str) -> Option<String> {
    static FORM: FormSpec = FormSpec { groups: &[&[QUERY_NAME.required()]], rules: &[] };
    let context = Context { now: DateTime::UNIX_EPOCH, choices: Choices::new() };
    let state = FORM.validate(&RawForm::from_pairs([(QUERY_NAME.name, name)]), &context).err()?;
    state.errors(QUERY_NAME.name).first().cloned()
}

/// A form that was filled in, for a reader: labels with values, only what was filled in; "classtar" with "< 0.5".
pub(in crate::web) fn parameters_in_words(form: &FormSpec, parameters: &Value) -> Vec<Fact> {
    let raw = RawForm::from_json(parameters);
    let is_filled_in = |name: &str| !raw.values(name).is_empty();
    let words = |field: &Field| value_in_words(field, raw.values(field.name));
    form.fields()
        .filter(|field| is_filled_in(field.name) && field.only_with.is_none())
        .map(|field| {
            let sign = form.sign_of(field.name).filter(|sign| is_filled_in(sign.name));
            let sign = sign.map(|sign| format!("{} ", words(sign))).unwrap_or_default();
            Fact {
                label: field.label.to_owned(),
                value: format!("{sign}{}", words(field)),
                note: None,
                copy: None,
            }
        })
        .collect()
}

fn value_in_words(field: &Field, values: &[String]) -> String {
    match field.kind {
        Kind::Choice(options) => {
            let label =
                options.iter().find(|(value, _)| values.iter().any(|chosen| chosen == value));
            label.map_or_else(|| values.join(", "), |(_, label)| (*label).to_owned())
        }
        Kind::Checkbox => "yes".to_owned(),
        Kind::Integer { .. } => with_unit(field, values.iter().map(|text| grouped_text(text))),
        _ => with_unit(field, values.iter().cloned()),
    }
}

fn with_unit(field: &Field, values: impl Iterator<Item = String>) -> String {
    let values = values.collect::<Vec<_>>().join(", ");
    if field.unit.is_empty() { values } else { format!("{values} {}", field.unit) }
}

/// The filter by which a run judges, as far as its stored form tells; spans count from its beginning.
pub(in crate::web) fn filter_of(run: &Run) -> Filter {
    filter_of_stored(&run.parameters, run.started.unwrap_or(run.created))
}
