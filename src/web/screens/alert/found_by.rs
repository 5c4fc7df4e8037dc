//! The runs that found an alert, a page at a time, and the way back to where the alert was opened.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        count::Count,
        found_alert::FoundAlert,
        run::{Run, RunId},
        sharing::Asker,
    },
    storage::{Storage, StorageError},
    web::{
        frame::{error::Error, page_query::Query, parameters::Parameter},
        paths,
        screens::shared::way_back::{AlertFrom, run_words},
        widgets::{
            controls::{Link, StateChip, TargetChip, TimeView},
            pager::{Page, Pager},
            words::{counted, link, moment, state_chip},
        },
    },
};

/// The runs that found an alert.
#[derive(Clone, Debug)]
pub(super) struct FoundBy {
    /// How many, on all pages: "25 runs".
    pub(super) n_runs: String,
    pub(super) rows: Vec<FoundByRow>,
    pub(super) pager: Pager,
}

/// A run that found the alert.
#[derive(Clone, Debug)]
pub(super) struct FoundByRow {
    /// The run: "Run 318: young in g".
    pub(super) run: Link,
    pub(super) state: StateChip,
    pub(super) started_by: String,
    pub(super) created: TimeView,
}

/// Runs of a page.
const PAGE_SIZE: u16 = 20;

/// What the address of an alert asks for.
pub(super) struct AlertRequest {
    pub(super) from: AlertFrom,
    /// Shows the runs before this one.
    found_before: Option<RunId>,
}

impl AlertRequest {
    /// The request of an address that asks for nothing else.
    pub(super) fn of(query: Query) -> Result<Self, Error> {
        let mut taken = AlertFrom::parameters(&query);
        taken.push(Parameter::any_whole("found_before"));
        let query = query.taking(&taken)?;
        let from = AlertFrom::parse(&query)?;
        Ok(Self { from, found_before: query.number("found_before") })
    }
}

/// The page of the runs that is asked for.
pub(super) async fn found_by(
    storage: &Storage,
    asker: &Asker,
    alert: &FoundAlert,
    request: &AlertRequest,
    now: DateTime<Utc>,
) -> Result<FoundBy, StorageError> {
    let before = request.found_before;
    let most = i64::from(PAGE_SIZE) + 1;
    let runs = storage.list_runs_of_alert(asker, alert.id, before, most).await?;
    let page = Page::cut(runs, PAGE_SIZE);
    let position = storage.count_runs_of_alert(asker, alert.id, before).await?;
    let n_all = Count::up_to_most(position.n_all);
    let href = |before: Option<RunId>| {
        let mut pairs = request.from.pairs();
        pairs.extend(before.map(|id| ("found_before", id.to_string())));
        let query = paths::query_string_of(&pairs);
        format!("{}{query}#found-by", paths::alert(alert.survey, alert.source_id))
    };
    let next = page.last_before_more().map(|run| href(Some(run.id)));
    let summary = if before.is_some() || next.is_some() {
        Pager::summary(Count::up_to_most(position.n_before), page.rows.len(), n_all)
    } else {
        String::new()
    };
    Ok(FoundBy {
        n_runs: match n_all {
            Count::Exactly(n) => counted(n, "run"),
            many @ Count::MoreThan(_) => format!("{} runs", many.in_words()),
        },
        pager: Pager {
            summary,
            what: "runs".to_owned(),
            first: before.map(|_| href(None)),
            next,
            ..Pager::default()
        },
        rows: page.rows.iter().map(|run| found_by_row(run, now)).collect(),
    })
}

fn found_by_row(run: &Run, now: DateTime<Utc>) -> FoundByRow {
    FoundByRow {
        run: link(run_words(run), paths::run(run.id)),
        state: state_chip(run.state),
        started_by: run.started_by_name.clone(),
        created: moment(run.created, now),
    }
}

/// Where one came from, where one can go, and the run as whose result the alert is looked at.
pub(super) struct Ways {
    pub(super) back: Option<Link>,
    /// The target that the object is already.
    pub(super) target: Option<TargetChip>,
    pub(super) run: Option<Run>,
}

/// The way back that the address tells of; without one that they see, to the newest run that found the alert.
pub(super) async fn ways(
    storage: &Storage,
    asker: &Asker,
    alert: &FoundAlert,
    from: &AlertFrom,
) -> Result<Ways, StorageError> {
    let target = alert.target.as_ref().map(|target| TargetChip {
        name: target.name.clone(),
        href: from.to_target().href(target.id),
    });
    if let AlertFrom::Results(id, request) = from
        && let Some(run) = storage.find_run_of_alert(asker, alert.id, *id).await?
    {
        let back = Some(link(run_words(&run), request.href(run.id)));
        return Ok(Ways { back, target, run: Some(run) });
    }
    let newest = storage.list_runs_of_alert(asker, alert.id, None, 1).await?.into_iter().next();
    let of_target = match from {
        AlertFrom::Target(id, request) => {
            storage.find_target(asker, *id).await?.map(|it| link(it.name, request.href(*id)))
        }
        _ => None,
    };
    let of_newest = || newest.as_ref().map(|run| link(run_words(run), paths::run(run.id)));
    Ok(Ways { back: of_target.or_else(of_newest), target, run: newest })
}
