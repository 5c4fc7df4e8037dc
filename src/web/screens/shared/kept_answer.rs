//! `/answers/{id}/`: a page that answered what its reader sent, as it was drawn then.

use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use crate::{
    storage::Storage,
    web::frame::{context::PageContext, error::Error, extract::Id},
};

/// `GET /answers/{id}/`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let kept = storage.find_answer(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let status = StatusCode::from_u16(kept.status).unwrap_or_default();
    Ok((status, Html(kept.html)).into_response())
}
