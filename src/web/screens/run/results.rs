//! The results of a run: the table, its order and pages, and what to say when it is empty.

use crate::{
    domain::{
        filter::Rule,
        found_alert::{FoundAlert, SortColumn, SortOrder},
        run::Run,
        sharing::TeamScope,
        sky::Position,
    },
    storage::{Cursor, PageCursor, ResultPage, Storage, StorageError},
    web::{
        frame::extract::Pairs,
        paths,
        widgets::{
            brightness::Magnitude,
            controls::{Link, TargetChip, TimeView},
            table::{PageSize, Pager, SortHeader, SortOrder as HeaderOrder},
            words::{
                counted, grouped, link, magnitude, observed, position_text, query_string, score,
            },
        },
    },
};

/// The alerts of a run, or why there are none.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub(super) struct ResultTable {
    pub(super) headers: ResultHeaders,
    pub(super) rows: Vec<AlertRow>,
    pub(super) pager: Pager,
    pub(super) selection: Selection,
}

/// Headings of the results.
#[derive(Clone, Debug)]
pub(super) struct ResultHeaders {
    pub(super) time: SortHeader,
    pub(super) name: SortHeader,
    pub(super) ra: SortHeader,
    pub(super) dec: SortHeader,
    pub(super) mag: SortHeader,
    /// The broker's score; its note says which.
    pub(super) score: SortHeader,
    pub(super) rb: SortHeader,
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
    pub(super) total: u64,
}

/// An alert of a run.
#[derive(Clone, Debug)]
pub(super) struct AlertRow {
    pub(super) id: String,
    pub(super) is_selected: bool,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) source_id: String,
    /// Time of the observation, with its MJD.
    pub(super) time: TimeView,
    /// Right ascension, sexagesimal: `10 00 24.12`.
    pub(super) ra: String,
    /// Right ascension in degrees: `150.100500`.
    pub(super) ra_degrees: String,
    /// Declination, sexagesimal: `+02 12 00.4`.
    pub(super) dec: String,
    /// Declination in degrees: `+2.200111`.
    pub(super) dec_degrees: String,
    pub(super) magnitude: Option<Magnitude>,
    pub(super) score: Option<String>,
    pub(super) rb: Option<String>,
    /// The target that the object is already.
    pub(super) target: Option<TargetChip>,
}

impl ResultTable {
    /// Number of ticks on this page.
    pub(super) fn selected_here(&self) -> usize {
        self.rows.iter().filter(|row| row.is_selected).count()
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
            action: format!("{}selection/", paths::run(run.id)),
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
        href: paths::alert(alert.survey, alert.source_id),
        source_id: alert.source_id.to_string(),
        time: observed(alert.jd, None),
        ra,
        ra_degrees,
        dec,
        dec_degrees,
        magnitude: magnitude(alert.mag, alert.mag_err, alert.band.as_deref(), alert.is_positive),
        score: score(alert.classtar),
        rb: score(alert.rb),
        target: alert
            .target
            .as_ref()
            .map(|target| TargetChip { name: target.name.clone(), href: paths::target(target.id) }),
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
                Rule::sentence_of(rule),
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
