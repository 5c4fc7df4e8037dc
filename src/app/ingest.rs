//! `tom-alerts ingest`: one saved query is listened to in the foreground, without pages. It has its turn like any replica.

use std::{path::Path, time::Duration};

use anyhow::Context;
use chrono::{DateTime, Utc};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;
use url::Url;

use super::{Database, Stop, accounts, google_access, pubsub_service, run_limits, timing_of};
use crate::{
    actions::{
        credentials::Credentials,
        runs::{Runner, RunnerSettings},
        stored_form::why_not_listen,
    },
    brokers::{BackendSettings, Brokers, all_backends, database::BigQueryService},
    clock::Clock,
    config::IngestConfig,
    domain::{
        listener::{Listener, ListenerState},
        replica,
        saved_query::SavedQuery,
        sharing::Asker,
    },
    packets,
    storage::{NamedQuery, NotDone, Refused, Storage, StorageError},
};

/// Listens to the saved query that the settings name until `stop` resolves. `say` is told of it in lines for people.
pub async fn ingest(
    config: IngestConfig,
    stop: Stop,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    packets::install_limits();
    let data_dir = config.data_dir();
    let database = Database::start(config.database_url.as_deref(), &data_dir).await?;
    let done = ingest_on(&config, &data_dir, &database, stop, say).await;
    database.stop().await;
    done
}

async fn ingest_on(
    config: &IngestConfig,
    data_dir: &Path,
    database: &Database,
    stop: Stop,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    let storage = database.connect().await?;
    let (clock, timing) = (Clock::system(), timing_of(config.timing));
    let brokers = Brokers::new(all_backends(BackendSettings {
        archives: Vec::new(),
        uploads: data_dir.join("uploads"),
        pubsub: pubsub_service(&config.google, &timing)?,
        // Its tables cannot be listened to.
        bigquery: BigQueryService::at(None, &timing)?,
    }));
    let access = google_access(&config.google)?;
    // Tokens are renewed here; nobody comes back to this address.
    let nowhere = Url::parse("http://127.0.0.1/")?;
    let sign_in =
        accounts::sign_in(&config.sign_in, data_dir, &nowhere, &storage, &clock, &timing).await?;
    let credentials = match &sign_in {
        Some(sign_in) => Credentials::with_grants(access, sign_in.grants().clone()),
        None => access.into(),
    };
    let shutdown = CancellationToken::new();
    let settings = RunnerSettings {
        clock: clock.clone(),
        timing,
        limits: run_limits(&config.limits),
        command: "ingest",
        shutdown: shutdown.clone(),
    };
    let runner = Runner::new(storage.clone(), brokers.clone(), credentials, settings);
    if database.is_private() {
        runner.interrupt_all().await?;
    }
    let ingest = Ingest::find(config, storage.clone(), &brokers, runner.clone(), clock).await?;
    let before = ingest.start().await?;
    let listening = tokio::spawn(runner.clone().listen_to(ingest.query.id));
    let every = Every { look: timing.runs.look, counts: Duration::from_secs(config.every) };
    let ended = ingest.tell(every, stop, say).await;
    if ended.is_ok() {
        ingest.give_back(before).await?;
    }
    runner.retire();
    shutdown.cancel();
    if !runner.finish_in_time().await {
        warn!("The run did not finish in time; it will be marked interrupted");
    }
    let _ = listening.await;
    if let Ok(counts) = ingest.counts().await {
        say(&counts);
    }
    storage.close().await;
    ended
}

/// How often is looked how it stands, and how often are the counts told?
#[derive(Clone, Copy)]
struct Every {
    look: Duration,
    counts: Duration,
}

/// How the listener stood before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Off,
    Paused,
    On,
}

/// The query that is listened to, and as whom.
struct Ingest {
    storage: Storage,
    runner: Runner,
    clock: Clock,
    query: SavedQuery,
    asker: Asker,
}

impl Ingest {
    /// Finds the query, and checks that it can be listened to.
    async fn find(
        config: &IngestConfig,
        storage: Storage,
        brokers: &Brokers,
        runner: Runner,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let named = storage.queries_named(&config.query).await?;
        let named = choose(&named, &config.query, config.member.as_deref())?;
        let owner = &named.owner;
        let asker = storage.asker(named.owner_id).await?.filter(Asker::may_work);
        let asker = asker.with_context(|| {
            format!("“{}” is {owner}'s, who may not run queries any more: save a copy of it as somebody else", config.query)
        })?;
        let query = storage.find_query(&asker, named.id).await?;
        let query = query.with_context(|| format!("“{}” was deleted just now", config.query))?;
        let broker = brokers
            .find(&query.broker)
            .with_context(|| format!("“{}” cannot be listened to: only streams can", query.name))?;
        if let Some(because) = why_not_listen(broker.as_ref(), &query.parameters, clock.now()).await
        {
            anyhow::bail!("“{}” cannot be listened to. {because}", query.name);
        }
        Ok(Self { storage, runner, clock, query, asker })
    }

    async fn listener(&self) -> Result<Option<Listener>, StorageError> {
        self.storage.find_listener(&self.asker, self.query.id).await
    }

    /// Starts the listener, unless it is on; how it stood before.
    async fn start(&self) -> anyhow::Result<Before> {
        let before = match self.listener().await? {
            None => Before::Off,
            Some(listener) if listener.is_on => Before::On,
            Some(_) => Before::Paused,
        };
        match self.runner.start_listening(&self.query, &self.asker).await {
            Err(NotDone::Refused(Refused::TooManyListeners { going_on })) => anyhow::bail!(
                "{going_on} queries of {} are listened to already: pause one of them, or raise --listeners",
                self.asker.member().name
            ),
            started => started?,
        };
        Ok(before)
    }

