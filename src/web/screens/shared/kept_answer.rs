//! `/answers/{id}/`: a page that answered what its reader sent, as it was drawn then, in the colours of today. A note that
//! waits is left to the page that comes next.

use axum::{
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use crate::{
    storage::Storage,
    web::frame::{
        chrome::Section, context::PageContext, error::Error, extract::Id,
        theme_switch::in_todays_colours,
    },
};

/// `GET /answers/{id}/`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let kept = storage.find_answer(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let status = StatusCode::from_u16(kept.status).unwrap_or_default();
    let html = String::from_utf8_lossy(&kept.html);
    let page = in_todays_colours(&html, &context.chrome(Section::Elsewhere))
        .map_err(|error| Error::Internal(error.into()))?;
    Ok((status, Html(page)).into_response())
}
