//! `/api/{queries,runs,targets}/{id}/sharing/`: who sees a thing, who of them may change and share it.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::error_of;
use crate::{
    domain::{
        history::Kind,
        sharing::{Sharing, TEAM},
    },
    storage::{NotDone, Refused, Storage},
    web::{
        frame::{
            context::PageContext,
            error::{ApiError, Error},
            extract::{ApiId, JsonObject},
        },
        screens::shared::share::Owned,
    },
};

macro_rules! sharing_of {
    ($get:ident, $put:ident, $kind:expr, $path:literal) => {
        #[doc = concat!("`GET ", $path, "`")]
        pub(crate) async fn $get(
            State(storage): State<Storage>,
            context: PageContext,
            ApiId(id): ApiId,
        ) -> Result<Response, ApiError> {
            show(&storage, &context, $kind, id).await
        }

        #[doc = concat!("`PUT ", $path, "` `{readers, writers, sharers}`: ids of groups, or `\"team\"`")]
        pub(crate) async fn $put(
            State(storage): State<Storage>,
            context: PageContext,
            ApiId(id): ApiId,
            JsonObject(body): JsonObject,
        ) -> Result<Response, ApiError> {
            change(&storage, &context, $kind, id, &body).await
        }
    };
}

sharing_of!(get_query, put_query, Kind::Query, "/api/queries/{id}/sharing/");
sharing_of!(get_run, put_run, Kind::Run, "/api/runs/{id}/sharing/");
sharing_of!(get_target, put_target, Kind::Target, "/api/targets/{id}/sharing/");

async fn show(
    storage: &Storage,
    context: &PageContext,
    kind: Kind,
    id: i64,
) -> Result<Response, ApiError> {
    let owned = Owned::find(storage, &context.scope, kind, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(sharing_json(&owned.sharing)).into_response())
}

async fn change(
    storage: &Storage,
    context: &PageContext,
    kind: Kind,
    id: i64,
    body: &Map<String, Value>,
) -> Result<Response, ApiError> {
    let scope = &context.scope;
    Owned::find(storage, scope, kind, id).await?.ok_or(Error::NotFound)?;
    let sharing = match read_sharing(body) {
        Ok(sharing) => sharing,
        Err(field) => {
            let errors = error_of(field, "A list of ids of groups, or \"team\", is required.");
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors)).into_response());
        }
    };
    match storage.share(scope, kind, id, None, sharing).await {
        Ok(true) => {
            // A group may have gone meanwhile; and who gives it out of sight sees nothing of it any more.
            let owned = Owned::find(storage, scope, kind, id).await?;
            Ok(match owned {
                Some(owned) => Json(sharing_json(&owned.sharing)).into_response(),
                None => StatusCode::NO_CONTENT.into_response(),
            })
        }
        Ok(false) => Err(Error::NotFound.into()),
        Err(NotDone::Refused(Refused::NameTakenThere)) => {
            let message = "Some of those who would see it already see a target with this name.";
            let errors = error_of("readers", message);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(errors)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// The sharing that a body asks for; or the field that cannot be read. Writers or sharers that are left out are nobody.
fn read_sharing(body: &Map<String, Value>) -> Result<Sharing, &'static str> {
    let groups = |name: &'static str| match body.get(name) {
        // A slip of the pen must not make a thing private: that takes an empty list.
        None | Some(Value::Null) if name != "readers" => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(group_id).collect::<Option<_>>().ok_or(name),
        _ => Err(name),
    };
    let (writers, sharers): (Vec<i64>, Vec<i64>) = (groups("writers")?, groups("sharers")?);
    let mut readers: Vec<i64> = groups("readers")?;
    readers.extend(writers.iter().chain(&sharers));
    Ok(Sharing { readers, writers, sharers }.checked())
}

fn group_id(value: &Value) -> Option<i64> {
    if value == "team" { Some(TEAM) } else { value.as_i64() }
}

/// A sharing as the API tells it.
pub(super) fn sharing_json(sharing: &Sharing) -> Value {
    let names = |groups: &[i64]| -> Value {
        groups.iter().map(|&id| if id == TEAM { json!("team") } else { json!(id) }).collect()
    };
    json!({
        "readers": names(&sharing.readers),
        "writers": names(&sharing.writers),
        "sharers": names(&sharing.sharers),
    })
}
