//! `POST /runs/{id}/selection/`: ticks rows of a run, over its pages, and turns them into targets.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use super::save::{save_and_report, stays_on};
use crate::{
    domain::{target::OnExisting, timing::WebTiming},
    storage::Storage,
    web::frame::{
        context::{PageContext, local_path, redirect_with},
        error::Error,
        extract::{Form, Id},
        flash::Note,
    },
};

/// Alerts that can be saved in one request; more would take longer than a request may.
const MAX_SAVED_AT_ONCE: i64 = 2_000;

/// Keeps the ticks of the page, then does what the pressed button says.
pub(in crate::web) async fn post(
    State(storage): State<Storage>,
    State(timing): State<WebTiming>,
    context: PageContext,
    Id(id): Id,
    Form(form): Form,
) -> Result<Response, Error> {
    context.require_work()?;
    let run = storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let action = form.text("action").unwrap_or("update");
    let shown = form.ids("on_page")?;
    let ticked = if action == "page" { shown.clone() } else { form.ids("alerts")? };
    let next = stays_on(local_path(form.text("next").unwrap_or_default()), &run);
    match action {
        "all" => storage.select_all(&context.asker, id).await?,
        "clear" => storage.clear_selection(&context.asker, id).await?,
        _ => storage.select_on_page(&context.asker, id, shown, ticked).await?,
    }
    if action != "create" {
        return Ok(Redirect::to(&next).into_response());
    }
    let selected = storage.list_selected(&context.asker, id, MAX_SAVED_AT_ONCE).await?;
    if selected.is_empty() {
        return Ok(redirect_with(Note::NothingSelected, &next));
    }
    save_and_report(&storage, &timing, &context, &run, &selected, OnExisting::AddAlert).await
}
