//! The results of a run: the table, its order and pages, and what to say when it is empty.

use crate::{
    domain::{
        found_alert::SortOrder,
        run::{Run, RunState},
        sharing::Asker,
    },
    storage::{Cursor, PageCursor, ResultPage, Storage, StorageError},
    web::{
        frame::{
            error::Error,
            page_query::{Query, refused},
            parameters::Parameter,
        },
        paths,
        screens::shared::{
            parameters::filter_of,
            result_columns::{COLUMNS, order_from, order_words, word_of},
        },
        widgets::{
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

/// Rows of a page that can be chosen; the second is what one gets.
const PAGE_SIZES: [u32; 4] = [25, 50, 100, 200];
const DEFAULT_PAGE_SIZE: u32 = 50;

/// What the address of a results page asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ResultsRequest {
    order: SortOrder,
    cursor: PageCursor,
    page_size: Option<u32>,
}

impl ResultsRequest {
    /// Reads `order`, `after` or `before`, and `page_size`.
    pub(super) fn parse(query: Query) -> Result<Self, Error> {
        let query = query.taking(&[
            Parameter::word("order", order_words()),
            Parameter::text("after"),
            Parameter::text("before"),
            Parameter::word("page_size", PAGE_SIZES.map(|size| size.to_string())),
        ])?;
        let order = query.text("order").and_then(order_from).unwrap_or_default();
        let place = |name: &str, text: &str| {
            let place = Cursor::parse(text, order.column);
            place.ok_or_else(|| refused(name, "This is no place in a list in this order."))
        };
        let cursor = match (query.text("after"), query.text("before")) {
            (Some(_), Some(_)) => return Err(refused("before", "Give it without “after”.")),
            (Some(text), None) => PageCursor::After(place("after", text)?),
            (None, Some(text)) => PageCursor::Before(place("before", text)?),
            (None, None) => PageCursor::Start,
        };
        let page_size = query.text("page_size").and_then(|size| size.parse().ok());
        Ok(Self { order, cursor, page_size })
    }

    fn rows(&self) -> u32 {
        self.page_size.unwrap_or(DEFAULT_PAGE_SIZE)
    }

    /// The address of another page in the same order and size.
    fn href(&self, run: &Run, cursor: &PageCursor) -> String {
        Self { cursor: cursor.clone(), ..self.clone() }.own_href(run)
    }

    /// The address that asks for just this.
    pub(super) fn own_href(&self, run: &Run) -> String {
        let (after, before) = match &self.cursor {
            PageCursor::Start => (String::new(), String::new()),
            PageCursor::After(place) => (place.to_string(), String::new()),
            PageCursor::Before(place) => (String::new(), place.to_string()),
        };
        let order =
            if self.order == SortOrder::default() { String::new() } else { word_of(self.order) };
        let size = self.page_size.map(|size| size.to_string()).unwrap_or_default();
        let query = paths::query_string(&[
            ("order", &order),
            ("page_size", &size),
            ("after", &after),
            ("before", &before),
        ]);
        paths::run_page(run.id, &query)
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
    Ok(Results::Table(Box::new(ResultTable {
        table: table(run, request, &page, asker.may_work()),
        pager: pager(run, request, &page),
        selection: Selection {
            action: paths::run_page(run.id, "selection/"),
            next: request.own_href(run),
            selected: page.n_selected,
            selected_here: page.rows.iter().filter(|alert| alert.is_selected).count(),
            total: run.counts.stored,
        },
    })))
}

fn table(run: &Run, request: &ResultsRequest, page: &ResultPage, may_tick: bool) -> TableView {
    let href = |order| {
        let start = PageCursor::Start;
        ResultsRequest { order, cursor: start, page_size: request.page_size }.own_href(run)
    };
    let caption = format!("Alerts of run {}", run.id);
    let table = TableView::sorted(caption, &COLUMNS, &page.rows, request.order, &href);
    let table = table.class("results");
    if !may_tick {
        return table;
    }
    table.ticks(page.rows.iter().map(|alert| Tick {
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
        .own_href(run),
        is_current: size == request.rows(),
    });
    Pager {
        summary: Pager::summary(page.n_before, page.rows.len(), run.counts.stored),
        what: "alerts".to_owned(),
        first: (!is_start).then(|| request.href(run, &PageCursor::Start)),
        previous: page.previous.clone().map(|place| request.href(run, &PageCursor::Before(place))),
        next: page.next.clone().map(|place| request.href(run, &PageCursor::After(place))),
        sizes: sizes.to_vec(),
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
