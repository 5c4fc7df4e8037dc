//! JSON as a tree of values that borrow from its text.

use std::borrow::Cow;

use super::PacketError;
use super::program::Scalar;
use super::value::Value;

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    /// As it is written: most numbers of a message are never asked for.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Record(Vec<Member<'a>>),
}

/// A member of a record and its name.
pub(super) type Member<'a> = (Cow<'a, str>, Node<'a>);

impl<'a> Node<'a> {
    /// The members of a record; of anything else there are none.
    pub(super) fn members(&self) -> &[Member<'a>] {
        match self {
            Self::Record(members) => members,
            _ => &[],
        }
    }

    /// A member that is there and is not null. Of several with one name the last counts, as for every reader of JSON.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let found = self.members().iter().rev().find(|(key, _)| key == name);
        found.map(|(_, node)| node).filter(|node| **node != Self::Null)
    }

    /// A member that has to be a record where it is there.
    pub(super) fn record(&self, name: &'static str) -> Result<Option<&Self>, PacketError> {
        match self.get(name) {
            Some(record @ Self::Record(_)) => Ok(Some(record)),
            Some(other) => Err(other.impossible(name)),
            None => Ok(None),
        }
    }

    /// The items of a member that has to be a list where it is there.
    pub(super) fn list(&self, name: &'static str) -> Result<&[Self], PacketError> {
        match self.get(name) {
            Some(Self::List(items)) => Ok(items),
            Some(other) => Err(other.impossible(name)),
            None => Ok(&[]),
        }
    }

    /// The value as one that a packet's field can have; records and lists have none.
    pub(super) fn scalar(&self) -> Scalar<'_> {
        match self {
            Self::Null | Self::List(_) | Self::Record(_) => Scalar::Absent,
            Self::Bool(value) => Scalar::Bool(*value),
            Self::Number(written) => number(written),
            Self::Text(text) => Scalar::Text(text),
        }
    }

    /// Says that the field `name` cannot have this value.
    pub(super) fn impossible(&self, name: &'static str) -> PacketError {
        let value = match self {
            Self::Record(_) => "a record".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(written) => written.chars().take(64).collect(),
            Self::Text(text) => format!("{:?}", text.chars().take(64).collect::<String>()),
        };
        PacketError::Invalid { field: name, value }
    }

    /// The number of bytes in a text of base64; none where it is no such text. They are counted and not made, and only the ends
    /// of a long text are looked at: a stamp is most of a message, and what is wrong within shows when it is drawn.
    pub(super) fn n_bytes(&self) -> Option<usize> {
        let Self::Text(text) = self else { return None };
        let padded = text.as_bytes();
        let folded = text.trim_end_matches('=').as_bytes();
        let is_whole = padded.len().is_multiple_of(4) && padded.len() - folded.len() <= 2;
        let (first, last) = folded.split_at(folded.len().min(LOOKED_AT));
        let last = last.get(last.len().saturating_sub(LOOKED_AT)..).unwrap_or_default();
        let is_base64 = first.iter().chain(last).all(|digit| is_digit_of_base64(*digit));
        (is_whole && is_base64).then_some(folded.len() / 4 * 3 + folded.len() % 4 * 3 / 4)
    }

    /// The same as a tree for pages. Stamps, which are texts of base64, are the bytes that they stand for.
    pub(super) fn tree(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Boolean(*value),
            Self::Number(written) => match number(written) {
                Scalar::Int(value) => Value::Integer(value),
                Scalar::Float(value) => Value::Double(value),
                _ => Value::Null,
            },
            Self::Text(text) => Value::Text(text),
            Self::List(items) => Value::Array(items.iter().map(Self::tree).collect()),
            Self::Record(members) => Value::Fields(members.iter().map(shown).collect()),
        }
    }
}

/// A number as it is written: an integer where it is one and fits, else the nearest double. Beyond all doubles there is none.
fn number<'s>(written: &str) -> Scalar<'s> {
    // A double has a zero below zero, an integer has none.
    let integer = || written.parse().ok().filter(|_| written != "-0");
    let float = || written.parse().ok().filter(|number: &f64| number.is_finite());
    integer().map(Scalar::Int).or_else(|| float().map(Scalar::Float)).unwrap_or_default()
}

/// How many digits of base64 are looked at at either end of a text.
const LOOKED_AT: usize = 64;

fn is_digit_of_base64(digit: u8) -> bool {
    digit.is_ascii_alphanumeric() || matches!(digit, b'+' | b'/')
}

/// How the fields that hold stamps begin, and what ZTF's records of them have inside.
const STAMPS: [&str; 2] = ["cutout", "stampData"];

fn shown<'t>((name, node): &'t Member<'_>) -> (&'t str, Value<'t>) {
    let is_stamp = STAMPS.iter().any(|begin| name.starts_with(begin));
    let value = match node.n_bytes().filter(|_| is_stamp) {
        Some(count) => Value::Bytes(count),
        None => node.tree(),
    };
    (name.as_ref(), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_they_were_written_as() {
        let node = Node::parse(
            br#" {"a": 170028485835751491, "b": -1, "c": 0.1, "d": [true, null, "x\n"], "c": 2.5e3, "e": 18446744073709551615} "#,
        )
        .unwrap();
        let of = |name: &str| node.get(name).unwrap().scalar();
        assert_eq!(of("a"), Scalar::Int(170_028_485_835_751_491));
        assert_eq!((of("c"), of("b")), (Scalar::Float(2_500.0), Scalar::Int(-1)));
        assert_eq!(of("e"), Scalar::Float(18_446_744_073_709_551_615.0));
        let list = node.list("d").unwrap();
        assert_eq!(list, [Node::Bool(true), Node::Null, Node::Text("x\n".into())]);
        assert_eq!(node.get("nothing"), None);
        assert!(matches!(node.list("a"), Err(PacketError::Invalid { field: "a", .. })));
        assert!(matches!(node.record("d"), Err(PacketError::Invalid { field: "d", .. })));
    }

    #[test]
    fn bytes_of_base64_are_counted() {
        for (text, count) in [
            ("", Some(0)),
            ("AA==", Some(1)),
            ("AAA=", Some(2)),
            ("AAAA", Some(3)),
            ("az09+/AZ", Some(6)),
            ("AAAAAA==", Some(4)),
            ("AA=", None),
            ("A===", None),
            ("====", None),
            ("AAA", None),
            ("A=AA", None),
            ("AA\u{e9}A", None),
            ("AA_-", None),
        ] {
            assert_eq!(Node::Text(text.into()).n_bytes(), count, "{text}");
        }
        assert_eq!(Node::Number("5").n_bytes(), None);
    }

    #[test]
    fn stamps_are_shown_as_bytes() {
        let node = Node::parse(br#"{"cutoutScience": "AAAA", "band": "AAAA"}"#).unwrap();
        let tree = node.tree();
        assert_eq!(
            tree,
            Value::Fields(vec![("cutoutScience", Value::Bytes(3)), ("band", Value::Text("AAAA"))])
        );
    }
}
