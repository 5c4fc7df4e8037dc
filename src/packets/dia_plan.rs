//! How to read an alert of LSST or ELAsTiCC written with a given schema: where its sources, its objects and its stamps stand.

use crate::domain::alert::Survey;

use super::PacketError;
use super::cursor::{Cursor, Fault};
use super::dia::{ALERT, Dia, FORCED, LIMIT, MPC_ORBITS, OBJECT, PREVIOUS, SOURCE, SS_SOURCE};
use super::dia_values::version_of;
use super::plan::{List, One, Stamp};
use super::program::Program;
use super::schema::{Field, Node, Schema};

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Plain(Program<{ ALERT.len() }>),
    Source(One<{ SOURCE.len() }>),
    Object(One<{ OBJECT.len() }>),
    SsSource(One<{ SS_SOURCE.len() }>),
    MpcOrbits(One<{ MPC_ORBITS.len() }>),
    Previous(List<{ PREVIOUS.len() }>),
    Forced(List<{ FORCED.len() }>),
    Limits(List<{ LIMIT.len() }>),
    Stamp(Stamp, Program<1>),
}

/// The reading of a whole alert.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DiaPlan {
    pub(super) survey: Survey,
    /// The version in the schema's name: `11.1` of `lsst.v11_1.alert`; empty where that has none.
    pub(super) version: String,
    parts: Vec<Part>,
}

impl DiaPlan {
    /// The plan for `schema`; `None` where it is that of another survey.
    pub(super) fn compile(schema: &Schema) -> Result<Option<Self>, PacketError> {
        let Some(survey) = survey(schema) else { return Ok(None) };
        let fields = schema.root_fields().unwrap_or_default();
        let parts = fields.iter().map(|field| part(schema, field)).collect::<Result<_, _>>()?;
        Ok(Some(Self { survey, version: version_of(&schema.name), parts }))
    }

    /// Reads one alert from `cursor`.
    pub(super) fn run<'a>(
        &self,
        schema: &Schema,
        cursor: &mut Cursor<'a>,
    ) -> Result<Dia<'a>, Fault> {
        let mut dia = Dia::new(self.survey);
        schema.enter_root(cursor)?;
        for part in &self.parts {
            match part {
                Part::Plain(program) => program.run(schema, cursor, &mut dia.alert, 1)?,
                Part::Source(one) => one.run_into(schema, cursor, &mut dia.source)?,
                Part::Object(one) => one.run_into(schema, cursor, &mut dia.object)?,
                Part::SsSource(one) => one.run_into(schema, cursor, &mut dia.ss_source)?,
                Part::MpcOrbits(one) => one.run_into(schema, cursor, &mut dia.mpc_orbits)?,
                Part::Previous(list) => list.run(schema, cursor, |row| dia.previous(row))?,
                Part::Forced(list) => list.run(schema, cursor, |row| dia.forced(row))?,
                Part::Limits(list) => list.run(schema, cursor, |row| dia.limit(row))?,
                Part::Stamp(stamp, program) => {
                    let mut row = Default::default();
                    program.run(schema, cursor, &mut row, 1)?;
                    dia.stamp(*stamp, &row);
                }
            }
        }
        Ok(dia)
    }
}

/// Whose alerts these are, by what a source of theirs is like. (A schema's name may be a writer's own.)
fn survey(schema: &Schema) -> Option<Survey> {
    let source = schema.root_fields()?.iter().find(|field| field.name == "diaSource")?;
    let Node::Record(fields) = schema.node(schema.unwrapped(source.node).1) else { return None };
    let has = |name: &str| fields.iter().any(|field| field.name == name);
    match (has("diaSourceId"), has("psFlux") && has("decl"), has("psfFlux") && has("dec")) {
        (true, true, _) => Some(Survey::Elasticc),
        (true, _, true) => Some(Survey::Lsst),
        _ => None,
    }
}

fn part(schema: &Schema, field: &Field) -> Result<Part, PacketError> {
    let this = std::slice::from_ref(field);
    Ok(match field.name.as_str() {
        "diaSource" => Part::Source(One::compile(schema, field, field.node, &SOURCE)?),
        "diaObject" => Part::Object(One::compile(schema, field, field.node, &OBJECT)?),
        "ssSource" | "ssObject" => {
            Part::SsSource(One::compile(schema, field, field.node, &SS_SOURCE)?)
        }
        "mpc_orbits" | "MPCORB" => {
            Part::MpcOrbits(One::compile(schema, field, field.node, &MPC_ORBITS)?)
        }
        "prvDiaSources" => Part::Previous(List::compile(schema, field, &PREVIOUS)?),
        "prvDiaForcedSources" => Part::Forced(List::compile(schema, field, &FORCED)?),
        "prvDiaNondetectionLimits" => Part::Limits(List::compile(schema, field, &LIMIT)?),
        name => match Stamp::of_field(name) {
            Some(stamp) => Part::Stamp(stamp, Program::compile(schema, this, &[name])?),
            None => Part::Plain(Program::compile(schema, this, &ALERT)?),
        },
    })
}
