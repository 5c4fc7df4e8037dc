//! From a schema's JSON to its table of nodes. Rules: Avro specification, "Schema declaration" and "Names".

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::PacketError;
use super::limits::{DEPTH, SCHEMA_BYTES};
use super::schema::{Field, Node, NodeId, Schema};

impl Schema {
    /// Reads a schema's JSON text.
    pub(super) fn parse(text: &[u8]) -> Result<Self, PacketError> {
        if text.len() > SCHEMA_BYTES {
            return Err(PacketError::schema(format!(
                "its text holds {} bytes, more than {SCHEMA_BYTES}",
                text.len()
            )));
        }
        let json: serde_json::Value = serde_json::from_slice(text)
            .map_err(|error| PacketError::schema(format!("it is not JSON: {error}")))?;
        Reading::whole(&json)
    }
}

/// A schema half read: the nodes so far and the names they carry.
struct Reading {
    nodes: Vec<Node>,
    named: HashMap<String, NodeId>,
}

impl Reading {
    /// Reads a whole schema.
    fn whole(json: &Value) -> Result<Schema, PacketError> {
        let mut reading = Self { nodes: Vec::new(), named: HashMap::new() };
        let root = reading.node(json, "", 0)?;
        let record = match reading.nodes.get(root.0) {
            Some(Node::Union(branches)) => branches.last().copied().unwrap_or(root),
            _ => root,
        };
        let name =
            reading.named.iter().find(|(_, id)| **id == record).map(|(name, _)| name.clone());
        Ok(Schema { nodes: reading.nodes, root, name: name.unwrap_or_default() })
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }

    fn node(&mut self, json: &Value, namespace: &str, depth: usize) -> Result<NodeId, PacketError> {
        if depth >= DEPTH {
            return Err(PacketError::TooDeep { limit: DEPTH });
        }
        match json {
            Value::String(name) => self.by_name(name, namespace),
            Value::Array(branches) => self.union(branches, namespace, depth),
            Value::Object(object) => self.complex(object, namespace, depth),
            _ => Err(PacketError::schema("a type is neither a name, a list nor an object")),
        }
    }

    fn by_name(&mut self, name: &str, namespace: &str) -> Result<NodeId, PacketError> {
        if let Some(node) = primitive(name) {
            return Ok(self.push(node));
        }
        self.named
            .get(&full_name(name, namespace))
            .or_else(|| self.named.get(name))
            .copied()
            .ok_or_else(|| PacketError::schema(format!("the type {name:?} is not declared")))
    }

    fn union(
        &mut self,
        branches: &[Value],
        namespace: &str,
        depth: usize,
    ) -> Result<NodeId, PacketError> {
        let branches = branches
            .iter()
            .map(|branch| self.node(branch, namespace, depth + 1))
            .collect::<Result<Vec<_>, _>>()?;
        let nested = |id: &NodeId| matches!(self.nodes.get(id.0), Some(Node::Union(_)));
        if branches.is_empty() || branches.iter().any(nested) {
            return Err(PacketError::schema("a union is empty or holds a union"));
        }
        Ok(self.push(Node::Union(branches)))
    }

    fn complex(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
        depth: usize,
    ) -> Result<NodeId, PacketError> {
        let inner =
            object.get("type").ok_or_else(|| PacketError::schema("a type has no \"type\""))?;
        let Value::String(kind) = inner else { return self.node(inner, namespace, depth + 1) };
        match kind.as_str() {
            "record" | "error" => self.record(object, namespace, depth),
            "enum" => self.enumeration(object, namespace),
            "fixed" => self.fixed(object, namespace),
            "array" => {
                let items = self.node(member(object, "items")?, namespace, depth + 1)?;
                Ok(self.push(Node::Array(items)))
            }
            "map" => {
                let values = self.node(member(object, "values")?, namespace, depth + 1)?;
                Ok(self.push(Node::Map(values)))
            }
            name => self.by_name(name, namespace),
        }
    }

