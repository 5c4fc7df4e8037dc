//! The form of a broker as an address fills it in: `?broker=archive&rb_min=0.65`.

use chrono::{DateTime, Utc};

use crate::{
    brokers::{Broker, Brokers},
    forms::{Context, Field, FormState, Kind, RawForm},
    web::frame::{extract::Pairs, parameters::Parameter},
};

/// What the address of a new form takes: which one it is, where it comes from, and its fields as they are to be filled in.
pub(super) fn create_parameters(brokers: &Brokers, broker: Option<&dyn Broker>) -> Vec<Parameter> {
    let own = [
        Parameter::word("broker", brokers.all().map(|broker| broker.id())),
        Parameter::any_whole("from_run"),
        check_parameter(),
        Parameter::any_whole("draft"),
    ];
    let fields = broker.into_iter().flat_map(fields_to_fill);
    let fields = fields.map(|field| match field.kind {
        Kind::Flags(_) => Parameter::texts(field.name),
        _ => Parameter::text(field.name),
    });
    own.into_iter().chain(fields).collect()
}

/// Whether what no longer fits of a stored form is to be told.
pub(super) fn check_parameter() -> Parameter {
    Parameter::word("check", ["1"])
}

/// The fields that an address can fill in.
fn fields_to_fill(broker: &dyn Broker) -> impl Iterator<Item = &'static Field> {
    broker.form().fields().filter(|field| field.name != "broker")
}

/// Fills in the fields that an address names; whether all of them can be read.
pub(super) async fn fill_in(
    state: &mut FormState,
    broker: &dyn Broker,
    query: &Pairs,
    now: DateTime<Utc>,
) -> bool {
    let given = |field: &&Field| query.text(field.name).is_some();
    let given: Vec<_> = fields_to_fill(broker).filter(given).collect();
    if given.is_empty() {
        return true;
    }
    let raw = RawForm::from_pairs(query.iter());
    let context = Context { now, choices: broker.choices().await };
    let checked = broker.form().validate(&raw, &context).err().unwrap_or_default();
    for field in &given {
        state.put_all(field.name, raw.values(field.name).to_vec());
        for message in checked.errors(field.name) {
            state.add_error(field.name, message.clone());
        }
    }
    given.iter().all(|field| checked.errors(field.name).is_empty())
}
