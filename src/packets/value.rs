//! A whole record as a tree of values, in the order of its schema, whatever the schema.

use super::cursor::{Cursor, Fault, deeper};
use super::limits::UNFOLDED_BYTES;
use super::schema::{Node, NodeId, Schema};

/// What one value may take in memory, here and as JSON, bytes.
const VALUE_BYTES: usize = 160;

/// A value as its schema types it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f32),
    Double(f64),
    /// Bytes, of which only the number counts.
    Bytes(usize),
    Text(&'a str),
    Array(Vec<Value<'a>>),
    /// A record or a map.
    Fields(Vec<(&'a str, Value<'a>)>),
}

/// Reads values of a schema, as long as the memory they take is allowed.
pub(super) struct Tree<'a> {
    schema: &'a Schema,
    cursor: Cursor<'a>,
    bytes_left: usize,
}

impl<'a> Tree<'a> {
    /// Reads `record` as the root type of `schema`. Returns the value and how many bytes follow it.
    pub(super) fn read(schema: &'a Schema, record: &'a [u8]) -> Result<(Value<'a>, usize), Fault> {
        let mut tree = Self { schema, cursor: Cursor::new(record), bytes_left: UNFOLDED_BYTES };
        let value = tree.value(schema.root, 0)?;
        Ok((value, tree.cursor.rest().len()))
    }

    fn value(&mut self, id: NodeId, depth: usize) -> Result<Value<'a>, Fault> {
        let schema = self.schema;
        Ok(match schema.node(id) {
            Node::Null => Value::Null,
            Node::Boolean => Value::Boolean(self.cursor.boolean()?),
            Node::Int => Value::Integer(self.cursor.int()?.into()),
            Node::Long => Value::Integer(self.cursor.long()?),
            Node::Float => Value::Float(self.cursor.float()?),
            Node::Double => Value::Double(self.cursor.double()?),
            Node::Bytes => Value::Bytes(self.cursor.bytes()?.len()),
            Node::Fixed(size) => Value::Bytes(self.cursor.take(*size)?.len()),
            Node::Text => self.text()?,
            Node::Enum(symbols) => {
                let index = self.cursor.choice(symbols.len())?;
                Value::Text(symbols.get(index).ok_or(Fault::Choice)?)
            }
            Node::Array(items) => self.array(*items, deeper(depth)?)?,
            Node::Map(values) => self.map(*values, deeper(depth)?)?,
            Node::Union(branches) => {
                let index = self.cursor.choice(branches.len())?;
                let branch = *branches.get(index).ok_or(Fault::Choice)?;
                self.value(branch, deeper(depth)?)?
            }
            Node::Record(fields) => {
                let inside = deeper(depth)?;
                let mut values = Vec::new();
                for field in fields {
                    self.pay_value(field.name.len())?;
                    values.push((field.name.as_str(), self.value(field.node, inside)?));
                }
                Value::Fields(values)
            }
        })
    }

    fn text(&mut self) -> Result<Value<'a>, Fault> {
        let text = self.cursor.text()?;
        self.pay(text.len())?;
        Ok(Value::Text(text))
    }

    fn array(&mut self, items: NodeId, inside: usize) -> Result<Value<'a>, Fault> {
        let mut values = Vec::new();
        loop {
            let count = self.cursor.items()?;
            if count == 0 {
                return Ok(Value::Array(values));
            }
            for _ in 0..count {
                self.pay_value(0)?;
                values.push(self.value(items, inside)?);
            }
        }
    }

    fn map(&mut self, items: NodeId, inside: usize) -> Result<Value<'a>, Fault> {
        let mut values = Vec::new();
        loop {
            let count = self.cursor.items()?;
            if count == 0 {
                return Ok(Value::Fields(values));
            }
            for _ in 0..count {
                let key = self.cursor.text()?;
                self.pay_value(key.len())?;
                values.push((key, self.value(items, inside)?));
            }
        }
    }

    /// Charges one value that takes `VALUE_BYTES` and `name` bytes more.
    fn pay_value(&mut self, name: usize) -> Result<(), Fault> {
        self.cursor.charge(1)?;
        self.pay(VALUE_BYTES.saturating_add(name))
    }

    fn pay(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(Fault::TooManyValues)?;
        Ok(())
    }
}
