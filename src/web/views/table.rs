//! Parts of tables: column headings that sort, and the line that turns pages.

use askama::Template;

/// A column heading that is a link: it sorts by its column.
#[derive(Clone, Debug, Template)]
#[template(path = "components/sort_header.html")]
pub struct SortHeader {
    /// Words of the heading.
    pub label: String,
    /// Unit or meaning in small print under the words; empty where plain.
    pub note: String,
    /// The same page in the order that a click asks for; empty for a column that does not sort.
    pub href: String,
    /// Whether the table is in the order of this column.
    pub order: SortOrder,
    /// Whether the column holds numbers, set to the right.
    pub is_numeric: bool,
}

/// The order of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortOrder {
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
    pub fn aria(self) -> &'static str {
        match self {
            Self::Unsorted => "none",
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }

    /// The arrow beside the words.
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Unsorted => "↕",
            Self::Ascending => "↑",
            Self::Descending => "↓",
        }
    }
}

/// The line under a table that turns pages.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "components/pager.html")]
pub struct Pager {
    /// What is shown: "1–50 of 412".
    pub summary: String,
    /// What is paged, for the name of the landmark: "alerts".
    pub what: String,
    /// The first page, unless this is it.
    pub first: Option<String>,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// Choices of page size; empty where there is none.
    pub sizes: Vec<PageSize>,
}

/// A choice of how many rows a page holds.
#[derive(Clone, Debug)]
pub struct PageSize {
    /// The number.
    pub label: String,
    /// The same page with so many rows.
    pub href: String,
    /// Whether this page has so many.
    pub is_current: bool,
}
