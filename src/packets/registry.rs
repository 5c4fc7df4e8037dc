//! The schemas of packets that bring none: those built in, and those that were added.

use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::PacketError;
use super::built_in;
use super::schema_cache::ReadySchema;

/// Most schemas that may be added.
const ADDED: usize = 1_000;

/// A schema with its names.
struct Entry {
    /// The id in Confluent wire format.
    id: Option<u32>,
    /// As `lsst.v11_1`.
    name: String,
    ready: Arc<ReadySchema>,
}

static BUILT_IN: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let entry = |name: String| {
        let ready = ReadySchema::read(built_in::avsc(&name)?.as_bytes()).ok()?;
        Some(Entry { id: lsst_id(&name), name, ready })
    };
    built_in::names().filter_map(entry).collect()
});

static ADDED_SCHEMAS: RwLock<Vec<Entry>> = RwLock::new(Vec::new());

/// Rubin's own ids: 100 times the major version and the minor one.
fn lsst_id(name: &str) -> Option<u32> {
    let (major, minor) = name.strip_prefix("lsst.v")?.split_once('_')?;
    Some(major.parse::<u32>().ok()?.checked_mul(100)? + minor.parse::<u32>().ok()?)
}

/// Adds a schema, for packets in Confluent wire format with this id, in place of one that was added before.
///
/// Every packet that is read from then on is read with it. Those built in keep their ids.
pub fn add_schema(id: u32, avsc: &[u8]) -> Result<(), PacketError> {
    add(Some(id), avsc)
}

/// Adds the schema of a file with this name, without its ending: an id, or a name as `lsst.v11_2` or `elasticc.v0_9_2.alert`.
pub fn add_schema_file(name: &str, avsc: &[u8]) -> Result<(), PacketError> {
    let name = name.strip_suffix(".alert").unwrap_or(name);
    add(name.parse().ok().or_else(|| lsst_id(name)), avsc)
}

fn add(id: Option<u32>, avsc: &[u8]) -> Result<(), PacketError> {
    let ready = ReadySchema::read(avsc)?;
    let name = alert_name(&ready.schema.name).to_owned();
    let mut added = ADDED_SCHEMAS.write().unwrap_or_else(PoisonError::into_inner);
    let is_same = |entry: &Entry| entry.id == id && (id.is_some() || entry.name == name);
    added.retain(|entry| !is_same(entry));
    if added.len() >= ADDED {
        return Err(PacketError::TooMuch { what: "schemas" });
    }
    added.push(Entry { id, name, ready });
    Ok(())
}

/// The Avro schema, as JSON, that is built in under a name such as `lsst.v11_1` or `elasticc.v0_9_1`.
pub fn schema_text(name: &str) -> Option<String> {
    built_in::avsc(name)
}

/// Whether packets in Confluent wire format with this schema id can be read.
pub fn knows_schema(id: u32) -> bool {
    by_id(id).is_ok()
}

/// `lsst.v11_1` of `lsst.v11_1.alert`.
fn alert_name(record: &str) -> &str {
    record.rsplit_once('.').map_or(record, |(space, _)| space)
}

/// The schema with this id in Confluent wire format.
pub(super) fn by_id(id: u32) -> Result<Arc<ReadySchema>, PacketError> {
    find(|entry| entry.id == Some(id)).ok_or(PacketError::UnknownSchema { id })
}

/// The schema with this name, `elasticc.v0_9_1`, or with this version, `0.9.1`.
pub(super) fn by_name(name: &str) -> Result<Arc<ReadySchema>, PacketError> {
    let unknown = || PacketError::UnknownSchemaName { name: name.chars().take(64).collect() };
    let ends = format!(".v{}", name.replace('.', "_"));
    find(|entry| entry.name == name || entry.name.ends_with(&ends)).ok_or_else(unknown)
}

fn find(is_it: impl Fn(&Entry) -> bool) -> Option<Arc<ReadySchema>> {
    let found = |entries: &[Entry]| {
        entries.iter().find(|entry| is_it(entry)).map(|entry| Arc::clone(&entry.ready))
    };
    found(&BUILT_IN)
        .or_else(|| found(&ADDED_SCHEMAS.read().unwrap_or_else(PoisonError::into_inner)))
}
