//! The form of a broker: a new query, or a saved one.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    draft::{draft, refilled},
    form_page::page,
    listener_state::words_for_editors,
    sent_form::{SentForm, Services},
};
use crate::{
    actions::stored_form::validate_stored,
    brokers::{Broker, Brokers},
    clock::Clock,
    forms::{FormState, RawForm},
    storage::Storage,
    web::{
        frame::{
            context::PageContext,
            error::Error,
            extract::{Form, Id, Query},
        },
        paths,
        screens::shared::parameters::QUERY_NAME,
    },
};

/// `GET /alerts/query/create/?broker=ID`, blank, or filled in as a run's (`from_run`).
pub(in crate::web) async fn get_create(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    context: PageContext,
    Query(query): Query,
) -> Result<Response, Error> {
    let Some(id) = query.text("broker") else {
        return Ok(Redirect::to(paths::QUERIES).into_response());
    };
    let broker = brokers.find(id).ok_or(Error::NotFound)?.as_ref();
    let mut state = match query.number("from_run") {
        None => broker.form().blank(),
        Some(run) => {
            let run = storage
                .find_run(&context.asker, run)
                .await?
                .filter(|run| run.broker == id)
                .ok_or(Error::NotFound)?;
            reopened(broker, &run.parameters, query.text("check").is_some(), clock.now()).await
        }
    };
    if let Some(draft) = draft(&storage, &context, &query, id).await? {
        state = refilled(broker, &draft);
    }
    for field in broker.form().fields() {
        if let Some(value) = query.text(field.name).filter(|_| field.name != "broker") {
            state.put(field.name, value.to_owned());
        }
    }
    Ok(context.render(&page(&context, &brokers, broker, None, &state).await))
}

/// `GET /alerts/query/{id}/update/`
pub(in crate::web) async fn get_update(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    context: PageContext,
    Id(id): Id,
    Query(query): Query,
) -> Result<Response, Error> {
    let saved = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let broker = brokers.find(&saved.broker).ok_or(Error::NotFound)?.as_ref();
    let mut state =
        reopened(broker, &saved.parameters, query.text("check").is_some(), clock.now()).await;
    state.put(QUERY_NAME.name, saved.name.clone());
    if let Some(draft) = draft(&storage, &context, &query, broker.id()).await? {
        state = refilled(broker, &draft);
    }
    let mut page = page(&context, &brokers, broker, Some(&saved), &state).await;
    let listener = storage.find_listener(&context.asker, id).await?;
    page.listening = words_for_editors(listener.as_ref(), &context.asker);
    Ok(context.render(&page))
}

/// `POST /alerts/query/create/`
pub(in crate::web) async fn post_create(
    context: PageContext,
    services: Services,
    Form(form): Form,
) -> Result<Response, Error> {
    let id = form.text("broker").unwrap_or_default();
    let broker = services.brokers.find(id).ok_or(Error::NotFound)?.clone();
    let sent = SentForm { services, form };
    sent.answer(&context, broker.as_ref(), None).await
}

/// `POST /alerts/query/{id}/update/`
pub(in crate::web) async fn post_update(
    context: PageContext,
    services: Services,
    Id(id): Id,
    Form(form): Form,
) -> Result<Response, Error> {
    let saved = services.storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let broker = services.brokers.find(&saved.broker).ok_or(Error::NotFound)?.clone();
    let sent = SentForm { services, form };
    sent.answer(&context, broker.as_ref(), Some(&saved)).await
}

/// A stored form as it was typed, with what no longer fits if that is asked for.
async fn reopened(
    broker: &dyn Broker,
    parameters: &Value,
    is_checked: bool,
    now: DateTime<Utc>,
) -> FormState {
    match validate_stored(broker, parameters, now).await {
        Err(state) if is_checked => state,
        _ => broker.form().filled(&RawForm::from_json(parameters)),
    }
}
