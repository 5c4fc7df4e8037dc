//! Values without which there is no alert, and the error of one that is not possible.

use super::PacketError;
use super::program::Scalar;
use super::ztf_values::number;

/// Longest `objectId` and `schemavsn` that is read, bytes.
const NAME_BYTES: usize = 64;

pub(super) fn within(
    field: &'static str,
    value: &Scalar<'_>,
    holds: impl Fn(f64) -> bool,
) -> Result<f64, PacketError> {
    number(value).filter(|number| holds(*number)).ok_or_else(|| impossible(field, value))
}

/// A name that may stand in an address and in the database: visible ASCII.
pub(super) fn name(field: &'static str, value: &Scalar<'_>) -> Result<String, PacketError> {
    match value {
        Scalar::Text(text)
            if (1..=NAME_BYTES).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Ok((*text).to_owned())
        }
        other => Err(impossible(field, other)),
    }
}

pub(super) fn impossible(field: &'static str, value: &Scalar<'_>) -> PacketError {
    let value = match value {
        Scalar::Absent => "absent".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Text(text) => format!("{:?}", text.chars().take(NAME_BYTES).collect::<String>()),
        Scalar::Bytes(length) => format!("{length} bytes"),
    };
    PacketError::Invalid { field, value }
}
