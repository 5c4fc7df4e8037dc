//! How to read a ZTF alert written with a given schema: where its candidate, its histories and its stamps stand.

use super::PacketError;
use super::cursor::{Cursor, Fault};
use super::program::{Program, Scalar};
use super::schema::{Field, Node, NodeId, Schema};
use super::survey;

pub(super) const ALERT: [&str; 5] = ["schemavsn", "publisher", "objectId", "alertId", "candid"];
pub(super) const CANDIDATE: [&str; 16] = [
    "jd",
    "fid",
    "candid",
    "isdiffpos",
    "ra",
    "dec",
    "magpsf",
    "sigmapsf",
    "classtar",
    "rb",
    "drb",
    "ndethist",
    "jdstarthist",
    "sgscore1",
    "distpsnr1",
    "ssdistnr",
];
pub(super) const PREVIOUS: [&str; 8] =
    ["jd", "fid", "candid", "isdiffpos", "magpsf", "sigmapsf", "rb", "diffmaglim"];
pub(super) const FORCED: [&str; 6] =
    ["jd", "fid", "forcediffimflux", "forcediffimfluxunc", "magzpsci", "procstatus"];
const STAMP: [&str; 1] = ["stampData"];

/// What stands beside the candidate, in the order of [`ALERT`].
pub(super) type AlertRow<'a> = [Scalar<'a>; ALERT.len()];
/// The wanted fields of `candidate`, in the order of [`CANDIDATE`].
pub(super) type CandidateRow<'a> = [Scalar<'a>; CANDIDATE.len()];
/// The wanted fields of one of `prv_candidates`, in the order of [`PREVIOUS`].
pub(super) type PreviousRow<'a> = [Scalar<'a>; PREVIOUS.len()];
/// The wanted fields of one of `fp_hists`, in the order of [`FORCED`].
pub(super) type ForcedRow<'a> = [Scalar<'a>; FORCED.len()];

