//! A page of a longer list, and the line that turns pages.

use askama::Template;

use super::{column_choice::ColumnChooser, words::grouped};
use crate::domain::count::Count;

/// Some rows of a longer list, and whether there are more.
#[derive(Clone, Debug)]
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) has_more: bool,
}

impl<T> Page<T> {
    /// Cuts what was read to a page of `size` rows; one row more than that was asked for, to see whether there are more.
    pub(crate) fn cut(mut rows: Vec<T>, size: u16) -> Self {
        let has_more = rows.len() > usize::from(size);
        rows.truncate(usize::from(size));
        Self { rows, has_more }
    }

    /// The `number`th page, counted from 1, of a list that is there as a whole; beyond its end there are no rows.
    pub(crate) fn nth(rows: Vec<T>, number: usize, size: u16) -> Self {
        let n_before = number.saturating_sub(1).saturating_mul(size.into());
        Self::cut(rows.into_iter().skip(n_before).collect(), size)
    }

    /// The last row, where another page follows it.
    pub(crate) fn last_before_more(&self) -> Option<&T> {
        self.rows.last().filter(|_| self.has_more)
    }
}

/// The line under a table that turns pages.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "widgets/pager.html")]
pub(crate) struct Pager {
    /// What is shown: "1–50 of 412".
    pub(crate) summary: String,
    /// What is paged, for the name of the landmark: "alerts".
    pub(crate) what: String,
    /// The first page, unless this is it.
    pub(crate) first: Option<String>,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
    /// Choices of page size; empty where there is none.
    pub(crate) sizes: Vec<PageSize>,
    /// Where columns can be chosen.
    pub(crate) columns: Option<ColumnChooser>,
}

impl Pager {
    /// "51–100 of 412": the rows of a page with so many before it. A page beyond the end says so, and so does one that
    /// lies further on than rows are counted.
    pub(crate) fn summary(
        n_before: impl Into<Count>,
        n_rows: usize,
        n_all: impl Into<Count>,
    ) -> String {
        let n_all = n_all.into().in_words();
        match (n_rows, n_before.into()) {
            (0, _) => format!("None here, {n_all} in all"),
            (_, Count::MoreThan(n)) => format!("Beyond the first {}", grouped(n)),
            (_, Count::Exactly(n)) => {
                format!("{}–{} of {n_all}", grouped(n + 1), grouped(n + n_rows as u64))
            }
        }
    }
}

/// A choice of how many rows a page holds.
#[derive(Clone, Debug)]
pub(crate) struct PageSize {
    pub(crate) label: String,
    /// The same page with so many rows.
    pub(crate) href: String,
    pub(crate) is_current: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_whole_list_hold_every_row_once() {
        let pages = [1, 2, 3, 4].map(|number| Page::nth((0..5).collect::<Vec<_>>(), number, 2));
        let rows = pages.each_ref().map(|page| page.rows.clone());
        assert_eq!(rows, [vec![0, 1], vec![2, 3], vec![4], vec![]]);
        assert_eq!(pages.map(|page| page.has_more), [true, true, false, false]);
    }

    #[test]
    fn a_page_says_which_rows_of_how_many_it_has() {
        assert_eq!(Pager::summary(1_000, 50, 4_120), "1,001–1,050 of 4,120");
        assert_eq!(Pager::summary(0, 0, 4_120), "None here, 4,120 in all");
        let many = Count::MoreThan(10_000);
        assert_eq!(Pager::summary(100, 50, many), "101–150 of more than 10,000");
        assert_eq!(Pager::summary(many, 50, many), "Beyond the first 10,000");
    }
}
