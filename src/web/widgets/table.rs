//! A table as data: each column is declared once, and draws its heading, its cells and the links that sort by it.

use askama::Template;

use super::cell::{Cell, Content};

/// A column of a table with a row for each `R`, which may sort by an order of type `O`.
#[derive(Debug)]
pub(crate) struct Column<R: 'static, O: Copy + 'static = ()> {
    /// Its name in addresses, in JSON and in exports.
    pub(crate) name: &'static str,
    heading: &'static str,
    /// Unit or meaning, small under the words.
    note: &'static str,
    /// CSS class of its cells and its heading.
    class: &'static str,
    /// Whether its cell is the heading of the row.
    is_title: bool,
    /// Further words that ask for its order.
    aliases: &'static [&'static str],
    sort: Option<Sort<O>>,
    cell: fn(&R) -> Cell,
}

/// The two orders of a column, and which of them a first click asks for.
#[derive(Clone, Copy, Debug)]
struct Sort<O> {
    up: O,
    down: O,
    first: O,
}

impl<R, O: Copy + PartialEq> Column<R, O> {
    /// A column of text.
    pub(crate) const fn text(
        name: &'static str,
        heading: &'static str,
        cell: fn(&R) -> Cell,
    ) -> Self {
        Self { name, heading, note: "", class: "", is_title: false, aliases: &[], sort: None, cell }
    }

    /// The column that names the row.
    pub(crate) const fn title(
        name: &'static str,
        heading: &'static str,
        cell: fn(&R) -> Cell,
    ) -> Self {
        Self { class: "card-title", is_title: true, ..Self::text(name, heading, cell) }
    }

    /// A column of numbers, set to the right.
    pub(crate) const fn number(
        name: &'static str,
        heading: &'static str,
        cell: fn(&R) -> Cell,
    ) -> Self {
        Self { class: "num", ..Self::text(name, heading, cell) }
    }

    /// The same with a unit or a meaning under its heading.
    pub(crate) const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// The same with another CSS class.
    pub(crate) const fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }

    /// The same with further words that ask for its order.
    pub(crate) const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// The same, sorted from the low end by a first click.
    pub(crate) const fn sorts(self, up: O, down: O) -> Self {
        Self { sort: Some(Sort { up, down, first: up }), ..self }
    }

    /// The same, sorted from the high end by a first click: the newest, the best.
    pub(crate) const fn sorts_down(self, up: O, down: O) -> Self {
        Self { sort: Some(Sort { up, down, first: down }), ..self }
    }

    /// What a cell is called where a narrow page shows it beside its value.
    fn label(&self) -> String {
        match self.note {
            "UTC" => format!("{} (UTC)", self.heading),
            _ => self.heading.to_owned(),
        }
    }

    fn header(&self, order: O, href: &dyn Fn(O) -> String) -> SortHeader {
        let (state, next) = match self.sort {
            None => (SortOrder::Unsorted, None),
            Some(Sort { up, down, .. }) if order == up => (SortOrder::Ascending, Some(down)),
            Some(Sort { up, down, .. }) if order == down => (SortOrder::Descending, Some(up)),
            Some(Sort { first, .. }) => (SortOrder::Unsorted, Some(first)),
        };
        SortHeader {
            label: self.heading,
            note: self.note,
            class: if self.is_title { "" } else { self.class },
            href: next.map(href).unwrap_or_default(),
            order: state,
        }
    }

    fn cell(&self, row: &R) -> CellView {
        let cell = (self.cell)(row);
        let is_time = matches!(cell.content, Content::Time(_));
        CellView {
            class: if is_time { "tnum" } else { self.class },
            label: self.label(),
            is_title: self.is_title,
            cell,
        }
    }
}

/// The order that a word of an address asks for: the name of a column, or with `-` before it from its high end.
pub(crate) fn order_named<R, O: Copy + PartialEq>(
    columns: &[Column<R, O>],
    word: &str,
) -> Option<O> {
    let (is_down, name) = word.strip_prefix('-').map_or((false, word), |name| (true, name));
    let is_meant = |column: &&Column<R, O>| column.name == name || column.aliases.contains(&name);
    let sort = columns.iter().find(is_meant)?.sort?;
    Some(if is_down { sort.down } else { sort.up })
}

/// Every word that [`order_named`] reads.
pub(crate) fn order_words<R, O: Copy>(columns: &[Column<R, O>]) -> Vec<String> {
    let sorted = columns.iter().filter(|column| column.sort.is_some());
    let names = sorted.flat_map(|column| std::iter::once(&column.name).chain(column.aliases));
    names.flat_map(|name| [(*name).to_owned(), format!("-{name}")]).collect()
}

/// The word that [`order_named`] reads.
pub(crate) fn order_word<R, O: Copy + PartialEq>(columns: &[Column<R, O>], order: O) -> String {
    let words = columns.iter().filter_map(|column| match column.sort {
        Some(sort) if sort.up == order => Some(column.name.to_owned()),
        Some(sort) if sort.down == order => Some(format!("-{}", column.name)),
        _ => None,
    });
    words.into_iter().next().unwrap_or_default()
}

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
        Self {
            caption: caption.into(),
            class: "",
            has_ticks: false,
            headers: columns.iter().map(|column| column.header(order, href)).collect(),
            rows: rows
                .iter()
                .map(|row| RowView {
                    tick: None,
                    cells: columns.iter().map(|column| column.cell(row)).collect(),
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
