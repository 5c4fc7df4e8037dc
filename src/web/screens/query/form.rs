//! The form of a broker: a new query, or a saved one.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    draft::draft,
    form_page::page,
    listener_state::words_for_editors,
    prefilled::{check_parameter, create_parameters, fill_in},
    sent_form::SentForm,
    services::Services,
};
use crate::{
    actions::stored_form::validate_stored,
    brokers::Broker,
    forms::{FormState, RawForm},
    web::{
        frame::{
            context::PageContext,
            error::Error,
            extract::{Form, Id},
            page_query::Query,
            parameters::Parameter,
        },
        paths,
        screens::shared::parameters::QUERY_NAME,
    },
};

/// `GET /alerts/query/create/?broker=ID`, blank, or filled in as a run's (`from_run`).
pub(in crate::web) async fn get_create(
    services: Services,
    query: Query,
    context: PageContext,
) -> Result<Response, Error> {
    let Services { storage, brokers, clock, .. } = &services;
    let broker = query.choice("broker").and_then(|id| brokers.find(id)).map(AsRef::as_ref);
    let query = query.taking(&create_parameters(brokers, broker))?;
    let Some(broker) = broker else {
        return Ok(Redirect::to(paths::QUERIES).into_response());
    };
    let mut state = match query.number("from_run") {
        None => broker.form().blank(),
        Some(run) => {
            let run = storage
                .find_run(&context.asker, run)
                .await?
                .filter(|run| run.broker == broker.id())
                .ok_or(Error::NotFound)?;
            reopened(broker, &run.parameters, query.text("check").is_some(), clock.now()).await
        }
    };
    let draft = draft(storage, &context, &query, broker.id()).await?;
    draft.refill(broker, &mut state);
    let is_read = fill_in(&mut state, broker, &query, clock.now()).await;
    let status = if is_read { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut page = page(&context, &services, broker, None, &state).await?;
    page.draft_is_gone = draft.gone_words();
    Ok(context.render_as(status, &page))
}

/// `GET /alerts/query/{id}/update/`
pub(in crate::web) async fn get_update(
    services: Services,
    query: Query,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let Services { storage, brokers, clock, .. } = &services;
    let query = query.taking(&[check_parameter(), Parameter::any_whole("draft")])?;
    let saved = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let broker = brokers.find(&saved.broker).ok_or(Error::NotFound)?.as_ref();
    let mut state =
        reopened(broker, &saved.parameters, query.text("check").is_some(), clock.now()).await;
    state.put(QUERY_NAME.name, saved.name.clone());
    let draft = draft(storage, &context, &query, broker.id()).await?;
    draft.refill(broker, &mut state);
    let mut page = page(&context, &services, broker, Some(&saved), &state).await?;
    let listener = storage.find_listener(&context.asker, id).await?;
    page.draft_is_gone = draft.gone_words();
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
    let state = match validate_stored(broker, parameters, now).await {
        Err(state) if is_checked => state,
        _ => broker.form().filled(&RawForm::from_json(parameters)),
    };
    broker.form().reopened(state)
}
