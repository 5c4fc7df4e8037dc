//! `/runs/`: the history of runs.

use askama::Template;
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};

use crate::{
    brokers::Brokers,
    clock::Clock,
    domain::{
        count::Count,
        run::{Run, RunState},
        sharing::{Asker, Whose},
    },
    storage::{COUNTED, ListPosition, Storage, StorageError},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            page_query::Query,
        },
        paths,
        screens::shared::{runs_request::RunsRequest, sharing_labels::sharing_labels},
        widgets::{
            cell::{Cell, Content, Part},
            column::Column,
            controls::{Link, TimeView},
            pager::{Page, Pager},
            table::TableView,
            words::{duration_text, grouped, link, moment, run_title, state_chip},
        },
    },
};

/// The page `/runs/`.
#[derive(Debug, Template)]
#[template(path = "screens/run/list.html")]
struct RunListPage {
    chrome: Chrome,
    /// The query whose runs are listed; absent where all are.
    of_query: Option<Link>,
    states: Vec<StateFilter>,
    table: TableView,
    /// Whose are listed; absent where nobody else is in.
    whose: Option<Whose>,
    /// What else is asked for, for the form that chooses whose.
    hidden: Vec<(&'static str, String)>,
    is_filtered: bool,
    pager: Pager,
}

/// A choice of state.
#[derive(Clone, Debug)]
struct StateFilter {
    label: String,
    /// The list of the runs in that state.
    href: String,
    /// Whether it is the choice of this page.
    is_current: bool,
}

/// A run with what the list says of it besides.
#[derive(Debug)]
struct RunRow {
    run: Run,
    /// Its page, which carries the way back to this list.
    href: String,
    broker: String,
    /// With whom it is shared, where that is not the whole team.
    shared: Option<String>,
    created: TimeView,
    /// How long it took or has taken: "8.1 s"; absent before it began.
    duration: Option<String>,
}

const COLUMNS: [Column<RunRow>; 9] = [
    Column::number("id", "Run", |row: &RunRow| row.run.id.to_string().into()),
    Column::title("query", "Query", |row: &RunRow| Part::of(RunTitle::of(row)).into()),
    Column::text("broker", "Broker", |row: &RunRow| row.broker.clone().into()),
    Column::text("started_by", "Started by", |row: &RunRow| {
        Cell::from(row.run.started_by_name.clone()).chip(row.shared.as_deref())
    }),
    Column::text("state", "State", |row: &RunRow| state_chip(row.run.state).into()),
    Column::text("created", "Started", |row: &RunRow| row.created.clone().into()).note("UTC"),
    Column::number("duration", "Duration", |row: &RunRow| {
        Content::from(row.duration.clone()).into()
    }),
    Column::number("received", "Received", |row: &RunRow| grouped(row.run.counts.received).into()),
    Column::number("passed", "Passed", |row: &RunRow| grouped(row.run.counts.passed).into())
        .class("num strong"),
];

/// Name of a run's query as the link to the run.
#[derive(Debug, Template)]
#[template(path = "screens/run/title.html")]
struct RunTitle {
    id: i64,
    href: String,
    query: String,
    is_of_listener: bool,
}

impl RunTitle {
    fn of(RunRow { run, href, .. }: &RunRow) -> Self {
        Self {
            id: run.id,
            href: href.clone(),
            query: run_title(run),
            is_of_listener: run.day.is_some(),
        }
    }
}

/// Rows of a page.
const PAGE_SIZE: u16 = 50;

/// `GET /runs/?state=&query=&whose=&before=`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
) -> Result<Response, Error> {
    let request = RunsRequest::parse(&query.taking(&RunsRequest::parameters())?);
    let (asker, filter) = (&context.asker, request.filter());
    let runs = storage.list_runs(asker, filter, i64::from(PAGE_SIZE) + 1).await?;
    let page = Page::cut(runs, PAGE_SIZE);
    let n_rows = page.rows.len();
    let position = storage.count_runs(asker, filter, COUNTED).await?;
    let now = clock.now();
    let labels =
        sharing_labels(&storage, &context, page.rows.iter().map(|run| &run.sharing)).await?;
    let href = |before: Option<i64>| RunsRequest { before, ..request }.href();
    let pager = Pager {
        summary: summary(position, n_rows),
        what: "runs".to_owned(),
        first: request.before.map(|_| href(None)),
        next: page.last_before_more().map(|run| href(Some(run.id))),
        ..Pager::default()
    };
    let way_back = paths::query_string_of(&request.carried());
    let rows = page.rows.into_iter().zip(labels);
    let row = |(run, shared)| row(run, shared, &way_back, &brokers, now);
    let rows: Vec<_> = rows.map(row).collect();
    let page = RunListPage {
        chrome: context.chrome(Section::Runs),
        of_query: match request.saved_query_id {
            Some(id) => Some(query_link(&storage, asker, id).await?),
            None => None,
        },
        states: state_filters(request),
        whose: context.whose_shown(request.whose),
        hidden: RunsRequest { whose: Whose::All, before: None, ..request }.pairs(),
        is_filtered: request.is_filtered(),
        pager,
        table: TableView::new("Runs, newest first", &COLUMNS, &rows),
    };
    Ok(context.render(&page))
}

/// The query whose runs are listed; without its name for those who do not see it.
async fn query_link(storage: &Storage, asker: &Asker, id: i64) -> Result<Link, StorageError> {
    let query = storage.find_query(asker, id).await?;
    Ok(match query {
        Some(query) => link(query.name, paths::query_form(id)),
        None => link(format!("number {id}"), ""),
    })
}

fn row(
    run: Run,
    shared: Option<String>,
    way_back: &str,
    brokers: &Brokers,
    now: DateTime<Utc>,
) -> RunRow {
    RunRow {
        href: paths::run_page(run.id, way_back),
        broker: brokers.name_of(&run.broker),
        shared,
        created: moment(run.created, now),
        duration: run.duration(now).map(duration_text),
        run,
    }
}

fn summary(position: ListPosition, n_rows: usize) -> String {
    if position.n_all == 0 {
        return String::new();
    }
    let [n_before, n_all] = [position.n_before, position.n_all].map(Count::up_to_most);
    format!("{}, newest first", Pager::summary(n_before, n_rows, n_all))
}

fn state_filters(request: RunsRequest) -> Vec<StateFilter> {
    let href = |state| RunsRequest { state, before: None, ..request }.href();
    let all = StateFilter {
        label: "All".to_owned(),
        href: href(None),
        is_current: request.state.is_none(),
    };
    let states = RunState::ALL.into_iter().map(|state| StateFilter {
        label: state_chip(state).label.to_owned(),
        href: href(Some(state)),
        is_current: request.state == Some(state),
    });
    std::iter::once(all).chain(states).collect()
}
