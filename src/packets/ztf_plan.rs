//! How to read a ZTF alert written with a given schema: where its candidate, its histories and its stamps stand.

use super::PacketError;
use super::cursor::{Cursor, Fault};
use super::plan::{List, One, Stamp};
use super::program::{Program, Scalar};
use super::schema::{Field, Schema};
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
        schema.enter_root(cursor)?;
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

fn part(schema: &Schema, field: &Field) -> Result<Part, PacketError> {
    match field.name.as_str() {
        "candidate" => One::compile(schema, field, field.node, &CANDIDATE).map(Part::Candidate),
        "prv_candidates" => List::compile(schema, field, &PREVIOUS).map(Part::Previous),
        "fp_hists" => List::compile(schema, field, &FORCED).map(Part::Forced),
        name => match (Stamp::of_field(name), One::compile(schema, field, field.node, &STAMP)) {
            (Some(stamp), Ok(one)) => Ok(Part::Stamp(stamp, one)),
            _ => plain(schema, field),
        },
    }
}

fn plain(schema: &Schema, field: &Field) -> Result<Part, PacketError> {
    Program::compile(schema, std::slice::from_ref(field), &ALERT).map(Part::Plain)
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
