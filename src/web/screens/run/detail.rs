//! `/runs/{id}/`: a run with its results. Looking never fetches anything.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use super::results::{Results, results_view};
use crate::{
    actions::{
        run_stored::{StoredForm, StoredRun, is_not_set_up, run_stored},
        runs::Runner,
    },
    brokers::Brokers,
    clock::Clock,
    domain::{history::Kind, run::Run, saved_query::SavedQuery},
    storage::Storage,
    web::{
        door::consent::ask_to_connect,
        frame::{
            chrome::{Chrome, Section},
            context::{PageContext, redirect_with, render},
            error::Error,
            extract::Id,
            flash::Note,
            page_query::Query,
        },
        paths,
        screens::shared::{
            owned::links_about,
            parameters::parameters_in_words,
            results_request::ResultsRequest,
            run_progress::{LOG_LINES, NewResults, RunProgress},
            run_waiting::{ProgressContext, progress_of},
            sharing_labels::sharing_labels,
            stop_label::stop_label,
        },
        widgets::{
            controls::{ButtonLook, Fact, Link, PostButton, TimeView},
            words::{link, moment, post_button},
        },
    },
};

/// The page `/runs/{id}/`.
#[derive(Debug, Template)]
#[template(path = "screens/run/detail.html")]
struct RunPage {
    chrome: Chrome,
    /// The list of runs, as it was when the run was opened from it.
    runs_href: String,
    id: String,
    /// Name of its query; absent for a query that was not saved.
    query_name: Option<String>,
    broker: String,
    started_by: String,
    /// Whose credentials it used at Google: "at Google as ada@obs.example".
    acts_as: Option<String>,
    created: TimeView,
    progress: RunProgress,
    /// Address of the progress alone; asked while the run is live. It carries how many results are shown.
    progress_url: String,
    /// Address of the progress as it happens.
    events_url: String,
    parameters: Vec<Fact>,
    /// Stops the run; only while it is live.
    cancel: Option<PostButton>,
    /// With whom it is shared, where that is not the whole team.
    shared: Option<String>,
    links: Vec<Link>,
    run_again: Option<PostButton>,
    edit_href: Option<String>,
    /// A new form filled in as this run was; absent for those who look only.
    refine_href: Option<String>,
    results: Results,
}

/// `GET /runs/{id}/`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let request = ResultsRequest::parse(&query.taking(&ResultsRequest::parameters())?)?;
    let found = storage.find_run_with_log(&context.asker, id, LOG_LINES).await?;
    let (run, log) = found.ok_or(Error::NotFound)?;
    let results = results_view(&storage, &run, &context.asker, &request).await?;
    let now = clock.now();
    let broker = brokers.find(&run.broker);
    let asker = &context.asker;
    let progress_context = ProgressContext {
        member_id: asker.member_id(),
        now,
        limits: runner.limits(),
        brokers: brokers.clone(),
    };
    let may_work = asker.may_work();
    let rights = asker.rights_on(run.started_by, &run.sharing);
    let shared = sharing_labels(&storage, &context, std::iter::once(&run.sharing)).await?;
    let shared = shared.into_iter().next().flatten();
    // The run may be shared with those who do not see its query.
    let query = match run.saved_query_id {
        Some(id) => storage.find_query(asker, id).await?,
        None => None,
    };
    let page = RunPage {
        chrome: context.chrome(Section::Runs),
        runs_href: request.runs.href(),
        id: run.id.to_string(),
        query_name: Some(run.query_name.clone()).filter(|name| !name.is_empty()),
        broker: brokers.name_of(&run.broker),
        started_by: run.started_by_name.clone(),
        acts_as: acting_words(&run),
        created: moment(run.created, now),
        progress: progress_of(&storage, &run, &log, None, &progress_context).await?,
        progress_url: request.follower_href(run.id, "progress/", run.counts.stored),
        events_url: request.follower_href(run.id, "events/", run.counts.stored),
        parameters: broker
            .map(|broker| parameters_in_words(broker.form(), &run.parameters))
            .unwrap_or_default(),
        shared,
        links: listener_link(&run, query.as_ref())
            .into_iter()
            .chain(links_about(&context, Kind::Run, run.id))
            .collect(),
        cancel: cancel_button(&run).filter(|_| rights.write),
        run_again: run_again_button(&run).filter(|_| may_work),
        edit_href: query.map(|query| paths::query_form(query.id)),
        refine_href: may_work.then(|| refine_href(&run)),
        results,
    };
    Ok(context.render(&page))
}

