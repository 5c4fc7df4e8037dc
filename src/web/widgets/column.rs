//! A column of a table, declared once: its heading, its cell, how it sorts, and the names by which addresses, JSON and exports know it.

use super::cell::Cell;

/// A column of a table with a row for each `R`, which may sort by an order of type `O`.
#[derive(Debug)]
pub(crate) struct Column<R: 'static, O: Copy + 'static = ()> {
    /// Its name in addresses, in JSON and in exports.
    pub(crate) name: &'static str,
    pub(super) heading: &'static str,
    /// Unit or meaning, small under the words.
    pub(super) note: &'static str,
    /// CSS class of its cells and its heading.
    pub(super) class: &'static str,
    /// Whether its cell is the heading of the row.
    pub(super) is_title: bool,
    /// Whether it is shown to those who have chosen no columns.
    pub(super) is_shown: bool,
    /// Further words that ask for its order.
    pub(super) aliases: &'static [&'static str],
    pub(super) sort: Option<Sort<O>>,
    pub(super) cell: fn(&R) -> Cell,
}

/// The two orders of a column, and which of them a first click asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sort<O> {
    pub(super) up: O,
    pub(super) down: O,
    pub(super) first: O,
}

impl<R, O: Copy + PartialEq> Column<R, O> {
    /// A column of text.
    pub(crate) const fn text(
        name: &'static str,
        heading: &'static str,
        cell: fn(&R) -> Cell,
    ) -> Self {
        Self {
            name,
            heading,
            note: "",
            class: "",
            is_title: false,
            is_shown: true,
            aliases: &[],
            sort: None,
            cell,
        }
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

    /// The same, shown to those who choose it.
    pub(crate) const fn on_request(self) -> Self {
        Self { is_shown: false, ..self }
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
    pub(super) fn label(&self) -> String {
        match self.note {
            "UTC" => format!("{} (UTC)", self.heading),
            _ => self.heading.to_owned(),
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
