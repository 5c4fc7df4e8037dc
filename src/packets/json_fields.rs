//! The wanted fields of a record of JSON, each of a type that it can have: others are errors that name the field.

use crate::domain::alert::Band;

use super::PacketError;
use super::json_tree::Node;
use super::program::Scalar;

/// Fields that are texts.
const TEXTS: [&str; 9] = [
    "band",
    "designation",
    "filterName",
    "lsst_schema_version",
    "mpcDesignation",
    "objectId",
    "publisher",
    "schemavsn",
    "unpacked_primary_provisional_designation",
];
/// Fields that are texts or numbers.
const TEXTS_OR_NUMBERS: [&str; 3] = ["alertId", "isdiffpos", "procstatus"];
/// Fields that may be true or false.
const FLAGS: [&str; 2] = ["isNegative", "isdiffpos"];

/// The values of the fields `wanted`, in their order; absent where there is none.
pub(super) fn row<'n, const N: usize>(
    record: &'n Node<'_>,
    wanted: &[&'static str; N],
) -> Result<[Scalar<'n>; N], PacketError> {
    let mut row = [Scalar::Absent; N];
    for (name, node) in record.members() {
        let slots = wanted.iter().zip(row.iter_mut());
        for (field, place) in slots.filter(|(field, _)| **field == name.as_ref()) {
            *place = typed(field, node)?;
        }
    }
    Ok(row)
}

/// The value of one field.
pub(super) fn field<'n>(
    record: &'n Node<'_>,
    name: &'static str,
) -> Result<Scalar<'n>, PacketError> {
    record.get(name).map_or(Ok(Scalar::Absent), |node| typed(name, node))
}

/// Puts values of `other` where `row` has none.
pub(super) fn complete<'n, const N: usize>(row: &mut [Scalar<'n>; N], other: &[Scalar<'n>; N]) {
    for (place, value) in row.iter_mut().zip(other).filter(|(place, _)| **place == Scalar::Absent) {
        *place = *value;
    }
}

fn typed<'n>(name: &'static str, node: &'n Node<'_>) -> Result<Scalar<'n>, PacketError> {
    let fits = match node {
        Node::Null => true,
        Node::List(_) | Node::Record(_) => false,
        Node::Bool(_) => FLAGS.contains(&name),
        Node::Number(_) => !TEXTS.contains(&name) && node.scalar() != Scalar::Absent,
        Node::Text(_) if TEXTS.contains(&name) || TEXTS_OR_NUMBERS.contains(&name) => true,
        // Some write the filter's letter, others its number.
        Node::Text(text) if name == "filter" && Band::from_letter(text).is_some() => true,
        // Ids are beyond what is exact in many a reader's numbers, so that some write them as texts.
        Node::Text(text) => return written_number(text).ok_or_else(|| node.impossible(name)),
    };
    if fits { Ok(node.scalar()) } else { Err(node.impossible(name)) }
}

fn written_number<'n>(text: &str) -> Option<Scalar<'n>> {
    let integer = || text.parse().map(Scalar::Int).ok();
    integer().or_else(|| text.parse().map(Scalar::Float).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_type_that_its_field_cannot_have_is_named() {
        for (name, value) in [
            ("ra", "\"x\""),
            ("ra", "true"),
            ("ra", "[1]"),
            ("ra", "{}"),
            ("band", "5"),
            ("band", "true"),
            ("candid", "\"12x\""),
            ("isdiffpos", "[]"),
        ] {
            let text = format!("{{\"{name}\": {value}}}");
            let record = Node::parse(text.as_bytes()).unwrap();
            let error = row(&record, &[name]).unwrap_err();
            assert!(
                matches!(error, PacketError::Invalid { field, .. } if field == name),
                "{text}: {error}"
            );
            assert_eq!(field(&record, name).unwrap_err(), error);
        }
    }

    #[test]
    fn values_come_in_the_order_asked_for() {
        let record = Node::parse(
            br#"{"ra": 1.5, "candid": "2982177112815010003", "band": "g", "dec": null, "isdiffpos": true}"#,
        )
        .unwrap();
        let mut got = row(&record, &["band", "candid", "dec", "isdiffpos", "none"]).unwrap();
        assert_eq!(
            got,
            [
                Scalar::Text("g"),
                Scalar::Int(2_982_177_112_815_010_003),
                Scalar::Absent,
                Scalar::Bool(true),
                Scalar::Absent,
            ]
        );
        complete(&mut got, &[Scalar::Int(1); 5]);
        assert_eq!((got[0], got[2]), (Scalar::Text("g"), Scalar::Int(1)));
    }
}
