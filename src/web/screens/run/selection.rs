//! `POST /runs/{id}/selection/`: ticks rows of a run, over its pages, and turns them into targets.

use std::collections::HashSet;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use super::save::{save_and_report, stays_on};
use crate::{
    actions::save_targets::MOST_SAVED_AT_ONCE,
    domain::{target::OnExisting, timing::WebTiming},
    storage::Storage,
    web::frame::{
        context::{PageContext, local_path, redirect_with},
        error::Error,
        extract::{Form, Id, Pairs},
        flash::Note,
    },
};

/// Keeps what was changed on the page, then does what the pressed button says.
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
    let change = TickChange::read(&form, action == "page")?;
    let next = stays_on(local_path(form.text("next").unwrap_or_default()), &run);
    match action {
        "all" => storage.select_all(&context.asker, id).await?,
        "clear" => storage.clear_selection(&context.asker, id).await?,
        _ => {
            let TickChange { ticked, cleared } = change;
            storage.change_selection(&context.asker, id, ticked, cleared).await?;
        }
    }
    if action != "create" {
        return Ok(Redirect::to(&next).into_response());
    }
    let selected = storage.list_selected(&context.asker, id, MOST_SAVED_AT_ONCE.into()).await?;
    if selected.is_empty() {
        return Ok(redirect_with(Note::NothingSelected, &next));
    }
    save_and_report(&storage, &timing, &context, &run, &selected, OnExisting::AddAlert).await
}

/// What somebody changed on a page of results. Another page of the run may be open beside it: what neither changed there
/// stays as it is kept.
#[derive(Debug, PartialEq, Eq)]
struct TickChange {
    ticked: Vec<i64>,
    cleared: Vec<i64>,
}

impl TickChange {
    /// The difference between the boxes that are ticked (`alerts`) and those that were when the page was drawn
    /// (`was_ticked`), of the rows `on_page`; or every row of the page is to be ticked.
    fn read(form: &Pairs, is_whole_page: bool) -> Result<Self, Error> {
        let (shown, ticked) = (form.ids("on_page")?, form.ids("alerts")?);
        if is_whole_page {
            return Ok(Self { ticked: shown, cleared: Vec::new() });
        }
        let was_ticked: HashSet<i64> = form.ids("was_ticked")?.into_iter().collect();
        let ticked: HashSet<i64> = ticked.into_iter().collect();
        let of_page = |wanted: &HashSet<i64>, other: &HashSet<i64>| {
            let is_meant = |id: &&i64| wanted.contains(id) && !other.contains(id);
            shown.iter().filter(is_meant).copied().collect()
        };
        Ok(Self { ticked: of_page(&ticked, &was_ticked), cleared: of_page(&was_ticked, &ticked) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> (Vec<i64>, Vec<i64>) {
        let change = TickChange::read(&Pairs::parse(form.as_bytes()), false).unwrap();
        (change.ticked, change.cleared)
    }

    #[test]
    fn a_form_changes_what_differs_from_how_it_was_drawn() {
        assert_eq!(read("on_page=1&on_page=2&alerts=1"), (vec![1], vec![]));
        assert_eq!(read("on_page=1&on_page=2&was_ticked=1"), (vec![], vec![1]));
        assert_eq!(read("on_page=1&on_page=2&was_ticked=1&alerts=1&alerts=2"), (vec![2], vec![]));
        assert_eq!(read("was_ticked=1&alerts=2"), (vec![], vec![]), "no row of the page");
    }
}
