//! Which columns of a table somebody wants to see, as an address says it, and the boxes that ask.

use super::column::Column;

/// Which columns are shown, besides the one that names the row: those of the table's own choice, or these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ColumnChoice(Option<Vec<&'static str>>);

/// The boxes that ask which columns are shown; their form is elsewhere on the page, and has the id `columns`.
#[derive(Clone, Debug)]
pub(crate) struct ColumnChooser {
    pub(crate) boxes: Vec<ColumnBox>,
    /// The same page with the table's own choice; empty where it is that.
    pub(crate) usual: String,
}

/// A box to tick for a column.
#[derive(Clone, Debug)]
pub(crate) struct ColumnBox {
    /// What the form sends for it.
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) is_ticked: bool,
}

impl ColumnChoice {
    /// Reads texts with names, each with commas between them. No name at all is the table's own choice. A name of no column is the error.
    pub(crate) fn parse<'a, R, O: Copy + PartialEq>(
        columns: &[Column<R, O>],
        texts: impl Iterator<Item = &'a str>,
    ) -> Result<Self, String> {
        let mut chosen = Vec::new();
        let words = texts.flat_map(|text| text.split(','));
        for word in words.map(str::trim).filter(|word| !word.is_empty()) {
            if !columns.iter().any(|column| column.name == word) {
                return Err(format!("Give some of: {}.", names(columns)));
            }
            chosen.push(word);
        }
        if chosen.is_empty() {
            return Ok(Self::default());
        }
        let shown: Vec<_> = columns
            .iter()
            .filter(|column| !column.is_title && chosen.contains(&column.name))
            .map(|column| column.name)
            .collect();
        let choice = Self(Some(shown));
        let is_default =
            columns.iter().all(|column| choice.has(column) == Self::default().has(column));
        Ok(if is_default { Self::default() } else { choice })
    }

    /// Whether a column is shown.
    pub(super) fn has<R, O: Copy + PartialEq>(&self, column: &Column<R, O>) -> bool {
        let is_chosen = match &self.0 {
            None => column.is_shown,
            Some(names) => names.contains(&column.name),
        };
        is_chosen || column.is_title
    }

    /// What [`ColumnChoice::parse`] reads; `None` for the table's own choice.
    pub(crate) fn text<R, O>(&self, columns: &[Column<R, O>]) -> Option<String>
    where
        O: Copy + PartialEq,
    {
        let names = self.0.as_ref()?;
        if !names.is_empty() {
            return Some(names.join(","));
        }
        // Nothing but the rows' headings.
        columns.iter().find(|column| column.is_title).map(|column| column.name.to_owned())
    }

    /// A box for each column that may be left out.
    pub(crate) fn boxes<R, O: Copy + PartialEq>(&self, columns: &[Column<R, O>]) -> Vec<ColumnBox> {
        columns
            .iter()
            .filter(|column| !column.is_title)
            .map(|column| ColumnBox {
                name: column.name,
                label: column.label(),
                is_ticked: self.has(column),
            })
            .collect()
    }
}

fn names<R, O>(columns: &[Column<R, O>]) -> String
where
    O: Copy,
{
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column<()>; 4] = [
        Column::text("time", "Time", |()| "t".to_owned().into()).note("UTC"),
        Column::title("name", "Name", |()| "n".to_owned().into()),
        Column::number("mag", "Mag", |()| "m".to_owned().into()),
        Column::number("drb", "drb", |()| "d".to_owned().into()).on_request(),
    ];

    fn shown(texts: &[&str]) -> Result<(Vec<&'static str>, Option<String>), String> {
        let choice = ColumnChoice::parse(&COLUMNS, texts.iter().copied())?;
        let shown = COLUMNS.iter().filter(|column| choice.has(column));
        Ok((shown.map(|column| column.name).collect(), choice.text(&COLUMNS)))
    }

    #[test]
    fn a_choice_of_columns_is_what_was_ticked_in_the_order_of_the_table() {
        for (texts, columns, text) in [
            (&[][..], &["time", "name", "mag"][..], None),
            (&["", " , "], &["time", "name", "mag"], None),
            (&["mag,time"], &["time", "name", "mag"], None),
            (&["drb", "mag", "mag"], &["name", "mag", "drb"], Some("mag,drb")),
            (&["drb, name"], &["name", "drb"], Some("drb")),
            (&["name"], &["name"], Some("name")),
        ] {
            let told = shown(texts).unwrap();
            assert_eq!(told, (columns.to_vec(), text.map(str::to_owned)), "{texts:?}");
            if let Some(text) = text {
                assert_eq!(shown(&[text]).unwrap(), told, "{text} is read as it was written");
            }
        }
        assert_eq!(shown(&["mag,Mag"]).unwrap_err(), "Give some of: time, name, mag, drb.");
        let boxes = ColumnChoice::default().boxes(&COLUMNS);
        let told: Vec<_> = boxes.iter().map(|it| (it.label.as_str(), it.is_ticked)).collect();
        assert_eq!(told, [("Time (UTC)", true), ("Mag", true), ("drb", false)]);
    }
}
