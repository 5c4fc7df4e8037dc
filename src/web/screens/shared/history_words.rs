//! What else there is to a line of the history, in words.

use serde_json::Value;

use crate::domain::{
    group::Group,
    sharing::{Sharing, TEAM},
};

/// Longest line, characters.
const MAX_LINE: usize = 160;

/// "broker: archive", a line for each field; of a change, what was before comes first.
pub(in crate::web) fn detail_lines(detail: &Value, groups: &[Group]) -> Vec<String> {
    let Value::Object(fields) = detail else { return Vec::new() };
    // The name says it: of the member in the same line, and of a run's query, which is what the run is called.
    let is_named = |name: &str| name == "query" || (name == "id" && fields.contains_key("member"));
    let is_shown =
        |name: &str, value: &Value| !(value.is_null() || value.is_i64() && is_named(name));
    let mut fields: Vec<_> = fields.iter().filter(|(name, value)| is_shown(name, value)).collect();
    fields.sort_by_key(|(name, _)| *name == "after");
    let lines = fields.into_iter().map(|(name, value)| {
        let line = format!("{name}: {}", in_words(value, groups));
        if line.chars().count() > MAX_LINE {
            line.chars().take(MAX_LINE).chain(['…']).collect()
        } else {
            line
        }
    });
    lines.collect()
}

fn in_words(value: &Value, groups: &[Group]) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(values) => {
            values.iter().map(|value| in_words(value, groups)).collect::<Vec<_>>().join(", ")
        }
        Value::Object(fields) => match serde_json::from_value::<Sharing>(value.clone()) {
            Ok(sharing) => sharing_in_words(&sharing, groups),
            Err(_) => fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| format!("{name}: {}", in_words(value, groups)))
                .collect::<Vec<_>>()
                .join(", "),
        },
        Value::Null | Value::Number(_) => value.to_string(),
    }
}

/// "seen by the whole team, changed by SN".
fn sharing_in_words(sharing: &Sharing, groups: &[Group]) -> String {
    if sharing.is_private() {
        return "private".to_owned();
    }
    let rights = [
        ("seen by", &sharing.readers),
        ("changed by", &sharing.writers),
        ("shared by", &sharing.sharers),
    ];
    let parts = rights.iter().filter(|(_, ids)| !ids.is_empty()).map(|(words, ids)| {
        let names: Vec<String> = ids.iter().map(|id| group_name(*id, groups)).collect();
        format!("{words} {}", names.join(" and "))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn group_name(id: i64, groups: &[Group]) -> String {
    match groups.iter().find(|group| group.id == id) {
        _ if id == TEAM => "the whole team".to_owned(),
        Some(group) => group.name.clone(),
        None => format!("a deleted group ({id})"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_details_are_cut() {
        let lines = detail_lines(&json!({ "a": "x".repeat(500), "b": null, "c": [1, 2] }), &[]);
        assert_eq!(lines[1..], ["c: 1, 2"]);
        assert!(lines.iter().all(|line| line.chars().count() <= MAX_LINE + 1));
    }

    #[test]
    fn a_change_of_sharing_reads_from_before_to_after_and_names_the_groups() {
        let group =
            Group { id: 3, name: "SN".to_owned(), description: String::new(), members: Vec::new() };
        let detail = json!({
            "after": { "readers": [0], "writers": [3, 4], "sharers": [] },
            "before": { "readers": [], "writers": [], "sharers": [] },
        });
        let lines = detail_lines(&detail, &[group]);
        assert_eq!(
            lines,
            [
                "before: private",
                "after: seen by the whole team, changed by SN and a deleted group (4)",
            ]
        );
    }

    #[test]
    fn no_number_is_told_of_what_has_a_name() {
        let told = |detail: Value| detail_lines(&detail, &[]);
        assert_eq!(told(json!({ "broker": "archive", "query": 12 })), ["broker: archive"]);
        assert_eq!(told(json!({ "id": 7, "member": "Ada" })), ["member: Ada"]);
        assert_eq!(told(json!({ "id": 7 })), ["id: 7"]);
        assert_eq!(told(json!({ "query": "a text" })), ["query: a text"]);
    }

    #[test]
    fn what_is_inside_is_told_in_one_line() {
        let detail = json!({ "may_write": true, "parameters": { "folder": "night", "x": null } });
        assert_eq!(detail_lines(&detail, &[]), ["may_write: yes", "parameters: folder: night"]);
    }
}
