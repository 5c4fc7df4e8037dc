//! The results of a run: the table, its order and pages, and what to say when it is empty.

use super::run_progress::rule_in_words;
use crate::{
    domain::{
        found_alert::{FoundAlert, SortColumn, SortOrder},
        run::Run,
        sharing::TeamScope,
        sky::Position,
    },
    storage::{Cursor, PageCursor, ResultPage, Storage, StorageError},
    web::{
        extract::Pairs,
        present::{
            alert_href, counted, grouped, link, magnitude, observed, position_text, query_string,
            score,
        },
        views::{
            controls::TargetChip,
            run::{AlertRow, EmptyResults, ResultHeaders, ResultTable, Results, Selection},
            table::{PageSize, Pager, SortHeader, SortOrder as HeaderOrder},
        },
    },
};

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
    /// Reads `order`, `after` or `before`, and `page_size`; what is not understood counts as not said.
    pub(super) fn parse(query: &Pairs) -> Self {
        let order = query.text("order").and_then(SortOrder::from_id).unwrap_or_default();
        let cursor_of = |name| query.text(name).and_then(|text| Cursor::parse(text, order.column));
        let cursor = match (cursor_of("after"), cursor_of("before")) {
            (Some(place), _) => PageCursor::After(place),
            (None, Some(place)) => PageCursor::Before(place),
            (None, None) => PageCursor::Start,
        };
        let page_size = query
            .number("page_size")
            .and_then(|size| PAGE_SIZES.into_iter().find(|allowed| i64::from(*allowed) == size));
        Self { order, cursor, page_size }
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
            if self.order == SortOrder::default() { String::new() } else { self.order.id() };
        let size = self.page_size.map(|size| size.to_string()).unwrap_or_default();
        let query = query_string(&[
            ("order", &order),
            ("page_size", &size),
            ("after", &after),
            ("before", &before),
        ]);
        format!("/runs/{}/{query}", run.id)
    }
}

/// The results of a run as a member sees them.
pub(super) async fn results_view(
    storage: &Storage,
    run: &Run,
    scope: &TeamScope,
    request: &ResultsRequest,
) -> Result<Results, StorageError> {
    if run.counts.stored == 0 {
        return Ok(Results::Empty(empty_results(run)));
    }
    let page =
        storage.list_results(scope, run.id, request.order, &request.cursor, request.rows()).await?;
    Ok(Results::Table(Box::new(ResultTable {
        headers: headers(run, request),
        pager: pager(run, request, &page),
        rows: page.rows.iter().map(alert_row).collect(),
        selection: Selection {
            action: format!("/runs/{}/selection/", run.id),
            next: request.own_href(run),
            selected: page.n_selected,
            total: run.counts.stored,
        },
    })))
}

fn alert_row(alert: &FoundAlert) -> AlertRow {
    let position = Position::new(alert.ra, alert.dec).map(position_text);
    let (ra, ra_degrees, dec, dec_degrees) = match position {
        Ok(text) => (text.ra, text.ra_degrees, text.dec, text.dec_degrees),
        Err(_) => (alert.ra.to_string(), String::new(), alert.dec.to_string(), String::new()),
    };
    AlertRow {
        id: alert.id.to_string(),
        is_selected: alert.is_selected,
        name: alert.object_id.clone(),
        href: alert_href(alert.survey, alert.source_id),
        source_id: alert.source_id.to_string(),
        time: observed(alert.jd, None),
        ra,
        ra_degrees,
        dec,
        dec_degrees,
        magnitude: magnitude(alert.mag, alert.mag_err, alert.band.as_deref(), alert.is_positive),
        score: score(alert.classtar),
        rb: score(alert.rb),
        target: alert.target.as_ref().map(|target| TargetChip {
            name: target.name.clone(),
            href: format!("/targets/{}/", target.id),
        }),
    }
}

fn headers(run: &Run, request: &ResultsRequest) -> ResultHeaders {
    let header = |column: SortColumn, label: &str, note: &str, is_numeric: bool| {
        let is_current = request.order.column == column;
        // A time is wanted newest first, a score best first; everything else begins at its low end.
        let first_descending =
            matches!(column, SortColumn::Time | SortColumn::Score | SortColumn::Rb);
        let descending = if is_current { !request.order.descending } else { first_descending };
        let next = ResultsRequest {
            order: SortOrder { column, descending },
            cursor: PageCursor::Start,
            page_size: request.page_size,
        };
        SortHeader {
            label: label.to_owned(),
            note: note.to_owned(),
            href: next.own_href(run),
            order: match (is_current, request.order.descending) {
                (false, _) => HeaderOrder::Unsorted,
                (true, false) => HeaderOrder::Ascending,
                (true, true) => HeaderOrder::Descending,
            },
            is_numeric,
        }
    };
    ResultHeaders {
        time: header(SortColumn::Time, "Time", "UTC", false),
        name: header(SortColumn::Name, "Name", "", false),
        ra: header(SortColumn::Ra, "RA", "ICRS", true),
        dec: header(SortColumn::Dec, "Dec", "ICRS", true),
        mag: header(SortColumn::Mag, "Mag", "diff, AB", true),
        score: header(SortColumn::Score, "Score", "classtar", true),
        rb: header(SortColumn::Rb, "rb", "", true),
    }
}

fn pager(run: &Run, request: &ResultsRequest, page: &ResultPage) -> Pager {
    let first = page.n_before + 1;
    let last = page.n_before + page.rows.len() as u64;
    let is_start = matches!(request.cursor, PageCursor::Start);
    let summary = match page.rows.len() {
        0 => format!("No alerts here; the run has {}", grouped(run.counts.stored)),
        _ => format!("{}–{} of {}", grouped(first), grouped(last), grouped(run.counts.stored)),
    };
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
        summary,
        what: "alerts".to_owned(),
        first: (!is_start).then(|| request.href(run, &PageCursor::Start)),
        previous: page.previous.clone().map(|place| request.href(run, &PageCursor::Before(place))),
        next: page.next.clone().map(|place| request.href(run, &PageCursor::After(place))),
        sizes: sizes.to_vec(),
    }
}

/// What to say when there is nothing to show: the reason, and what to change.
fn empty_results(run: &Run) -> EmptyResults {
    let edit = query_string(&[("broker", &run.broker), ("from_run", &run.id.to_string())]);
    let refine = link("Change the query", format!("/alerts/query/create/{edit}"));
    if run.state.is_live() {
        return EmptyResults {
            // It stays while the run begins and alerts come: whoever reads it asks for them when they like.
            title: "No alerts shown yet".to_owned(),
            advice: vec![
                "They are counted above as they come. You may leave this page: the run goes on without it."
                    .to_owned(),
            ],
            links: Vec::new(),
        };
    }
    let strictest = run.counts.rejected_by.iter().max_by_key(|(_, n)| **n);
    let (title, advice) = match (run.counts.received, strictest) {
        (0, _) => (
            "Nothing was received".to_owned(),
            vec!["Nothing came from where the query looked.".to_owned()],
        ),
        (received, Some((rule, n))) => (
            format!("{} received, none kept", counted(received, "alert")),
            vec![format!(
                "The rule that rejected most was “{}”: {}. Loosen or clear it to see more.",
                rule_in_words(rule),
                counted(*n, "alert")
            )],
        ),
        (received, None) => (
            format!("{} received, none readable", counted(received, "packet")),
            vec!["They were set aside; the list of unreadable packets says why.".to_owned()],
        ),
    };
    EmptyResults { title, advice, links: vec![refine] }
}