/// What takes the values of an alert as they are read.
pub(super) trait Sink<'a> {
    fn alert(&mut self, row: &AlertRow<'a>);
    fn candidate(&mut self, row: &CandidateRow<'a>);
    fn previous(&mut self, row: &PreviousRow<'a>) -> Result<(), Fault>;
    fn forced(&mut self, row: &ForcedRow<'a>) -> Result<(), Fault>;
    fn stamp(&mut self, stamp: Stamp, bytes: &Scalar<'a>);
}

/// One of the three stamps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stamp {
    Science,
    Template,
    Difference,
}

/// A type that may stand in a union with null.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrapping {
    Bare,
    NullIs(usize),
}

impl Wrapping {
    fn is_present(self, cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
        match self {
            Self::Bare => Ok(true),
            Self::NullIs(null) => Ok(cursor.choice(2)? != null),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct One<const N: usize> {
    wrapping: Wrapping,
    program: Program<N>,
}

#[derive(Clone, Debug, PartialEq)]
struct List<const N: usize> {
    wrapping: Wrapping,
    item: One<N>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Plain(Program<{ ALERT.len() }>),
    Candidate(One<{ CANDIDATE.len() }>),
    Previous(List<{ PREVIOUS.len() }>),
    Forced(List<{ FORCED.len() }>),
    Stamp(Stamp, One<{ STAMP.len() }>),
}

/// The reading of a whole ZTF alert.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ZtfPlan {
    parts: Vec<Part>,
    /// Whether the schema bears ZTF's name.
    pub(super) is_named_ztf: bool,
}

impl ZtfPlan {
    /// The plan for `schema`, which is refused where it is not a ZTF alert's.
    pub(super) fn compile(schema: &Schema) -> Result<Self, PacketError> {
        let fields = schema.root_fields().ok_or_else(|| {
            PacketError::unsupported("an Avro container whose values are not records")
        })?;
        survey::refuse_schema_of_others(&schema.name)?;
        let has = |name: &str| fields.iter().any(|field| field.name == name);
        // `alertId` is what schemas 1.1 to 1.3 have before there were objects.
        if !((has("objectId") || has("alertId")) && has("candid") && has("candidate")) {
            return Err(PacketError::unsupported(other_survey(schema)));
        }
        let parts = fields.iter().map(|field| part(schema, field)).collect::<Result<_, _>>()?;
        Ok(Self { parts, is_named_ztf: survey::is_ztf_schema(&schema.name) })
    }

    /// Reads one alert from `cursor` into `sink`.
    pub(super) fn run<'a>(
        &self,
        schema: &Schema,
        cursor: &mut Cursor<'a>,
        sink: &mut impl Sink<'a>,
    ) -> Result<(), Fault> {
        let mut alert = AlertRow::default();
        for part in &self.parts {
            match part {
                Part::Plain(program) => program.run(schema, cursor, &mut alert, 1)?,
                Part::Candidate(one) => {
                    one.run(schema, cursor, 1, |row| {
                        sink.candidate(row);
                        Ok(())
                    })?;
                }
                Part::Previous(list) => list.run(schema, cursor, |row| sink.previous(row))?,
                Part::Forced(list) => list.run(schema, cursor, |row| sink.forced(row))?,
                Part::Stamp(stamp, one) => one.run(schema, cursor, 1, |[bytes]| {
                    sink.stamp(*stamp, bytes);
                    Ok(())
                })?,
            }
        }
        sink.alert(&alert);
        Ok(())
    }
}

impl<const N: usize> One<N> {
    #[inline]
    fn run<'a>(
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
}

impl<const N: usize> List<N> {
    fn run<'a>(
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

fn part(schema: &Schema, field: &Field) -> Result<Part, PacketError> {
    let stamp = |which| match one(schema, field, field.node, &STAMP) {
        Ok(one) => Ok(Part::Stamp(which, one)),
        Err(_) => plain(schema, field),
    };
    match field.name.as_str() {
        "candidate" => one(schema, field, field.node, &CANDIDATE).map(Part::Candidate),
        "prv_candidates" => list(schema, field, &PREVIOUS).map(Part::Previous),
        "fp_hists" => list(schema, field, &FORCED).map(Part::Forced),
        "cutoutScience" => stamp(Stamp::Science),
        "cutoutTemplate" => stamp(Stamp::Template),
        "cutoutDifference" => stamp(Stamp::Difference),
        _ => plain(schema, field),
    }
}

fn plain(schema: &Schema, field: &Field) -> Result<Part, PacketError> {
    Program::compile(schema, std::slice::from_ref(field), &ALERT).map(Part::Plain)
}

fn one<const N: usize>(
    schema: &Schema,
    field: &Field,
    node: NodeId,
    wanted: &[&str; N],
) -> Result<One<N>, PacketError> {
    let (wrapping, inner) = unwrapped(schema, node);
    let Node::Record(fields) = schema.node(inner) else {
        return Err(PacketError::schema(format!("the field {:?} holds no records", field.name)));
    };
    Ok(One { wrapping, program: Program::compile(schema, fields, wanted)? })
}

fn list<const N: usize>(
    schema: &Schema,
    field: &Field,
    wanted: &[&str; N],
) -> Result<List<N>, PacketError> {
    let (wrapping, inner) = unwrapped(schema, field.node);
    let Node::Array(items) = schema.node(inner) else {
        return Err(PacketError::schema(format!("the field {:?} is not an array", field.name)));
    };
    Ok(List { wrapping, item: one(schema, field, *items, wanted)? })
}

/// A union of null and one other type is that other type, which may be absent.
fn unwrapped(schema: &Schema, id: NodeId) -> (Wrapping, NodeId) {
    if let Node::Union(branches) = schema.node(id)
        && let [first, second] = branches.as_slice()
    {
        match (schema.node(*first), schema.node(*second)) {
            (Node::Null, _) => return (Wrapping::NullIs(0), *second),
            (_, Node::Null) => return (Wrapping::NullIs(1), *first),
            _ => {}
        }
    }
    (Wrapping::Bare, id)
}

fn other_survey(schema: &Schema) -> String {
    let name = schema.name.to_ascii_lowercase();
    let has = |wanted: &str| {
        schema.root_fields().is_some_and(|fields| fields.iter().any(|field| field.name == wanted))
    };
    if name.contains("elasticc") {
        "an Avro container of ELAsTiCC".to_owned()
    } else if name.contains("lsst") || has("diaSource") || has("diaSourceId") {
        "an Avro container of LSST".to_owned()
    } else {
        let name: String = schema.name.chars().take(64).collect();
        format!("an Avro container of {name:?}, which is no ZTF alert,")
    }
}
