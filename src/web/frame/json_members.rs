//! The members of a JSON object as they were sent: a parser that fills a map passes over the first of two of one name.

use std::{cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// An object, and the names that came more than once in it or in an object within it.
pub(crate) struct JsonMembers {
    pub(crate) members: Map<String, Value>,
    pub(crate) twice: Vec<String>,
}

impl JsonMembers {
    /// Reads a body; one that is empty has no members.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let twice = RefCell::new(Vec::new());
        let members = if bytes.is_empty() {
            Map::new()
        } else {
            let mut reader = serde_json::Deserializer::from_slice(bytes);
            let value = Reader { twice: &twice }.deserialize(&mut reader)?;
            reader.end()?;
            match value {
                Value::Object(members) => members,
                _ => return Err(serde_json::Error::custom("it is another value")),
            }
        };
        Ok(Self { members, twice: twice.into_inner() })
    }
}

/// Reads a value of any kind.
#[derive(Clone, Copy)]
struct Reader<'t> {
    twice: &'t RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if all.insert(name.clone(), value).is_some() {
                self.twice.borrow_mut().push(name);
            }
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_found_however_deep_it_is() {
        let body = r#"{"a": {"b": [{"c": 1, "c": 2.5}], "d": null}, "e": "f", "a": true, "g": -1}"#;
        let read = JsonMembers::read(body.as_bytes()).unwrap();
        assert_eq!(Value::Object(read.members), json!({"a": true, "e": "f", "g": -1}));
        assert_eq!(read.twice, ["c", "a"]);
        assert!(JsonMembers::read(b"").unwrap().members.is_empty());
        for wrong in ["[]", "1", "{", "{} {}", "{\"a\": }"] {
            assert!(JsonMembers::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
