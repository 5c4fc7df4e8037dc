//! `POST /alerts/alert/create/`: alerts of a run become targets; a report says what became of each.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    actions::save_targets::{MOST_SAVED_AT_ONCE, save_targets},
    domain::{
        run::Run,
        target::{OnExisting, SaveOutcome, SaveResult},
        timing::WebTiming,
    },
    storage::{SaveReport, Storage, StorageError},
    web::{
        frame::{
            context::{PageContext, local_path, redirect_with},
            error::Error,
            extract::Form,
            flash::Note,
        },
        paths,
        widgets::words::grouped,
    },
};

/// Saves the alerts named by `alerts` of the run `run_id`. Pressing twice saves nothing twice. What became of them is told
/// in a report, or on the page of the alert (`next`) whose button it was.
pub(in crate::web) async fn post(
    State(storage): State<Storage>,
    State(timing): State<WebTiming>,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    context.require_work()?;
    let run_id = form
        .number("run_id")
        .ok_or_else(|| Error::BadRequest("\"run_id\" is missing".to_owned()))?;
    let run = storage.find_run(&context.asker, run_id).await?.ok_or(Error::NotFound)?;
    let alert_ids = form.ids("alerts")?;
    if alert_ids.is_empty() {
        return Ok(redirect_with(Note::NothingSelected, &paths::run(run_id)));
    }
    if alert_ids.len() > usize::from(MOST_SAVED_AT_ONCE) {
        let most = grouped(MOST_SAVED_AT_ONCE.into());
        return Err(Error::WrongParameters(format!("At most {most} alerts can be saved at once.")));
    }
    let on_existing = form.text("on_existing").and_then(OnExisting::from_id).unwrap_or_default();
    let report = save(&storage, &timing, &context, &run, &alert_ids, on_existing).await?;
    if let ([outcome], Some(next)) = (report.outcomes.as_slice(), form.text("next"))
        && let Some(note) = note_on_one(outcome)
        && is_page_of_alert(&storage, outcome.alert_id, next).await?
    {
        return Ok(redirect_with(note, next));
    }
    send_to_report(&storage, &context, &run, &report).await
}

/// Saves alerts of a run and sends the browser to the report on them.
pub(super) async fn save_and_report(
    storage: &Storage,
    timing: &WebTiming,
    context: &PageContext,
    run: &Run,
    alert_ids: &[i64],
    on_existing: OnExisting,
) -> Result<Response, Error> {
    let report = save(storage, timing, context, run, alert_ids, on_existing).await?;
    send_to_report(storage, context, run, &report).await
}

async fn save(
    storage: &Storage,
    timing: &WebTiming,
    context: &PageContext,
    run: &Run,
    alert_ids: &[i64],
    on_existing: OnExisting,
) -> Result<SaveReport, Error> {
    let outcomes =
        save_targets(storage, &context.asker, run.id, alert_ids, on_existing, timing.saving).await;
    // What is saved need not stay ticked; what failed, or was not reached, does.
    let saved: Vec<i64> = outcomes
        .iter()
        .filter(|outcome| !matches!(outcome.result, SaveResult::Failed { .. }))
        .map(|outcome| outcome.alert_id)
        .collect();
    storage.deselect(&context.asker, run.id, &saved).await?;
    let n_left = storage.count_selected(&context.asker, run.id).await?;
    Ok(SaveReport { on_existing, outcomes, n_left })
}

async fn send_to_report(
    storage: &Storage,
    context: &PageContext,
    run: &Run,
    report: &SaveReport,
) -> Result<Response, Error> {
    let id = storage.keep_save_report(&context.asker, run.id, report).await?;
    let id = id.ok_or(Error::NotFound)?;
    Ok(Redirect::to(&paths::save_report(run.id, id)).into_response())
}

/// What is told of one alert where it was saved from; nothing if it was not.
fn note_on_one(outcome: &SaveOutcome) -> Option<Note> {
    match outcome.result {
        SaveResult::Created { target_id } => Some(Note::TargetCreated(target_id)),
        SaveResult::Existing { target_id, is_added: true, .. } => Some(Note::AlertAdded(target_id)),
        SaveResult::Existing { target_id, .. } => Some(Note::TargetIsThere(target_id)),
        SaveResult::Failed { .. } => None,
    }
}

/// Whether this is the page of this alert, however it was opened.
async fn is_page_of_alert(
    storage: &Storage,
    alert_id: i64,
    path: &str,
) -> Result<bool, StorageError> {
    let found = storage.list_sources(&[alert_id]).await?;
    Ok(found.first().is_some_and(|(_, survey, source_id)| {
        local_path(path).split('?').next() == Some(paths::alert(*survey, *source_id).as_str())
    }))
}

/// `next` if it is a page of this run, else the run's first page.
pub(super) fn stays_on(next: &str, run: &Run) -> String {
    let home = paths::run(run.id);
    if next.starts_with(&home) { next.to_owned() } else { home }
}
