//! `/alerts/query/{id}/listener/`: whether a saved query is listened to, how that goes, and what it brings day by day.

use axum::{extract::State, response::Response};
use chrono::{DateTime, Days, Utc};

use super::{
    listener_days::{day_rows, total_row},
    run::LOG_LINES,
    run_waiting::{Look, progress_of},
    share::links_about,
};
use crate::{
    actions::{listen::why_not_listen, run_query::Runner},
    brokers::Brokers,
    clock::Clock,
    domain::{
        history::Kind,
        listener::{Listener, Standing},
        replica,
        run::Run,
        saved_query::SavedQuery,
        sharing::TeamScope,
    },
    storage::{RunFilter, Storage},
    web::{
        consent::{ask_to_connect, connect_url, lacking},
        context::{PageContext, redirect_with},
        error::Error,
        extract::Id,
        flash::Note,
        present::{duration_text, grouped, link, moment, post_button, run_link, state_chip},
        state::Accounts,
        views::{
            chrome::Section,
            controls::{ButtonLook, PostButton},
            listener::{ListenerChip, ListenerPage, ListenerRunRow, ListenerTrouble, LiveRunView},
        },
    },
};

/// Days that the page shows.
pub(in crate::web) const DAYS: u64 = 30;

/// Runs that the page shows.
const RUNS: i64 = 10;

const BLURB: &str = "Listening keeps this query running: alerts are stored as they come, a run a day, whether you are here or not, until you pause it. What the form says of stopping does not count meanwhile.";

/// Where the listener of a query is looked at.
pub(in crate::web) fn path_of(query_id: i64) -> String {
    format!("/alerts/query/{query_id}/listener/")
}

/// `GET /alerts/query/{id}/listener/`
pub(crate) async fn get(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    State(clock): State<Clock>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let scope = &context.scope;
    let query = storage.find_query(scope, id).await?.ok_or(Error::NotFound)?;
    let broker = brokers.find(&query.broker).map(AsRef::as_ref);
    let now = clock.now();
    let today = now.date_naive();
    let listener = storage.find_listener(scope, id).await?;
    let since = today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today);
    let days = storage.listener_days(scope, id, since).await?;
    let filter = RunFilter { saved_query_id: Some(id), of_listeners: true, ..RunFilter::default() };
    let runs = storage.list_runs(scope, filter, RUNS).await?;
    let live = match listener.as_ref().and_then(|listener| listener.live.as_ref()) {
        Some(run) => {
            let look = Look {
                member_id: scope.member_id(),
                now,
                limits: runner.limits(),
                brokers: brokers.clone(),
            };
            live_view(&storage, scope, run.id, &look).await?
        }
        None => None,
    };
    let cannot = match broker {
        Some(broker) => why_not_listen(broker, &query.parameters, now).await,
        None => Some("This deployment has no such backend any more.".to_owned()),
    };
    let can_start = cannot.is_none();
    let total = total_row(&days);
    let page = ListenerPage {
        chrome: context.chrome(Section::Alerts),
        query: link(&query.name, format!("/alerts/query/{id}/update/")),
        broker: broker.map_or_else(|| query.broker.clone(), |broker| broker.name().to_owned()),
        state: chip(listener.as_ref()),
        sentence: sentence(listener.as_ref(), can_start),
        since: listener.as_ref().map(|listener| moment(listener.since, now)),
        replica: listener
            .as_ref()
            .and_then(|listener| listener.live.as_ref())
            .map(|run| replica::in_words(&run.instance)),
        last_received: listener
            .as_ref()
            .and_then(|listener| listener.last_received)
            .map(|at| moment(at, now)),
        acts_as: listener.as_ref().map(|listener| listener.started_by_name.clone()),
        trouble: listener.as_ref().and_then(|listener| trouble(listener, now)),
        cannot,
        buttons: buttons(&query, listener.as_ref(), can_start, scope),
        links: links_about(&context, Kind::Query, id),
        again_s: listener.as_ref().and_then(|listener| again_s(listener, now)),
        live,
        days: day_rows(&days, today),
        total,
        runs: runs.iter().map(|run| run_row(run, now)).collect(),
    };
    Ok(context.render(&page))
}

/// `POST /alerts/query/{id}/listener/start/`: listens, goes on, or tries at once.
pub(crate) async fn post_start(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    State(clock): State<Clock>,
    accounts: Option<Accounts>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    // Without the right the storage says no, and the history tells of it.
    if context.scope.rights_on(query.owner_id, &query.sharing).write {
        let broker = brokers.find(&query.broker).ok_or(Error::NotFound)?.as_ref();
        if let Some(because) = why_not_listen(broker, &query.parameters, clock.now()).await {
            return Err(Error::CannotListen(because));
        }
        if let Some(scope) = lacking(accounts.as_ref(), &context.visitor, broker) {
            return Ok(ask_to_connect(scope, &path_of(id)));
        }
    }
    if !runner.start_listening(&query, &context.scope).await? {
        return Err(Error::NotFound);
    }
    Ok(redirect_with(Note::ListeningStarted, &path_of(id)))
}

