//! Starting, pausing and stopping to listen.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    actions::{run_stored::is_not_set_up, runs::Runner, stored_form::why_not_listen},
    brokers::Brokers,
    clock::Clock,
    storage::Storage,
    web::{
        door::consent::{ask_to_connect, lacking},
        frame::{
            context::{PageContext, redirect_with},
            error::Error,
            extract::Id,
            flash::Note,
        },
        paths,
        state::Accounts,
    },
};

/// `POST /alerts/query/{id}/listener/start/`: listens, goes on, or tries at once.
pub(in crate::web) async fn post_start(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    State(clock): State<Clock>,
    accounts: Option<Accounts>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    // Without the right the storage says no, and the history tells of it.
    if context.asker.rights_on(query.owner_id, &query.sharing).write {
        let broker = brokers.find(&query.broker).ok_or(Error::NotFound)?.as_ref();
        if let Some(because) = why_not_listen(broker, &query.parameters, clock.now()).await {
            return Err(Error::CannotListen(because));
        }
        // The page of the listener says what.
        if is_not_set_up(&runner, &context.visitor, &query.broker).await? {
            return Ok(Redirect::to(&paths::listener(id)).into_response());
        }
        if let Some(scope) = lacking(accounts.as_ref(), &context.visitor, broker) {
            return Ok(ask_to_connect(scope, &paths::listener(id)));
        }
    }
    if !runner.start_listening(&query, &context.asker).await? {
        return Err(Error::NotFound);
    }
    Ok(redirect_with(Note::ListeningStarted, &paths::listener(id)))
}

/// `POST /alerts/query/{id}/listener/pause/`
pub(in crate::web) async fn post_pause(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    if !storage.pause_listening(&context.asker, id).await? {
        return Err(Error::NotFound);
    }
    Ok(redirect_with(Note::ListeningPaused, &paths::listener(id)))
}

/// `POST /alerts/query/{id}/listener/stop/`
pub(in crate::web) async fn post_stop(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    if !storage.stop_listening(&context.asker, id).await? {
        return Err(Error::NotFound);
    }
    Ok(redirect_with(Note::ListeningStopped, &paths::listener(id)))
}
