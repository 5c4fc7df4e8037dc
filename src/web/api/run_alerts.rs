//! `/api/runs/{id}/alerts/` and `/api/runs/{id}/targets/`: the results of a run, and saving from them.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    alert_body::{AlertBody, AlertListBody, SavedTargetsBody},
    list_body::{next_page_href, page_number, page_size},
    words::{OnExistingWord, OrderWord},
    wrong_fields::{ErrorsBody, wrong_field},
};
use crate::{
    actions::save_targets::{MOST_SAVED_AT_ONCE, save_targets},
    domain::{target::OnExisting, timing::WebTiming},
    storage::Storage,
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, ApiQuery, JsonBody},
        },
        paths,
        screens::shared::result_columns::order_from,
    },
};

/// Alerts that are to be saved as targets.
#[derive(Deserialize, ToSchema)]
#[schema(as = AlertsToSave, example = json!({"alerts": [1031, 1032], "on_existing": "update"}))]
pub(super) struct AlertsToSaveBody {
    /// Numbers of alerts among the results of the run, at most 2,000.
    #[schema(value_type = Vec<AlertNumber>)]
    alerts: Option<Value>,
    #[serde(default)]
    #[schema(inline, required = false, value_type = OnExistingWord)]
    on_existing: Option<Value>,
}

/// Number of an alert, as a number or as a text.
#[derive(ToSchema)]
#[schema(example = 1031)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what `id_list` reads")]
enum AlertNumber {
    Number(i64),
    Text(String),
}

/// The results of a run
#[utoipa::path(
    get,
    path = "/api/runs/{id}/alerts/",
    tag = "Runs",
    operation_id = "list_alerts",
    params(
        ("id" = i64, Path, description = "Number of the run"),
        ("page" = Option<i64>, Query, description = "Which page, from 1", minimum = 1),
        ("page_size" = Option<i64>, Query, description = "How many at most; 50 unless asked for otherwise", minimum = 1, maximum = 1_000),
        ("order" = inline(Option<OrderWord>), Query, example = "-mag",
            description = "By what; after `-` from high to low. `-time` unless asked for otherwise")
    ),
    responses((status = 200, description = "A page of them", body = AlertListBody))
)]
pub(super) async fn get_alerts(
    State(storage): State<Storage>,
    context: PageContext,
    ApiId(id): ApiId,
    ApiQuery(query): ApiQuery,
) -> Result<Json<AlertListBody>, ApiError> {
    let run = storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let order = query.text("order").and_then(order_from).unwrap_or_default();
    let (page, size) = (page_number(&query), page_size(&query));
    let skipped = (page - 1).saturating_mul(size.into());
    let alerts = storage.list_results_from(&context.asker, id, order, skipped, size.into()).await?;
    let results = alerts.into_iter().map(AlertBody::of).collect();
    let count = run.counts.stored;
    let path = paths::api_run_page(id, "alerts/");
    let next = next_page_href(&path, &query, (page, size.into()), count);
    Ok(Json(AlertListBody { count, next, results }))
}

/// Save alerts of a run as targets
#[utoipa::path(
    post,
    path = "/api/runs/{id}/targets/",
    tag = "Runs",
    operation_id = "save_targets_of_run",
    params(("id" = i64, Path, description = "Number of the run")),
    request_body = AlertsToSaveBody,
    responses(
        (status = 200, description = "What became of each alert", body = SavedTargetsBody),
        (status = 422, description = "Some fields are wrong", body = ErrorsBody)
    )
)]
pub(super) async fn post_targets(
    State(storage): State<Storage>,
    State(timing): State<WebTiming>,
    context: PageContext,
    ApiId(id): ApiId,
    JsonBody(body): JsonBody<AlertsToSaveBody>,
) -> Result<Response, ApiError> {
    let run = storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    context.require_work()?;
    let Some(alert_ids) = body.alerts.as_ref().and_then(id_list) else {
        return Ok(wrong_field("alerts", "A list of ids of alerts of this run is required."));
    };
    if alert_ids.is_empty() {
        return Ok(wrong_field(
            "alerts",
            "Please select at least one alert from which to create a target.",
        ));
    }
    if alert_ids.len() > usize::from(MOST_SAVED_AT_ONCE) {
        return Ok(wrong_field("alerts", "At most 2,000 alerts can be saved at once."));
    }
    let on_existing = match &body.on_existing {
        None => OnExisting::default(),
        Some(value) => match value.as_str().and_then(OnExisting::from_id) {
            Some(choice) => choice,
            None => return Ok(wrong_field("on_existing", "Either \"update\" or \"skip\".")),
        },
    };
    let outcomes =
        save_targets(&storage, &context.asker, run.id, &alert_ids, on_existing, timing.saving)
            .await;
    Ok(Json(SavedTargetsBody::of(outcomes)).into_response())
}

/// Ids as numbers or strings.
fn id_list(value: &Value) -> Option<Vec<i64>> {
    value
        .as_array()?
        .iter()
        .map(|id| id.as_i64().or_else(|| id.as_str().and_then(|text| text.parse().ok())))
        .collect()
}
