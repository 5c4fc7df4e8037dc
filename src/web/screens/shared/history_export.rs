//! `/team/history/export/`: the history as JSON lines.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use serde_json::{Value, json};

use super::history_filter::{filter_parameters, read_filter};
use crate::{
    domain::{
        history::{Action, Entry, Event, Kind},
        sharing::Asker,
    },
    storage::{HistoryFilter, Storage},
    web::frame::{context::PageContext, error::Error, page_query::Query},
};

/// Lines that are read at once for an export.
const EXPORT_STEP: i64 = 1_000;

/// `GET /team/history/export/`: every line that the filter shows, newest first, a JSON object each.
pub(in crate::web) async fn get_export(
    State(storage): State<Storage>,
    query: Query,
    context: PageContext,
) -> Result<Response, Error> {
    context.require_admin()?;
    let query = query.taking(&filter_parameters())?;
    let filter = read_filter(&query).map_err(Error::WrongParameters)?;
    let event = Event {
        action: Action::Exported,
        kind: Kind::History,
        object_id: None,
        name: "the history".to_owned(),
        detail: Value::Null,
    };
    storage.record_event(&context.asker, event).await?;
    let lines = export_lines(storage, context.asker.clone(), filter);
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"tom-alerts-history.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// The lines in steps, so that a long history does not fill memory. What cannot be read any more ends the file with a
/// line that says so.
fn export_lines(
    storage: Storage,
    asker: Asker,
    filter: HistoryFilter,
) -> impl futures::Stream<Item = Result<Bytes, Infallible>> {
    let lines = futures::stream::unfold(Some(None::<i64>), move |before| {
        let (storage, asker, filter) = (storage.clone(), asker.clone(), filter.clone());
        async move {
            let before = before?;
            match storage.list_history(&asker, &filter, before, EXPORT_STEP).await {
                Ok(entries) => {
                    let last = entries.last()?.id;
                    let lines: Vec<String> =
                        entries.iter().map(|entry| entry_json(entry).to_string()).collect();
                    Some((Ok(Bytes::from(lines.join("\n") + "\n")), Some(Some(last))))
                }
                Err(error) => {
                    tracing::warn!(%error, "An export of the history broke off");
                    let line = json!({ "error": "The export is incomplete. Try again." });
                    Some((Ok(Bytes::from(format!("{line}\n"))), None))
                }
            }
        }
    });
    // What compresses an answer asks once more after its end.
    lines.fuse()
}

fn entry_json(entry: &Entry) -> Value {
    json!({
        "id": entry.id,
        "at": entry.at.to_rfc3339(),
        "actor_id": entry.actor_id,
        "actor": entry.actor,
        "token_id": entry.token_id,
        "action": entry.action,
        "kind": entry.kind,
        "object_id": entry.object_id,
        "name": entry.name,
        "detail": entry.detail,
    })
}