    /// Tells what becomes of it until `stop` resolves.
    async fn tell(
        &self,
        every: Every,
        stop: Stop,
        say: &(dyn Fn(&str) + Sync),
    ) -> anyhow::Result<()> {
        let mut looks = interval(every.look);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut counts_at = Instant::now() + every.counts;
        let mut last_said = String::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return Ok(()),
                _ = looks.tick() => {}
            }
            let standing = match self.listener().await {
                Ok(Some(listener)) => self.standing_in_words(&listener),
                Ok(None) => anyhow::bail!(
                    "“{}” was stopped on its page, or deleted: there is nothing to listen to any more",
                    self.query.name
                ),
                Err(error) => {
                    warn!(%error, "The database did not answer");
                    continue;
                }
            };
            if standing != last_said {
                say(&format!("{} {}", self.stamp(), standing));
                last_said = standing;
            }
            if Instant::now() >= counts_at {
                counts_at += every.counts;
                match self.counts().await {
                    Ok(counts) => say(&counts),
                    Err(error) => warn!(%error, "The counts could not be read"),
                }
            }
        }
    }

    /// Leaves the listener as it was. What was on goes on, with whoever else is there.
    async fn give_back(&self, before: Before) -> Result<(), NotDone> {
        match before {
            Before::Off => self.storage.stop_listening(&self.asker, self.query.id).await?,
            Before::Paused => self.storage.pause_listening(&self.asker, self.query.id).await?,
            Before::On => return Ok(()),
        };
        Ok(self.runner.look_at_listeners().await?)
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn stamp(&self) -> String {
        self.now().format("%Y-%m-%d %H:%M:%S UTC").to_string()
    }

    fn standing_in_words(&self, listener: &Listener) -> String {
        let name = &self.query.name;
        match (&listener.live, listener.standing()) {
            (Some(run), ListenerState::Listening) if run.instance == self.runner.instance() => {
                format!("{name}: listening as {}, run {}", listener.started_by_name, run.id)
            }
            (Some(run), ListenerState::Listening | ListenerState::InTrouble)
                if run.instance != self.runner.instance() =>
            {
                let other = replica::in_words(&run.instance);
                format!("{name}: waits, {other} listens to it; it goes on here when that one stops")
            }
            (_, ListenerState::Listening | ListenerState::Starting) => format!("{name}: starting"),
            (_, ListenerState::InTrouble) => {
                let trouble = listener.trouble.as_deref().unwrap_or_default();
                format!("{name}: in trouble, and tried again by itself. {trouble}")
            }
            (_, ListenerState::Paused | ListenerState::PausedByService) => {
                let because = listener.trouble.as_deref().unwrap_or("By hand, on its page.");
                format!("{name}: paused, and waits until it goes on there. {because}")
            }
        }
    }

    /// The counts of this day, in a line.
    async fn counts(&self) -> Result<String, StorageError> {
        let today = self.now().date_naive();
        let days = self.storage.listener_days(&self.asker, self.query.id, today).await?;
        let name = &self.query.name;
        let Some(day) = days.first() else {
            return Ok(format!("{} {name}: nothing today", self.stamp()));
        };
        Ok(format!(
            "{} {name}: today {} received, {} stored, {} filtered out, {} came again, {} unreadable, {} acknowledged",
            self.stamp(),
            day.received,
            day.stored,
            day.rejected,
            day.duplicates,
            day.unreadable,
            day.acknowledged
        ))
    }
}

/// The one query that is meant.
fn choose<'q>(
    named: &'q [NamedQuery],
    name: &str,
    member: Option<&str>,
) -> anyhow::Result<&'q NamedQuery> {
    let of_member = |query: &&NamedQuery| {
        let is_theirs = |member: &str| {
            query.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(member))
        };
        member.is_none_or(is_theirs)
    };
    let found: Vec<&NamedQuery> = named.iter().filter(of_member).collect();
    match (found.as_slice(), member) {
        ([one], _) => Ok(one),
        ([], Some(member)) => {
            anyhow::bail!("there is no saved query named “{name}” of {member}")
        }
        ([], None) => anyhow::bail!("there is no saved query named “{name}”"),
        (several, _) => {
            let owners: Vec<&str> = several
                .iter()
                .map(|query| query.email.as_deref().unwrap_or(&query.owner))
                .collect();
            anyhow::bail!(
                "several saved queries are named “{name}”, of {}: say whose with --member, or rename one of them",
                owners.join(" and of ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: i64, email: Option<&str>) -> NamedQuery {
        NamedQuery { id, owner_id: id, owner: "Ada".to_owned(), email: email.map(str::to_owned) }
    }

    #[test]
    fn a_query_is_chosen_only_where_one_is_meant() {
        let two = [named(1, Some("Ada@obs.example")), named(2, Some("bob@obs.example"))];
        assert_eq!(choose(&two, "q", Some("ada@obs.example")).unwrap().id, 1);
        assert_eq!(choose(&[named(3, None)], "q", None).unwrap().id, 3);
        let said = |result: anyhow::Result<&NamedQuery>| result.unwrap_err().to_string();
        assert!(
            said(choose(&two, "q", None)).contains("of Ada@obs.example and of bob@obs.example")
        );
        assert!(said(choose(&two, "q", Some("eve@obs.example"))).contains("of eve@obs.example"));
        assert_eq!(said(choose(&[], "q", None)), "there is no saved query named “q”");
        assert!(choose(&[named(1, None), named(2, None)], "q", None).is_err());
    }
}
