//! What a run could not read and set aside, as the API tells it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::list_body::list_body;
use crate::{
    domain::run::RunId,
    storage::{KeptAgain, QuarantinedMessage},
    web::paths,
};

/// A message that a run received, could not read, and set aside.
#[derive(Serialize, ToSchema)]
#[schema(as = Unreadable, example = json!({
    "id": 3, "origin": "night/ztf.tar.gz/3262103560115015006.avro", "reason": "The packet ends in the middle of a block.",
    "at": "2026-11-30T09:13:03.118204+00:00", "bytes": 67_112, "attributes": null,
    "url": "/api/runs/40/unreadable/3/bytes/"
}))]
pub(super) struct UnreadableBody {
    /// Its number.
    id: i64,
    /// Where it came from: a file, a member of an archive, a message id.
    origin: String,
    /// Why it could not be read.
    reason: String,
    /// When it came.
    #[schema(format = DateTime)]
    at: String,
    /// Size of what was kept.
    bytes: u64,
    /// What the transport said of it; null where there is none.
    #[schema(required, value_type = Option<Object>)]
    attributes: Option<Value>,
    /// Where its bytes are; null where none were kept, as of what is too large.
    #[schema(required)]
    url: Option<String>,
}

list_body! {
    /// Some of what a run set aside.
    UnreadableListBody, UnreadableList, UnreadableBody, "The messages, in the order in which they came.", 1,
    "/api/runs/40/unreadable/?after=3"
}

/// What became of messages that were tried again.
#[derive(Serialize, ToSchema)]
#[schema(as = TriedAgain, example = json!({"passed": 3, "rejected": 1, "unreadable": 2}))]
pub(super) struct TriedAgainBody {
    /// Alerts that the filter of the run let through: they are among its results.
    passed: u64,
    /// Alerts that it rejected.
    rejected: u64,
    /// Messages that still cannot be read.
    unreadable: u64,
}

impl TriedAgainBody {
    /// What was kept.
    pub(super) fn of(kept: KeptAgain) -> Self {
        let KeptAgain { passed, rejected, unreadable } = kept;
        Self { passed, rejected, unreadable }
    }
}

/// The bytes of a message, as they came.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes what `get_bytes` answers")]
pub(super) struct BytesBody(Vec<u8>);

impl UnreadableBody {
    /// A message that was set aside.
    pub(super) fn of(run_id: RunId, message: QuarantinedMessage) -> Self {
        let size_bytes = message.size_bytes();
        Self {
            id: message.id,
            origin: message.origin,
            reason: message.error,
            at: message.at.to_rfc3339(),
            bytes: size_bytes,
            attributes: message.attributes,
            url: (size_bytes > 0)
                .then(|| paths::api_run_page(run_id, &format!("unreadable/{}/bytes/", message.id))),
        }
    }
}
