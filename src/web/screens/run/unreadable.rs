//! `/runs/{id}/unreadable/`: what a run received and could not read, to look at and to download.

use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    actions::read_again::{ReadAgain, read_again},
    domain::{count::Count, run::RunId},
    packets,
    storage::{COUNTED, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::{PageContext, redirect_with},
            error::Error,
            extract::{Id, TwoIds},
            flash::Note,
            page_query::Query,
            parameters::Parameter,
        },
        paths,
        screens::shared::unreadable_bytes::{as_download, take_out},
        widgets::{
            controls::{ButtonLook, Link, PostButton},
            pager::{Page, Pager},
            words::{flat_metadata, link, post_button, run_title, size_text},
        },
    },
};

/// The page `/runs/{id}/unreadable/`.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/run/unreadable.html")]
struct UnreadablePage {
    chrome: Chrome,
    run_id: String,
    run: Link,
    try_again: Option<PostButton>,
    /// Whether nothing was set aside, on any page.
    is_all_readable: bool,
    rows: Vec<UnreadableRow>,
    pager: Pager,
}

/// A packet that could not be read.
#[derive(Clone, Debug)]
struct UnreadableRow {
    /// Where it came from: file and member, or message id.
    origin: String,
    error: String,
    /// What the transport said of it, as names and values; empty where there is no transport.
    attributes: Vec<(String, String)>,
    /// Its size: "67.1 kB".
    size: String,
    download_href: String,
    /// Its fields as JSON, where it may have such.
    json_href: Option<String>,
}

/// Rows of a page.
const PAGE_SIZE: u16 = 100;

/// `GET /runs/{id}/unreadable/`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    query: Query,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = query.taking(&[Parameter::whole("after", 0, i64::MAX)])?;
    let run = storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let after = query.number("after").unwrap_or(0);
    let found =
        storage.list_unreadable(&context.asker, id, after, i64::from(PAGE_SIZE) + 1).await?;
    let found = Page::cut(found, PAGE_SIZE);
    let position = storage.count_unreadable(&context.asker, id, after, COUNTED).await?;
    let [n_before, n_all] = [position.n_before, position.n_all].map(Count::up_to_most);
    let home = paths::run_page(id, "unreadable/");
    let page = UnreadablePage {
        chrome: context.chrome(Section::Runs),
        run_id: id.to_string(),
        run: link(format!("Run {id}: {}", run_title(&run)), paths::run(id)),
        pager: Pager {
            summary: Pager::summary(n_before, found.rows.len(), n_all),
            what: "unreadable packets".to_owned(),
            first: (after > 0).then(|| home.clone()),
            next: found.last_before_more().map(|row| format!("{home}?after={}", row.id)),
            ..Pager::default()
        },
        is_all_readable: position.n_all == 0,
        try_again: (position.n_all > 0
            && context.asker.rights_on(run.started_by, &run.sharing).write)
            .then(|| try_again_button(id)),
        rows: found
            .rows
            .into_iter()
            .map(|row| UnreadableRow {
                size: size_text(row.size_bytes()),
                // Of what is too large, or could not be opened, there is nothing to download.
                download_href: if row.n_bytes == 0 {
                    String::new()
                } else {
                    paths::unreadable(id, row.id, "")
                },
                json_href: row.is_container.then(|| paths::unreadable(id, row.id, "json/")),
                attributes: row.attributes.as_ref().map(flat_metadata).unwrap_or_default(),
                origin: row.origin,
                error: row.error,
            })
            .collect(),
    };
    Ok(context.render(&page))
}

fn try_again_button(run_id: RunId) -> PostButton {
    let action = paths::run_page(run_id, "unreadable/retry/");
    let object = format!("the unreadable packets of run {run_id}");
    post_button("Try again", action, ButtonLook::Plain, &object, Vec::new())
}

/// `POST /runs/{id}/unreadable/retry/`: reads them once more.
pub(in crate::web) async fn post_retry(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let run = storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let done = read_again(&storage, &context.asker, &run).await?.ok_or(Error::NotFound)?;
    let note = match done {
        ReadAgain::Misfit => Note::FilterMisfit,
        ReadAgain::Done(kept) if kept.passed + kept.rejected == 0 => Note::NotReadAgain,
        ReadAgain::Done(_) => Note::ReadAgain(id),
    };
    Ok(redirect_with(note, &paths::run_page(id, "unreadable/")))
}

/// `GET /runs/{run_id}/unreadable/{id}/`: the bytes as they came.
pub(in crate::web) async fn get_bytes(
    State(storage): State<Storage>,
    context: PageContext,
    TwoIds(run_id, id): TwoIds,
) -> Result<Response, Error> {
    let bytes = take_out(&storage, &context.asker, run_id, id).await?;
    Ok(as_download(run_id, id, bytes))
}

/// `GET /runs/{run_id}/unreadable/{id}/json/`: every field of an Avro container, whatever survey it is of.
pub(in crate::web) async fn get_json(
    State(storage): State<Storage>,
    context: PageContext,
    TwoIds(run_id, id): TwoIds,
) -> Result<Response, Error> {
    let bytes = take_out(&storage, &context.asker, run_id, id).await?;
    let json = tokio::task::spawn_blocking(move || packets::container_to_json(&bytes))
        .await
        .map_err(|error| Error::Internal(error.into()))?
        .map_err(|error| Error::BadRequest(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}
