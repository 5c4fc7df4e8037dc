//! Parts of tables: column headings that sort, and the line that turns pages.

use askama::Template;

/// A column heading that is a link: it sorts by its column.
#[derive(Clone, Debug, Template)]
#[template(path = "widgets/sort_header.html")]
pub(crate) struct SortHeader {
    /// Words of the heading.
    pub(crate) label: String,
    /// Unit or meaning in small print under the words; empty where plain.
    pub(crate) note: String,
    /// The same page in the order that a click asks for; empty for a column that does not sort.
    pub(crate) href: String,
    /// Whether the table is in the order of this column.
    pub(crate) order: SortOrder,
    /// Whether the column holds numbers, set to the right.
    pub(crate) is_numeric: bool,
}

/// The order of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortOrder {
    /// The table is in another order.
    #[default]
    Unsorted,
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl SortOrder {
    /// Value of `aria-sort`.
    pub(crate) fn aria(self) -> &'static str {
        match self {
            Self::Unsorted => "none",
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }

    /// The arrow beside the words.
    pub(crate) fn arrow(self) -> &'static str {
        match self {
            Self::Unsorted => "↕",
            Self::Ascending => "↑",
            Self::Descending => "↓",
        }
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
    /// The page before.
    pub(crate) previous: Option<String>,
    /// The page after.
    pub(crate) next: Option<String>,
    /// Choices of page size; empty where there is none.
    pub(crate) sizes: Vec<PageSize>,
}

/// A choice of how many rows a page holds.
#[derive(Clone, Debug)]
pub(crate) struct PageSize {
    /// The number.
    pub(crate) label: String,
    /// The same page with so many rows.
    pub(crate) href: String,
    /// Whether this page has so many.
    pub(crate) is_current: bool,
}
