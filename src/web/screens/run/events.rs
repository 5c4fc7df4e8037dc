//! `/runs/{id}/events/`: the progress of a run as it happens, as server-sent events. Each event is the whole of it, so a
//! browser that was away misses nothing.

use std::convert::Infallible;

use askama::Template;
use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    actions::{run_limits::RunLimits, runs::Runner},
    brokers::Brokers,
    clock::Clock,
    domain::{run::RunId, sharing::Asker, timing::WebTiming},
    storage::{RunFollower, Storage, StorageError},
    web::{
        frame::{context::PageContext, error::Error, extract::Id, page_query::Query},
        screens::shared::{
            results_request::ResultsRequest,
            run_progress::{LOG_LINES, NewResults},
            run_waiting::{ProgressContext, progress_of},
        },
        state::AppState,
    },
};

/// The events of a run for one reader.
struct ProgressEvents {
    storage: Storage,
    brokers: Brokers,
    clock: Clock,
    id: RunId,
    /// `None` in local mode, where nobody can be shut out.
    session_id: Option<i64>,
    asker: Asker,
    /// The results on the page that follows.
    request: ResultsRequest,
    shown: u64,
    follower: RunFollower,
    ending: CancellationToken,
    limits: RunLimits,
    timing: WebTiming,
    last: Option<Instant>,
    is_over: bool,
}

/// `GET /runs/{id}/events/?shown=`
pub(in crate::web) async fn get(
    State(state): State<AppState>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    State(runner): State<Runner>,
    query: Query,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let query = query.taking(&ResultsRequest::parameters_of_followers())?;
    let (storage, timing) = (state.storage().clone(), state.timing());
    storage.find_run(&context.asker, id).await?.ok_or(Error::NotFound)?;
    let events = ProgressEvents {
        follower: storage.follow_run(id, timing.news_again),
        storage,
        brokers,
        clock,
        id,
        session_id: context.visitor.session_id,
        asker: context.asker,
        request: ResultsRequest::parse(&query)?,
        shown: query.number("shown").and_then(|shown| u64::try_from(shown).ok()).unwrap_or(0),
        ending: runner.ending(),
        limits: runner.limits(),
        timing,
        last: None,
        is_over: false,
    };
    let events = futures::stream::unfold(events, |mut events| async move {
        let event = events.next().await?;
        Some((Ok::<_, Infallible>(event), events))
    });
    let keep_alive = KeepAlive::new().interval(timing.event_heartbeat);
    Ok(Sse::new(events).keep_alive(keep_alive).into_response())
}

impl ProgressEvents {
    /// The next event; `None` when there is nothing more to come, or this process ends: then the browser connects again,
    /// to another replica.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        if let Some(last) = self.last {
            tokio::select! {
                () = self.ending.cancelled() => return None,
                () = self.follower.changed() => {}
                () = tokio::time::sleep(self.timing.event_look) => {}
            }
            tokio::select! {
                () = self.ending.cancelled() => return None,
                () = tokio::time::sleep_until(last + self.timing.event_gap) => {}
            }
        }
        self.last = Some(Instant::now());
        match self.progress().await {
            Ok(Some((html, is_live))) => {
                // The protocol has no way to send one.
                let html = html.replace('\r', "");
                self.is_over = !is_live;
                Some(
                    Event::default()
                        .event("progress")
                        .retry(self.timing.event_reconnect)
                        .data(html),
                )
            }
            // Signed out, removed, or no longer shared: the page finds out what to say.
            Ok(None) => {
                self.is_over = true;
                Some(Event::default().event("gone").data(""))
            }
            Err(error) => {
                tracing::debug!(%error, run.id = self.id, "A look at a run failed");
                Some(Event::default().comment("the database is busy"))
            }
        }
    }

    /// The run as they see it at this moment; `None` when they do not see it any more.
    async fn progress(&mut self) -> Result<Option<(String, bool)>, StorageError> {
        if let Some(session_id) = self.session_id {
            match self.storage.asker_of_session(session_id).await? {
                Some(asker) => self.asker = asker,
                None => return Ok(None),
            }
        }
        let found = self.storage.find_run_with_log(&self.asker, self.id, LOG_LINES).await?;
        let Some((run, log)) = found else { return Ok(None) };
        let news = NewResults { shown: self.shown, href: self.request.href_anew(self.id) };
        let (member_id, now) = (self.asker.member_id(), self.clock.now());
        let brokers = self.brokers.clone();
        let progress_context = ProgressContext { member_id, now, limits: self.limits, brokers };
        let view = progress_of(&self.storage, &run, &log, Some(&news), &progress_context).await?;
        Ok(view.render().ok().map(|html| (html, run.state.is_live())))
    }
}
