//! View models: what each page shows, as plain data, and the templates that draw it.
//!
//! A page is one file here and one template under `templates/pages/`. The values are already worded and formatted;
//! templates hold `if` and `for` only. Parts that several pages share are small templates of their own
//! (`templates/components/`): they escape what they draw, so a page may embed them by `{{ part }}`.

pub mod account;
pub mod alert;
pub mod brightness;
pub mod chrome;
pub mod confirm;
pub mod controls;
pub mod error;
pub mod field;
pub mod home;
pub mod light_curve;
pub mod listener;
pub mod query_form;
pub mod query_list;
pub mod run;
pub mod run_list;
pub mod run_progress;
pub mod send_again;
pub mod subscriptions;
pub mod table;
pub mod target;
pub mod target_form;
pub mod target_list;
pub mod targets_report;
pub mod team;
pub mod unreadable;

#[cfg(test)]
mod samples;

/// Lets pages embed these parts by `{{ part }}`; each is a template that escapes what it draws.
macro_rules! embeddable {
    ($($part:ty),+ $(,)?) => { $(impl askama::filters::HtmlSafe for $part {})+ };
}

embeddable!(
    brightness::Band,
    brightness::Magnitude,
    chrome::Flash,
    controls::PostButton,
    controls::StateChip,
    controls::TargetChip,
    controls::TimeView,
    field::FieldView,
    field::FormView,
    light_curve::LightCurveView,
    listener::ListenerChip,
    run_progress::RunProgress,
    table::Pager,
    table::SortHeader,
);
