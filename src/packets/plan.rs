//! How records and lists of records are read within an alert, whichever survey's.

use super::PacketError;
use super::cursor::{Cursor, Fault};
use super::program::{Program, Scalar};
use super::schema::{Field, Node, NodeId, Schema};

/// One of the three stamps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stamp {
    Science,
    Template,
    Difference,
}

impl Stamp {
    /// The stamp that a field of an alert holds.
    pub(super) fn of_field(name: &str) -> Option<Self> {
        match name {
            "cutoutScience" => Some(Self::Science),
            "cutoutTemplate" => Some(Self::Template),
            "cutoutDifference" => Some(Self::Difference),
            _ => None,
        }
    }
}

/// A type that may stand in a union with null.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrapping {
    Bare,
    NullIs(usize),
}

impl Wrapping {
    fn of(schema: &Schema, id: NodeId) -> (Self, NodeId) {
        let (null, inner) = schema.unwrapped(id);
        (null.map_or(Self::Bare, Self::NullIs), inner)
    }

    fn is_present(self, cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
        match self {
            Self::Bare => Ok(true),
            Self::NullIs(null) => Ok(cursor.choice(2)? != null),
        }
    }
}

/// One record, which may be null.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct One<const N: usize> {
    wrapping: Wrapping,
    program: Program<N>,
}

impl<const N: usize> One<N> {
    /// The reading of the record in `field`, whose type is `node`.
    pub(super) fn compile(
        schema: &Schema,
        field: &Field,
        node: NodeId,
        wanted: &[&str; N],
    ) -> Result<Self, PacketError> {
        let (wrapping, inner) = Wrapping::of(schema, node);
        let Node::Record(fields) = schema.node(inner) else {
            return Err(PacketError::schema(format!(
                "the field {:?} holds no records",
                field.name
            )));
        };
        Ok(Self { wrapping, program: Program::compile(schema, fields, wanted)? })
    }

    #[inline]
    pub(super) fn run<'a>(
        &self,
        schema: &Schema,
        cursor: &mut Cursor<'a>,
        depth: usize,
        take: impl FnOnce(&[Scalar<'a>; N]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if !self.wrapping.is_present(cursor)? {
            return Ok(());
        }
        let mut row = [Scalar::Absent; N];
        self.program.run(schema, cursor, &mut row, depth + 1)?;
        take(&row)
    }

    /// Reads the record into `row`, which stays as it is where there is none.
    pub(super) fn run_into<'a>(
        &self,
        schema: &Schema,
        cursor: &mut Cursor<'a>,
        row: &mut [Scalar<'a>; N],
    ) -> Result<(), Fault> {
        if self.wrapping.is_present(cursor)? {
            self.program.run(schema, cursor, row, 2)?;
        }
        Ok(())
    }
}

/// A list of records, which may be null.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List<const N: usize> {
    wrapping: Wrapping,
    item: One<N>,
}

impl<const N: usize> List<N> {
    /// The reading of the list in `field`.
    pub(super) fn compile(
        schema: &Schema,
        field: &Field,
        wanted: &[&str; N],
    ) -> Result<Self, PacketError> {
        let (wrapping, inner) = Wrapping::of(schema, field.node);
        let Node::Array(items) = schema.node(inner) else {
            return Err(PacketError::schema(format!("the field {:?} is not an array", field.name)));
        };
        Ok(Self { wrapping, item: One::compile(schema, field, *items, wanted)? })
    }

    pub(super) fn run<'a>(
        &self,
        schema: &Schema,
        cursor: &mut Cursor<'a>,
        mut take: impl FnMut(&[Scalar<'a>; N]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if !self.wrapping.is_present(cursor)? {
            return Ok(());
        }
        loop {
            let count = cursor.items()?;
            if count == 0 {
                return Ok(());
            }
            for _ in 0..count {
                cursor.charge(1)?;
                self.item.run(schema, cursor, 2, &mut take)?;
            }
        }
    }
}
