//! `…/history/` of queries, runs and targets, and `/team/history/` of everything, for admins; also as JSON lines.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};

use super::{
    history_filter::{HistoryFilterForm, filter_form, filter_parameters, read_filter},
    history_words::detail_lines,
    owned::Owned,
};
use crate::{
    clock::Clock,
    domain::{
        count::Count,
        group::Group,
        history::{Action, Entry, Kind},
    },
    storage::{ListPosition, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            extract::{Id, Pairs},
            page_query::Query,
            parameters::Parameter,
        },
        paths,
        widgets::{
            controls::{Link, TimeView},
            pager::{Page, Pager},
            words::{link, moment},
        },
    },
};

/// `/team/history/` and `…/history/`
#[derive(Clone, Debug, Template)]
#[template(path = "screens/shared/history.html")]
struct HistoryPage {
    chrome: Chrome,
    /// The thing whose history it is; absent for that of everything.
    object: Option<Link>,
    crumb: Link,
    /// Chooses lines; absent for one thing.
    filter: Option<HistoryFilterForm>,
    rows: Vec<HistoryRow>,
    pager: Pager,
    export: Option<Link>,
}

/// A line of the history.
#[derive(Clone, Debug)]
struct HistoryRow {
    time: TimeView,
    actor: String,
    /// "by token 7"; empty for the pages.
    via: String,
    /// What was done: "shared".
    action: String,
    class: &'static str,
    /// To what kind of thing: "query".
    kind: String,
    /// The thing, with its page where there is one.
    object: Link,
    detail: Vec<String>,
}

/// Lines of a page.
const PAGE_SIZE: u16 = 100;

macro_rules! history_pages {
    ($get:ident, $kind:expr) => {
        /// `GET` of `history/` below a thing.
        pub(in crate::web) async fn $get(
            State(storage): State<Storage>,
            State(clock): State<Clock>,
            query: Query,
            context: PageContext,
            Id(id): Id,
        ) -> Result<Response, Error> {
            let query = query.taking(&[Parameter::any_whole("before")])?;
            object_page(&storage, &clock, &context, ($kind, id), query.number("before")).await
        }
    };
}

history_pages!(get_query, Kind::Query);
history_pages!(get_run, Kind::Run);
history_pages!(get_target, Kind::Target);

async fn object_page(
    storage: &Storage,
    clock: &Clock,
    context: &PageContext,
    (kind, id): (Kind, i64),
    before: Option<i64>,
) -> Result<Response, Error> {
    let asker = &context.asker;
    let owned = Owned::find(storage, asker, kind, id).await?.ok_or(Error::NotFound)?;
    let entries = storage.history_of(asker, kind, id, before, i64::from(PAGE_SIZE) + 1).await?;
    let entries = Page::cut(entries, PAGE_SIZE);
    let position = storage.count_history_of(asker, kind, id, before).await?;
    let path = paths::page_of(kind, id, "history/");
    let href = |before: Option<i64>| {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        format!("{path}{}", paths::query_string(&[("before", &before)]))
    };
    let groups = storage.list_groups(asker).await?;
    let page = HistoryPage {
        chrome: context.chrome(Section::Elsewhere),
        crumb: owned.object.clone(),
        object: Some(owned.object),
        filter: None,
        rows: history_rows(&entries, &groups, clock.now()),
        pager: pager(&entries, position, before, &href),
        export: None,
    };
    Ok(context.render(&page))
}

