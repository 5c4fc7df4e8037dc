//! The columns of a run's results: what the table shows, and by which words the page and the API sort.

use std::sync::Arc;

use crate::{
    domain::{
        alert::{Band, Flux},
        found_alert::{FoundAlert, SortColumn, SortOrder},
        sky::Position,
    },
    web::{
        paths,
        widgets::{
            cell::{Cell, Content},
            column::{self, Column, order_named, order_word},
            controls::TargetChip,
            words::{
                PositionText, by_band_text, class_text, flux_and_error, limit_text, link,
                magnitude, observed, position_text, score,
            },
        },
    },
};

/// An alert among the results of a run, and what the pages that are opened there carry of the way back.
#[derive(Debug)]
pub(in crate::web) struct ResultRow {
    pub(in crate::web) alert: FoundAlert,
    /// Query string: "?run=40&order=-mag".
    pub(in crate::web) way_back: Arc<str>,
}

type ResultColumn = Column<ResultRow, SortOrder>;

/// Every column, in the order in which the table shows them.
pub(in crate::web) const COLUMNS: [ResultColumn; 23] = [
    Column::text("time", "Time", |row: &ResultRow| observed(row.alert.jd, None).into())
        .note("UTC")
        .aliases(&["timestamp", "jd"])
        .sorts_down(SortOrder::up(SortColumn::Time), SortOrder::down(SortColumn::Time)),
    Column::title("name", "Name", |row: &ResultRow| {
        let alert = &row.alert;
        let href = paths::alert(alert.survey, alert.source_id) + &row.way_back;
        Cell::from(link(&alert.object_id, href)).sub(alert.source_id.to_string())
    })
    .aliases(&["object_id"])
    .sorts(SortOrder::up(SortColumn::Name), SortOrder::down(SortColumn::Name)),
    Column::number("ra", "RA", |row: &ResultRow| {
        place(&row.alert, row.alert.ra, |text| (text.ra, text.ra_degrees))
    })
    .note("ICRS")
    .sorts(SortOrder::up(SortColumn::Ra), SortOrder::down(SortColumn::Ra)),
    Column::number("dec", "Dec", |row: &ResultRow| {
        place(&row.alert, row.alert.dec, |text| (text.dec, text.dec_degrees))
    })
    .note("ICRS")
    .sorts(SortOrder::up(SortColumn::Dec), SortOrder::down(SortColumn::Dec)),
    Column::number("mag", "Mag", |row: &ResultRow| {
        let alert = &row.alert;
        let band = alert.band.as_deref().and_then(Band::from_letter);
        Content::from(magnitude(alert.mag, alert.mag_err, band, alert.is_positive)).into()
    })
    .note("diff, AB")
    .sorts(SortOrder::up(SortColumn::Mag), SortOrder::down(SortColumn::Mag)),
    Column::number("score", "Score", |row: &ResultRow| {
        Content::from(score(row.alert.classtar)).into()
    })
    .note("classtar")
    .aliases(&["classtar"])
    .sorts_down(SortOrder::up(SortColumn::Score), SortOrder::down(SortColumn::Score)),
    Column::number("rb", "rb", |row: &ResultRow| Content::from(score(row.alert.rb)).into())
        .sorts_down(SortOrder::up(SortColumn::Rb), SortOrder::down(SortColumn::Rb)),
    Column::number("drb", "drb", |row: &ResultRow| Content::from(score(row.alert.drb)).into())
        .on_request(),
    Column::number("ndethist", "Detections", |row: &ResultRow| {
        Content::from(row.alert.ndethist.map(|n| n.to_string())).into()
    })
    .note("so far")
    .on_request(),
    Column::text("by_band", "By band", |row: &ResultRow| {
        Content::from(by_band_text(&row.alert.details.detections)).into()
    })
    .note("in the packet")
    .on_request(),
    Column::number("snr", "S/N", |row: &ResultRow| {
        Content::from(row.alert.details.snr.map(|snr| format!("{snr:.1}"))).into()
    })
    .on_request()
    .sorts_down(SortOrder::up(SortColumn::Snr), SortOrder::down(SortColumn::Snr)),
    Column::number("flux", "Flux", |row: &ResultRow| flux(row.alert.details.fluxes.difference))
        .note("diff, nJy")
        .on_request(),
    Column::number("science_flux", "Science flux", |row: &ResultRow| {
        flux(row.alert.details.fluxes.science)
    })
    .note("total, nJy")
    .on_request(),
    Column::number("reliability", "Reliability", |row: &ResultRow| {
        Content::from(score(row.alert.details.reliability)).into()
    })
    .on_request()
    .sorts_down(SortOrder::up(SortColumn::Reliability), SortOrder::down(SortColumn::Reliability)),
    Column::number("age", "Age", |row: &ResultRow| {
        Content::from(row.alert.age_d().map(|age| format!("{age:.2}"))).into()
    })
    .note("days")
    .aliases(&["age_d"])
    .on_request()
    .sorts(SortOrder::up(SortColumn::Age), SortOrder::down(SortColumn::Age)),
    Column::text("first_detection", "First detection", |row: &ResultRow| {
        Content::from(row.alert.details.first_detection_jd.map(|jd| observed(jd, None))).into()
    })
    .note("UTC")
    .on_request(),
    Column::number("last_limit", "Last limit", |row: &ResultRow| {
        row.alert
            .details
            .last_limit
            .map(limit_text)
            .map_or_else(|| Content::Absent.into(), |(limit, time)| Cell::from(limit).sub(time))
    })
    .note("before it, AB")
    .on_request(),
    Column::number("star", "Nearest source", |row: &ResultRow| {
        let details = &row.alert.details;
        let distance = details.distpsnr1.map(|distance| format!("{distance:.1}″"));
        Cell::from(Content::from(score(details.sgscore1))).sub(distance.unwrap_or_default())
    })
    .note("1 star, at ″")
    .on_request(),
    Column::number("gal_b", "Galactic b", |row: &ResultRow| {
        Content::from(row.alert.details.gal_b.map(|b| format!("{b:+.2}"))).into()
    })
    .note("degrees")
    .on_request(),
    Column::text("designation", "Designation", |row: &ResultRow| {
        Content::from(row.alert.details.designation.clone()).into()
    })
    .note("solar system")
    .on_request(),
    Column::text("class", "Class", |row: &ResultRow| {
        row.alert.classified.first().map_or_else(
            || Content::Absent.into(),
            |best| Cell::from(class_text(best)).sub(best.classification.classifier.clone()),
        )
    })
    .note("most probable")
    .aliases(&["probability"])
    .on_request()
    .sorts_down(SortOrder::up(SortColumn::Probability), SortOrder::down(SortColumn::Probability)),
    Column::text("tags", "Tags", |row: &ResultRow| {
        let tags = &row.alert.tags;
        Content::from((!tags.is_empty()).then(|| tags.join(", "))).into()
    })
    .on_request(),
    Column::text("target", "Target", |row: &ResultRow| {
        let chip = row.alert.target.as_ref().map(|target| TargetChip {
            name: target.name.clone(),
            href: paths::target(target.id) + &row.way_back,
        });
        Content::from(chip).into()
    }),
];

/// The order that a word asks for: `mag` or, from high to low, `-mag`.
pub(in crate::web) fn order_from(word: &str) -> Option<SortOrder> {
    order_named(&COLUMNS, word)
}

/// Every word that [`order_from`] reads.
pub(in crate::web) fn order_words() -> Vec<String> {
    column::order_words(&COLUMNS)
}

/// The word that [`order_from`] reads.
pub(in crate::web) fn word_of(order: SortOrder) -> String {
    order_word(&COLUMNS, order)
}

/// A flux in nanojansky with its error below.
fn flux(flux: Option<Flux>) -> Cell {
    let Some(flux) = flux.and_then(|flux| flux.in_njy()) else { return Content::Absent.into() };
    let (value, error) = flux_and_error(&flux);
    Cell::from(value).sub(error.map(|error| format!("± {error}")).unwrap_or_default())
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
