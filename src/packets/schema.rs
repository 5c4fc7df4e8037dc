//! A writer's schema as a table of nodes that refer to each other by index, so that a name costs an index and never a copy.

use super::cursor::{Cursor, Fault};

/// The place of a type in its [`Schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) usize);

/// One type of a schema.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    /// So many bytes.
    Fixed(usize),
    /// One of these symbols.
    Enum(Vec<String>),
    Array(NodeId),
    Map(NodeId),
    Union(Vec<NodeId>),
    Record(Vec<Field>),
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) node: NodeId,
}

/// A writer's schema.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Schema {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
    /// The full name of the root record, empty where the root is no named type.
    pub(super) name: String,
}

impl Schema {
    /// The node at `id`. An index from another table reads as `Null`.
    #[inline]
    pub(super) fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0).unwrap_or(&Node::Null)
    }

    /// The root record's fields. Where the root is a list of types, the last one is the alert: those before are its parts.
    pub(super) fn root_fields(&self) -> Option<&[Field]> {
        let root = match self.node(self.root) {
            Node::Union(branches) => *branches.last()?,
            _ => self.root,
        };
        match self.node(root) {
            Node::Record(fields) => Some(fields),
            _ => None,
        }
    }

    /// A union of null and one other type is that other type, which may be absent: the place of null in it, and the type.
    pub(super) fn unwrapped(&self, id: NodeId) -> (Option<usize>, NodeId) {
        if let Node::Union(branches) = self.node(id)
            && let [first, second] = branches.as_slice()
        {
            match (self.node(*first), self.node(*second)) {
                (Node::Null, _) => return (Some(0), *second),
                (_, Node::Null) => return (Some(1), *first),
                _ => {}
            }
        }
        (None, id)
    }

    /// Passes over what stands before the root record.
    pub(super) fn enter_root(&self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        match self.node(self.root) {
            Node::Union(branches) if cursor.choice(branches.len())? + 1 != branches.len() => {
                Err(Fault::Choice)
            }
            _ => Ok(()),
        }
    }
}
