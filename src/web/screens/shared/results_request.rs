//! What the address of a run's results asks for: order, columns, page and size of it. What is opened from the results carries it, so
//! that its way back leads to the same page in the same order.

use super::{
    result_columns::{COLUMNS, order_from, order_words, word_of},
    runs_request::RunsRequest,
};
use crate::{
    domain::{found_alert::SortOrder, run::RunId},
    storage::{Cursor, PageCursor},
    web::{
        frame::{error::Error, extract::Pairs, page_query::refused, parameters::Parameter},
        paths,
        widgets::column_choice::ColumnChoice,
    },
};

/// Rows of a page that can be chosen; the second is what one gets.
pub(in crate::web) const PAGE_SIZES: [u32; 4] = [25, 50, 100, 200];
const DEFAULT_PAGE_SIZE: u32 = 50;

/// What the address of a results page asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct ResultsRequest {
    pub(in crate::web) order: SortOrder,
    pub(in crate::web) columns: ColumnChoice,
    pub(in crate::web) cursor: PageCursor,
    pub(in crate::web) page_size: Option<u32>,
    /// The list that the run was opened from.
    pub(in crate::web) runs: RunsRequest,
}

impl ResultsRequest {
    /// What the address of the results takes.
    pub(in crate::web) fn parameters() -> Vec<Parameter> {
        let mut taken = vec![
            Parameter::word("order", order_words()),
            Parameter::texts("columns"),
            Parameter::text("after"),
            Parameter::text("before"),
            Parameter::word("page_size", PAGE_SIZES.map(|size| size.to_string())),
        ];
        taken.extend(RunsRequest::carried_parameters());
        taken
    }

    /// Reads `order`, `columns`, `after` or `before`, `page_size`, and the list.
    pub(in crate::web) fn parse(query: &Pairs) -> Result<Self, Error> {
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
        let columns = ColumnChoice::parse(&COLUMNS, query.all("columns"))
            .map_err(|message| refused("columns", &message))?;
        let page_size = query.text("page_size").and_then(|size| size.parse().ok());
        Ok(Self { order, columns, cursor, page_size, runs: RunsRequest::parse_carried(query) })
    }

    /// Rows of a page.
    pub(in crate::web) fn rows(&self) -> u32 {
        self.page_size.unwrap_or(DEFAULT_PAGE_SIZE)
    }

    /// The address of another page in the same order and size.
    pub(in crate::web) fn href_of_page(&self, run_id: RunId, cursor: &PageCursor) -> String {
        Self { cursor: cursor.clone(), ..self.clone() }.href(run_id)
    }

    /// The address that asks for just this, and leads to the table.
    pub(in crate::web) fn href(&self, run_id: RunId) -> String {
        format!("{}#results", self.href_anew(run_id))
    }

    /// The same from the top of the page: a browser that is there already asks for it anew.
    pub(in crate::web) fn href_anew(&self, run_id: RunId) -> String {
        paths::run_page(run_id, &paths::query_string_of(&self.pairs()))
    }

    /// What the addresses by which a page follows its run take: the results, and how many of them are shown.
    pub(in crate::web) fn parameters_of_followers() -> Vec<Parameter> {
        let mut taken = Self::parameters();
        taken.push(Parameter::whole("shown", 0, i64::MAX));
        taken
    }

    /// The address by which a page follows its run, of which it shows so many alerts: `end` is "events/" or "progress/".
    pub(in crate::web) fn follower_href(&self, run_id: RunId, end: &str, shown: u64) -> String {
        let from_start = Self { cursor: PageCursor::Start, ..self.clone() };
        let mut pairs = from_start.pairs();
        pairs.push(("shown", shown.to_string()));
        format!("{}{}", paths::run_page(run_id, end), paths::query_string_of(&pairs))
    }

    /// The parts of its address.
    pub(in crate::web) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if self.order != SortOrder::default() {
            pairs.push(("order", word_of(self.order)));
        }
        pairs.extend(self.columns.text(&COLUMNS).map(|names| ("columns", names)));
        pairs.extend(self.page_size.map(|size| ("page_size", size.to_string())));
        match &self.cursor {
            PageCursor::Start => {}
            PageCursor::After(place) => pairs.push(("after", place.to_string())),
            PageCursor::Before(place) => pairs.push(("before", place.to_string())),
        }
        pairs.extend(self.runs.carried());
        pairs
    }
}
