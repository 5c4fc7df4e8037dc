//! Schemas already read, by their exact text: reading one costs more than reading the packet behind it.

use std::sync::{Arc, PoisonError, RwLock};

use super::PacketError;
use super::dia_plan::DiaPlan;
use super::schema::Schema;
use super::survey;
use super::ztf_plan::ZtfPlan;

/// Most schemas that are kept.
const ENTRIES: usize = 64;
/// Longest schema text that is kept; ZTF's have 9 to 28 kB, LSST's up to 60.
const TEXT_BYTES: usize = 128 << 10;

/// How the alerts of a schema are read.
#[derive(Debug)]
pub(super) enum Plan {
    Ztf(ZtfPlan),
    Dia(DiaPlan),
}

/// An alert's schema, ready to read alerts with.
#[derive(Debug)]
pub(super) struct ReadySchema {
    pub(super) text: Box<[u8]>,
    pub(super) schema: Schema,
    pub(super) plan: Plan,
}

impl ReadySchema {
    /// Reads a schema, which is refused where it is not that of an alert.
    pub(super) fn read(text: &[u8]) -> Result<Arc<Self>, PacketError> {
        let schema = Schema::parse(text)?;
        survey::refuse_schema_of_others(&schema.name)?;
        let plan = match DiaPlan::compile(&schema)? {
            Some(plan) => Plan::Dia(plan),
            None => Plan::Ztf(ZtfPlan::compile(&schema)?),
        };
        Ok(Arc::new(Self { text: text.into(), schema, plan }))
    }
}

/// The oldest entry makes room for the newest.
static READY: RwLock<Vec<Arc<ReadySchema>>> = RwLock::new(Vec::new());

/// The schema of this text, from the cache or read now.
pub(super) fn ready(text: &[u8]) -> Result<Arc<ReadySchema>, PacketError> {
    kept(text).map_or_else(|| ReadySchema::read(text), Ok)
}

fn kept(text: &[u8]) -> Option<Arc<ReadySchema>> {
    let kept = READY.read().unwrap_or_else(PoisonError::into_inner);
    kept.iter().find(|ready| *ready.text == *text).cloned()
}

/// Keeps a schema with which a packet was read. (One that only claims to be an alert's never gets here.)
pub(super) fn keep(ready: &Arc<ReadySchema>) {
    if ready.text.len() > TEXT_BYTES || kept(&ready.text).is_some() {
        return;
    }
    let mut kept = READY.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= ENTRIES {
        kept.remove(0);
    }
    kept.push(Arc::clone(ready));
}
