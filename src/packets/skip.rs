//! Passing over a value that nobody asked for, checking it all the same.

use super::cursor::{Cursor, Fault, deeper};
use super::schema::{Node, NodeId, Schema};

/// Passes over one value of the type `id`: every value in it is checked against its type and counted, save itself.
pub(super) fn skip(
    schema: &Schema,
    id: NodeId,
    cursor: &mut Cursor<'_>,
    depth: usize,
) -> Result<(), Fault> {
    match schema.node(id) {
        Node::Null => {}
        Node::Boolean => _ = cursor.boolean()?,
        Node::Int => _ = cursor.int()?,
        Node::Long => _ = cursor.long()?,
        Node::Float => _ = cursor.float()?,
        Node::Double => _ = cursor.double()?,
        Node::Bytes => _ = cursor.bytes()?,
        Node::Text => _ = cursor.text()?,
        Node::Fixed(size) => _ = cursor.take(*size)?,
        Node::Enum(symbols) => _ = cursor.choice(symbols.len())?,
        Node::Array(items) => skip_items(schema, *items, false, cursor, depth)?,
        Node::Map(values) => skip_items(schema, *values, true, cursor, depth)?,
        Node::Union(branches) => {
            let index = cursor.choice(branches.len())?;
            let branch = *branches.get(index).ok_or(Fault::Choice)?;
            skip(schema, branch, cursor, deeper(depth)?)?;
        }
        Node::Record(fields) => {
            let inside = deeper(depth)?;
            cursor.charge(fields.len())?;
            for field in fields {
                skip(schema, field.node, cursor, inside)?;
            }
        }
    }
    Ok(())
}

fn skip_items(
    schema: &Schema,
    item: NodeId,
    keyed: bool,
    cursor: &mut Cursor<'_>,
    depth: usize,
) -> Result<(), Fault> {
    let inside = deeper(depth)?;
    loop {
        let count = cursor.items()?;
        if count == 0 {
            return Ok(());
        }
        for _ in 0..count {
            cursor.charge(1)?;
            if keyed {
                cursor.text()?;
            }
            skip(schema, item, cursor, inside)?;
        }
    }
}
