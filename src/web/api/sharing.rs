//! `/api/{queries,runs,targets}/{id}/sharing/`: who sees a thing, who of them may change and share it.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    sharing_body::{GroupBody, SharingBody, group_ids},
    wrong_fields::{ErrorsBody, wrong_field},
};
use crate::{
    domain::{history::Kind, sharing::Sharing},
    storage::{NotDone, Refused, Storage},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, JsonBody},
        },
        screens::shared::owned::Owned,
    },
};

/// Who is to see a thing. Writers and sharers that are left out are nobody.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewSharing, example = json!({"readers": ["team"], "writers": ["team"]}))]
pub(super) struct NewSharingBody {
    /// Who sees it; nobody: its owner alone.
    #[schema(value_type = Vec<GroupBody>)]
    readers: Option<Value>,
    /// Who of them may change it.
    #[serde(default)]
    #[schema(value_type = Vec<GroupBody>)]
    writers: Option<Value>,
    /// Who of them may share it further.
    #[serde(default)]
    #[schema(value_type = Vec<GroupBody>)]
    sharers: Option<Value>,
}

macro_rules! sharing_of {
    ($get:ident $get_id:literal $get_summary:literal, $put:ident $put_id:literal $put_summary:literal, $kind:expr, $path:literal) => {
        #[doc = $get_summary]
        #[utoipa::path(
            get,
            path = $path,
            tag = "Sharing",
            operation_id = $get_id,
            summary = $get_summary,
            params(("id" = i64, Path, description = "Its number")),
            responses((status = 200, description = "Who sees it", body = SharingBody))
        )]
        pub(super) async fn $get(
            State(storage): State<Storage>,
            context: PageContext,
            ApiId(id): ApiId,
        ) -> Result<Json<SharingBody>, ApiError> {
            show(&storage, &context, $kind, id).await
        }

        #[doc = $put_summary]
        #[utoipa::path(
            put,
            path = $path,
            tag = "Sharing",
            operation_id = $put_id,
            summary = $put_summary,
            params(("id" = i64, Path, description = "Its number")),
            request_body = NewSharingBody,
            responses(
                (status = 200, description = "Who sees it now", body = SharingBody),
                (status = 204, description = "Done, and not yours to see any more"),
                (status = 422, description = "A list cannot be read; or those who would see a target know one with its name", body = ErrorsBody)
            )
        )]
        pub(super) async fn $put(
            State(storage): State<Storage>,
            context: PageContext,
            ApiId(id): ApiId,
            JsonBody(body): JsonBody<NewSharingBody>,
        ) -> Result<Response, ApiError> {
            change(&storage, &context, $kind, id, body).await
        }
    };
}

sharing_of!(
    get_query "show_query_sharing" "Who sees a saved query",
    put_query "share_query" "Change who sees a saved query",
    Kind::Query, "/api/queries/{id}/sharing/"
);
sharing_of!(
    get_run "show_run_sharing" "Who sees a run",
    put_run "share_run" "Change who sees a run",
    Kind::Run, "/api/runs/{id}/sharing/"
);
sharing_of!(
    get_target "show_target_sharing" "Who sees a target",
    put_target "share_target" "Change who sees a target",
    Kind::Target, "/api/targets/{id}/sharing/"
);

async fn show(
    storage: &Storage,
    context: &PageContext,
    kind: Kind,
    id: i64,
) -> Result<Json<SharingBody>, ApiError> {
    let owned = Owned::find(storage, &context.asker, kind, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(SharingBody::of(&owned.sharing)))
}

async fn change(
    storage: &Storage,
    context: &PageContext,
    kind: Kind,
    id: i64,
    body: NewSharingBody,
) -> Result<Response, ApiError> {
    let asker = &context.asker;
    Owned::find(storage, asker, kind, id).await?.ok_or(Error::NotFound)?;
    let sharing = match read_sharing(body) {
        Ok(sharing) => sharing,
        Err(field) => {
            return Ok(wrong_field(field, "A list of ids of groups, or \"team\", is required."));
        }
    };
    match storage.share(asker, kind, id, None, sharing).await {
        Ok(true) => {
            // A group may have gone meanwhile; and who gives it out of sight sees nothing of it any more.
            let owned = Owned::find(storage, asker, kind, id).await?;
            Ok(match owned {
                Some(owned) => Json(SharingBody::of(&owned.sharing)).into_response(),
                None => StatusCode::NO_CONTENT.into_response(),
            })
        }
        Ok(false) => Err(Error::NotFound.into()),
        Err(NotDone::Refused(Refused::NameTakenThere)) => Ok(wrong_field(
            "readers",
            "Some of those who would see it already see a target with this name.",
        )),
        Err(error) => Err(error.into()),
    }
}

/// The sharing that a body asks for; or the field that cannot be read.
fn read_sharing(body: NewSharingBody) -> Result<Sharing, &'static str> {
    let groups =
        |sent: Option<Value>, name| sent.map(|sent| group_ids(&sent).ok_or(name)).transpose();
    let writers = groups(body.writers, "writers")?.unwrap_or_default();
    let sharers = groups(body.sharers, "sharers")?.unwrap_or_default();
    // A slip of the pen must not make a thing private: that takes an empty list.
    let mut readers = groups(body.readers, "readers")?.ok_or("readers")?;
    readers.extend(writers.iter().chain(&sharers));
    Ok(Sharing { readers, writers, sharers }.checked())
}
