//! A target made or changed by hand.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};

use crate::{
    actions::save_targets::{ReadTarget, save_target},
    clock::Clock,
    domain::target::Target,
    forms::{Choices, FORM_ERRORS, FormState, RawForm},
    storage::{NotDone, Refused, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::{PageContext, redirect_with},
            error::Error,
            extract::{Form, Id},
            flash::Note,
            page_query::Query,
        },
        paths,
        screens::shared::{
            target_fields::{FORM, clash_field, read_target},
            way_back::TargetRequest,
        },
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

/// What is changed: the version of a target that was shown, and how its page was reached.
#[derive(Clone, Copy)]
struct Shown<'a> {
    target: &'a Target,
    version: i64,
    request: &'a TargetRequest,
}

/// `GET /targets/create/`
pub(in crate::web) async fn get_create(context: PageContext) -> Result<Response, Error> {
    context.require_work()?;
    Ok(context.render(&page(&context, None, &FORM.blank())))
}

/// `GET /targets/{id}/update/`
pub(in crate::web) async fn get_update(
    State(storage): State<Storage>,
    query: Query,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let request = TargetRequest::of(query)?;
    let target = storage.find_target(&context.asker, id).await?.ok_or(Error::NotFound)?;
    if !context.asker.rights_on(target.created_by, &target.sharing).write {
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
    let shown = Shown { target: &target, version: target.version, request: &request };
    Ok(context.render(&page(&context, Some(shown), &state)))
}

/// `POST /targets/create/`
pub(in crate::web) async fn post_create(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    let raw = RawForm::from_pairs(form.iter());
    save(&storage, &context, &raw, clock.now(), None).await
}

/// `POST /targets/{id}/update/`
pub(in crate::web) async fn post_update(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
    Id(id): Id,
    Form(form): Form,
) -> Result<Response, Error> {
    let request = TargetRequest::of(query)?;
    let target = storage.find_target(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let version = form.version()?;
    let raw = RawForm::from_pairs(form.iter());
    let shown = Shown { target: &target, version, request: &request };
    save(&storage, &context, &raw, clock.now(), Some(shown)).await
}

/// Saves what was typed, as a new target or in place of the version of one that was shown; or its form again with what is
/// wrong.
async fn save(
    storage: &Storage,
    context: &PageContext,
    raw: &RawForm,
    now: DateTime<Utc>,
    shown: Option<Shown<'_>>,
) -> Result<Response, Error> {
    let in_place_of = shown.map(|shown| ReadTarget { id: shown.target.id, version: shown.version });
    let problems = match read_target(raw, now) {
        Ok(typed) => match save_target(storage, &context.asker, typed, in_place_of).await {
            Ok(None) => return Err(Error::NotFound),
            Ok(Some(id)) => {
                return Ok(match shown {
                    Some(shown) => redirect_with(Note::TargetChanged(id), &shown.request.href(id)),
                    None => redirect_with(Note::TargetCreated(id), &paths::target(id)),
                });
            }
            Err(NotDone::Refused(Refused::Changed)) => {
                let shown = shown.ok_or(Error::Changed)?;
                return changed_meanwhile(storage, context, shown, raw).await;
            }
            Err(error) => with_clash(raw, error)?,
        },
        Err(problems) => problems,
    };
    Ok(context.render_as(StatusCode::UNPROCESSABLE_ENTITY, &page(context, shown, &problems)))
}

/// Somebody else has saved this target: what was typed stays, what stands now is told, saving again overwrites it.
async fn changed_meanwhile(
    storage: &Storage,
    context: &PageContext,
    shown: Shown<'_>,
    raw: &RawForm,
) -> Result<Response, Error> {
    let target =
        storage.find_target(&context.asker, shown.target.id).await?.ok_or(Error::NotFound)?;
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
    let now = Shown { target: &target, version: target.version, ..shown };
    let page = page(context, Some(now), &problems);
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

fn page(context: &PageContext, shown: Option<Shown<'_>>, state: &FormState) -> TargetFormPage {
    let drawing =
        Drawing { choices: &Choices::new(), echo_url: Some(format!("{}?", paths::TARGET_ECHO)) };
    TargetFormPage {
        chrome: context.chrome(Section::Targets),
        saved_name: shown.map(|shown| shown.target.name.clone()),
        action: match shown {
            Some(shown) => shown.request.href_of_part(shown.target.id, "update/"),
            None => paths::NEW_TARGET.to_owned(),
        },
        hidden: shown
            .map(|shown| hidden("version", shown.version.to_string()))
            .into_iter()
            .collect(),
        form: form_view(&FORM, state, &drawing),
        cancel: match shown {
            Some(shown) => link("Cancel", shown.request.href(shown.target.id)),
            None => link("Cancel", paths::TARGETS),
        },
    }
}
