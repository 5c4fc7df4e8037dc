//! `/alerts/query/{id}/listener/`: whether a saved query is listened to, how that goes, and what it brings day by day.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Days, Utc};

use super::{
    before_run::{NotYet, not_yet},
    listener_days::{DayRow, day_rows, total_row},
    listener_state::{buttons, chip, sentence},
    services::Services,
};
use crate::{
    actions::stored_form::why_not_listen,
    domain::{
        history::Kind,
        listener::{DAYS_SHOWN, Listener},
        replica,
        run::Run,
        sharing::Asker,
    },
    storage::{RunFilter, Storage},
    web::{
        door::consent::connect_url,
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            extract::Id,
        },
        paths,
        screens::shared::{
            owned::links_about,
            run_progress::{LOG_LINES, RunProgress},
            run_waiting::{ProgressContext, progress_of},
            runs_request::RunsRequest,
        },
        widgets::{
            controls::{Link, PostButton, StateChip, TimeView},
            words::{duration_text, grouped, link, moment, run_link, state_chip},
        },
    },
};

/// The page `/alerts/query/{id}/listener/`.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/query/listener.html")]
struct ListenerPage {
    chrome: Chrome,
    query: Link,
    broker: String,
    state: StateChip,
    sentence: String,
    since: Option<TimeView>,
    /// Which process listens: "serve on web-1, process 17".
    replica: Option<String>,
    last_received: Option<TimeView>,
    acts_as: Option<String>,
    trouble: Option<ListenerTrouble>,
    /// Why the query cannot be listened to.
    cannot: Option<String>,
    /// What is not set that it needs, and what to do.
    not_yet: Option<NotYet>,
    /// Listen, pause, go on, stop; none for those who may not.
    buttons: Vec<PostButton>,
    links: Vec<Link>,
    live: Option<LiveRunView>,
    days: Vec<DayRow>,
    total: Option<DayRow>,
    runs: Vec<ListenerRunRow>,
    /// All of them, and those that somebody started.
    runs_href: String,
    /// After how many seconds the page is loaded anew by itself, because a run is about to begin.
    reload_after_s: Option<u32>,
}

/// What stands in the way of a listener.
#[derive(Clone, Debug)]
struct ListenerTrouble {
    /// "The last run failed", "Paused by the service".
    title: String,
    /// What it is and what to do, a sentence each.
    sentences: Vec<String>,
    next_try: Option<String>,
    cure: Option<Link>,
    /// CSS class of the box: `is-bad` or `is-warning`.
    class: &'static str,
}

/// The run that goes on, with its progress.
#[derive(Clone, Debug)]
struct LiveRunView {
    run: Link,
    progress: RunProgress,
    progress_url: String,
    /// Address of the progress as it happens.
    events_url: String,
}

/// A run of the listener.
#[derive(Clone, Debug)]
struct ListenerRunRow {
    /// Its page: "Run 318".
    run: Link,
    state: StateChip,
    started: TimeView,
    duration: String,
    received: String,
    stored: String,
    feedback: String,
}

/// Runs that the page shows.
const RUNS: i64 = 10;

