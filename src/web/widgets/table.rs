//! A table of rows in columns: headings that sort by them, cells, boxes to tick.

use askama::Template;

use super::{
    cell::{Cell, Content},
    column::{Column, Sort},
    column_choice::ColumnChoice,
};

/// A cell with what its column says of it.
#[derive(Debug)]
struct CellView {
    class: &'static str,
    label: String,
    is_title: bool,
    cell: Cell,
}

/// A box to tick in front of a row.
#[derive(Debug)]
pub(crate) struct Tick {
    /// What the form sends for the row.
    pub(crate) id: i64,
    pub(crate) is_ticked: bool,
    /// What the box selects, for readers who hear it.
    pub(crate) label: String,
}

#[derive(Debug)]
struct RowView {
    tick: Option<Tick>,
    cells: Vec<CellView>,
}

impl RowView {
    fn is_ticked(&self) -> bool {
        self.tick.as_ref().is_some_and(|tick| tick.is_ticked)
    }
}

/// A table, ready to be drawn.
#[derive(Debug, Template)]
#[template(path = "widgets/table.html")]
pub(crate) struct TableView {
    caption: String,
    /// CSS classes besides those of every table.
    class: &'static str,
    has_ticks: bool,
    headers: Vec<SortHeader>,
    rows: Vec<RowView>,
}

impl TableView {
    /// Rows in columns, with headings that lead to the same list in another order.
    pub(crate) fn sorted<R, O: Copy + PartialEq>(
        caption: impl Into<String>,
        columns: &[Column<R, O>],
        rows: &[R],
        order: O,
        href: &dyn Fn(O) -> String,
    ) -> Self {
        Self::chosen(caption, &ColumnChoice::default(), columns, rows, order, href)
    }

    /// The same in the columns of a choice.
    pub(crate) fn chosen<R, O: Copy + PartialEq>(
        caption: impl Into<String>,
        choice: &ColumnChoice,
        columns: &[Column<R, O>],
        rows: &[R],
        order: O,
        href: &dyn Fn(O) -> String,
    ) -> Self {
        let columns: Vec<_> = columns.iter().filter(|column| choice.has(column)).collect();
        Self {
            caption: caption.into(),
            class: "",
            has_ticks: false,
            headers: columns.iter().map(|column| header(column, order, href)).collect(),
            rows: rows
                .iter()
                .map(|row| RowView {
                    tick: None,
                    cells: columns.iter().map(|column| cell(column, row)).collect(),
                })
                .collect(),
        }
    }

    /// Rows in columns that do not sort.
    pub(crate) fn new<R>(caption: impl Into<String>, columns: &[Column<R>], rows: &[R]) -> Self {
        Self::sorted(caption, columns, rows, (), &|()| String::new())
    }

    /// The same with another CSS class.
    pub(crate) fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// The same with a box before each row.
    pub(crate) fn ticks(mut self, ticks: impl Iterator<Item = Tick>) -> Self {
        self.has_ticks = true;
        for (row, tick) in self.rows.iter_mut().zip(ticks) {
            row.tick = Some(tick);
        }
        self
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn header<R, O: Copy + PartialEq>(
    column: &Column<R, O>,
    order: O,
    href: &dyn Fn(O) -> String,
) -> SortHeader {
    let (state, next) = match column.sort {
        None => (SortOrder::Unsorted, None),
        Some(Sort { up, down, .. }) if order == up => (SortOrder::Ascending, Some(down)),
        Some(Sort { up, down, .. }) if order == down => (SortOrder::Descending, Some(up)),
        Some(Sort { first, .. }) => (SortOrder::Unsorted, Some(first)),
    };
    SortHeader {
        label: column.heading,
        note: column.note,
        class: if column.is_title { "" } else { column.class },
        href: next.map(href).unwrap_or_default(),
        order: state,
    }
}

fn cell<R, O: Copy + PartialEq>(column: &Column<R, O>, row: &R) -> CellView {
    let cell = (column.cell)(row);
    let is_time = matches!(cell.content, Content::Time(_));
    CellView {
        class: if is_time { "tnum" } else { column.class },
        label: column.label(),
        is_title: column.is_title,
        cell,
    }
}

/// A column heading; where it is a link it sorts by its column.
#[derive(Debug, Template)]
#[template(path = "widgets/sort_header.html")]
struct SortHeader {
    label: &'static str,
    note: &'static str,
    class: &'static str,
    /// The same page in the order that a click asks for; empty for a column that does not sort.
    href: String,
    order: SortOrder,
}

impl askama::filters::HtmlSafe for SortHeader {}

/// Whether a table is in the order of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortOrder {
    Unsorted,
    Ascending,
    Descending,
}

impl SortOrder {
    /// Value of `aria-sort`.
    fn aria(self) -> &'static str {
        match self {
            Self::Unsorted => "none",
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }

    /// The arrow beside the words.
    fn arrow(self) -> &'static str {
        match self {
            Self::Unsorted => "↕",
            Self::Ascending => "↑",
            Self::Descending => "↓",
        }
    }
}
