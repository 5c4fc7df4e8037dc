//! Avro's binary encoding and its object container file, as far as an alert packet needs them.

/// The writer's schema of ZTF alerts, version 4.02.
pub(super) const SCHEMA: &str = include_str!("ztf_v4_02.avsc");

/// Bytes of a record in the making; values are written in the order of the schema's fields.
#[derive(Default)]
pub(super) struct AvroBytes(Vec<u8>);

impl AvroBytes {
    pub(super) fn long(&mut self, value: i64) {
        let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
        while rest >= 0x80 {
            self.0.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.0.push(rest as u8);
    }

    pub(super) fn int(&mut self, value: i32) {
        self.long(i64::from(value));
    }

    pub(super) fn double(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn float(&mut self, value: f64) {
        self.0.extend_from_slice(&(value as f32).to_le_bytes());
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.long(value.len() as i64);
        self.0.extend_from_slice(value);
    }

    pub(super) fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// The null branch of a `["null", …]` union.
    pub(super) fn null(&mut self) {
        self.long(0);
    }

    /// The null branch for this many fields in a row.
    pub(super) fn nulls(&mut self, n_fields: usize) {
        for _ in 0..n_fields {
            self.null();
        }
    }

    /// The value branch of a `["null", …]` union; the value follows.
    pub(super) fn some(&mut self) -> &mut Self {
        self.long(1);
        self
    }

    /// Values of `["null", "float"]` fields.
    pub(super) fn some_floats(&mut self, values: &[f64]) {
        for value in values {
            self.some().float(*value);
        }
    }

    /// An array of `["null", array]`, in one block.
    pub(super) fn some_array<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        self.some();
        if !items.is_empty() {
            self.long(items.len() as i64);
            for each in items {
                item(self, each);
            }
        }
        self.long(0);
    }

    /// An object container file that holds this one record, uncompressed.
    pub(super) fn into_container(self, sync_marker: [u8; 16]) -> Vec<u8> {
        let mut file = Self(Vec::with_capacity(self.0.len() + SCHEMA.len() + 128));
        file.0.extend_from_slice(b"Obj\x01");
        file.long(2);
        file.text("avro.codec");
        file.text("null");
        file.text("avro.schema");
        file.text(SCHEMA);
        file.long(0);
        file.0.extend_from_slice(&sync_marker);
        file.long(1);
        file.bytes(&self.0);
        file.0.extend_from_slice(&sync_marker);
        file.0
    }
}
