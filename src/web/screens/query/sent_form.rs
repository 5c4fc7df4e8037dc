//! A form of a query that was sent: it is saved, run, or comes back with what is in the way and all that was typed.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{draft::kept_form, form_page::page, services::Services};
use crate::{
    brokers::Broker,
    domain::{
        saved_query::{NewSavedQuery, SavedQuery},
        sharing::Asker,
    },
    forms::{Context, FORM_ERRORS, Parameters, RawForm},
    web::{
        door::consent::{ask_to_connect, lacking},
        frame::{
            context::{PageContext, redirect_with},
            error::{Error, asking_to_wait},
            extract::Pairs,
            flash::Note,
        },
        paths,
        screens::shared::parameters::{QUERY_NAME, check_query_name},
    },
};

/// The button that a form is sent with by Enter, where *Run* takes something away.
const LOOK: &str = "look";

/// A form that was sent.
pub(super) struct SentForm {
    pub(super) services: Services,
    pub(super) form: Pairs,
}

impl SentForm {
    /// Does what the button says, or shows the form again with what is in the way.
    pub(super) async fn answer(
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
                        self.not_run(&full, full.to_string(), context, broker, saved).await
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

    /// The form again, with why it was not run.
    async fn not_run(
        &self,
        why: &Error,
        told: String,
        context: &PageContext,
        broker: &dyn Broker,
        saved: Option<&SavedQuery>,
    ) -> Result<Response, Error> {
        let mut state = broker.form().filled(&RawForm::from_pairs(self.form.iter()));
        state.put(QUERY_NAME.name, self.form.text(QUERY_NAME.name).unwrap_or_default().to_owned());
        state.add_error(FORM_ERRORS, told);
        let page = page(context, &self.services, broker, saved, &state).await?;
        Ok(asking_to_wait(why.wait_s(), context.render_as(why.status(), &page)))
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
            let runner = &self.services.runner;
            let started = runner.start(broker.id(), parameters, Some(&query), name, by).await;
            return match started.map_err(Error::from) {
                Ok(run) => Ok(Redirect::to(&paths::run(run)).into_response()),
                // Sent again it would be saved a second time: from here on it is the saved one.
                Err(full @ Error::QueueFull { .. }) => {
                    let told = format!("The query was saved. {full}");
                    self.not_run(&full, told, context, broker, Some(&query)).await
                }
                Err(error) => Err(error),
            };
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
