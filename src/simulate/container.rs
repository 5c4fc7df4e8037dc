//! The container file of a packet, and the records in it by the names of their fields, as apache-avro writes them.

use std::sync::LazyLock;

use apache_avro::{Schema, Writer, types::Value};

/// The writer's schema of ZTF alerts, version 4.02.
pub(super) const SCHEMA_TEXT: &str = include_str!("ztf_v4_02.avsc");

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::parse_str(SCHEMA_TEXT).expect("the schema is one"));

/// The fields of a record in the making, in any order.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, Value)>);

impl Fields {
    /// A field with a value of its own type; an `Option` for one that may be null.
    pub(super) fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Fields of the type `["null", "float"]` that have values.
    pub(super) fn put_floats<const N: usize>(&mut self, fields: [(&str, f64); N]) {
        for (name, value) in fields {
            self.put(name, Some(value as f32));
        }
    }

    /// The record of these fields.
    pub(super) fn into_record(self) -> Value {
        Value::Record(self.0)
    }
}

/// An object container file that holds this one record, uncompressed.
pub(super) fn container(record: Value, sync_marker: [u8; 16]) -> Vec<u8> {
    let writer = Writer::builder().schema(&SCHEMA).writer(Vec::new()).marker(sync_marker).build();
    let file = writer.and_then(|mut writer| {
        writer.append_value(record)?;
        writer.into_inner()
    });
    file.expect("a record has the fields of its schema")
}