/// `GET /alerts/query/{id}/listener/`
pub(in crate::web) async fn get(
    services: Services,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let Services { storage, brokers, clock, runner, accounts } = &services;
    let asker = &context.asker;
    let query = storage.find_query(asker, id).await?.ok_or(Error::NotFound)?;
    let broker = brokers.find(&query.broker).map(AsRef::as_ref);
    let now = clock.now();
    let today = now.date_naive();
    let listener = storage.find_listener(asker, id).await?;
    let since = today.checked_sub_days(Days::new(DAYS_SHOWN - 1)).unwrap_or(today);
    let days = storage.listener_days(asker, id, since).await?;
    let filter = RunFilter { saved_query_id: Some(id), of_listeners: true, ..RunFilter::default() };
    let runs = storage.list_runs(asker, filter, RUNS).await?;
    let progress_context = ProgressContext {
        member_id: asker.member_id(),
        now,
        limits: runner.limits(),
        brokers: brokers.clone(),
    };
    let live = live_view(storage, asker, listener.as_ref(), &progress_context).await?;
    let (cannot, not_yet) = match broker {
        Some(broker) => (
            why_not_listen(broker, &query.parameters, now).await,
            not_yet(runner, accounts.as_ref(), broker, context.member()).await?,
        ),
        None => (Some("This deployment no longer has this broker.".to_owned()), None),
    };
    let can_start = cannot.is_none() && not_yet.is_none();
    let page = ListenerPage {
        chrome: context.chrome(Section::Alerts),
        query: link(&query.name, paths::query_form(id)),
        broker: brokers.name_of(&query.broker),
        state: chip(listener.as_ref()),
        sentence: sentence(listener.as_ref(), can_start),
        since: listener.as_ref().map(|listener| moment(listener.since, now)),
        replica: listener.as_ref().and_then(replica_words),
        last_received: listener
            .as_ref()
            .and_then(|listener| listener.last_received)
            .map(|at| moment(at, now)),
        acts_as: listener.as_ref().map(|listener| listener.started_by_name.clone()),
        trouble: listener.as_ref().and_then(|listener| trouble(listener, now)),
        // What it will never do needs no setting.
        not_yet: not_yet.filter(|_| cannot.is_none()),
        buttons: buttons(&query, listener.as_ref(), can_start, asker),
        links: links_about(&context, Kind::Query, id),
        reload_after_s: listener.as_ref().and_then(|listener| reload_after_s(listener, now)),
        live,
        days: day_rows(&days, today),
        total: total_row(&days),
        runs: runs.iter().map(|run| run_row(run, now)).collect(),
        cannot,
        runs_href: RunsRequest { saved_query_id: Some(id), ..RunsRequest::default() }.href(),
    };
    Ok(context.render(&page))
}

fn replica_words(listener: &Listener) -> Option<String> {
    listener.live.as_ref().map(|run| replica::in_words(&run.instance))
}

fn trouble(listener: &Listener, now: DateTime<Utc>) -> Option<ListenerTrouble> {
    let text = listener.trouble.as_ref()?;
    let title = match (listener.is_on, listener.failures) {
        (false, _) => "Paused by the service".to_owned(),
        (true, 0 | 1) => "The last run failed".to_owned(),
        (true, n) => format!("The last {n} runs failed"),
    };
    let wait = listener.next_try.filter(|_| listener.is_on && listener.live.is_none());
    Some(ListenerTrouble {
        title,
        sentences: text.lines().map(str::to_owned).collect(),
        next_try: wait.map(|at| match at - now {
            wait if wait.num_seconds() < 1 => "Trying again in a moment.".to_owned(),
            wait => format!("Next try in {}.", duration_text(wait)),
        }),
        cure: listener.lacks.map(|scope| {
            link("Connect to Google", connect_url(scope, &paths::listener(listener.saved_query_id)))
        }),
        class: if listener.is_on { "is-bad" } else { "is-warning" },
    })
}

/// After how many seconds there may be a run where there is none now.
fn reload_after_s(listener: &Listener, now: DateTime<Utc>) -> Option<u32> {
    if !listener.is_on || listener.live.is_some() {
        return None;
    }
    let wait = listener.next_try.map_or(0, |at| (at - now).num_seconds());
    Some(u32::try_from(wait + 2).unwrap_or(2).clamp(2, 60))
}

async fn live_view(
    storage: &Storage,
    asker: &Asker,
    listener: Option<&Listener>,
    context: &ProgressContext,
) -> Result<Option<LiveRunView>, Error> {
    let live = listener.and_then(|listener| listener.live.as_ref());
    let Some(id) = live.map(|run| run.id) else { return Ok(None) };
    let found = storage.find_run_with_log(asker, id, LOG_LINES).await?;
    let Some((run, log)) = found else { return Ok(None) };
    let shown = run.counts.stored;
    Ok(Some(LiveRunView {
        run: run_link(id),
        progress: progress_of(storage, &run, &log, None, context).await?,
        progress_url: format!("{}?shown={shown}", paths::run_page(id, "progress/")),
        events_url: format!("{}?shown={shown}", paths::run_page(id, "events/")),
    }))
}

fn run_row(run: &Run, now: DateTime<Utc>) -> ListenerRunRow {
    ListenerRunRow {
        run: run_link(run.id),
        state: state_chip(run.state),
        started: moment(run.started.unwrap_or(run.created), now),
        duration: run.duration(now).map(duration_text).unwrap_or_default(),
        received: grouped(run.counts.received),
        stored: grouped(run.counts.stored),
        feedback: run.feedback.clone(),
    }
}
