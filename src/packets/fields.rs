//! A packet's fields for people: in groups, with unit and meaning, sentinels named as such.

use crate::domain::{alert::Packet, wording};

use super::PacketError;
use super::broker_fields::{BROKER, BROKER_RECORDS, broker_fact, own_name};
use super::dia_fields;
use super::field_fact::FieldFact;
use super::json::with_tree;
use super::value::Value;
use super::ztf_fields::{GROUPS, OTHER, fact};

/// Some fields of a packet that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldGroup {
    /// What they have in common, as a heading.
    pub title: &'static str,
    /// The fields, in the order of the packet's schema.
    pub fields: Vec<Field>,
}

/// One field of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the packet.
    pub name: String,
    /// Its value as text; "absent", with the sentinel in brackets, where there is none.
    pub value: String,
    /// Its unit, empty where it has none.
    pub unit: &'static str,
    /// What it says, empty where that is not known.
    pub meaning: &'static str,
}

/// The fields of the alert and of its candidate, in groups. Histories and stamps appear with their size only.
pub fn fields(packet: &Packet) -> Result<Vec<FieldGroup>, PacketError> {
    with_tree(packet, grouped)
}

fn grouped(tree: &Value<'_>) -> Vec<FieldGroup> {
    let dia_titles = dia_fields::TITLES.iter().map(|(_, title)| *title);
    let dia_titles = dia_titles.filter(|title| GROUPS.iter().all(|(known, _)| known != title));
    let titles = GROUPS.iter().map(|(title, _)| *title).chain(dia_titles).chain([BROKER, OTHER]);
    let mut groups: Vec<FieldGroup> =
        titles.map(|title| FieldGroup { title, fields: Vec::new() }).collect();
    let is_lsst = is_lsst(tree);
    for (name, value) in flat(tree) {
        let FieldFact { title, unit, meaning } = fact_of(&name, is_lsst);
        let field = Field { name, value: shown(value), unit, meaning };
        if let Some(group) = groups.iter_mut().find(|group| group.title == title) {
            group.fields.push(field);
        }
    }
    groups.retain(|group| !group.fields.is_empty());
    groups
}

/// Whether an alert's fluxes are those of LSST; `None` where it is no alert of LSST or ELAsTiCC.
fn is_lsst(tree: &Value<'_>) -> Option<bool> {
    let mut fields = layers(tree).into_iter().flat_map(members);
    let (_, source) = fields.find(|(name, _)| *name == "diaSource")?;
    Some(members(source).iter().all(|(name, _)| *name != "psFlux"))
}

fn fact_of(name: &str, is_lsst: Option<bool>) -> FieldFact {
    let unknown = FieldFact { title: OTHER, unit: "", meaning: "" };
    broker_fact(name).unwrap_or_else(|| match is_lsst {
        None => fact(own_name(name)),
        Some(is_lsst) => dia_fields::fact(name, is_lsst).unwrap_or(unknown),
    })
}

/// Whether the fields of this record are named with the record's name in front.
fn is_dia_record(name: &str) -> bool {
    dia_fields::TITLES.iter().any(|(record, _)| *record == name)
}

/// Records whose fields are the alert's own, whoever put them there.
const OPEN_RECORDS: [&str; 4] = ["alertIds", "candidate", "source", "xmatch"];

/// The record in which brokers put an alert beside which they say something.
const WRAPPING: &str = "alert_lite";

/// The alert's own fields, then its candidate's, then what stands around the alert. The candidate's `candid` repeats the
/// alert's and is left out.
fn flat<'t>(tree: &'t Value<'_>) -> Vec<(String, &'t Value<'t>)> {
    let mut flat = Vec::new();
    let mut inner = Vec::new();
    for (name, value) in layers(tree).into_iter().rev().flat_map(members) {
        let is_record = matches!(value, Value::Fields(_));
        if OPEN_RECORDS.contains(name) && is_record {
            let repeated = if *name == "alertIds" { "" } else { "candid" };
            let fields = members(value).iter().filter(|(name, _)| own_name(name) != repeated);
            inner.extend(fields.map(|(name, value)| ((*name).to_owned(), value)));
        } else if (is_dia_record(name) || BROKER_RECORDS.contains(name)) && is_record {
            let fields = members(value).iter();
            inner.extend(fields.map(|(field, value)| (format!("{name}.{field}"), value)));
        } else if *name != WRAPPING {
            flat.push(((*name).to_owned(), value));
        }
    }
    flat.extend(inner);
    flat
}

