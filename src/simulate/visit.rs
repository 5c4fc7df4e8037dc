//! An alert and its history, before they are written.

use super::{
    detection::Detection, exposure::Exposure, measured::Measured, night::Night, source::Source,
};

/// One visit of the history: the exposure and the detection in it, if there is one.
pub(super) struct Visit<'e> {
    pub(super) exposure: &'e Exposure,
    pub(super) measured: Measured,
    pub(super) detection: Option<Detection>,
}

/// What an alert's record is written from.
pub(super) struct Alert<'s> {
    pub(super) night: &'s Night,
    pub(super) source: &'s Source,
    pub(super) exposure: &'s Exposure,
    pub(super) detection: Detection,
    pub(super) history: Vec<Visit<'s>>,
}
