//! The columns of a run's results: what the table shows, and by which words the page and the API sort.

use crate::{
    domain::{
        alert::Band,
        found_alert::{FoundAlert, SortColumn, SortOrder},
        sky::Position,
    },
    web::{
        paths,
        widgets::{
            cell::{Cell, Content},
            controls::TargetChip,
            table::{self, Column, order_named, order_word},
            words::{PositionText, link, magnitude, observed, position_text, score},
        },
    },
};

type ResultColumn = Column<FoundAlert, SortOrder>;

/// Every column, in the order in which the table shows them.
pub(in crate::web) const COLUMNS: [ResultColumn; 8] = [
    Column::text("time", "Time", |alert: &FoundAlert| observed(alert.jd, None).into())
        .note("UTC")
        .aliases(&["timestamp", "jd"])
        .sorts_down(SortOrder::up(SortColumn::Time), SortOrder::down(SortColumn::Time)),
    Column::title("name", "Name", |alert: &FoundAlert| {
        let href = paths::alert(alert.survey, alert.source_id);
        Cell::from(link(&alert.object_id, href)).sub(alert.source_id.to_string())
    })
    .aliases(&["object_id"])
    .sorts(SortOrder::up(SortColumn::Name), SortOrder::down(SortColumn::Name)),
    Column::number("ra", "RA", |alert: &FoundAlert| {
        place(alert, alert.ra, |text| (text.ra, text.ra_degrees))
    })
    .note("ICRS")
    .sorts(SortOrder::up(SortColumn::Ra), SortOrder::down(SortColumn::Ra)),
    Column::number("dec", "Dec", |alert: &FoundAlert| {
        place(alert, alert.dec, |text| (text.dec, text.dec_degrees))
    })
    .note("ICRS")
    .sorts(SortOrder::up(SortColumn::Dec), SortOrder::down(SortColumn::Dec)),
    Column::number("mag", "Mag", |alert: &FoundAlert| {
        let band = alert.band.as_deref().and_then(Band::from_letter);
        Content::from(magnitude(alert.mag, alert.mag_err, band, alert.is_positive)).into()
    })
    .note("diff, AB")
    .sorts(SortOrder::up(SortColumn::Mag), SortOrder::down(SortColumn::Mag)),
    Column::number("score", "Score", |alert: &FoundAlert| {
        Content::from(score(alert.classtar)).into()
    })
    .note("classtar")
    .aliases(&["classtar"])
    .sorts_down(SortOrder::up(SortColumn::Score), SortOrder::down(SortColumn::Score)),
    Column::number("rb", "rb", |alert: &FoundAlert| Content::from(score(alert.rb)).into())
        .sorts_down(SortOrder::up(SortColumn::Rb), SortOrder::down(SortColumn::Rb)),
    Column::text("target", "Target", |alert: &FoundAlert| {
        let chip = alert
            .target
            .as_ref()
            .map(|target| TargetChip { name: target.name.clone(), href: paths::target(target.id) });
        Content::from(chip).into()
    }),
];

/// The order that a word asks for: `mag` or, from high to low, `-mag`.
pub(in crate::web) fn order_from(word: &str) -> Option<SortOrder> {
    order_named(&COLUMNS, word)
}

/// Every word that [`order_from`] reads.
pub(in crate::web) fn order_words() -> Vec<String> {
    table::order_words(&COLUMNS)
}

/// The word that [`order_from`] reads.
pub(in crate::web) fn word_of(order: SortOrder) -> String {
    order_word(&COLUMNS, order)
}

/// A coordinate in sexagesimal with its degrees below; a place that is none as it came.
fn place(alert: &FoundAlert, degrees: f64, choose: fn(PositionText) -> (String, String)) -> Cell {
    match Position::new(alert.ra, alert.dec) {
        Ok(position) => {
            let (sexagesimal, degrees) = choose(position_text(position));
            Cell::from(sexagesimal).sub(degrees)
        }
        Err(_) => Cell::from(degrees.to_string()),
    }
}
