//! `…/history/` of queries, runs and targets, and `/team/history/` of everything, for admins; also as JSON lines.

use std::convert::Infallible;

use askama::Template;
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use futures::StreamExt;
use serde_json::{Value, json};

use super::{history_words::detail_lines, share::Owned};
use crate::{
    clock::Clock,
    domain::{
        group::Group,
        history::{Action, Entry, Event, Kind},
        sharing::TeamScope,
    },
    storage::{HistoryFilter, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            extract::{Id, Pairs, Query},
        },
        paths,
        widgets::{
            controls::{Link, TimeView},
            field::Choice,
            table::Pager,
            words::{link, moment, query_string},
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

/// Chooses lines of the history.
#[derive(Clone, Debug)]
struct HistoryFilterForm {
    members: Vec<Choice>,
    member: String,
    actions: Vec<Choice>,
    action: String,
    kinds: Vec<Choice>,
    kind: String,
    since: String,
    until: String,
    error: Option<String>,
}

impl HistoryFilterForm {
    /// Whether it leaves anything out.
    fn is_set(&self) -> bool {
        [&self.member, &self.action, &self.kind, &self.since, &self.until]
            .iter()
            .any(|text| !text.is_empty())
    }
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
const PAGE_SIZE: i64 = 100;

/// Lines that are read at once for an export.
const EXPORT_STEP: i64 = 1_000;

macro_rules! history_pages {
    ($get:ident, $kind:expr, $path:literal) => {
        #[doc = concat!("`GET ", $path, "`")]
        pub(crate) async fn $get(
            State(storage): State<Storage>,
            State(clock): State<Clock>,
            context: PageContext,
            Id(id): Id,
            Query(query): Query,
        ) -> Result<Response, Error> {
            object_page(&storage, &clock, &context, ($kind, id), query.number("before")).await
        }
    };
}

history_pages!(get_query, Kind::Query, "/alerts/query/{id}/history/");
history_pages!(get_run, Kind::Run, "/runs/{id}/history/");
history_pages!(get_target, Kind::Target, "/targets/{id}/history/");

async fn object_page(
    storage: &Storage,
    clock: &Clock,
    context: &PageContext,
    (kind, id): (Kind, i64),
    before: Option<i64>,
) -> Result<Response, Error> {
    let scope = &context.scope;
    let owned = Owned::find(storage, scope, kind, id).await?.ok_or(Error::NotFound)?;
    let mut entries = storage.history_of(scope, kind, id, before, PAGE_SIZE + 1).await?;
    let has_more = cut_to_a_page(&mut entries);
    let path = format!("{}history/", paths::of(kind, id));
    let next = entries.last().filter(|_| has_more);
    let next = next.map(|entry| format!("{path}?before={}", entry.id));
    let first = before.map(|_| path);
    let groups = storage.list_groups(scope).await?;
    let page = HistoryPage {
        chrome: context.chrome(Section::Elsewhere),
        crumb: owned.object.clone(),
        object: Some(owned.object),
        filter: None,
        rows: entries.iter().map(|entry| history_row(entry, &groups, clock.now())).collect(),
        pager: pager(first, next),
        export: None,
    };
    Ok(context.render(&page))
}

/// `GET /team/history/?who=&action=&kind=&since=&until=&before=`
pub(crate) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    context: PageContext,
    Query(query): Query,
) -> Result<Response, Error> {
    context.require_admin()?;
    let scope = &context.scope;
    let (filter, error) = match read_filter(&query) {
        Ok(filter) => (Some(filter), None),
        Err(message) => (None, Some(message)),
    };
    let mut entries = match &filter {
        Some(filter) => {
            storage.list_history(scope, filter, query.number("before"), PAGE_SIZE + 1).await?
        }
        None => Vec::new(),
    };
    let has_more = cut_to_a_page(&mut entries);
    let groups = storage.list_groups(scope).await?;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = HistoryPage {
        chrome: context.chrome(Section::Elsewhere),
        object: None,
        // In local mode there is no team to go back to.
        crumb: match context.visitor.session_id {
            Some(_) => link("Team", paths::TEAM),
            None => link("What is new", "/"),
        },
        filter: Some(filter_form(&storage, scope, &query, error).await?),
        rows: entries.iter().map(|entry| history_row(entry, &groups, clock.now())).collect(),
        pager: pager(
            query.number("before").map(|_| own_href(&query, "", None)),
            entries.last().filter(|_| has_more).map(|entry| own_href(&query, "", Some(entry.id))),
        ),
        export: filter
            .is_some()
            .then(|| link("Download as JSON lines", own_href(&query, "export/", None))),
    };
    Ok(context.render_as(status, &page))
}

/// Whether there are more lines than a page has; those are taken off.
fn cut_to_a_page(entries: &mut Vec<Entry>) -> bool {
    let most = usize::try_from(PAGE_SIZE).unwrap_or_default();
    let has_more = entries.len() > most;
    entries.truncate(most);
    has_more
}

fn pager(first: Option<String>, next: Option<String>) -> Pager {
    if first.is_none() && next.is_none() {
        return Pager::default();
    }
    let (summary, what) = ("Newest first".to_owned(), "lines".to_owned());
    Pager { summary, what, first, next, ..Pager::default() }
}

/// `GET /team/history/export/`: every line that the filter shows, newest first, a JSON object each.
pub(crate) async fn get_export(
    State(storage): State<Storage>,
    context: PageContext,
    Query(query): Query,
) -> Result<Response, Error> {
    context.require_admin()?;
    let filter = read_filter(&query).map_err(Error::BadRequest)?;
    let event = Event {
        action: Action::Exported,
        kind: Kind::History,
        object_id: None,
        name: "the history".to_owned(),
        detail: Value::Null,
    };
    storage.tell(&context.scope, event).await?;
    let lines = export_lines(storage, context.scope.clone(), filter);
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"tom-alerts-history.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// The lines in steps, so that a long history does not fill memory. What cannot be read any more ends the file with a
/// line that says so.
fn export_lines(
    storage: Storage,
    scope: TeamScope,
    filter: HistoryFilter,
) -> impl futures::Stream<Item = Result<Bytes, Infallible>> {
    let lines = futures::stream::unfold(Some(None::<i64>), move |before| {
        let (storage, scope, filter) = (storage.clone(), scope.clone(), filter.clone());
        async move {
            let before = before?;
            match storage.list_history(&scope, &filter, before, EXPORT_STEP).await {
                Ok(entries) => {
                    let last = entries.last()?.id;
                    let lines: Vec<String> =
                        entries.iter().map(|entry| entry_json(entry).to_string()).collect();
                    Some((Ok(Bytes::from(lines.join("\n") + "\n")), Some(Some(last))))
                }
                Err(error) => {
                    tracing::warn!(%error, "An export of the history broke off");
                    let line = json!({ "error": "The export broke off here. Try again." });
                    Some((Ok(Bytes::from(format!("{line}\n"))), None))
                }
            }
        }
    });
    // What compresses an answer asks once more after its end.
    lines.fuse()
}

fn entry_json(entry: &Entry) -> Value {
    json!({
        "id": entry.id,
        "at": entry.at.to_rfc3339(),
        "actor_id": entry.actor_id,
        "actor": entry.actor,
        "token_id": entry.token_id,
        "action": entry.action,
        "kind": entry.kind,
        "object_id": entry.object_id,
        "name": entry.name,
        "detail": entry.detail,
    })
}

fn read_filter(query: &Pairs) -> Result<HistoryFilter, String> {
    let day = |name: &str| match query.text(name) {
        None => Ok(None),
        Some(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|day| (1_900..=2_200).contains(&chrono::Datelike::year(day)))
            .map(Some)
            .ok_or_else(|| "Enter days as 2026-11-25.".to_owned()),
    };
    let start_of = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let after = |day: NaiveDate| day.checked_add_days(Days::new(1)).map(start_of);
    Ok(HistoryFilter {
        actor_id: number(query, "who")?,
        action: known(query, "action", |word| Action::from_id(word).is_some())?,
        kind: known(query, "kind", |word| Kind::from_id(word).is_some())?,
        object_id: number(query, "object")?,
        since: day("since")?.map(start_of),
        until: day("until")?.and_then(after),
    })
}

/// A whole number, where one is given.
fn number(query: &Pairs, name: &str) -> Result<Option<i64>, String> {
    let text = query.text(name);
    text.map(|text| text.parse().map_err(|_| not_known(name, text))).transpose()
}

/// One of our words, where one is given: a filter that cannot be read must not show everything.
fn known(query: &Pairs, name: &str, is_word: fn(&str) -> bool) -> Result<Option<String>, String> {
    match query.text(name) {
        Some(text) if !is_word(text) => Err(not_known(name, text)),
        text => Ok(text.map(str::to_owned)),
    }
}

fn not_known(name: &str, text: &str) -> String {
    let text: String = text.chars().take(40).collect();
    format!("There is no such filter: {name} “{text}”.")
}

fn own_href(query: &Pairs, below: &str, before: Option<i64>) -> String {
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
    format!("/team/history/{below}{}", query_string(&pairs))
}

async fn filter_form(
    storage: &Storage,
    scope: &TeamScope,
    query: &Pairs,
    error: Option<String>,
) -> Result<HistoryFilterForm, Error> {
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        help: None,
    };
    let text = |name| query.text(name).unwrap_or_default().to_owned();
    let actors = storage.list_actors(scope).await?;
    let name = |name: &str, is_out: bool| {
        if is_out { format!("{name} (has left)") } else { name.to_owned() }
    };
    Ok(HistoryFilterForm {
        members: actors
            .iter()
            .map(|(id, actor, is_out)| choice(&id.to_string(), &name(actor, *is_out)))
            .collect(),
        member: text("who"),
        actions: Action::ALL.iter().map(|(_, word)| choice(word, word)).collect(),
        action: text("action"),
        kinds: Kind::ALL.iter().map(|(_, word)| choice(word, word)).collect(),
        kind: text("kind"),
        since: text("since"),
        until: text("until"),
        error,
    })
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
        (Some(Kind::Query), Some(id)) => format!("{}update/", paths::of(Kind::Query, id)),
        (Some(kind @ (Kind::Run | Kind::Target)), Some(id)) => paths::of(kind, id),
        (Some(Kind::Group), Some(id)) => format!("/team/groups/{id}/"),
        (Some(Kind::Member | Kind::Invitation), _) => paths::TEAM.to_owned(),
        _ => String::new(),
    };
    link(text, href)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_whole_and_nonsense_is_told() {
        let read = |text: &str| read_filter(&Pairs::parse(text.as_bytes()));
        let filter = read("since=2026-11-25&until=2026-11-25&action=shared&who=7").unwrap();
        assert_eq!(filter.since.unwrap().to_rfc3339(), "2026-11-25T00:00:00+00:00");
        assert_eq!(filter.until.unwrap().to_rfc3339(), "2026-11-26T00:00:00+00:00");
        assert_eq!((filter.actor_id, filter.action.as_deref()), (Some(7), Some("shared")));
        for bad in ["since=yesterday", "until=2026-13-01", "since=99999-01-01"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for bad in ["action=nonsense", "kind=zzz", "who=abc", "object=1e3"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(read("action=&who=").unwrap().action, None);
    }
}
