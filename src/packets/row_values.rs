//! Values in a row of a table, which is JSON, whatever the survey.

use serde_json::{Map, Value as Json};

use crate::domain::alert::HistoryPoint;

use super::PacketError;
use super::limits::HISTORY_POINTS;
use super::program::Scalar;
use super::ztf_values::number;

/// The points that a repeated column holds.
pub(super) fn points(
    row: &Map<String, Json>,
    column: &str,
    point: impl Fn(&Json) -> Option<HistoryPoint>,
) -> Result<Vec<HistoryPoint>, PacketError> {
    let entries = row.get(column).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    if entries.len() > HISTORY_POINTS {
        return Err(PacketError::TooMuch { what: "values" });
    }
    Ok(entries.iter().filter_map(point).collect())
}

/// All points of these histories, by time.
pub(super) fn sorted(histories: &[Vec<HistoryPoint>]) -> Vec<HistoryPoint> {
    let mut history = histories.concat();
    history.sort_by(|one, other| one.jd.total_cmp(&other.jd));
    history
}

/// A value of a row; records and lists are none.
pub(super) fn scalar(value: Option<&Json>) -> Scalar<'_> {
    match value {
        Some(Json::Bool(value)) => Scalar::Bool(*value),
        Some(Json::String(text)) => Scalar::Text(text),
        Some(Json::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Scalar::Int(integer),
            (None, Some(float)) => Scalar::Float(float),
            (None, None) => Scalar::Absent,
        },
        _ => Scalar::Absent,
    }
}

/// A finite number of a record.
pub(super) fn number_of(record: &Json, name: &str) -> Option<f64> {
    number(&scalar(record.get(name)))
}
