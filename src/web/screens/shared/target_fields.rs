//! The fields of a target that is made or changed by hand, on a page or by the API, with the coordinate formats that TOM users
//! know.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::{
    domain::{
        sky::{Position, echo_position, format_ra_degrees, parse_dec, parse_position, parse_ra},
        target::{NameClash, NewTarget, name_key},
    },
    forms::{Choices, Context, Field, FormSpec, FormState, Parameters, RawForm},
};

/// Longest name or alias, characters.
const MAX_NAME: usize = 100;

const TWO_DECLINATIONS: &str =
    "Both coordinates stand here, and Dec is filled in as well: empty Dec, or leave only RA here.";

/// The fields of a target.
pub(in crate::web) static FORM: FormSpec = FormSpec {
    groups: &[&[
        Field::text("name", "Name", MAX_NAME).required().help("Names that differ only by case, spaces or - _ ( ) are the same, but for such a mark between two digits: M 3-1 is not M31."),
        Field::parsed("ra", "RA", understand_ra)
            .required()
            .help("Degrees (83.6331), sexagesimal hours (05:34:31.94, 5h34m31.94s) or 271d23m29.1s. Both coordinates may stand here.")
            .placeholder("05:34:31.94"),
        Field::parsed("dec", "Dec", understand_dec)
            .required()
            .help("Degrees (22.0145), or sexagesimal (+22:00:52.2, +22d00m52.2s).")
            .placeholder("+22:00:52.2"),
        Field::long_text("aliases", "Aliases", 4_000).help("Other names, one per line."),
        Field::long_text("note", "Notes", 10_000),
    ]],
    rules: &[],
};

fn understand_ra(text: &str, _: DateTime<Utc>) -> Result<String, String> {
    match (parse_ra(text), parse_position(text)) {
        (Ok(ra), _) => Ok(format!("read as {}°", format_ra_degrees(ra))),
        (Err(_), Ok(place)) => Ok(echo_position(place)),
        (Err(error), Err(_)) => Err(format!("{error}.")),
    }
}

fn understand_dec(text: &str, _: DateTime<Utc>) -> Result<String, String> {
    parse_dec(text).map(|dec| format!("read as {dec:+.6}°")).map_err(|error| format!("{error}."))
}

/// Reads the target of a JSON body; what is wrong by field. `aliases` is a list; `type` must be SIDEREAL if given.
pub(in crate::web) fn read_target_json(
    body: &Map<String, Value>,
) -> Result<NewTarget, Map<String, Value>> {
    let mut fields = body.clone();
    let kind = fields.remove("type");
    let mut are_aliases_lines = true;
    if let Some(Value::Array(aliases)) = fields.get("aliases") {
        let lines: Vec<&str> = aliases
            .iter()
            .filter_map(Value::as_str)
            .filter(|alias| !alias.contains('\n'))
            .collect();
        are_aliases_lines = lines.len() == aliases.len();
        fields.insert("aliases".to_owned(), Value::from(lines.join("\n")));
    }
    // A clock is not needed: no field of this form is a time.
    let checked = read_target(&RawForm::from_json(&Value::Object(fields)), DateTime::UNIX_EPOCH);
    let is_sidereal = kind.is_none_or(|kind| kind == "SIDEREAL");
    match checked {
        Ok(target) if is_sidereal && are_aliases_lines => Ok(target),
        checked => {
            let mut errors = checked.err().map(|state| state.errors_json()).unwrap_or_default();
            if !is_sidereal {
                errors.insert("type".to_owned(), json!(["Only SIDEREAL targets can be saved."]));
            }
            if !are_aliases_lines {
                errors.insert(
                    "aliases".to_owned(),
                    json!(["Enter a list of names, each on one line."]),
                );
            }
            Err(errors)
        }
    }
}

/// A clash of names by the field that it belongs to.
pub(in crate::web) fn clash_errors(clash: &NameClash) -> Map<String, Value> {
    let mut errors = Map::new();
    errors.insert(clash_field(clash).to_owned(), json!([clash.to_string()]));
    errors
}

/// The field that a clash of names belongs to.
pub(in crate::web) fn clash_field(clash: &NameClash) -> &'static str {
    if clash.alias().is_some() { "aliases" } else { "name" }
}

/// Reads the target of a form; what is wrong in it.
pub(in crate::web) fn read_target(
    raw: &RawForm,
    now: DateTime<Utc>,
) -> Result<NewTarget, FormState> {
    let raw = &parted(raw);
    let parameters = FORM.validate(raw, &Context { now, choices: Choices::new() })?;
    let mut problems = FORM.filled(raw);
    let target = into_target(&parameters, &mut problems);
    target.filter(|_| !problems.has_errors()).ok_or(problems)
}

/// The form with both coordinates in their boxes, where both were put into the first.
fn parted(raw: &RawForm) -> RawForm {
    let text = |name: &str| raw.values(name).first().map_or("", String::as_str);
    match parse_position(text("ra")) {
        Ok(place) if text("dec").trim().is_empty() && parse_ra(text("ra")).is_err() => raw
            .clone()
            .with("ra", format_ra_degrees(place.ra_deg()))
            .with("dec", format!("{:+.6}", place.dec_deg())),
        _ => raw.clone(),
    }
}

fn into_target(parameters: &Parameters, problems: &mut FormState) -> Option<NewTarget> {
    let name = parameters.text("name")?.to_owned();
    if name_key(&name).is_empty() {
        problems.add_error("name", "A name needs at least one letter or digit.".to_owned());
    }
    let aliases: Vec<String> = parameters
        .text("aliases")
        .unwrap_or_default()
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    if aliases.iter().any(|alias| alias.chars().count() > MAX_NAME || name_key(alias).is_empty()) {
        problems.add_error("aliases", format!("Each alias has 1 to {MAX_NAME} characters."));
    }
    let Ok(ra) = parse_ra(parameters.text("ra")?) else {
        // It is a position: that was checked.
        problems.add_error("ra", TWO_DECLINATIONS.to_owned());
        return None;
    };
    let dec = parse_dec(parameters.text("dec")?).ok()?;
    Some(NewTarget {
        name,
        aliases,
        position: Position::new(ra, dec).ok(),
        note: parameters.text("note").unwrap_or_default().to_owned(),
    })
}
