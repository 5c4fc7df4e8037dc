//! The bytes of what a run could not read, which people and programs take out.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    domain::{
        history::{Action, Event, Kind},
        run::RunId,
        sharing::Asker,
    },
    storage::Storage,
    web::frame::error::Error,
};

/// The bytes of a message that was set aside. The history notes who took them out.
pub(in crate::web) async fn take_out(
    storage: &Storage,
    asker: &Asker,
    run_id: RunId,
    id: i64,
) -> Result<Vec<u8>, Error> {
    let bytes = storage.find_unreadable_bytes(asker, run_id, id).await?.ok_or(Error::NotFound)?;
    let event = Event::new(Action::Exported, Kind::Run, run_id, format!("unreadable message {id}"));
    storage.record_event(asker, event).await?;
    Ok(bytes)
}

/// These bytes as a file to keep.
pub(in crate::web) fn as_download(run_id: RunId, id: i64, bytes: Vec<u8>) -> Response {
    let name = format!("attachment; filename=\"run-{run_id}-unreadable-{id}.bin\"");
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, bytes).into_response()
}
