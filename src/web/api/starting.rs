//! Runs that are started: of a saved query, or of one that is not kept.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    run_body::{NewRunBody, StartedRunBody},
    wrong_fields::{ErrorsBody, unknown_broker, wrong_fields},
};
use crate::{
    actions::{
        run_stored::{StoredForm, StoredRun, run_stored},
        runs::Runner,
    },
    brokers::{Broker, Brokers},
    clock::Clock,
    domain::{run::RunState, visitor::Visitor},
    storage::Storage,
    web::{
        door::consent::lacking,
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, JsonBody},
        },
        screens::shared::parameters::validate_sent,
        state::Accounts,
    },
};

/// Run a query without saving it
#[utoipa::path(
    post,
    path = "/api/runs/",
    tag = "Runs",
    operation_id = "run_query",
    request_body = NewRunBody,
    responses(
        (status = 202, description = "Accepted: the work goes on in the background", body = StartedRunBody,
            headers(("Location" = String, description = "Where the run tells how it stands"))),
        (status = 422, description = "Some fields are wrong", body = ErrorsBody)
    )
)]
pub(super) async fn post(
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    State(clock): State<Clock>,
    accounts: Option<Accounts>,
    context: PageContext,
    JsonBody(body): JsonBody<NewRunBody>,
) -> Result<Response, ApiError> {
    let id = body.broker.as_deref().unwrap_or_default();
    let Some(broker) = brokers.find(id) else {
        return Ok(unknown_broker(id));
    };
    match validate_sent(broker.as_ref(), body.parameters.as_ref(), clock.now()).await {
        Ok(parameters) => {
            refuse_lacking(accounts.as_ref(), &context.visitor, broker.as_ref())?;
            let run = runner.start(broker.id(), parameters, None, "", &context.asker).await?;
            Ok(accepted(run))
        }
        Err(errors) => Ok(wrong_fields(errors)),
    }
}

/// Run a saved query
#[utoipa::path(
    post,
    path = "/api/queries/{id}/runs/",
    tag = "Queries",
    operation_id = "run_saved_query",
    params(("id" = i64, Path, description = "Number of the query")),
    responses(
        (status = 202, description = "Accepted: the work goes on in the background", body = StartedRunBody,
            headers(("Location" = String, description = "Where the run tells how it stands"))),
        (status = 422, description = "The form has changed since it was saved, and some fields are wrong now", body = ErrorsBody)
    )
)]
pub(super) async fn post_saved(
    State(storage): State<Storage>,
    State(runner): State<Runner>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    let query = storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?;
    match run_stored(&runner, &context.visitor, StoredForm::from(&query)).await? {
        StoredRun::Started(run) => Ok(accepted(run)),
        StoredRun::Lacks(right) => Err(Error::NotGranted(right).into()),
        StoredRun::Invalid(form) => Ok(wrong_fields(form.errors_json())),
        StoredRun::NoSuchBackend => Ok(unknown_broker(&query.broker)),
    }
}

/// Refuses a run that would need what its member has not granted.
pub(super) fn refuse_lacking(
    accounts: Option<&Accounts>,
    visitor: &Visitor,
    broker: &dyn Broker,
) -> Result<(), Error> {
    match lacking(accounts, visitor, broker) {
        Some(scope) => Err(Error::NotGranted(scope)),
        None => Ok(()),
    }
}

fn accepted(run: i64) -> Response {
    let location = [(header::LOCATION, format!("/api/runs/{run}/"))];
    let body =
        StartedRunBody { id: run, state: RunState::Queued.id(), url: format!("/runs/{run}/") };
    (StatusCode::ACCEPTED, location, Json(body)).into_response()
}
