//! The results of a run: the table, its order and pages, and what to say when it is empty.

use std::sync::Arc;

use crate::{
    domain::{
        found_alert::FoundAlert,
        run::{Run, RunState},
        sharing::Asker,
    },
    storage::{PageCursor, ResultPage, Storage, StorageError},
    web::{
        paths,
        screens::shared::{
            parameters::filter_of,
            result_columns::{COLUMNS, ResultRow},
            results_request::{PAGE_SIZES, ResultsRequest},
            way_back::of_results,
        },
        widgets::{
            column_choice::{ColumnChoice, ColumnChooser},
            controls::Link,
            pager::{PageSize, Pager},
            table::{TableView, Tick},
            words::{counted, grouped, link},
        },
    },
};

/// The alerts of a run, or why there are none.
#[derive(Debug)]
pub(super) enum Results {
    Table(Box<ResultTable>),
    Empty(EmptyResults),
}

/// Why a run has no alerts.
#[derive(Clone, Debug)]
pub(super) struct EmptyResults {
    /// What is so: "0 received in 30 s".
    pub(super) title: String,
    /// Why that may be and what helps, a sentence each.
    pub(super) advice: Vec<String>,
    /// Where to go: "Loosen the query".
    pub(super) links: Vec<Link>,
}

/// A page of a run's alerts.
#[derive(Debug)]
pub(super) struct ResultTable {
    pub(super) table: TableView,
    pub(super) pager: Pager,
    pub(super) selection: Selection,
    /// What the form that chooses columns sends besides them.
    pub(super) kept: Vec<(&'static str, String)>,
}

/// What is ticked, over all pages of the run.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    /// Where the table's form is sent: `/runs/{id}/selection/`.
    pub(super) action: String,
    /// Address of this page, sent along so that the answer leads back to it.
    pub(super) next: String,
    /// How many alerts of the run are ticked.
    pub(super) selected: u64,
    pub(super) selected_here: usize,
    pub(super) total: u64,
}

impl Selection {
    pub(super) fn selected_text(&self) -> String {
        grouped(self.selected)
    }

    pub(super) fn total_text(&self) -> String {
        grouped(self.total)
    }
}

/// The results of a run as a member sees them.
pub(super) async fn results_view(
    storage: &Storage,
    run: &Run,
    asker: &Asker,
    request: &ResultsRequest,
) -> Result<Results, StorageError> {
    if run.counts.stored == 0 {
        return Ok(Results::Empty(empty_results(run)));
    }
    let page =
        storage.list_results(asker, run.id, request.order, &request.cursor, request.rows()).await?;
    let all_columns = ResultsRequest { columns: ColumnChoice::default(), ..request.clone() };
    Ok(Results::Table(Box::new(ResultTable {
        kept: all_columns.pairs(),
        pager: pager(run, request, &page),
        selection: Selection {
            action: paths::run_page(run.id, "selection/"),
            next: request.href(run.id),
            selected: page.n_selected,
            selected_here: page.rows.iter().filter(|alert| alert.is_selected).count(),
            total: run.counts.stored,
        },
        table: table(run, request, page.rows, asker.may_work()),
    })))
}

fn table(
    run: &Run,
    request: &ResultsRequest,
    alerts: Vec<FoundAlert>,
    may_tick: bool,
) -> TableView {
    let href =
        |order| ResultsRequest { order, cursor: PageCursor::Start, ..request.clone() }.href(run.id);
    let caption = format!("Alerts of run {}", run.id);
    let way_back: Arc<str> = paths::query_string_of(&of_results(run.id, request)).into();
    let row = |alert| ResultRow { alert, way_back: Arc::clone(&way_back) };
    let rows: Vec<ResultRow> = alerts.into_iter().map(row).collect();
    let table = TableView::chosen(caption, &request.columns, &COLUMNS, &rows, request.order, &href);
    let table = table.class("results");
    if !may_tick {
        return table;
    }
    table.ticks(rows.iter().map(|ResultRow { alert, .. }| Tick {
        id: alert.id,
        is_ticked: alert.is_selected,
        label: format!("{} {}", alert.object_id, alert.source_id),
    }))
}

fn pager(run: &Run, request: &ResultsRequest, page: &ResultPage) -> Pager {
    let is_start = matches!(request.cursor, PageCursor::Start);
    let sizes = PAGE_SIZES.map(|size| PageSize {
        label: size.to_string(),
        href: ResultsRequest {
            page_size: Some(size),
            cursor: PageCursor::Start,
            ..request.clone()
        }
        .href(run.id),
        is_current: size == request.rows(),
    });
    Pager {
        summary: Pager::summary(page.n_before, page.rows.len(), run.counts.stored),
        what: "alerts".to_owned(),
        first: (!is_start).then(|| request.href_of_page(run.id, &PageCursor::Start)),
        previous: page
            .previous
            .clone()
            .map(|place| request.href_of_page(run.id, &PageCursor::Before(place))),
        next: page
            .next
            .clone()
            .map(|place| request.href_of_page(run.id, &PageCursor::After(place))),
        sizes: sizes.to_vec(),
        columns: Some(chooser(run, request)),
    }
}

fn chooser(run: &Run, request: &ResultsRequest) -> ColumnChooser {
    let usual = ResultsRequest { columns: ColumnChoice::default(), ..request.clone() };
    ColumnChooser {
        boxes: request.columns.boxes(&COLUMNS),
        usual: if usual == *request { String::new() } else { usual.href(run.id) },
    }
}

/// What to say when there is nothing to show: the reason, and what to change.
fn empty_results(run: &Run) -> EmptyResults {
    let edit = paths::query_string(&[("broker", &run.broker), ("from_run", &run.id.to_string())]);
    let refine = link("Change the query", format!("{}{edit}", paths::NEW_QUERY));
    if run.state.is_live() {
        return EmptyResults {
            // It stays while the run begins and alerts come: whoever reads it asks for them when they like.
            title: "No alerts shown yet".to_owned(),
            advice: vec![
                "They are counted above as they arrive. You can leave this page: the run continues."
                    .to_owned(),
            ],
            links: Vec::new(),
        };
    }
    let strictest = run.counts.rejected_by.iter().max_by_key(|(_, n)| **n);
    let (title, advice) = match (run.counts.received, strictest) {
        (0, _) if run.state != RunState::Finished => (
            "No alerts".to_owned(),
            vec![
                "The run ended before anything was received. What happened is said above."
                    .to_owned(),
            ],
        ),
        (0, _) => (
            "Nothing was received".to_owned(),
            vec!["The source had nothing for this query.".to_owned()],
        ),
        (received, Some((rule, n))) => (
            format!("{} received, none passed", counted(received, "alert")),
            vec![format!(
                "The rule that rejected most was “{}”: {}. Loosen or clear it to see more.",
                filter_of(run).rule_words(rule),
                counted(*n, "alert")
            )],
        ),
        (received, None) => (
            format!("{} received, none readable", counted(received, "packet")),
            vec!["The list of unreadable packets says why.".to_owned()],
        ),
    };
    EmptyResults { title, advice, links: vec![refine] }
}
