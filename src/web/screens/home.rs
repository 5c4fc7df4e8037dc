//! `/`: the latest runs, queries and targets, and where a newcomer begins.

use askama::Template;
use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};

use super::shared::query_buttons::{broker_buttons, run_button};
use crate::{
    brokers::{Brokers, FirstStep},
    clock::Clock,
    domain::{run::Run, saved_query::SavedQuery, target::Target},
    storage::{QueryFilter, QueryOrder, RunFilter, Storage, TargetFilter},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
        },
        paths,
        widgets::{
            controls::{BrokerButton, ButtonLook, PostButton, StateChip, TargetChip, TimeView},
            words::{counted, hidden, moment, position_text, post_button, run_title, state_chip},
        },
    },
};

/// The page `/`.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/home.html")]
struct HomePage {
    chrome: Chrome,
    /// What a newcomer can try at once; absent where there is nothing to try.
    welcome: Option<Welcome>,
    brokers: Vec<BrokerButton>,
    runs: Vec<RecentRun>,
    queries: Vec<HomeQuery>,
    targets: Vec<HomeTarget>,
}

/// What a newcomer can try at once.
#[derive(Clone, Debug)]
struct Welcome {
    /// What is ready, in a sentence or two.
    text: String,
    /// Queries it at once; absent where it must be filled in first.
    run: Option<PostButton>,
    form_href: String,
}

/// A run in the list of the latest.
#[derive(Clone, Debug)]
struct RecentRun {
    /// Number of the run, as a string.
    id: String,
    /// Name of its query, or "Unsaved query".
    query: String,
    href: String,
    broker: String,
    state: StateChip,
    created: TimeView,
    /// What came of it: "412 alerts".
    result: String,
}

/// A saved query in the short list.
#[derive(Clone, Debug)]
struct HomeQuery {
    name: String,
    href: String,
    broker: String,
    /// Runs it; absent for those who look only.
    run: Option<PostButton>,
}

/// A target in the list of the latest.
#[derive(Clone, Debug)]
struct HomeTarget {
    target: TargetChip,
    position: String,
    /// Who saved it and when: "Ada, 3 h ago".
    saved: String,
}

/// Rows of each list.
const ROWS: u32 = 6;

/// `GET /`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    context: PageContext,
) -> Result<Response, Error> {
    let (runs, queries, targets) = tokio::try_join!(
        async { storage.list_runs(&context.asker, RunFilter::default(), i64::from(ROWS)).await },
        async {
            storage
                .list_queries(
                    &context.asker,
                    &QueryFilter::default(),
                    QueryOrder::LastRun,
                    i64::from(ROWS),
                    0,
                )
                .await
        },
        async { storage.list_targets(&context.asker, &TargetFilter::default(), None, ROWS).await },
    )?;
    let now = clock.now();
    let is_new = runs.is_empty() && queries.is_empty() && targets.rows.is_empty();
    let page = HomePage {
        chrome: context.chrome(Section::Elsewhere),
        welcome: if is_new && context.asker.may_work() { welcome(&brokers).await } else { None },
        brokers: broker_buttons(&brokers, None),
        runs: runs.iter().map(|run| recent_run(run, &brokers, now)).collect(),
        queries: queries.iter().map(|query| home_query(query, &brokers, &context)).collect(),
        targets: targets.rows.iter().map(|target| home_target(target, now)).collect(),
    };
    Ok(context.render(&page))
}

fn recent_run(run: &Run, brokers: &Brokers, now: DateTime<Utc>) -> RecentRun {
    RecentRun {
        id: run.id.to_string(),
        query: run_title(run),
        href: paths::run(run.id),
        broker: brokers.name_of(&run.broker),
        state: state_chip(run.state),
        created: moment(run.created, now),
        result: counted(run.counts.stored, "alert"),
    }
}

fn home_query(query: &SavedQuery, brokers: &Brokers, context: &PageContext) -> HomeQuery {
    HomeQuery {
        name: query.name.clone(),
        href: paths::query_form(query.id),
        broker: brokers.name_of(&query.broker),
        run: context.asker.may_work().then(|| run_button(query)),
    }
}

fn home_target(target: &Target, now: DateTime<Utc>) -> HomeTarget {
    let position = target.position.map(position_text);
    HomeTarget {
        target: TargetChip { name: target.name.clone(), href: paths::target(target.id) },
        position: position.map(|text| format!("{} {}", text.ra, text.dec)).unwrap_or_default(),
        saved: moment(target.created, now).age.unwrap_or_default(),
    }
}

/// A newcomer's first step: one button, of the first backend that has something to try.
async fn welcome(brokers: &Brokers) -> Option<Welcome> {
    for broker in brokers.all() {
        if let Some(step) = broker.first_step().await {
            return Some(welcome_to(broker.id(), step));
        }
    }
    None
}

fn welcome_to(broker_id: &str, step: FirstStep) -> Welcome {
    let values = [hidden("broker", broker_id), hidden("action", "run")]
        .into_iter()
        .chain(step.values.into_iter().map(|(name, value)| hidden(name, value)))
        .collect();
    let action = paths::NEW_QUERY.to_owned();
    Welcome {
        text: step.text.to_owned(),
        run: Some(post_button(step.label, action, ButtonLook::Primary, "", values)),
        form_href: paths::new_query(broker_id),
    }
}
