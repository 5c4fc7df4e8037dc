//! A form that waits while its author is at Google, and is as it was typed when they are back.

use serde_json::Value;

use crate::{
    brokers::Broker,
    domain::saved_query::SavedQuery,
    forms::{FormState, RawForm},
    storage::{DRAFT_LIFE, FormDraft, Storage},
    web::{
        frame::{context::PageContext, error::Error, extract::Pairs},
        paths,
        screens::shared::parameters::QUERY_NAME,
        widgets::words::days_text,
    },
};

/// What an address asks for of a form that waited.
pub(super) enum Draft {
    /// Nothing.
    NotAsked,
    /// It is there.
    Kept(FormDraft),
    /// It is not there any more, or was never theirs.
    Gone,
}

/// A form that waited while its author was at Google.
pub(super) async fn draft(
    storage: &Storage,
    context: &PageContext,
    query: &Pairs,
    broker: &str,
) -> Result<Draft, Error> {
    let Some(id) = query.number("draft") else { return Ok(Draft::NotAsked) };
    let found = storage.find_draft(&context.asker, id).await?;
    Ok(found.filter(|draft| draft.broker == broker).map_or(Draft::Gone, Draft::Kept))
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

impl Draft {
    /// Puts a form that waited in the place of another.
    pub(super) fn refill(&self, broker: &dyn Broker, state: &mut FormState) {
        let Self::Kept(draft) = self else { return };
        *state = broker.form().filled(&RawForm::from_json(&draft.parameters));
        state.put(QUERY_NAME.name, draft.query_name.clone());
    }

    /// What the page says instead of a form that is gone.
    pub(super) fn gone_words(&self) -> Option<String> {
        let Self::Gone = self else { return None };
        let life = days_text(DRAFT_LIFE);
        Some(format!(
            "What you had typed is no longer here: a form is kept for {life} while you connect to Google, and for you alone. Please fill it in again."
        ))
    }
}
