//! The form of a broker: a new query, a saved one, and how a position or a time is read.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    draft::{draft, kept_form, refilled},
    form_page::page,
    listener_state::words_for_editors,
    prefilled::{check_parameter, create_parameters, fill_in},
    services::Services,
};
use crate::{
    actions::stored_form::validate_stored,
    brokers::Broker,
    domain::{
        saved_query::{NewSavedQuery, SavedQuery},
        sharing::Asker,
    },
    forms::{Context, FORM_ERRORS, FormState, Parameters, RawForm},
    web::{
        door::consent::{ask_to_connect, lacking},
        frame::{
            context::{PageContext, redirect_with},
            error::{Error, asking_to_wait},
            extract::{Form, Id, Pairs},
            flash::Note,
            page_query::Query,
            parameters::Parameter,
        },
        paths,
        screens::shared::parameters::{QUERY_NAME, check_query_name},
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
    if let Some(draft) = draft(storage, &context, &query, broker.id()).await? {
        state = refilled(broker, &draft);
    }
    let is_read = fill_in(&mut state, broker, &query, clock.now()).await;
    let status = if is_read { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = page(&context, &services, broker, None, &state).await?;
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
    if let Some(draft) = draft(storage, &context, &query, broker.id()).await? {
        state = refilled(broker, &draft);
    }
    let mut page = page(&context, &services, broker, Some(&saved), &state).await?;
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
    let sent = Sent { services, form };
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
    let sent = Sent { services, form };
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

/// The button that a form is sent with by Enter, where *Run* takes something away.
const LOOK: &str = "look";

/// A form that was sent.
struct Sent {
    services: Services,
    form: Pairs,
}

impl Sent {
    async fn answer(
        &self,
        context: &PageContext,
        broker: &dyn Broker,
        saved: Option<&SavedQuery>,
    ) -> Result<Response, Error> {
        let action = self.form.text("action").unwrap_or("save");
        let name = self.form.text(QUERY_NAME.name).unwrap_or_default();
        let raw = RawForm::from_pairs(self.form.iter());
        let form_context =
            Context { now: self.services.clock.now(), choices: broker.choices().await };
        let name_error =
            if ["run", LOOK].contains(&action) { None } else { check_query_name(name) };
        match (broker.form().validate(&raw, &form_context), name_error) {
            (Ok(_), None) if action == LOOK => self.looked_at(context, broker, saved, &raw).await,
            (Ok(parameters), None) => {
                let answer = self.act(action, name, parameters, broker, saved, context).await;
                match answer {
                    Err(full @ Error::QueueFull { .. }) if action == "run" => {
                        let mut state = broker.form().filled(&raw);
                        state.put(QUERY_NAME.name, name.to_owned());
                        state.add_error(FORM_ERRORS, full.to_string());
                        let page = page(context, &self.services, broker, saved, &state).await?;
                        let page = context.render_as(full.status(), &page);
                        Ok(asking_to_wait(full.wait_s(), page))
                    }
                    Err(Error::Changed) if action != "run" => {
                        self.changed_meanwhile(context, broker, saved, &raw).await
                    }
                    answer => answer,
                }
            }
            (checked, name_error) => {
                let mut state = checked.err().unwrap_or_else(|| broker.form().filled(&raw));
                state.put(QUERY_NAME.name, name.to_owned());
                if let Some(message) = name_error {
                    state.add_error(QUERY_NAME.name, message);
                }
                let page = page(context, &self.services, broker, saved, &state).await?;
                Ok(context.render_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
            }
        }
    }

    /// Enter was pressed in a field of a form whose *Run* takes something away: it is well, and nothing was done.
    async fn looked_at(
        &self,
        context: &PageContext,
        broker: &dyn Broker,
        saved: Option<&SavedQuery>,
        raw: &RawForm,
    ) -> Result<Response, Error> {
        let mut state = broker.form().filled(raw);
        state.put(QUERY_NAME.name, self.form.text(QUERY_NAME.name).unwrap_or_default().to_owned());
        let mut page = page(context, &self.services, broker, saved, &state).await?;
        page.is_looked_at = true;
        Ok(context.render(&page))
    }

    /// It was saved elsewhere meanwhile: what was typed stays, and saving again overwrites theirs.
    async fn changed_meanwhile(
        &self,
        context: &PageContext,
        broker: &dyn Broker,
        saved: Option<&SavedQuery>,
        raw: &RawForm,
    ) -> Result<Response, Error> {
        let id = saved.map(|query| query.id).ok_or(Error::Changed)?;
        let now = self.services.storage.find_query(&context.asker, id).await?;
        let now = now.ok_or(Error::NotFound)?;
        let mut state = broker.form().filled(raw);
        state.put(QUERY_NAME.name, self.form.text(QUERY_NAME.name).unwrap_or_default().to_owned());
        state.add_error(
            FORM_ERRORS,
            format!(
                "This query was changed while you were editing. Its name is {} now; open it in another tab to compare. Save again to overwrite it with what is typed here.",
                now.name
            ),
        );
        let page = page(context, &self.services, broker, Some(&now), &state).await?;
        Ok(context.render_as(StatusCode::CONFLICT, &page))
    }

    async fn act(
        &self,
        action: &str,
        name: &str,
        parameters: Parameters,
        broker: &dyn Broker,
        saved: Option<&SavedQuery>,
        context: &PageContext,
    ) -> Result<Response, Error> {
        let by = &context.asker;
        let lacking = lacking(self.services.accounts.as_ref(), &context.visitor, broker);
        if action == "run"
            && let Some(scope) = lacking
        {
            let storage = &self.services.storage;
            let form = kept_form(storage, context, &self.form, broker, saved).await?;
            return Ok(ask_to_connect(scope, &form));
        }
        if action == "run" {
            // A changed form that is only run is not the saved query's.
            let same = saved.filter(|saved| saved.parameters == parameters.to_json());
            let run = self.services.runner.start(broker.id(), parameters, same, name, by).await?;
            return Ok(Redirect::to(&paths::run(run)).into_response());
        }
        let id = self.save(name, &parameters, broker, saved, by).await?;
        if action == "save_and_run"
            && let Some(scope) = lacking
        {
            return Ok(ask_to_connect(scope, &paths::query_form(id)));
        }
        if action == "save_and_run" {
            let query = self.services.storage.find_query(by, id).await?.ok_or(Error::NotFound)?;
            let run =
                self.services.runner.start(broker.id(), parameters, Some(&query), name, by).await?;
            return Ok(Redirect::to(&paths::run(run)).into_response());
        }
        Ok(redirect_with(Note::QuerySaved(id), paths::QUERIES))
    }

    async fn save(
        &self,
        name: &str,
        parameters: &Parameters,
        broker: &dyn Broker,
        saved: Option<&SavedQuery>,
        asker: &Asker,
    ) -> Result<i64, Error> {
        let query = NewSavedQuery {
            name: name.to_owned(),
            broker: broker.id().to_owned(),
            parameters: parameters.to_json(),
            sharing: asker.default_sharing(),
        };
        let Some(saved) = saved else {
            return Ok(self.services.storage.save_query(asker, &query).await?);
        };
        let version = self.form.version()?;
        if self
            .services
            .storage
            .update_query(asker, saved.id, version, &query.name, &query.parameters)
            .await?
        {
            Ok(saved.id)
        } else {
            Err(Error::NotFound)
        }
    }
}