/// `GET /team/history/?who=&action=&kind=&since=&until=&before=`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
) -> Result<Response, Error> {
    context.require_admin()?;
    let mut taken = filter_parameters();
    taken.push(Parameter::any_whole("before"));
    let query = query.taking(&taken)?;
    let asker = &context.asker;
    let (filter, error) = match read_filter(&query) {
        Ok(filter) => (Some(filter), None),
        Err(message) => (None, Some(message)),
    };
    let before = query.number("before");
    let href = |before| own_href(paths::HISTORY, &query, before);
    let (entries, pager) = match &filter {
        Some(filter) => {
            let most = i64::from(PAGE_SIZE) + 1;
            let found = storage.list_history(asker, filter, before, most).await?;
            let entries = Page::cut(found, PAGE_SIZE);
            let position = storage.count_history(asker, filter, before).await?;
            let pager = pager(&entries, position, before, &href);
            (entries, pager)
        }
        None => (Page::cut(Vec::new(), PAGE_SIZE), Pager::default()),
    };
    let groups = storage.list_groups(asker).await?;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = HistoryPage {
        chrome: context.chrome(Section::Elsewhere),
        object: None,
        // In local mode there is no team to go back to.
        crumb: match context.visitor.session_id {
            Some(_) => link("Team", paths::TEAM),
            None => link("Home", "/"),
        },
        filter: Some(filter_form(&storage, asker, &query, error).await?),
        rows: history_rows(&entries, &groups, clock.now()),
        pager,
        export: filter
            .is_some()
            .then(|| link("Download as JSON lines", own_href(paths::HISTORY_EXPORT, &query, None))),
    };
    Ok(context.render_as(status, &page))
}

fn pager(
    entries: &Page<Entry>,
    position: ListPosition,
    before: Option<i64>,
    href: &dyn Fn(Option<i64>) -> String,
) -> Pager {
    if position.n_all == 0 {
        return Pager::default();
    }
    Pager {
        summary: Pager::summary(
            Count::up_to_most(position.n_before),
            entries.rows.len(),
            Count::up_to_most(position.n_all),
        ),
        what: "lines".to_owned(),
        first: before.map(|_| href(None)),
        next: entries.last_before_more().map(|entry| href(Some(entry.id))),
        ..Pager::default()
    }
}

fn own_href(path: &str, query: &Pairs, before: Option<i64>) -> String {
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let text = |name| query.text(name).unwrap_or_default();
    let pairs = [
        ("who", text("who")),
        ("action", text("action")),
        ("kind", text("kind")),
        ("object", text("object")),
        ("since", text("since")),
        ("until", text("until")),
        ("before", &before),
    ];
    format!("{path}{}", paths::query_string(&pairs))
}

fn history_rows(entries: &Page<Entry>, groups: &[Group], now: DateTime<Utc>) -> Vec<HistoryRow> {
    entries.rows.iter().map(|entry| history_row(entry, groups, now)).collect()
}

fn history_row(entry: &Entry, groups: &[Group], now: DateTime<Utc>) -> HistoryRow {
    HistoryRow {
        time: moment(entry.at, now),
        actor: entry.actor.clone(),
        via: entry.token_id.map(|id| format!("by token {id}")).unwrap_or_default(),
        action: entry.action.clone(),
        class: match Action::from_id(&entry.action) {
            Some(Action::Refused) => "is-bad",
            Some(Action::Deleted | Action::Removed | Action::Revoked) => "is-warning",
            _ => "is-plain",
        },
        kind: entry.kind.clone(),
        object: object_link(entry),
        detail: detail_lines(&entry.detail, groups),
    }
}

fn object_link(entry: &Entry) -> Link {
    let id = entry.object_id;
    let text = match (entry.name.as_str(), id) {
        ("", Some(id)) => format!("{} {id}", entry.kind),
        ("", None) => entry.kind.clone(),
        (name, _) => name.to_owned(),
    };
    let is_gone = entry.action == Action::Deleted.id();
    let href = match (Kind::from_id(&entry.kind), id) {
        _ if is_gone => String::new(),
        (Some(Kind::Query), Some(id)) => paths::query_form(id),
        (Some(kind @ (Kind::Run | Kind::Target)), Some(id)) => paths::of(kind, id),
        (Some(Kind::Group), Some(id)) => paths::group(id),
        (Some(Kind::Member | Kind::Invitation), _) => paths::TEAM.to_owned(),
        _ => String::new(),
    };
    link(text, href)
}
