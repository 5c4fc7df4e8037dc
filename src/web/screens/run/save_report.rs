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
            page_query::Query,
            parameters::Parameter,
        },
        paths,
        screens::shared::{results_request::ResultsRequest, way_back::of_results},
        widgets::{
            cell::{Cell, Content},
            column::Column,
            controls::{ButtonLook, Link, PostButton, StateChip},
            pager::{Page, Pager},
            table::TableView,
            words::{counted, hidden, link, post_button, run_title},
        },
    },
};

/// The page after *Create targets*.
#[derive(Debug, Template)]
#[template(path = "screens/run/save_report.html")]
struct TargetsReportPage {
    chrome: Chrome,
    /// The result in a sentence: "9 targets created, 2 were there already, 1 failed".
    summary: String,
    /// The run that the alerts came from.
    run: Link,
    table: TableView,
    pager: Pager,
    retry: Option<PostButton>,
}

/// What became of one alert.
#[derive(Clone, Debug)]
struct ReportRow {
    /// Name of the object.
    alert: String,
    /// Its page; `None` for one that is not there any more.
    href: Option<String>,
    source_id: String,
    outcome: StateChip,
    /// The target, if there is one.
    target: Option<Link>,
    /// Why, in a sentence, where there is something to say.
    reason: Option<String>,
}

const COLUMNS: [Column<ReportRow>; 4] = [
    Column::title("alert", "Alert", |row: &ReportRow| {
        let name = match &row.href {
            Some(href) => Content::from(link(&row.alert, href)),
            None => Content::from(row.alert.clone()),
        };
        Cell::from(name).sub(&row.source_id)
    }),
    Column::text("outcome", "Outcome", |row: &ReportRow| row.outcome.into()),
    Column::text("target", "Target", |row: &ReportRow| Content::from(row.target.clone()).into()),
    Column::text("why", "Why", |row: &ReportRow| Content::from(row.reason.clone()).into())
        .class("wrap"),
];

const CREATED: StateChip = StateChip { sign: "✓", label: "Created", class: "is-good" };
const EXISTING: StateChip = StateChip { sign: "=", label: "Already a target", class: "is-info" };
const FAILED: StateChip = StateChip { sign: "✕", label: "Failed", class: "is-bad" };

/// Rows of a page.
const PAGE_SIZE: u16 = 200;

/// `GET /runs/{run_id}/saves/{id}/`: its author sees it, as long as they see the run.
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    query: Query,
    context: PageContext,
    TwoIds(run_id, id): TwoIds,
) -> Result<Response, Error> {
    let query = query.taking(&[Parameter::whole("page", 1, i64::MAX)])?;
    let run = storage.find_run(&context.asker, run_id).await?.ok_or(Error::NotFound)?;
    let found = storage.find_save_report(&context.asker, run_id, id).await?;
    let SaveReport { on_existing, outcomes, n_left } = found.ok_or(Error::NotFound)?;
    let number = query.number("page").and_then(|page| usize::try_from(page).ok()).unwrap_or(1);
    let (n_all, page) = (outcomes.len(), Page::nth(outcomes.clone(), number, PAGE_SIZE));
    let page = TargetsReportPage {
        chrome: context.chrome(Section::Targets),
        summary: summary(&outcomes, n_left),
        run: link(format!("Run {}: {}", run.id, run_title(&run)), paths::run(run.id)),
        retry: retry_button(&run, &outcomes, on_existing),
        pager: pager(&paths::save_report(run.id, id), number, &page, n_all),
        table: table(&storage, &run, &page.rows, on_existing).await?,
    };
    Ok(context.render(&page))
}

fn pager(home: &str, number: usize, page: &Page<SaveOutcome>, n_all: usize) -> Pager {
    if number == 1 && !page.has_more {
        return Pager::default();
    }
    let n_before = number.saturating_sub(1).saturating_mul(PAGE_SIZE.into());
    let href = |number: usize| format!("{home}?page={number}");
    Pager {
        summary: Pager::summary(n_before as u64, page.rows.len(), n_all as u64),
        what: "alerts".to_owned(),
        first: (number > 1).then(|| home.to_owned()),
        previous: (number > 1).then(|| href(number - 1)),
        next: page.has_more.then(|| href(number + 1)),
        ..Pager::default()
    }
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

async fn table(
    storage: &Storage,
    run: &Run,
    outcomes: &[SaveOutcome],
    on_existing: OnExisting,
) -> Result<TableView, StorageError> {
    let alert_ids: Vec<i64> = outcomes.iter().map(|outcome| outcome.alert_id).collect();
    let sources: HashMap<i64, _> = storage
        .list_sources(&alert_ids)
        .await?
        .into_iter()
        .map(|(id, survey, source_id)| (id, (survey, source_id)))
        .collect();
    let way_back = paths::query_string_of(&of_results(run.id, &ResultsRequest::default()));
    let rows: Vec<ReportRow> = outcomes
        .iter()
        .map(|outcome| {
            let source = sources.get(&outcome.alert_id);
            let source = source.map(|(survey, source_id)| {
                (paths::alert(*survey, *source_id) + &way_back, source_id.to_string())
            });
            report_row(outcome, source, on_existing, &way_back)
        })
        .collect();
    Ok(TableView::new("Outcome of each alert", &COLUMNS, &rows))
}

fn report_row(
    outcome: &SaveOutcome,
    source: Option<(String, String)>,
    on_existing: OnExisting,
    way_back: &str,
) -> ReportRow {
    let target_link = |id, name: &str| link(name, paths::target(id) + way_back);
    let (href, source_id) = source.unzip();
    let (chip, target, reason) = match &outcome.result {
        SaveResult::Created { target_id } => {
            (CREATED, Some(target_link(*target_id, &outcome.object_id)), None)
        }
        SaveResult::Existing { target_id, name, is_added } => (
            EXISTING,
            Some(target_link(*target_id, name)),
            Some(match (on_existing, is_added) {
                (_, true) => "A target with this name existed; the alert was added to it.",
                (OnExisting::Skip, _) => "A target with this name existed; it was not changed.",
                (OnExisting::AddAlert, false) => {
                    "A target with this name existed; you may not add alerts to it."
                }
            }),
        ),
        SaveResult::Failed { reason } => (FAILED, None, Some(reason.as_str())),
    };
    let alert = if outcome.object_id.is_empty() {
        format!("alert {}", outcome.alert_id)
    } else {
        outcome.object_id.clone()
    };
    ReportRow {
        alert,
        href,
        source_id: source_id.unwrap_or_default(),
        outcome: chip,
        target,
        reason: reason.map(str::to_owned),
    }
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
