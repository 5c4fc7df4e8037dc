//! The alert schemas of LSST and ELAsTiCC, from a compact notation of all their versions to Avro's JSON.
//!
//! A file begins with its `versions`. `record NAME` opens a record; each line below it has the versions that hold its
//! fields (`*`: all), their type and their names, in order. Types: `l`ong, `i`nt, `f`loat, `d`ouble, `b`oolean,
//! `s`tring, `B`ytes, `t`imestamp in microseconds, or a record; `[` an array of it, `?` a union with null.

use serde_json::{Value as Json, json};

const NOTATIONS: [(&str, &str); 2] = [
    ("lsst", include_str!("schemas/lsst.txt")),
    ("elasticc", include_str!("schemas/elasticc.txt")),
];

/// The record that is the alert.
const ROOT: &str = "alert";

/// Every schema that is built in, as `lsst.v11_1`.
pub(super) fn names() -> impl Iterator<Item = String> {
    NOTATIONS.into_iter().flat_map(|(survey, notation)| {
        versions(notation).map(move |version| format!("{survey}.v{version}"))
    })
}

/// The Avro schema with this name.
pub(super) fn avsc(name: &str) -> Option<String> {
    let (survey, version) = name.split_once(".v")?;
    let (_, notation) = NOTATIONS.into_iter().find(|(known, _)| *known == survey)?;
    let place = versions(notation).position(|known| known == version)?;
    let mut writing = Writing { notation, name, place, written: Vec::new() };
    Some(writing.of(ROOT)?.to_string())
}

fn versions(notation: &'static str) -> impl Iterator<Item = &'static str> {
    let first = notation.lines().next().unwrap_or_default();
    first.split(' ').skip(1)
}

/// The JSON of one version, half written.
struct Writing<'a> {
    notation: &'static str,
    name: &'a str,
    /// Of the version among all.
    place: usize,
    /// Records that stand in it already: Avro refers to them by name.
    written: Vec<&'static str>,
}

impl Writing<'_> {
    fn of(&mut self, kind: &'static str) -> Option<Json> {
        if let Some(kind) = kind.strip_suffix('?') {
            return Some(json!(["null", self.of(kind)?]));
        }
        if let Some(items) = kind.strip_prefix('[') {
            return Some(json!({"type": "array", "items": self.of(items)?}));
        }
        Some(match kind {
            "l" => "long".into(),
            "i" => "int".into(),
            "f" => "float".into(),
            "d" => "double".into(),
            "b" => "boolean".into(),
            "s" => "string".into(),
            "B" => "bytes".into(),
            "t" => json!({"type": "long", "logicalType": "timestamp-micros"}),
            record => return self.record(record),
        })
    }

    fn record(&mut self, record: &'static str) -> Option<Json> {
        let name = format!("{}.{record}", self.name);
        if self.written.contains(&record) {
            return Some(name.into());
        }
        self.written.push(record);
        let mut lines = self.notation.lines();
        lines.find(|line| line.strip_prefix("record ") == Some(record))?;
        let mut fields = Vec::new();
        for line in lines.take_while(|line| !line.starts_with("record ")) {
            let mut words = line.split(' ');
            let (versions, kind) = (words.next()?, words.next()?);
            if self.holds(versions) {
                for field in words {
                    fields.push(json!({"name": field, "type": self.of(kind)?}));
                }
            }
        }
        Some(json!({"type": "record", "name": name, "fields": fields}))
    }

    /// Whether a line of these `versions` is of the one being written.
    fn holds(&self, versions_of_line: &str) -> bool {
        let place = |wanted: &str| versions(self.notation).position(|version| version == wanted);
        versions_of_line.split(',').any(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let range = place(first).zip(place(last));
            range.is_some_and(|(first, last)| (first..=last).contains(&self.place))
        }) || versions_of_line == "*"
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::schema::{Node, NodeId, Schema};
    use super::*;

    /// The schema without the places of its types, which a writer may choose.
    fn unfolded(schema: &Schema, id: NodeId) -> String {
        let of = |id: &NodeId| unfolded(schema, *id);
        match schema.node(id) {
            Node::Record(fields) => {
                let fields =
                    fields.iter().map(|field| format!("{}: {}", field.name, of(&field.node)));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            Node::Array(items) => format!("[{}]", of(items)),
            Node::Union(branches) => branches.iter().map(of).collect::<Vec<_>>().join("|"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_schema_is_read_and_begins_with_the_alerts_id() {
        let names: Vec<_> = names().collect();
        assert_eq!(names.len(), 12);
        for name in names {
            let schema = Schema::parse(avsc(&name).unwrap().as_bytes()).unwrap();
            assert_eq!(schema.name, format!("{name}.alert"));
            let fields = schema.root_fields().unwrap();
            assert!(["alertId", "diaSourceId"].contains(&fields[0].name.as_str()), "{name}");
        }
        assert_eq!(avsc("lsst.v6_0"), None);
        assert_eq!(avsc("lsst"), None);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the published schemas come from outside")]
    fn every_schema_is_the_one_that_the_survey_published() {
        let Some(packets) = std::env::var_os("TOM_ALERTS_PACKETS") else { return };
        for name in names() {
            let file = Path::new(&packets).join(format!("../schemas/{name}.alert.avsc"));
            let published = Schema::parse(&std::fs::read(file).unwrap()).unwrap();
            let ours = Schema::parse(avsc(&name).unwrap().as_bytes()).unwrap();
            assert_eq!(ours.name, published.name);
            assert_eq!(unfolded(&ours, ours.root), unfolded(&published, published.root), "{name}");
        }
    }
}
