//! A target made or changed by hand, with the coordinate formats that TOM users know.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::{
    clock::Clock,
    domain::{
        sky::{Position, parse_dec, parse_ra},
        target::{NameClash, NewTarget, Target, name_key},
    },
    forms::{Choices, Context, FORM_ERRORS, Field, FormSpec, FormState, Parameters, RawForm},
    storage::{NotDone, Refused, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::{PageContext, redirect_with},
            error::Error,
            extract::{Form, Id},
            flash::Note,
        },
        paths,
        widgets::{
            controls::{HiddenValue, Link},
            field::FormView,
            form_view::{Drawing, form_view},
            words::{hidden, link},
        },
    },
};

/// The pages `/targets/create/` and `/targets/{id}/update/`.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/target/form.html")]
struct TargetFormPage {
    chrome: Chrome,
    /// Name of the target that is changed; absent for a new one.
    saved_name: Option<String>,
    action: String,
    /// What it sends along: the version that was shown.
    hidden: Vec<HiddenValue>,
    form: FormView,
    cancel: Link,
}

/// Longest name or alias, characters.
const MAX_NAME: usize = 100;

static FORM: FormSpec = FormSpec {
    groups: &[&[
        Field::text("name", "Name", MAX_NAME).required().help("Names that differ only by case, spaces or - _ ( ) are the same."),
        Field::parsed("ra", "RA", understand_ra)
            .required()
            .help("Degrees (83.6331), or sexagesimal hours (05:34:31.94, 5h34m31.94s), or 271d23m29.1s.")
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
    parse_ra(text).map(|ra| format!("read as {ra:.6}°")).map_err(|error| format!("{error}."))
}

fn understand_dec(text: &str, _: DateTime<Utc>) -> Result<String, String> {
    parse_dec(text).map(|dec| format!("read as {dec:+.6}°")).map_err(|error| format!("{error}."))
}

/// Reads the target of a JSON body; what is wrong by field. `aliases` is a list; `type` must be SIDEREAL if given.
pub(in crate::web) fn read_target_json(
    body: &Map<String, Value>,
) -> Result<NewTarget, Map<String, Value>> {
    let mut fields = body.clone();
    fields.remove("version");
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

fn clash_field(clash: &NameClash) -> &'static str {
    if clash.alias().is_some() { "aliases" } else { "name" }
}

fn read_target(raw: &RawForm, now: DateTime<Utc>) -> Result<NewTarget, FormState> {
    let parameters = FORM.validate(raw, &Context { now, choices: Choices::new() })?;
    let mut problems = FORM.filled(raw);
    let target = into_target(&parameters, &mut problems);
    target.filter(|_| !problems.has_errors()).ok_or(problems)
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
    let ra = parse_ra(parameters.text("ra")?).ok()?;
    let dec = parse_dec(parameters.text("dec")?).ok()?;
    Some(NewTarget {
        name,
        aliases,
        position: Position::new(ra, dec).ok(),
        note: parameters.text("note").unwrap_or_default().to_owned(),
    })
}

/// `GET /targets/create/`
pub(crate) async fn get_create(context: PageContext) -> Result<Response, Error> {
    context.require_work()?;
    Ok(context.render(&page(&context, None, &FORM.blank())))
}

/// `GET /targets/{id}/update/`
pub(crate) async fn get_update(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let target = storage.find_target(&context.scope, id).await?.ok_or(Error::NotFound)?;
    if !context.scope.rights_on(target.created_by, &target.sharing).write {
        return Err(Error::Forbidden);
    }
    let mut state = FORM.blank();
    state.put("name", target.name.clone());
    if let Some(position) = target.position {
        state.put("ra", position.ra_deg().to_string());
        state.put("dec", position.dec_deg().to_string());
    }
    state.put("aliases", target.aliases.join("\n"));
    state.put("note", target.note.clone());
    Ok(context.render(&page(&context, Some((&target, target.version)), &state)))
}

/// `POST /targets/create/`
pub(crate) async fn post_create(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    let raw = RawForm::from_pairs(form.iter());
    let sharing = context.scope.default_sharing_of_targets();
    let problems = match read_target(&raw, clock.now()) {
        Ok(target) => match storage.create_target(&context.scope, target, sharing).await {
            Ok(id) => {
                return Ok(redirect_with(Note::TargetCreated(id), &paths::target(id)));
            }
            Err(error) => with_clash(&raw, error)?,
        },
        Err(problems) => problems,
    };
    Ok(context.render_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&context, None, &problems)))
}

/// `POST /targets/{id}/update/`
pub(crate) async fn post_update(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    context: PageContext,
    Id(id): Id,
    Form(form): Form,
) -> Result<Response, Error> {
    let target = storage.find_target(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let version = form.version()?;
    let raw = RawForm::from_pairs(form.iter());
    let problems = match read_target(&raw, clock.now()) {
        Ok(changed) => match storage.update_target(&context.scope, id, version, changed).await {
            Ok(false) => return Err(Error::NotFound),
            Ok(true) => {
                return Ok(redirect_with(Note::TargetChanged(id), &paths::target(id)));
            }
            Err(NotDone::Refused(Refused::Changed)) => {
                return changed_meanwhile(&storage, &context, id, &raw).await;
            }
            Err(error) => with_clash(&raw, error)?,
        },
        Err(problems) => problems,
    };
    let page = page(&context, Some((&target, version)), &problems);
    Ok(context.render_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// Somebody else has saved this target: what was typed stays, what stands now is told, saving again overwrites it.
async fn changed_meanwhile(
    storage: &Storage,
    context: &PageContext,
    id: i64,
    raw: &RawForm,
) -> Result<Response, Error> {
    let target = storage.find_target(&context.scope, id).await?.ok_or(Error::NotFound)?;
    let mut problems = FORM.filled(raw);
    let position = target
        .position
        .map(|place| format!("{} {}", place.ra_deg(), place.dec_deg()))
        .unwrap_or_default();
    problems.add_error(
        FORM_ERRORS,
        format!(
            "Somebody else changed this target while you were editing. It now says: {}, {position}, aliases: {}, notes: {}. Save again to overwrite it with what is typed here.",
            target.name,
            target.aliases.join(", "),
            target.note
        ),
    );
    let page = page(context, Some((&target, target.version)), &problems);
    Ok(context.render_as(StatusCode::CONFLICT, &page))
}

fn with_clash(raw: &RawForm, error: NotDone) -> Result<FormState, Error> {
    match error {
        NotDone::Refused(Refused::NameClash(clash)) => {
            let mut problems = FORM.filled(raw);
            problems.add_error(clash_field(&clash), clash.to_string());
            Ok(problems)
        }
        error => Err(error.into()),
    }
}

fn page(
    context: &PageContext,
    target: Option<(&Target, i64)>,
    state: &FormState,
) -> TargetFormPage {
    TargetFormPage {
        chrome: context.chrome(Section::Targets),
        saved_name: target.map(|(target, _)| target.name.clone()),
        action: match target {
            Some((target, _)) => format!("{}update/", paths::target(target.id)),
            None => paths::NEW_TARGET.to_owned(),
        },
        hidden: target
            .map(|(_, version)| hidden("version", version.to_string()))
            .into_iter()
            .collect(),
        form: form_view(&FORM, state, &Drawing { choices: &Choices::new(), echo_url: None }),
        cancel: match target {
            Some((target, _)) => link("Cancel", paths::target(target.id)),
            None => link("Cancel", paths::TARGETS),
        },
    }
}