/// A new form filled in as the run was.
fn refine_href(run: &Run) -> String {
    let from = [("broker", run.broker.as_str()), ("from_run", &run.id.to_string())];
    format!("{}{}", paths::NEW_QUERY, paths::query_string(&from))
}

/// `GET /runs/{id}/progress/`: the part of the page that changes while the run goes on.
pub(in crate::web) async fn get_progress(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(runner): State<Runner>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = query.taking(&ResultsRequest::parameters_of_followers())?;
    let request = ResultsRequest::parse(&query)?;
    let found = storage.find_run_with_log(&context.asker, id, LOG_LINES).await?;
    let (run, log) = found.ok_or(Error::NotFound)?;
    let shown = query.number("shown").and_then(|shown| u64::try_from(shown).ok()).unwrap_or(0);
    let news = NewResults { shown, href: request.href_anew(id) };
    let member_id = context.asker.member_id();
    let progress_context =
        ProgressContext { member_id, now: clock.now(), limits: runner.limits(), brokers };
    let progress = progress_of(&storage, &run, &log, Some(&news), &progress_context).await?;
    Ok(render(axum::http::StatusCode::OK, &progress))
}

/// `POST /runs/{id}/cancel/`
pub(in crate::web) async fn post_cancel(
    State(storage): State<Storage>,
    State(runner): State<Runner>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let note = if runner.cancel(&context.asker, id).await? {
        Note::CancelAsked
    } else {
        Note::RunHadEnded
    };
    Ok(redirect_with(note, &paths::run(id)))
}

/// `POST /runs/{id}/run/`: the same form once more, as a run of its own.
pub(in crate::web) async fn post_again(
    State(storage): State<Storage>,
    State(runner): State<Runner>,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let run = storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let saved = match run.saved_query_id {
        Some(id) => storage.find_query(&context.asker, id).await?,
        None => None,
    };
    let (broker, parameters, name) = (&run.broker, &run.parameters, &run.query_name);
    if is_not_set_up(&runner, &context.visitor, broker).await? {
        return Ok(Redirect::to(&paths::told_in(&refine_href(&run))).into_response());
    }
    let form = StoredForm { broker, parameters, saved: saved.as_ref(), name };
    match run_stored(&runner, &context.visitor, form).await? {
        StoredRun::Started(new) => Ok(Redirect::to(&paths::run(new)).into_response()),
        StoredRun::Lacks(right) => Ok(ask_to_connect(right, &paths::run(id))),
        // The form, with what no longer fits.
        StoredRun::Invalid(_) => {
            let from = [("broker", broker.as_str()), ("from_run", &id.to_string()), ("check", "1")];
            let form = format!("{}{}", paths::NEW_QUERY, paths::query_string(&from));
            Ok(Redirect::to(&form).into_response())
        }
        StoredRun::NoSuchBackend => Err(Error::NotFound),
    }
}

fn cancel_button(run: &Run) -> Option<PostButton> {
    stop_label(run).map(|label| {
        post_button(
            label,
            paths::run_page(run.id, "cancel/"),
            ButtonLook::Danger,
            &format!("run {}", run.id),
            Vec::new(),
        )
    })
}

fn run_again_button(run: &Run) -> Option<PostButton> {
    (!run.state.is_live()).then(|| {
        let action = paths::run_page(run.id, "run/");
        post_button(
            "Run again",
            action,
            ButtonLook::Plain,
            &format!("the query of run {}", run.id),
            Vec::new(),
        )
    })
}

/// The page of the listener whose run it is.
fn listener_link(run: &Run, query: Option<&SavedQuery>) -> Option<Link> {
    run.day.zip(query).map(|(_, query)| link("Listener", paths::listener(query.id)))
}

/// "as ada@obs.example": whose credentials a run used at Google.
fn acting_words(run: &Run) -> Option<String> {
    run.acts_as.as_ref().map(|who| format!("at Google as {who}"))
}
