//! A form that waits while its author is at Google, and is as it was typed when they are back.

use serde_json::Value;

use super::query_parameters::QUERY_NAME;
use crate::{
    brokers::Broker,
    forms::{FormState, RawForm},
    storage::{FormDraft, Storage},
    web::{context::PageContext, error::Error, extract::Pairs},
};

/// A form that waited while its author was at Google.
pub(super) async fn draft(
    storage: &Storage,
    context: &PageContext,
    query: &Pairs,
    broker: &str,
) -> Result<Option<FormDraft>, Error> {
    let Some(id) = query.number("draft") else { return Ok(None) };
    let found = storage.find_draft(context.member().id, id).await?;
    Ok(found.filter(|draft| draft.broker == broker))
}

/// The fields of a form, each as it was typed.
pub(super) fn typed(form: &Pairs, broker: &dyn Broker) -> Value {
    let fields = broker.form().fields();
    fields
        .map(|field| {
            let values = form.all(field.name).map(Value::from).collect();
            (field.name.to_owned(), Value::Array(values))
        })
        .collect()
}

pub(super) fn refilled(broker: &dyn Broker, draft: &FormDraft) -> FormState {
    let mut state = broker.form().filled(&RawForm::from_json(&draft.parameters));
    state.put(QUERY_NAME.name, draft.query_name.clone());
    state
}
