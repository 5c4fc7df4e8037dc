//! JSON as a tree of values that borrow from its text, bounded in depth and in number while it is read.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::PacketError;
use super::cursor::Fault;
use super::limits::{DEPTH, MESSAGE_BYTES, VALUES};
use super::program::Scalar;
use super::value::Value;

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Record(Vec<Member<'a>>),
}

/// A member of a record and its name.
pub(super) type Member<'a> = (Cow<'a, str>, Node<'a>);

impl<'a> Node<'a> {
    /// Reads one value, of which all of `text` has to be used.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, PacketError> {
        if text.len() > MESSAGE_BYTES {
            return Err(PacketError::TooLarge { bytes: text.len(), limit: MESSAGE_BYTES });
        }
        let budget = Budget { values_left: Cell::new(VALUES), fault: Cell::new(None) };
        let mut reader = serde_json::Deserializer::from_slice(text);
        let read = Place { depth: 0, budget: &budget }.deserialize(&mut reader);
        let read = read.and_then(|node| reader.end().map(|()| node));
        read.map_err(|error| match budget.fault.get() {
            Some(fault) => fault.into(),
            None => PacketError::Json { reason: error.to_string() },
        })
    }

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
            Self::Int(value) => Scalar::Int(*value),
            Self::Float(value) => Scalar::Float(*value),
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
            Self::Int(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(text) => format!("{:?}", text.chars().take(64).collect::<String>()),
        };
        PacketError::Invalid { field: name, value }
    }

    /// The number of bytes in a text of base64; none where it is no such text.
    pub(super) fn n_bytes(&self) -> Option<usize> {
        match self {
            Self::Text(text) => STANDARD.decode(text.as_bytes()).ok().map(|bytes| bytes.len()),
            _ => None,
        }
    }

    /// The same as a tree for pages. Stamps, which are texts of base64, are the bytes that they stand for.
    pub(super) fn tree(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Boolean(*value),
            Self::Int(value) => Value::Integer(*value),
            Self::Float(value) => Value::Double(*value),
            Self::Text(text) => Value::Text(text),
            Self::List(items) => Value::Array(items.iter().map(Self::tree).collect()),
            Self::Record(members) => Value::Fields(members.iter().map(shown).collect()),
        }
    }
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

/// What may still be read, and why no more was.
struct Budget {
    values_left: Cell<usize>,
    fault: Cell<Option<Fault>>,
}

/// Where the next value stands.
#[derive(Clone, Copy)]
struct Place<'b> {
    depth: usize,
    budget: &'b Budget,
}

impl Place<'_> {
    /// The place inside a record or a list.
    fn inside<E: Error>(self) -> Result<Self, E> {
        if self.depth < DEPTH {
            Ok(Self { depth: self.depth + 1, ..self })
        } else {
            self.refuse(Fault::TooDeep)
        }
    }

    fn charge<E: Error>(self) -> Result<(), E> {
        match self.budget.values_left.get().checked_sub(1) {
            Some(left) => {
                self.budget.values_left.set(left);
                Ok(())
            }
            None => self.refuse(Fault::TooManyValues),
        }
    }

    fn refuse<T, E: Error>(self, fault: Fault) -> Result<T, E> {
        self.budget.fault.set(Some(fault));
        Err(E::custom("too much"))
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        self.charge()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Node<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value of JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Node::Int(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no id is so large, and other numbers are floats"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Node::Float(value))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let inside = self.inside()?;
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element_seed(inside)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let inside = self.inside()?;
        let mut members = Vec::new();
        while let Some(name) = entries.next_key_seed(Name)? {
            members.push((name, entries.next_value_seed(inside)?));
        }
        Ok(Node::Record(members))
    }
}

/// The name of a member.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the name of a member")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
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
        assert_eq!(node.get("a"), Some(&Node::Int(170_028_485_835_751_491)));
        assert_eq!(node.get("c"), Some(&Node::Float(2_500.0)));
        assert_eq!(node.get("e"), Some(&Node::Float(18_446_744_073_709_551_615.0)));
        let list = node.list("d").unwrap();
        assert_eq!(list, [Node::Bool(true), Node::Null, Node::Text("x\n".into())]);
        assert_eq!(node.get("nothing"), None);
        assert!(matches!(node.list("a"), Err(PacketError::Invalid { field: "a", .. })));
        assert!(matches!(node.record("d"), Err(PacketError::Invalid { field: "d", .. })));
    }

    #[test]
    fn floats_are_read_to_their_last_digit() {
        for text in ["18.632339477539062", "2461295.8234567", "0.9110000133514404", "5e-324"] {
            let wanted: f64 = text.parse().unwrap();
            assert_eq!(Node::parse(text.as_bytes()), Ok(Node::Float(wanted)), "{text}");
        }
    }

    #[test]
    fn what_is_too_deep_too_much_or_no_json_is_refused() {
        for depth in [DEPTH + 1, 100_000, 1_000_000] {
            for open in ["[", "{\"a\":"] {
                let text = open.repeat(depth);
                let error = Node::parse(text.as_bytes()).unwrap_err();
                assert_eq!(error, PacketError::TooDeep { limit: DEPTH }, "{depth} {open}");
            }
        }
        let many = format!("[{}0]", "0,".repeat(VALUES));
        let error = Node::parse(many.as_bytes()).unwrap_err();
        assert!(matches!(error, PacketError::TooMuch { .. }), "{error}");
        for text in ["", "{", "{\"a\" 1}", "[1,]", "{} {}", "nul", "\"\u{1}\"", "NaN", "1e999"] {
            let error = Node::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, PacketError::Json { .. }), "{text}: {error}");
        }
        assert!(Node::parse(b"\"\xff\"").is_err());
        let long = vec![b' '; MESSAGE_BYTES + 1];
        assert!(matches!(Node::parse(&long), Err(PacketError::TooLarge { .. })));
    }

    #[test]
    fn ten_megabytes_of_one_field_stand_where_they_are() {
        let text = format!("{{\"cutoutScience\": \"{}\"}}", "A".repeat(MESSAGE_BYTES - 24));
        let node = Node::parse(text.as_bytes()).unwrap();
        assert!(matches!(&node.members()[0].1, Node::Text(Cow::Borrowed(_))));
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
