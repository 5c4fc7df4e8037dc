//! Records of the schema 11.1, fitted to the types of its fields.

use std::{collections::HashMap, sync::LazyLock};

use apache_avro::{Schema, schema::RecordSchema, types::Value};

use crate::packets;

static TEXT: LazyLock<String> =
    LazyLock::new(|| packets::schema_text("lsst.v11_1").expect("the schema is built in"));

/// The schema of an alert.
pub(super) static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::parse_str(&TEXT).expect("the schema is one"));

static RECORDS: LazyLock<HashMap<String, RecordSchema>> = LazyLock::new(|| {
    let mut records = HashMap::new();
    collect(&SCHEMA, &mut records);
    records
});

/// The text of the schema.
pub(in crate::simulate) fn text() -> &'static str {
    &TEXT
}

fn collect(schema: &Schema, records: &mut HashMap<String, RecordSchema>) {
    match schema {
        Schema::Union(union) => union.variants().iter().for_each(|it| collect(it, records)),
        Schema::Array(array) => collect(&array.items, records),
        Schema::Record(record) => {
            record.fields.iter().for_each(|field| collect(&field.schema, records));
            let name = record.name.to_string();
            let short = name.rsplit('.').next().unwrap_or_default().to_owned();
            records.insert(short, record.clone());
        }
        _ => {}
    }
}

/// The fields of a record in the making, in any order; numbers of any width.
#[derive(Default)]
pub(super) struct Fields(HashMap<String, Value>);

impl Fields {
    pub(super) fn put(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    pub(super) fn put_all<const N: usize>(&mut self, fields: [(&str, f64); N]) {
        for (name, value) in fields {
            self.put(name, value);
        }
    }

    /// The record of this name: what was not put is false where it is a flag, and otherwise null.
    pub(super) fn into_record(mut self, name: &str) -> Value {
        let schema = RECORDS.get(name).expect("the schema has the record");
        let fields = schema.fields.iter().map(|field| {
            let value = self.0.remove(&field.name);
            (field.name.clone(), fitted(&field.schema, value))
        });
        let record = Value::Record(fields.collect());
        debug_assert!(self.0.is_empty(), "{name} has no {:?}", self.0.keys());
        record
    }
}

fn fitted(schema: &Schema, value: Option<Value>) -> Value {
    match (schema, value) {
        (Schema::Union(union), value) => {
            let Some((index, branch)) = (0..).zip(union.variants()).nth(1) else {
                return Value::Null;
            };
            if value.is_none() && !matches!(branch, Schema::Boolean) {
                return Value::Union(0, Box::new(Value::Null));
            }
            Value::Union(index, Box::new(fitted(branch, value)))
        }
        (Schema::Boolean, None) => Value::Boolean(false),
        (Schema::Float, Some(Value::Double(value))) => Value::Float(value as f32),
        (Schema::Int, Some(Value::Long(value))) => Value::Int(value as i32),
        (Schema::TimestampMicros, Some(Value::Long(value))) => Value::TimestampMicros(value),
        (_, Some(value)) => value,
        (_, None) => Value::Null,
    }
}
