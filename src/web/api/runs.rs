//! `/api/runs/`: runs, their results, and saving from them.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{error_of, errors_of, sharing::sharing_json};
use crate::{
    actions::{run_query::Runner, save_targets::save_targets},
    brokers::{Broker, Brokers},
    clock::Clock,
    domain::{
        found_alert::{FoundAlert, SortOrder},
        run::{Run, RunState},
        sharing::Whose,
        target::{OnExisting, SaveOutcome, SaveResult},
        time::jd_to_utc,
        visitor::Visitor,
    },
    storage::{RunFilter, Saving, Storage},
    web::{
        door::consent::lacking,
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, JsonObject, Query},
        },
        paths,
        screens::shared::{parameters::validate_sent, result_columns::order_from},
        state::Accounts,
    },
};

/// Rows of a page, unless asked for otherwise, and at most.
const PAGE_SIZE: i64 = 50;
const MAX_PAGE_SIZE: i64 = 1_000;

/// Alerts that can be saved in one request.
const MAX_SAVED_AT_ONCE: usize = 2_000;

/// `GET /api/runs/?state=&before=`
pub(crate) async fn get_list(
    State(storage): State<Storage>,
    context: PageContext,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let filter = RunFilter {
        state: query.text("state").and_then(RunState::from_id),
        saved_query_id: query.number("query"),
        before: query.number("before"),
        whose: query.text("whose").and_then(Whose::from_id).unwrap_or_default(),
        of_listeners: false,
    };
    let size = query.number("page_size").unwrap_or(PAGE_SIZE).clamp(1, MAX_PAGE_SIZE);
    let runs = storage.list_runs(&context.scope, filter, size).await?;
    Ok(Json(json!({ "results": runs.iter().map(run_json).collect::<Vec<_>>() })).into_response())
}

/// `POST /api/runs/` `{broker, parameters}`: runs a query without saving it.
pub(crate) async fn post(
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    State(clock): State<Clock>,
    accounts: Option<Accounts>,
    context: PageContext,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiError> {
    let id = body.get("broker").and_then(Value::as_str).unwrap_or_default();
    let Some(broker) = brokers.find(id) else {
        return Ok(unknown_broker(id));
    };
    match validate_sent(broker.as_ref(), body.get("parameters"), clock.now()).await {
        Ok(parameters) => {
            refuse_lacking(accounts.as_ref(), &context.visitor, broker.as_ref())?;
            let run = runner.start(broker.id(), parameters, None, "", &context.scope).await?;
            Ok(accepted(run))
        }
        Err(errors) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors_of(&errors))).into_response())
        }
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

/// The answer to a broker that is not there.
pub(super) fn unknown_broker(id: &str) -> Response {
    let message = if id.is_empty() {
        "This field is required.".to_owned()
    } else {
        format!("There is no broker \"{id}\".")
    };
    (StatusCode::UNPROCESSABLE_ENTITY, Json(error_of("broker", &message))).into_response()
}

/// The answer to a run that was started.
pub(super) fn accepted(run: i64) -> Response {
    let location = [(axum::http::header::LOCATION, format!("/api/runs/{run}/"))];
    let body = json!({ "id": run, "state": RunState::Queued.id(), "url": paths::run(run) });
    (StatusCode::ACCEPTED, location, Json(body)).into_response()
}

/// `GET /api/runs/{id}/`
pub(crate) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    let found = storage.find_run_with_log(&context.scope, id, 200).await?;
    let (run, log) = found.ok_or(Error::NotFound)?;
    let mut body = run_json(&run);
    body["log"] = log
        .iter()
        .map(|line| json!({ "at": line.at.to_rfc3339(), "level": line.level.id(), "message": line.message }))
        .collect();
    Ok(Json(body).into_response())
}

/// `POST /api/runs/{id}/cancel/`
pub(crate) async fn post_cancel(
    State(storage): State<Storage>,
    State(runner): State<Runner>,
    context: PageContext,
    ApiId(id): ApiId,
) -> Result<Response, ApiError> {
    storage.find_run(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let asked = runner.cancel(&context.scope, id).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id, "cancel_requested": asked }))).into_response())
}

