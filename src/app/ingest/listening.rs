//! The listener of one saved query as whoever watches the foreground sees it: started, told of, and left as it was.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tracing::warn;

use crate::{
    actions::runs::Runner,
    app::Stop,
    clock::Clock,
    domain::{
        listener::{Listener, ListenerState},
        replica,
        saved_query::SavedQuery,
        sharing::Asker,
    },
    storage::{NotDone, Refused, Storage, StorageError},
};

/// How often is looked how it stands, and how often are the counts told?
#[derive(Clone, Copy)]
pub(super) struct Every {
    pub(super) look: Duration,
    pub(super) counts: Duration,
}

/// How the listener stood before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    Off,
    Paused,
    On,
}

/// The query that is listened to, and as whom.
pub(super) struct Ingest {
    pub(super) storage: Storage,
    pub(super) runner: Runner,
    pub(super) clock: Clock,
    pub(super) query: SavedQuery,
    pub(super) asker: Asker,
}

impl Ingest {
    async fn listener(&self) -> Result<Option<Listener>, StorageError> {
        self.storage.find_listener(&self.asker, self.query.id).await
    }

    /// Starts the listener, unless it is on; how it stood before.
    pub(super) async fn start(&self) -> anyhow::Result<Before> {
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
    pub(super) async fn tell(
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
    pub(super) async fn give_back(&self, before: Before) -> Result<(), NotDone> {
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
    pub(super) async fn counts(&self) -> Result<String, StorageError> {
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
