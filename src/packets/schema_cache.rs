//! Schemas already read, by their exact text: reading one costs more than reading the packet behind it.

use std::sync::{Arc, PoisonError, RwLock};

use super::PacketError;
use super::schema::Schema;
use super::ztf_plan::ZtfPlan;

/// Most schemas that are kept.
const ENTRIES: usize = 64;
/// Longest schema text that is kept; ZTF's have 9 to 28 kB.
const TEXT_BYTES: usize = 64 << 10;

/// A ZTF schema, ready to read alerts with.
#[derive(Debug)]
pub(super) struct ReadySchema {
    text: Box<[u8]>,
    pub(super) schema: Schema,
    pub(super) plan: ZtfPlan,
}

/// The oldest entry makes room for the newest.
static READY: RwLock<Vec<Arc<ReadySchema>>> = RwLock::new(Vec::new());

/// The schema of this text, from the cache or read now.
pub(super) fn ready(text: &[u8]) -> Result<Arc<ReadySchema>, PacketError> {
    if let Some(found) = kept(text) {
        return Ok(found);
    }
    let schema = Schema::parse(text)?;
    let plan = ZtfPlan::compile(&schema)?;
    Ok(Arc::new(ReadySchema { text: text.into(), schema, plan }))
}

fn kept(text: &[u8]) -> Option<Arc<ReadySchema>> {
    let kept = READY.read().unwrap_or_else(PoisonError::into_inner);
    kept.iter().find(|ready| *ready.text == *text).cloned()
}

/// Keeps a schema with which a packet was read. (One that only claims to be ZTF's never gets here.)
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