    fn record(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
        depth: usize,
    ) -> Result<NodeId, PacketError> {
        let (id, namespace) = self.declare(object, namespace, Node::Null)?;
        let Value::Array(fields) = member(object, "fields")? else {
            return Err(PacketError::schema("a record's fields are not a list"));
        };
        let fields = fields
            .iter()
            .map(|field| self.field(field, &namespace, depth))
            .collect::<Result<Vec<_>, _>>()?;
        refuse_repeated(&fields)?;
        if let Some(place) = self.nodes.get_mut(id.0) {
            *place = Node::Record(fields);
        }
        Ok(id)
    }

    fn field(&mut self, json: &Value, namespace: &str, depth: usize) -> Result<Field, PacketError> {
        let Value::Object(object) = json else {
            return Err(PacketError::schema("a field is not an object"));
        };
        let node = self.node(member(object, "type")?, namespace, depth + 1)?;
        Ok(Field { name: text(object, "name")?.to_owned(), node })
    }

    fn enumeration(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
    ) -> Result<NodeId, PacketError> {
        let symbols = member(object, "symbols")?
            .as_array()
            .and_then(|symbols| {
                symbols.iter().map(|symbol| symbol.as_str().map(str::to_owned)).collect()
            })
            .ok_or_else(|| PacketError::schema("an enum's symbols are not a list of names"))?;
        Ok(self.declare(object, namespace, Node::Enum(symbols))?.0)
    }

    fn fixed(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
    ) -> Result<NodeId, PacketError> {
        let size = member(object, "size")?
            .as_u64()
            .and_then(|size| usize::try_from(size).ok())
            .ok_or_else(|| PacketError::schema("the size of a fixed type is no byte count"))?;
        Ok(self.declare(object, namespace, Node::Fixed(size))?.0)
    }

    /// Puts a named type into the table. Returns its place and the namespace that holds inside it.
    fn declare(
        &mut self,
        object: &Map<String, Value>,
        enclosing: &str,
        node: Node,
    ) -> Result<(NodeId, String), PacketError> {
        let namespace = object.get("namespace").and_then(Value::as_str).unwrap_or(enclosing);
        let name = full_name(text(object, "name")?, namespace);
        let inside = name.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
        let id = self.push(node);
        if self.named.insert(name.clone(), id).is_some() {
            return Err(PacketError::schema(format!("the type {name:?} is declared twice")));
        }
        Ok((id, inside))
    }
}

fn primitive(name: &str) -> Option<Node> {
    Some(match name {
        "null" => Node::Null,
        "boolean" => Node::Boolean,
        "int" => Node::Int,
        "long" => Node::Long,
        "float" => Node::Float,
        "double" => Node::Double,
        "bytes" => Node::Bytes,
        "string" => Node::Text,
        _ => return None,
    })
}

fn full_name(name: &str, namespace: &str) -> String {
    if namespace.is_empty() || name.contains('.') {
        name.to_owned()
    } else {
        format!("{namespace}.{name}")
    }
}

fn refuse_repeated(fields: &[Field]) -> Result<(), PacketError> {
    let mut names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    names.sort_unstable();
    let mut pairs = names.iter().zip(names.iter().skip(1));
    match pairs.find(|(name, next)| name == next) {
        Some((name, _)) => {
            Err(PacketError::schema(format!("the field {name:?} stands twice in a record")))
        }
        None => Ok(()),
    }
}

fn member<'a>(object: &'a Map<String, Value>, key: &str) -> Result<&'a Value, PacketError> {
    object.get(key).ok_or_else(|| PacketError::schema(format!("a type or field has no {key:?}")))
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<&'a str, PacketError> {
    member(object, key)?
        .as_str()
        .ok_or_else(|| PacketError::schema(format!("{key:?} of a type or field is not a text")))
}
