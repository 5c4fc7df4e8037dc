//! Parts of pages that several screens draw, each with its template below `templates/widgets/`.
//!
//! They escape what they draw, so a page may embed them by `{{ part }}`.

pub(super) mod brightness;
pub(super) mod cell;
pub(super) mod column;
pub(super) mod column_choice;
pub(super) mod controls;
pub(super) mod field;
pub(super) mod form_view;
pub(super) mod light_curve;
pub(super) mod links_out;
pub(super) mod pager;
pub(super) mod table;
pub(super) mod words;

/// Lets pages embed these parts by `{{ part }}`; each is a template that escapes what it draws.
macro_rules! embeddable {
    ($($part:ty),+ $(,)?) => { $(impl askama::filters::HtmlSafe for $part {})+ };
}

embeddable!(
    brightness::BandChip,
    brightness::Magnitude,
    controls::PostButton,
    controls::StateChip,
    controls::TargetChip,
    controls::TimeView,
    field::FieldView,
    field::FormView,
    light_curve::LightCurveView,
    pager::Pager,
    table::TableView,
);
