//! `/runs/`: the history of runs.

use askama::Template;
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};

use crate::{
    brokers::Brokers,
    clock::Clock,
    domain::{
        run::{Run, RunState},
        sharing::Whose,
    },
    storage::{ListPosition, RunFilter, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            page_query::Query,
            parameters::Parameter,
        },
        paths,
        screens::shared::share::sharing_labels,
        widgets::{
            cell::{Cell, Content, Part},
            controls::TimeView,
            pager::{Page, Pager},
            table::{Column, TableView},
            words::{duration_text, grouped, moment, run_title, state_chip},
        },
    },
};

/// The page `/runs/`.
#[derive(Debug, Template)]
#[template(path = "screens/run/list.html")]
struct RunListPage {
    chrome: Chrome,
    states: Vec<StateFilter>,
    table: TableView,
    /// Whose are listed; absent where nobody else is in.
    whose: Option<Whose>,
    /// The state that is listed, for the form that chooses whose.
    state: String,
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
    broker: String,
    /// With whom it is shared, where that is not the whole team.
    shared: Option<String>,
    created: TimeView,
    /// How long it took or has taken: "8.1 s"; absent before it began.
    duration: Option<String>,
}

const COLUMNS: [Column<RunRow>; 9] = [
    Column::number("id", "Run", |row: &RunRow| row.run.id.to_string().into()),
    Column::title("query", "Query", |row: &RunRow| Part::of(RunTitle::of(&row.run)).into()),
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
    fn of(run: &Run) -> Self {
        Self {
            id: run.id,
            href: paths::run(run.id),
            query: run_title(run),
            is_of_listener: run.day.is_some(),
        }
    }
}

/// Rows of a page.
const PAGE_SIZE: u16 = 50;

/// `GET /runs/`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
) -> Result<Response, Error> {
    let query = query.taking(&[
        Parameter::word("state", RunState::ALL.map(RunState::id)),
        Parameter::word("whose", Whose::ALL.map(Whose::id)),
        Parameter::any_whole("before"),
    ])?;
    let state = query.text("state").and_then(RunState::from_id);
    let before = query.number("before");
    let whose = query.text("whose").and_then(Whose::from_id).unwrap_or_default();
    let filter = RunFilter { state, before, whose, ..RunFilter::default() };
    let runs = storage.list_runs(&context.asker, filter, i64::from(PAGE_SIZE) + 1).await?;
    let page = Page::cut(runs, PAGE_SIZE);
    let n_rows = page.rows.len();
    let position = storage.count_runs(&context.asker, filter).await?;
    let now = clock.now();
    let labels =
        sharing_labels(&storage, &context, page.rows.iter().map(|run| &run.sharing)).await?;
    let href = |before: Option<i64>| {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        format!(
            "{}{}",
            paths::RUNS,
            paths::query_string(&[
                ("state", state.map_or("", RunState::id)),
                ("whose", whose_word(whose)),
                ("before", &before)
            ])
        )
    };
    let next = page.last_before_more().map(|run| href(Some(run.id)));
    let rows = page.rows.into_iter().zip(labels);
    let rows: Vec<_> = rows.map(|(run, shared)| row(run, shared, &brokers, now)).collect();
    let page = RunListPage {
        chrome: context.chrome(Section::Runs),
        states: state_filters(state, whose),
        whose: context.whose_shown(whose),
        state: state.map_or("", RunState::id).to_owned(),
        is_filtered: state.is_some() || whose != Whose::All,
        pager: Pager {
            summary: summary(position, n_rows),
            what: "runs".to_owned(),
            first: before.map(|_| href(None)),
            next,
            ..Pager::default()
        },
        table: TableView::new("Runs, newest first", &COLUMNS, &rows),
    };
    Ok(context.render(&page))
}

fn row(run: Run, shared: Option<String>, brokers: &Brokers, now: DateTime<Utc>) -> RunRow {
    RunRow {
        broker: brokers.name_of(&run.broker),
        shared,
        created: moment(run.created, now),
        duration: run.duration(now).map(duration_text),
        run,
    }
}

fn summary(position: ListPosition, n_rows: usize) -> String {
    match position.n_all {
        0 => String::new(),
        n_all => format!("{}, newest first", Pager::summary(position.n_before, n_rows, n_all)),
    }
}

fn whose_word(whose: Whose) -> &'static str {
    if whose == Whose::All { "" } else { whose.id() }
}

fn state_filters(current: Option<RunState>, whose: Whose) -> Vec<StateFilter> {
    let href = |state: &str| {
        let pairs = [("state", state), ("whose", whose_word(whose))];
        format!("{}{}", paths::RUNS, paths::query_string(&pairs))
    };
    let all =
        StateFilter { label: "All".to_owned(), href: href(""), is_current: current.is_none() };
    let states = RunState::ALL.into_iter().map(|state| StateFilter {
        label: state_chip(state).label.to_owned(),
        href: href(state.id()),
        is_current: current == Some(state),
    });
    std::iter::once(all).chain(states).collect()
}
