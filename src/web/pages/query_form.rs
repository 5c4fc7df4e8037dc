//! The form of a broker: a new query, a saved one, and how a position or a time is read.

use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    form_draft::{draft, refilled, typed},
    form_view::{Drawing, field_view, form_view},
    listener::{path_of, words_for_editors},
    query_list::{broker_buttons, copy_button},
    query_parameters::{QUERY_NAME, check_query_name, validate_stored},
    share::links_about,
    upload::upload_form,
};
use crate::{
    actions::run_query::Runner,
    brokers::{Broker, Brokers},
    clock::Clock,
    domain::{
        history,
        saved_query::{NewSavedQuery, SavedQuery},
        sharing::TeamScope,
    },
    forms::{Choices, Context, FORM_ERRORS, FormState, Kind, Parameters, RawForm},
    storage::{FormDraft, Storage},
    web::{
        AppState,
        consent::{ask_to_connect, lacking},
        context::{PageContext, redirect_with},
        error::{Error, asking_to_wait},
        extract::{Form, Id, Pairs, Query},
        flash::Note,
        present::{hidden, link},
        state::Accounts,
        views::{chrome::Section, query_form::QueryFormPage},
    },
};

/// `GET /alerts/query/create/?broker=ID`, blank, or filled in as a run's (`from_run`).
pub(crate) async fn get_create(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    context: PageContext,
    Query(query): Query,
) -> Result<Response, Error> {
    let Some(id) = query.text("broker") else {
        return Ok(Redirect::to("/alerts/query/list/").into_response());
    };
    let broker = brokers.find(id).ok_or(Error::NotFound)?.as_ref();
    let mut state = match query.number("from_run") {
        None => broker.form().blank(),
        Some(run) => {
            let run = storage
                .find_run(&context.scope, run)
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
pub(crate) async fn get_update(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    context: PageContext,
    Id(id): Id,
    Query(query): Query,
) -> Result<Response, Error> {
    let saved = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let broker = brokers.find(&saved.broker).ok_or(Error::NotFound)?.as_ref();
    let mut state =
        reopened(broker, &saved.parameters, query.text("check").is_some(), clock.now()).await;
    state.put(QUERY_NAME.name, saved.name.clone());
    if let Some(draft) = draft(&storage, &context, &query, broker.id()).await? {
        state = refilled(broker, &draft);
    }
    let mut page = page(&context, &brokers, broker, Some(&saved), &state).await;
    let listener = storage.find_listener(&context.scope, id).await?;
    page.listening = words_for_editors(listener.as_ref(), &context.scope);
    Ok(context.render(&page))
}

/// `POST /alerts/query/create/`
pub(crate) async fn post_create(
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
pub(crate) async fn post_update(
    context: PageContext,
    services: Services,
    Id(id): Id,
    Form(form): Form,
) -> Result<Response, Error> {
    let saved = services.storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let broker = services.brokers.find(&saved.broker).ok_or(Error::NotFound)?.clone();
    let sent = Sent { services, form };
    sent.answer(&context, broker.as_ref(), Some(&saved)).await
}

/// `GET /alerts/query/echo/?broker=&field=&value=`: how a text is read, as plain text; nothing if it is not.
pub(crate) async fn get_echo(
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    Query(query): Query,
) -> Result<Response, Error> {
    let broker = brokers.find(query.text("broker").unwrap_or_default()).ok_or(Error::NotFound)?;
    let field =
        broker.form().field(query.text("field").unwrap_or_default()).ok_or(Error::NotFound)?;
    let Kind::Parsed(understand) = field.kind else { return Err(Error::NotFound) };
    // What is half typed is not wrong yet: only what is understood is worth a word.
    let echo = query
        .text("value")
        .and_then(|value| understand(value, clock.now()).ok())
        .unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], echo).into_response())
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

/// What it takes to do what a form's button says.
#[derive(FromRequestParts)]
#[from_request(state(AppState))]
pub(crate) struct Services {
    #[from_request(via(State))]
    storage: Storage,
    #[from_request(via(State))]
    brokers: Brokers,
    #[from_request(via(State))]
    clock: Clock,
    #[from_request(via(State))]
    runner: Runner,
    accounts: Option<Accounts>,
}

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
        let name_error = if action == "run" { None } else { check_query_name(name) };
        match (broker.form().validate(&raw, &form_context), name_error) {
            (Ok(parameters), None) => {
                let answer = self.act(action, name, parameters, broker, saved, context).await;
                match answer {
                    Err(full @ Error::QueueFull { .. }) if action == "run" => {
                        let mut state = broker.form().filled(&raw);
                        state.put(QUERY_NAME.name, name.to_owned());
                        state.add_error(FORM_ERRORS, full.to_string());
                        let page =
                            page(context, &self.services.brokers, broker, saved, &state).await;
                        let page = context.render_as(full.status(), &page);
                        Ok(asking_to_wait(full.wait_s(), page))
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
                let page = page(context, &self.services.brokers, broker, saved, &state).await;
                Ok(context.render_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
            }
        }
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
        let by = &context.scope;
        let lacking = lacking(self.services.accounts.as_ref(), &context.visitor, broker);
        if action == "run"
            && let Some(scope) = lacking
        {
            let draft = FormDraft {
                broker: broker.id().to_owned(),
                query_name: name.to_owned(),
                parameters: typed(&self.form, broker),
            };
            let draft = self.services.storage.keep_draft(by.member_id(), &draft).await?;
            let form = match saved {
                Some(query) => format!("/alerts/query/{}/update/?draft={draft}", query.id),
                None => format!("/alerts/query/create/?broker={}&draft={draft}", broker.id()),
            };
            return Ok(ask_to_connect(scope, &form));
        }
        if action == "run" {
            // A changed form that is only run is not the saved query's.
            let same = saved.filter(|saved| saved.parameters == parameters.to_json());
            let run = self.services.runner.start(broker.id(), parameters, same, name, by).await?;
            return Ok(Redirect::to(&format!("/runs/{run}/")).into_response());
        }
        let id = self.save(name, &parameters, broker, saved, by).await?;
        if action == "save_and_run"
            && let Some(scope) = lacking
        {
            return Ok(ask_to_connect(scope, &format!("/alerts/query/{id}/update/")));
        }
        if action == "save_and_run" {
            let query = self.services.storage.find_query(by, id).await?.ok_or(Error::NotFound)?;
            let run =
                self.services.runner.start(broker.id(), parameters, Some(&query), name, by).await?;
            return Ok(Redirect::to(&format!("/runs/{run}/")).into_response());
        }
        Ok(redirect_with(Note::QuerySaved(id), "/alerts/query/list/"))
    }

    async fn save(
        &self,
        name: &str,
        parameters: &Parameters,
        broker: &dyn Broker,
        saved: Option<&SavedQuery>,
        scope: &TeamScope,
    ) -> Result<i64, Error> {
        let query = NewSavedQuery {
            name: name.to_owned(),
            broker: broker.id().to_owned(),
            parameters: parameters.to_json(),
            sharing: scope.default_sharing(),
        };
        let Some(saved) = saved else {
            return Ok(self.services.storage.save_query(scope, &query).await?);
        };
        if self
            .services
            .storage
            .update_query(scope, saved.id, &query.name, &query.parameters)
            .await?
        {
            Ok(saved.id)
        } else {
            Err(Error::NotFound)
        }
    }
}

pub(super) async fn page(
    context: &PageContext,
    brokers: &Brokers,
    broker: &dyn Broker,
    saved: Option<&SavedQuery>,
    state: &FormState,
) -> QueryFormPage {
    let choices = broker.choices().await;
    let drawing = Drawing {
        choices: &choices,
        echo_url: Some(format!("/alerts/query/echo/?broker={}", broker.id())),
    };
    let scope = &context.scope;
    let is_others = saved.filter(|query| !scope.rights_on(query.owner_id, &query.sharing).write);
    QueryFormPage {
        chrome: context.chrome(Section::Alerts),
        can_save: scope.may_work() && is_others.is_none(),
        listening: None,
        owner: is_others.map(|query| query.owner_name.clone()),
        copy: is_others.filter(|_| scope.may_work()).map(copy_button),
        links: saved
            .map(|query| {
                let listener = link("Listener", path_of(query.id));
                let about = links_about(context, history::Kind::Query, query.id);
                broker.can_listen().then_some(listener).into_iter().chain(about).collect()
            })
            .unwrap_or_default(),
        broker: broker.name().to_owned(),
        note: broker.summary().to_owned(),
        saved_name: saved.map(|query| query.name.clone()),
        action: match saved {
            Some(query) => format!("/alerts/query/{}/update/", query.id),
            None => "/alerts/query/create/".to_owned(),
        },
        hidden: vec![hidden("broker", broker.id())],
        query_name: field_view(
            &QUERY_NAME,
            state,
            &Drawing { choices: &Choices::new(), echo_url: None },
        ),
        form: form_view(broker.form(), state, &drawing),
        truth: broker.notes().iter().map(|note| (*note).to_owned()).collect(),
        upload: broker.upload_folder().map(|_| upload_form()),
        other_brokers: broker_buttons(brokers, Some(broker)),
        check_action: broker.preview().map(|_| match saved {
            Some(query) => format!("/alerts/query/preview/?query={}#cost", query.id),
            None => "/alerts/query/preview/#cost".to_owned(),
        }),
        preview: None,
    }
}
