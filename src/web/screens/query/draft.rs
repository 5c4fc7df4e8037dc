//! A form that waits while its author is at Google, and is as it was typed when they are back.

use serde_json::Value;

use crate::{
    brokers::Broker,
    domain::saved_query::SavedQuery,
    forms::{FormState, RawForm},
    storage::{FormDraft, Storage},
    web::{
        frame::{context::PageContext, error::Error, extract::Pairs},
        paths,
        screens::shared::parameters::QUERY_NAME,
    },
};

/// A form that waited while its author was at Google.
pub(super) async fn draft(
    storage: &Storage,
    context: &PageContext,
    query: &Pairs,
    broker: &str,
) -> Result<Option<FormDraft>, Error> {
    let Some(id) = query.number("draft") else { return Ok(None) };
    let found = storage.find_draft(&context.asker, id).await?;
    Ok(found.filter(|draft| draft.broker == broker))
}

/// The fields of a form, each as it was typed.
fn typed(form: &Pairs, broker: &dyn Broker) -> Value {
    let fields = broker.form().fields();
    fields
        .map(|field| {
            let values = form.all(field.name).map(Value::from).collect();
            (field.name.to_owned(), Value::Array(values))
        })
        .collect()
}

/// Keeps a form as it was typed; the address where it is again.
pub(super) async fn kept_form(
    storage: &Storage,
    context: &PageContext,
    form: &Pairs,
    broker: &dyn Broker,
    saved: Option<&SavedQuery>,
) -> Result<String, Error> {
    let draft = FormDraft {
        broker: broker.id().to_owned(),
        query_name: form.text(QUERY_NAME.name).unwrap_or_default().to_owned(),
        parameters: typed(form, broker),
    };
    let draft = storage.keep_draft(&context.asker, &draft).await?;
    Ok(match saved {
        Some(query) => format!("{}?draft={draft}", paths::query_form(query.id)),
        None => format!("{}&draft={draft}", paths::new_query(broker.id())),
    })
}

pub(super) fn refilled(broker: &dyn Broker, draft: &FormDraft) -> FormState {
    let mut state = broker.form().filled(&RawForm::from_json(&draft.parameters));
    state.put(QUERY_NAME.name, draft.query_name.clone());
    state
}
