//! `/runs/{run_id}/saves/{id}/`: what became of alerts that somebody saved as targets.

use std::collections::HashMap;

use askama::Template;
use axum::{extract::State, response::Response};

use crate::{
    domain::{
        run::Run,
        target::{OnExisting, SaveOutcome, SaveResult},
    },
    storage::{SaveReport, Storage, StorageError},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            extract::TwoIds,
        },
        paths,
        screens::shared::{results_request::ResultsRequest, way_back::of_results},
        widgets::{
            controls::{ButtonLook, Link, PostButton},
            words::{counted, hidden, link, post_button, run_title},
        },
    },
};

/// The page after *Create targets*.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/run/save_report.html")]
struct TargetsReportPage {
    chrome: Chrome,
    /// The result in a sentence: "9 targets created, 2 were there already, 1 failed".
    summary: String,
    /// The run that the alerts came from.
    run: Link,
    rows: Vec<ReportRow>,
    retry: Option<PostButton>,
}

/// What became of one alert.
#[derive(Clone, Debug)]
struct ReportRow {
    /// The alert: name of the object and page.
    alert: Link,
    source_id: String,
    outcome: Outcome,
    /// The target, if there is one.
    target: Option<Link>,
    /// Why, in a sentence; empty where there is nothing to say.
    reason: String,
}

/// What became of an alert that was to be a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Created,
    Existing,
    Failed,
}

impl Outcome {
    /// The word on the chip.
    fn label(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Existing => "Already a target",
            Self::Failed => "Failed",
        }
    }

    /// CSS class of the chip.
    fn class(self) -> &'static str {
        match self {
            Self::Created => "is-good",
            Self::Existing => "is-info",
            Self::Failed => "is-bad",
        }
    }

    /// The sign on the chip.
    fn sign(self) -> &'static str {
        match self {
            Self::Created => "✓",
            Self::Existing => "=",
            Self::Failed => "✕",
        }
    }
}

/// `GET /runs/{run_id}/saves/{id}/`: its author sees it, as long as they see the run.
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    context: PageContext,
    TwoIds(run_id, id): TwoIds,
) -> Result<Response, Error> {
    let run = storage.find_run(&context.asker, run_id).await?.ok_or(Error::NotFound)?;
    let found = storage.find_save_report(&context.asker, run_id, id).await?;
    let SaveReport { on_existing, outcomes, n_left } = found.ok_or(Error::NotFound)?;
    let page = TargetsReportPage {
        chrome: context.chrome(Section::Targets),
        summary: summary(&outcomes, n_left),
        run: link(format!("Run {}: {}", run.id, run_title(&run)), paths::run(run.id)),
        rows: report_rows(&storage, &run, &outcomes, on_existing).await?,
        retry: retry_button(&run, &outcomes, on_existing),
    };
    Ok(context.render(&page))
}

fn summary(outcomes: &[SaveOutcome], n_left: u64) -> String {
    let count = |is: fn(&SaveResult) -> bool| {
        outcomes.iter().filter(|outcome| is(&outcome.result)).count() as u64
    };
    let created = count(|result| matches!(result, SaveResult::Created { .. }));
    let existing = count(|result| matches!(result, SaveResult::Existing { .. }));
    let failed = count(|result| matches!(result, SaveResult::Failed { .. }));
    let mut parts = vec![format!("{} created", counted(created, "target"))];
    if existing > 0 {
        parts.push(format!("{existing} existed already"));
    }
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if n_left > failed {
        parts.push(format!(
            "{} still selected: press Create targets again for them",
            counted(n_left, "alert")
        ));
    }
    parts.join(", ")
}

async fn report_rows(
    storage: &Storage,
    run: &Run,
    outcomes: &[SaveOutcome],
    on_existing: OnExisting,
) -> Result<Vec<ReportRow>, StorageError> {
    let alert_ids: Vec<i64> = outcomes.iter().map(|outcome| outcome.alert_id).collect();
    let sources: HashMap<i64, _> = storage
        .list_sources(&alert_ids)
        .await?
        .into_iter()
        .map(|(id, survey, source_id)| (id, (survey, source_id)))
        .collect();
    let way_back = paths::query_string_of(&of_results(run.id, &ResultsRequest::default()));
    Ok(outcomes
        .iter()
        .map(|outcome| {
            let source = sources.get(&outcome.alert_id);
            let source = source.map(|(survey, source_id)| {
                (paths::alert(*survey, *source_id) + &way_back, source_id.to_string())
            });
            report_row(outcome, source, on_existing, &way_back)
        })
        .collect())
}

fn report_row(
    outcome: &SaveOutcome,
    source: Option<(String, String)>,
    on_existing: OnExisting,
    way_back: &str,
) -> ReportRow {
    let target_link = |id, name: &str| link(name, paths::target(id) + way_back);
    let (href, source_id) = source.unwrap_or_default();
    let (kind, target, reason) = match &outcome.result {
        SaveResult::Created { target_id } => {
            (Outcome::Created, Some(target_link(*target_id, &outcome.object_id)), String::new())
        }
        SaveResult::Existing { target_id, name, is_added } => (
            Outcome::Existing,
            Some(target_link(*target_id, name)),
            match (on_existing, is_added) {
                (_, true) => "A target with this name existed; the alert was added to it.",
                (OnExisting::Skip, _) => "A target with this name existed; it was not changed.",
                (OnExisting::AddAlert, false) => {
                    "A target with this name existed; you may not add alerts to it."
                }
            }
            .to_owned(),
        ),
        SaveResult::Failed { reason } => (Outcome::Failed, None, reason.clone()),
    };
    let name = if outcome.object_id.is_empty() {
        format!("alert {}", outcome.alert_id)
    } else {
        outcome.object_id.clone()
    };
    ReportRow { alert: link(name, href), source_id, outcome: kind, target, reason }
}

fn retry_button(
    run: &Run,
    outcomes: &[SaveOutcome],
    on_existing: OnExisting,
) -> Option<PostButton> {
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| matches!(outcome.result, SaveResult::Failed { .. }))
        .map(|outcome| hidden("alerts", outcome.alert_id.to_string()))
        .collect();
    if failed.is_empty() {
        return None;
    }
    let same =
        [hidden("run_id", run.id.to_string()), hidden("on_existing", on_existing.id().to_owned())];
    let values = same.into_iter().chain(failed).collect();
    Some(post_button(
        "Retry failed",
        paths::SAVE_ALERTS.to_owned(),
        ButtonLook::Primary,
        "the failed ones",
        values,
    ))
}
