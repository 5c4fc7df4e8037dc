//! How to read a flat record fast: the wanted fields into numbered slots, the others passed over in runs.

use super::PacketError;
use super::cursor::{Cursor, Fault};
use super::schema::{Field, Node, NodeId, Schema};
use super::skip::skip;

/// A wanted field's value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Scalar<'a> {
    /// Null, or no such field.
    #[default]
    Absent,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    /// Only its length.
    Bytes(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Text,
    Bytes,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// Pass over this many bytes: neighbouring fields of fixed width.
    Pass(usize),
    /// Pass over `count` neighbouring unions of null and a type of `width` bytes; `null` is the byte that says null.
    PassOptional { count: usize, null: u8, width: usize },
    /// Pass over any other value.
    PassOther(NodeId),
    /// Read a value into a slot.
    Read { slot: usize, kind: Kind },
    /// Read a union's value into a slot.
    ReadUnion { slot: usize, kinds: Vec<Kind> },
}

/// The reading of a record of which `N` fields are wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Program<const N: usize> {
    steps: Vec<Step>,
    values: usize,
}

impl<const N: usize> Program<N> {
    /// The program for a record of `fields`, with the field `wanted[i]` in slot `i`.
    pub(super) fn compile(
        schema: &Schema,
        fields: &[Field],
        wanted: &[&str; N],
    ) -> Result<Self, PacketError> {
        let mut steps = Vec::new();
        for field in fields {
            match wanted.iter().position(|name| *name == field.name) {
                Some(slot) => steps.push(read_step(schema, field, slot)?),
                None => append(&mut steps, pass_step(schema, field.node)),
            }
        }
        Ok(Self { steps, values: fields.len() })
    }

    /// Reads one record into `row`.
    #[inline]
    pub(super) fn run<'a>(
        &self,
        schema: &Schema,
        cursor: &mut Cursor<'a>,
        row: &mut [Scalar<'a>; N],
        depth: usize,
    ) -> Result<(), Fault> {
        cursor.charge(self.values)?;
        for step in &self.steps {
            match step {
                Step::Pass(width) => _ = cursor.take(*width)?,
                Step::PassOptional { count, null, width } => {
                    pass_optional(cursor, *count, *null, *width)?;
                }
                Step::PassOther(node) => skip(schema, *node, cursor, depth)?,
                Step::Read { slot, kind } => put(row, *slot, read(*kind, cursor)?),
                Step::ReadUnion { slot, kinds } => {
                    let index = cursor.choice(kinds.len())?;
                    let kind = *kinds.get(index).ok_or(Fault::Choice)?;
                    put(row, *slot, read(kind, cursor)?);
                }
            }
        }
        Ok(())
    }
}

#[inline]
fn put<'a, const N: usize>(row: &mut [Scalar<'a>; N], slot: usize, value: Scalar<'a>) {
    if let Some(place) = row.get_mut(slot) {
        *place = value;
    }
}

#[inline]
fn read<'a>(kind: Kind, cursor: &mut Cursor<'a>) -> Result<Scalar<'a>, Fault> {
    Ok(match kind {
        Kind::Null => Scalar::Absent,
        Kind::Boolean => Scalar::Bool(cursor.boolean()?),
        Kind::Int => Scalar::Int(cursor.int()?.into()),
        Kind::Long => Scalar::Int(cursor.long()?),
        Kind::Float => Scalar::Float(cursor.float()?.into()),
        Kind::Double => Scalar::Float(cursor.double()?),
        Kind::Text => Scalar::Text(cursor.text()?),
        Kind::Bytes => Scalar::Bytes(cursor.bytes()?.len()),
    })
}

#[inline]
fn pass_optional(
    cursor: &mut Cursor<'_>,
    count: usize,
    null: u8,
    width: usize,
) -> Result<(), Fault> {
    for _ in 0..count {
        let branch = match cursor.rest().first() {
            Some(&branch @ (0 | 2)) => {
                cursor.take(1)?;
                branch
            }
            // an index written in more bytes than it needs, or one that does not exist
            _ => u8::from(cursor.choice(2)? == 1) * 2,
        };
        cursor.take(usize::from(branch != null) * width)?;
    }
    Ok(())
}

fn read_step(schema: &Schema, field: &Field, slot: usize) -> Result<Step, PacketError> {
    let unfit = || PacketError::schema(format!("the field {:?} is no plain value", field.name));
    let kind = |id: NodeId| kind(schema.node(id)).ok_or_else(unfit);
    Ok(match schema.node(field.node) {
        Node::Union(branches) => {
            let kinds = branches.iter().map(|id| kind(*id)).collect::<Result<_, _>>()?;
            Step::ReadUnion { slot, kinds }
        }
        _ => Step::Read { slot, kind: kind(field.node)? },
    })
}

fn kind(node: &Node) -> Option<Kind> {
    Some(match node {
        Node::Null => Kind::Null,
        Node::Boolean => Kind::Boolean,
        Node::Int => Kind::Int,
        Node::Long => Kind::Long,
        Node::Float => Kind::Float,
        Node::Double => Kind::Double,
        Node::Text => Kind::Text,
        Node::Bytes => Kind::Bytes,
        _ => return None,
    })
}

fn pass_step(schema: &Schema, id: NodeId) -> Step {
    if let Some(width) = width(schema.node(id)) {
        return Step::Pass(width);
    }
    if let Node::Union(branches) = schema.node(id)
        && let [first, second] = branches.as_slice()
    {
        match (schema.node(*first), schema.node(*second)) {
            (Node::Null, Node::Null) => {}
            (Node::Null, value) if let Some(width) = width(value) => {
                return Step::PassOptional { count: 1, null: 0, width };
            }
            (value, Node::Null) if let Some(width) = width(value) => {
                return Step::PassOptional { count: 1, null: 2, width };
            }
            _ => {}
        }
    }
    Step::PassOther(id)
}

/// The width in bytes of a type all of whose values have one width and are all legal.
fn width(node: &Node) -> Option<usize> {
    match node {
        Node::Float => Some(4),
        Node::Double => Some(8),
        Node::Fixed(size) => Some(*size),
        _ => None,
    }
}

/// Appends `step`, joined to the last one where the two make one run.
fn append(steps: &mut Vec<Step>, step: Step) {
    match (steps.last_mut(), &step) {
        (Some(Step::Pass(run)), Step::Pass(more)) if run.checked_add(*more).is_some() => {
            *run += more;
        }
        (
            Some(Step::PassOptional { count, null, width }),
            Step::PassOptional { null: same_null, width: same_width, .. },
        ) if null == same_null && width == same_width => *count += 1,
        _ => steps.push(step),
    }
}
