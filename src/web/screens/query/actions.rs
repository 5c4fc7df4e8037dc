//! What the list of saved queries can do with one of them: run, copy, delete.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    actions::{
        run_stored::{StoredForm, StoredRun, is_not_set_up, run_stored},
        runs::Runner,
    },
    brokers::Brokers,
    domain::saved_query::NewSavedQuery,
    storage::Storage,
    web::{
        door::consent::ask_to_connect,
        frame::{
            chrome::Section,
            confirm::ConfirmPage,
            context::{PageContext, redirect_with},
            error::Error,
            extract::Id,
            flash::Note,
        },
        paths,
        screens::shared::parameters::parameters_in_words,
        widgets::words::link,
    },
};

/// `POST /alerts/query/{id}/run/`
pub(in crate::web) async fn post_run(
    State(storage): State<Storage>,
    State(runner): State<Runner>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    if is_not_set_up(&runner, &context.visitor, &query.broker).await? {
        return Ok(Redirect::to(&paths::told_in(&paths::query_form(id))).into_response());
    }
    match run_stored(&runner, &context.visitor, StoredForm::from(&query)).await? {
        StoredRun::Started(run) => Ok(Redirect::to(&paths::run(run)).into_response()),
        StoredRun::Lacks(right) => Ok(ask_to_connect(right, &paths::query_form(id))),
        // Its form, with what no longer fits.
        StoredRun::Invalid(_) => {
            Ok(Redirect::to(&format!("{}?check=1", paths::query_form(id))).into_response())
        }
        StoredRun::NoSuchBackend => Err(Error::NotFound),
    }
}

/// `POST /alerts/query/{id}/copy/`
pub(in crate::web) async fn post_copy(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let copy = NewSavedQuery {
        name: format!("Copy of {}", query.name).chars().take(500).collect(),
        broker: query.broker,
        parameters: query.parameters,
        sharing: context.asker.default_sharing(),
    };
    let new = storage.save_query(&context.asker, &copy).await?;
    Ok(redirect_with(Note::QueryCopied(new), paths::QUERIES))
}

/// `GET /alerts/query/{id}/delete/`
pub(in crate::web) async fn get_delete(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    if !context.asker.rights_on(query.owner_id, &query.sharing).delete {
        return Err(Error::Forbidden);
    }
    let broker = brokers.find(&query.broker);
    let mut consequences = vec!["Its runs and their alerts are kept.".to_owned()];
    if storage.find_listener(&context.asker, id).await?.is_some_and(|listener| listener.is_on) {
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
pub(in crate::web) async fn post_delete(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    if storage.delete_query(&context.asker, id).await? {
        Ok(redirect_with(Note::QueryDeleted, paths::QUERIES))
    } else {
        Err(Error::NotFound)
    }
}
