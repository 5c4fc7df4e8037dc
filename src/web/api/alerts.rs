//! `/api/alerts/{survey}/{source_id}/`: one alert with its history, read from its packet when somebody asks.

use axum::{
    Json,
    extract::{Path, State},
};

use super::{alert_history_body::AlertWithHistoryBody, words::SurveyWord};
use crate::{
    domain::{alert::Survey, found_alert::AlertDetails},
    packets,
    storage::Storage,
    web::frame::{
        context::PageContext,
        error::{ApiError, Error},
    },
};

/// An alert with its history
///
/// Whichever run found it.
#[utoipa::path(
    get,
    path = "/api/alerts/{survey}/{source_id}/",
    tag = "Alerts",
    operation_id = "show_alert",
    params(
        ("survey" = inline(SurveyWord), Path, description = "Its survey"),
        ("source_id" = String, Path, description = "The survey's id of the detection")
    ),
    responses((status = 200, description = "The alert", body = AlertWithHistoryBody))
)]
pub(super) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    Path((survey, source_id)): Path<(String, String)>,
) -> Result<Json<AlertWithHistoryBody>, ApiError> {
    let survey = Survey::from_id(&survey).ok_or(Error::NotFound)?;
    let source_id: i64 = source_id.parse().map_err(|_| Error::NotFound)?;
    let stored = storage.find_alert(&context.asker, survey, source_id).await?;
    let stored = stored.ok_or(Error::NotFound)?;
    let packet = stored.packet.clone();
    // Off the threads that answer requests, as for its page.
    let read = tokio::task::spawn_blocking(move || packets::decode_kept(&packet))
        .await
        .map_err(|error| Error::Internal(error.into()))?
        .map_err(|error| Error::Internal(error.into()))?;
    let mut found = stored.row;
    // What was stored before these values were kept has them in its packet.
    found.details = AlertDetails::of(&read);
    Ok(Json(AlertWithHistoryBody::of(found, &read, &stored.packet)))
}