/// `GET /api/runs/{id}/alerts/?page=&page_size=&order=`
pub(crate) async fn get_alerts(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let run = storage.find_run(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let order = match query.text("order") {
        None => SortOrder::default(),
        Some(text) => order_from(text).ok_or_else(|| {
            Error::BadRequest(format!("\"{text}\" is not an order; try -time, name, mag"))
        })?,
    };
    let page = query.number("page").unwrap_or(1).max(1);
    let size = query.number("page_size").unwrap_or(PAGE_SIZE).clamp(1, MAX_PAGE_SIZE);
    let skipped = u64::try_from((page - 1).saturating_mul(size)).unwrap_or(0);
    let size = u32::try_from(size).unwrap_or(1);
    let alerts = storage.list_results_from(&context.scope, id, order, skipped, size).await?;
    let body = json!({
        "count": run.counts.stored,
        "results": alerts.iter().map(alert_json).collect::<Vec<_>>(),
    });
    Ok(Json(body).into_response())
}

/// `POST /api/runs/{id}/targets/` `{alerts: [id], on_existing}`
pub(crate) async fn post_targets(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
    JsonObject(body): JsonObject,
) -> Result<Response, ApiError> {
    let run = storage.find_run(&context.scope, id).await?.ok_or(Error::NotFound)?;
    context.require_work()?;
    let invalid = |field: &str, message: &str| {
        (StatusCode::UNPROCESSABLE_ENTITY, Json(error_of(field, message))).into_response()
    };
    let Some(alert_ids) = body.get("alerts").and_then(id_list) else {
        return Ok(invalid("alerts", "A list of ids of alerts of this run is required."));
    };
    if alert_ids.is_empty() {
        return Ok(invalid(
            "alerts",
            "Please select at least one alert from which to create a target.",
        ));
    }
    if alert_ids.len() > MAX_SAVED_AT_ONCE {
        return Ok(invalid("alerts", "At most 2,000 alerts can be saved at once."));
    }
    let on_existing = match body.get("on_existing") {
        None | Some(Value::Null) => OnExisting::default(),
        Some(value) => match value.as_str().and_then(OnExisting::from_id) {
            Some(choice) => choice,
            None => return Ok(invalid("on_existing", "Either \"update\" or \"skip\".")),
        },
    };
    let saving = Saving { on_existing, sharing: context.scope.default_sharing_of_targets() };
    let outcomes = save_targets(&storage, &context.scope, run.id, &alert_ids, &saving).await;
    Ok(Json(outcomes_json(&outcomes)).into_response())
}

/// Ids as numbers or strings.
fn id_list(value: &Value) -> Option<Vec<i64>> {
    value
        .as_array()?
        .iter()
        .map(|id| id.as_i64().or_else(|| id.as_str().and_then(|text| text.parse().ok())))
        .collect()
}

fn run_json(run: &Run) -> Value {
    let counts = &run.counts;
    json!({
        "id": run.id,
        "query": run.saved_query_id,
        "query_name": run.query_name,
        "broker": run.broker,
        "parameters": run.parameters,
        "started_by": run.started_by_name,
        "sharing": sharing_json(&run.sharing),
        "state": run.state.id(),
        "counts": {
            "received": counts.received,
            "passed": counts.passed,
            "rejected": counts.rejected,
            "duplicates": counts.duplicates,
            "unreadable": counts.unreadable,
            "stored": counts.stored,
            "acknowledged": counts.acknowledged,
        },
        "received_bytes": counts.received_bytes,
        "rejected_by": counts.rejected_by,
        "feedback": run.feedback,
        "created": run.created.to_rfc3339(),
        "started": run.started.map(|at| at.to_rfc3339()),
        "finished": run.finished.map(|at| at.to_rfc3339()),
        "cancel_requested": run.cancel_requested,
        "acts_as": run.acts_as,
        "url": paths::run(run.id),
    })
}

fn alert_json(alert: &FoundAlert) -> Value {
    json!({
        "id": alert.id,
        "survey": alert.survey.id(),
        "source_id": alert.source_id.to_string(),
        "object_id": alert.object_id,
        "timestamp": jd_to_utc(alert.jd).map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
        "jd": alert.jd,
        "ra": alert.ra,
        "dec": alert.dec,
        "mag": alert.mag,
        "mag_err": alert.mag_err,
        "band": alert.band,
        "is_positive": alert.is_positive,
        "score": alert.classtar,
        "rb": alert.rb,
        "url": paths::alert(alert.survey, alert.source_id),
        "target": alert.target.as_ref().map(|target| json!({
            "id": target.id, "name": target.name, "url": paths::target(target.id),
        })),
    })
}

fn outcomes_json(outcomes: &[SaveOutcome]) -> Value {
    let (mut created, mut existing, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for outcome in outcomes {
        let alert = outcome.alert_id;
        match &outcome.result {
            SaveResult::Created { target_id } => {
                created.push(
                    json!({ "alert": alert, "target": target_id, "name": outcome.object_id }),
                );
            }
            SaveResult::Existing { target_id, name, is_added } => {
                existing.push(
                    json!({ "alert": alert, "target": target_id, "name": name, "added": is_added }),
                );
            }
            SaveResult::Failed { reason } => {
                failed.push(json!({ "alert": alert, "name": outcome.object_id, "reason": reason }));
            }
        }
    }
    json!({ "created": created, "existing": existing, "failed": failed })
}