/// `POST /alerts/query/{id}/listener/pause/`
pub(crate) async fn post_pause(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    if !storage.pause_listening(&context.scope, id).await? {
        return Err(Error::NotFound);
    }
    Ok(redirect_with(Note::ListeningPaused, &path_of(id)))
}

/// `POST /alerts/query/{id}/listener/stop/`
pub(crate) async fn post_stop(
    State(storage): State<Storage>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    storage.find_query(&context.scope, id).await?.ok_or(Error::NotFound)?;
    if !storage.stop_listening(&context.scope, id).await? {
        return Err(Error::NotFound);
    }
    Ok(redirect_with(Note::ListeningStopped, &path_of(id)))
}

/// How a listener stands, as a chip.
pub(super) fn chip(listener: Option<&Listener>) -> ListenerChip {
    match listener.map(Listener::standing) {
        None => ListenerChip::Off,
        Some(Standing::Listening) => ListenerChip::Listening,
        Some(Standing::Starting) => ListenerChip::Starting,
        Some(Standing::InTrouble) => ListenerChip::InTrouble,
        Some(Standing::Paused) => ListenerChip::Paused,
        Some(Standing::PausedByService) => ListenerChip::PausedByService,
    }
}

fn sentence(listener: Option<&Listener>, can_start: bool) -> String {
    let Some(listener) = listener else {
        return if can_start { BLURB.to_owned() } else { String::new() };
    };
    match listener.standing() {
        Standing::Listening => "Alerts are stored as they come.",
        Standing::Starting => "Waits for a replica that takes it: a second or two, if one has room.",
        Standing::InTrouble if listener.live.is_some() => "It is being tried again now.",
        Standing::InTrouble => "It is tried again by itself.",
        Standing::Paused | Standing::PausedByService => {
            "Nothing is stored now. What comes meanwhile waits in the subscription, as long as that keeps it."
        }
    }
    .to_owned()
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
            wait if wait.num_seconds() < 1 => "It is about to be tried again.".to_owned(),
            wait => format!("The next try is in {}.", duration_text(wait)),
        }),
        cure: listener.lacks.map(|scope| {
            link("Connect to Google", connect_url(scope, &path_of(listener.saved_query_id)))
        }),
        class: if listener.is_on { "is-bad" } else { "is-warning" },
    })
}

/// What one who may change the query can do with its listener.
pub(super) fn buttons(
    query: &SavedQuery,
    listener: Option<&Listener>,
    can_start: bool,
    scope: &TeamScope,
) -> Vec<PostButton> {
    if !scope.rights_on(query.owner_id, &query.sharing).write {
        return Vec::new();
    }
    let button = |label: &str, what: &str, look| {
        let action = format!("{}{what}/", path_of(query.id));
        post_button(label, action, look, &query.name, Vec::new())
    };
    let start = |label| can_start.then(|| button(label, "start", ButtonLook::Primary));
    let pause = || button("Pause", "pause", ButtonLook::Plain);
    let stop = || button("Stop listening", "stop", ButtonLook::Danger);
    let of_listener = match listener.map(Listener::standing) {
        None => return start("Listen").into_iter().collect(),
        Some(Standing::Listening | Standing::Starting) => vec![Some(pause()), Some(stop())],
        Some(Standing::InTrouble) => vec![start("Try now"), Some(pause()), Some(stop())],
        Some(Standing::Paused | Standing::PausedByService) => vec![start("Go on"), Some(stop())],
    };
    of_listener.into_iter().flatten().collect()
}

/// After how many seconds there may be a run where there is none now.
fn again_s(listener: &Listener, now: DateTime<Utc>) -> Option<u32> {
    if !listener.is_on || listener.live.is_some() {
        return None;
    }
    let wait = listener.next_try.map_or(0, |at| (at - now).num_seconds());
    Some(u32::try_from(wait + 2).unwrap_or(2).clamp(2, 60))
}

/// What somebody should know who is about to change a query that is listened to.
pub(super) fn words_for_editors(listener: Option<&Listener>, scope: &TeamScope) -> Option<String> {
    let listener = listener.filter(|listener| listener.is_on)?;
    Some(if listener.started_by == scope.member_id() {
        "You listen to this query: when it is saved with another form, the next run begins with that.".to_owned()
    } else {
        let name = &listener.started_by_name;
        format!(
            "{name} listens to this query. When you save it with another form, that is paused, because it acts as {name}; you can go on with it as yourself."
        )
    })
}

async fn live_view(
    storage: &Storage,
    scope: &TeamScope,
    id: i64,
    look: &Look,
) -> Result<Option<LiveRunView>, Error> {
    let found = storage.find_run_with_log(scope, id, LOG_LINES).await?;
    let Some((run, log)) = found else { return Ok(None) };
    let shown = run.counts.stored;
    Ok(Some(LiveRunView {
        run: run_link(id),
        progress: progress_of(storage, &run, &log, None, look).await?,
        progress_url: format!("/runs/{id}/progress/?shown={shown}"),
        events_url: format!("/runs/{id}/events/?shown={shown}"),
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
