//! What the list of saved queries can do with one of them: run, copy, delete.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    actions::run_query::Runner,
    brokers::Brokers,
    clock::Clock,
    domain::saved_query::NewSavedQuery,
    storage::Storage,
    web::{
        door::consent::{ask_to_connect, lacking},
        frame::{
            chrome::Section,
            confirm::ConfirmPage,
            context::{PageContext, redirect_with},
            error::Error,
            extract::Id,
            flash::Note,
        },
        paths,
        screens::shared::parameters::{parameters_in_words, validate_stored},
        state::Accounts,
        widgets::words::link,
    },
};

/// `POST /alerts/query/{id}/run/`
pub(crate) async fn post_run(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    State(clock): State<Clock>,
    accounts: Option<Accounts>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let broker = brokers.find(&query.broker).ok_or(Error::NotFound)?;
    if let Some(scope) = lacking(accounts.as_ref(), &context.visitor, broker.as_ref()) {
        return Ok(ask_to_connect(scope, &paths::query_form(id)));
    }
    match validate_stored(broker.as_ref(), &query.parameters, clock.now()).await {
        Ok(parameters) => {
            let run = runner
                .start(broker.id(), parameters, Some(&query), &query.name, &context.scope)
                .await?;
            Ok(Redirect::to(&paths::run(run)).into_response())
        }
        // The form has changed since the query was saved: show it with what no longer fits.
        Err(_) => Ok(Redirect::to(&format!("/alerts/query/{id}/update/?check=1")).into_response()),
    }
}

/// `POST /alerts/query/{id}/copy/`
pub(crate) async fn post_copy(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let copy = NewSavedQuery {
        name: format!("Copy of {}", query.name).chars().take(500).collect(),
        broker: query.broker,
        parameters: query.parameters,
        sharing: context.scope.default_sharing(),
    };
    let new = storage.save_query(&context.scope, &copy).await?;
    Ok(redirect_with(Note::QueryCopied(new), paths::QUERIES))
}

/// `GET /alerts/query/{id}/delete/`
pub(crate) async fn get_delete(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    if !context.scope.rights_on(query.owner_id, &query.sharing).delete {
        return Err(Error::Forbidden);
    }
    let broker = brokers.find(&query.broker);
    let mut consequences = vec!["Its runs and their alerts are kept.".to_owned()];
    if storage.find_listener(&context.scope, id).await?.is_some_and(|listener| listener.is_on) {
        consequences.push("Its listener stops.".to_owned());
    }
    let page = ConfirmPage {
        chrome: context.chrome(Section::Alerts),
        question: format!("Delete the query “{}”?", query.name),
        consequences,
        facts: broker
            .map(|broker| parameters_in_words(broker.form(), &query.parameters))
            .unwrap_or_default(),
        action: paths::query(id, "delete/"),
        hidden: Vec::new(),
        confirm_label: "Delete query".to_owned(),
        cancel: link("Keep it", paths::QUERIES),
    };
    Ok(context.render(&page))
}

/// `POST /alerts/query/{id}/delete/`
pub(crate) async fn post_delete(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    if storage.delete_query(&context.scope, id).await? {
        Ok(redirect_with(Note::QueryDeleted, paths::QUERIES))
    } else {
        Err(Error::NotFound)
    }
}
