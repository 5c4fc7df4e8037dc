//! A page of a longer list, and the line that turns pages.

use askama::Template;

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
}

/// A choice of how many rows a page holds.
#[derive(Clone, Debug)]
pub(crate) struct PageSize {
    pub(crate) label: String,
    /// The same page with so many rows.
    pub(crate) href: String,
    pub(crate) is_current: bool,
}
