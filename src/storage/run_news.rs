//! News of runs: the database tells every process of each change to a run, and each process tells those who look.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::Storage;
use crate::domain::run::RunId;

/// The channel on which the functions `tell_of_run` and `tell_of_run_log` of the tables notify.
const CHANNEL: &str = "run_news";

/// News that may wait for one reader; one who is slower looks at once and misses nothing, as each look shows all.
const WAITING: usize = 256;

/// The news of this process: one connection listens for all who look.
#[derive(Clone, Debug)]
pub(super) struct RunNews {
    sender: broadcast::Sender<Option<RunId>>,
    is_listening: Arc<OnceLock<()>>,
    /// Set before the connections are closed: that they end is then no news.
    ended: CancellationToken,
}

impl RunNews {
    pub(super) fn new() -> Self {
        let sender = broadcast::channel(WAITING).0;
        Self { sender, is_listening: Arc::default(), ended: CancellationToken::new() }
    }

    /// Ends the connection that listens: there is no more news.
    pub(super) fn end(&self) {
        self.ended.cancel();
    }
}

/// News of one run.
#[derive(Debug)]
pub struct RunFollower {
    id: RunId,
    receiver: broadcast::Receiver<Option<RunId>>,
}

impl RunFollower {
    /// Waits until the run has changed, or may have.
    pub async fn changed(&mut self) {
        loop {
            match self.receiver.recv().await {
                Ok(Some(id)) if id != self.id => {}
                // `None`: something may have been missed.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

impl Storage {
    /// Follows a run from now on, whichever process works on it. Who follows first in a process says how long until the
    /// database is asked again after it was away.
    pub fn follow_run(&self, id: RunId, again: Duration) -> RunFollower {
        let receiver = self.news.sender.subscribe();
        self.news.is_listening.get_or_init(|| {
            tokio::spawn(listen(self.work.clone(), self.news.clone(), again));
        });
        RunFollower { id, receiver }
    }
}

async fn listen(pool: PgPool, news: RunNews, again: Duration) {
    let listening = async {
        loop {
            if let Err(error) = relay(&pool, &news.sender).await {
                tracing::warn!(%error, "No news of runs: the database is away");
            }
            tokio::time::sleep(again).await;
        }
    };
    tokio::select! {
        // The end wins over an error that comes of it.
        biased;
        () = news.ended.cancelled() => {}
        () = listening => {}
    }
}

/// Passes news on until the connection breaks.
async fn relay(
    pool: &PgPool,
    sender: &broadcast::Sender<Option<RunId>>,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // What happened before we listened, or while we did not, is looked up by those who look.
        let _ = sender.send(None);
        while let Some(news) = listener.try_recv().await? {
            if let Ok(id) = news.payload().parse() {
                // Nobody may be looking.
                let _ = sender.send(Some(id));
            }
        }
    }
}