/// The record and those in it that hold the alert, the inmost last.
fn layers<'t, 'a>(tree: &'t Value<'a>) -> Vec<&'t Value<'a>> {
    let mut layers = vec![tree];
    let mut outer = tree;
    while let Some((_, inner)) = members(outer).iter().find(|(name, _)| *name == WRAPPING) {
        layers.push(inner);
        outer = inner;
    }
    layers
}

fn members<'t, 'a>(value: &'t Value<'a>) -> &'t [(&'a str, Value<'a>)] {
    match value {
        Value::Fields(members) => members,
        _ => &[],
    }
}

fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Null => "absent".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value @ (-999 | -99_999)) => format!("absent ({value})"),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => shown_number(f64::from(*value), value.to_string()),
        Value::Double(value) => shown_number(*value, value.to_string()),
        Value::Bytes(count) => counted(*count, "byte", "bytes"),
        Value::Text("null") => "absent (null)".to_owned(),
        Value::Text("") => "absent (empty)".to_owned(),
        Value::Text(text) => (*text).to_owned(),
        Value::Array(items) => counted(items.len(), "entry", "entries"),
        Value::Fields(members) => {
            stamp_size(members).unwrap_or_else(|| counted(members.len(), "field", "fields"))
        }
    }
}

fn shown_number(number: f64, text: String) -> String {
    let absent = [-999.0, -99_999.0].iter().any(|sentinel| (number - sentinel).abs() < 1e-6);
    if absent || !number.is_finite() { format!("absent ({text})") } else { text }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", wording::grouped(count as u64), if count == 1 { one } else { many })
}

/// A stamp is a file's name and its bytes.
fn stamp_size(members: &[(&str, Value<'_>)]) -> Option<String> {
    members.iter().find_map(|(name, value)| match value {
        Value::Bytes(count) if *name == "stampData" => Some(counted(*count, "byte", "bytes")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentinel_is_shown_as_absent_and_a_value_as_short_as_it_was_written() {
        assert_eq!(shown(&Value::Float(-999.0)), "absent (-999)");
        assert_eq!(shown(&Value::Float(-99_999.0)), "absent (-99999)");
        assert_eq!(shown(&Value::Double(f64::NAN)), "absent (NaN)");
        assert_eq!(shown(&Value::Text("null")), "absent (null)");
        assert_eq!(shown(&Value::Null), "absent");
        assert_eq!(shown(&Value::Float(15.8836)), "15.8836");
        assert_eq!(shown(&Value::Integer(2_982_177_112_815_010_003)), "2982177112815010003");
    }

    #[test]
    fn what_stands_around_an_alert_is_shown_with_it() {
        let classes = Value::Fields(vec![("prob_class0", Value::Double(0.75))]);
        let ids = Value::Fields(vec![("objectId", Value::Text("ZTF18abcdefg"))]);
        let source = Value::Fields(vec![("mag", Value::Double(18.5)), ("sourceId", Value::Null)]);
        let alert = Value::Fields(vec![("alertIds", ids), ("source", source)]);
        let once = Value::Fields(vec![("alert_lite", alert)]);
        let message = Value::Fields(vec![("alert_lite", once), ("SuperNNova", classes)]);
        let groups = grouped(&message);
        let fields: Vec<_> = groups
            .iter()
            .flat_map(|group| group.fields.iter().map(|field| (group.title, field.name.as_str())))
            .collect();
        assert_eq!(
            fields,
            [("Alert", "objectId"), ("Detection", "mag"), (BROKER, "SuperNNova.prob_class0")]
        );
    }

    #[test]
    fn the_candidates_fields_follow_the_alerts_and_candid_stands_once() {
        let candidate =
            Value::Fields(vec![("candid", Value::Integer(7)), ("rb", Value::Float(0.5))]);
        let alert = Value::Fields(vec![
            ("candidate", candidate),
            ("objectId", Value::Text("ZTF18abcdefg")),
            ("candid", Value::Integer(7)),
            ("unheard_of", Value::Null),
        ]);
        let groups = grouped(&alert);
        let names = |title| {
            let group = groups.iter().find(|group| group.title == title);
            group.map(|group| group.fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>())
        };
        assert_eq!(names("Alert"), Some(vec!["objectId", "candid"]));
        assert_eq!(names("Scores"), Some(vec!["rb"]));
        assert_eq!(names(OTHER), Some(vec!["unheard_of"]));
    }
}
