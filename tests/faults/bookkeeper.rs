//! What every relay to Pub/Sub does beside relaying: it keeps the book, checks acknowledgements, and measures out messages.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;

use crate::{ledger::Ledger, oracle::Oracle, tap::Tap, trap::Trap};

/// Most messages of one answer. Pub/Sub may give fewer than asked for.
const LARGEST_PULL: usize = 200;

/// What the relays of a campaign share.
pub(crate) struct Bookkeeper {
    pub(crate) ledger: Ledger,
    oracle: Oracle,
    pub(crate) trap: Arc<Trap>,
    /// Faults to come: the messages have to last for all of them.
    pub(crate) n_faults_left: AtomicUsize,
    /// The same for streams, which nobody asks for messages.
    pub(crate) tap: Tap,
    /// Streams that programs have opened.
    pub(crate) n_opened: AtomicUsize,
    /// Whether Pub/Sub is away.
    pub(crate) is_away: watch::Sender<bool>,
    rng: Mutex<ChaCha8Rng>,
    /// The defect of the old backend: acknowledge whatever is pulled.
    pub(crate) acknowledges_first: bool,
}

impl Bookkeeper {
    pub(crate) fn new(
        oracle: Oracle,
        trap: Arc<Trap>,
        seed: u64,
        acknowledges_first: bool,
    ) -> Self {
        Self {
            ledger: Ledger::new(),
            oracle,
            trap,
            n_faults_left: AtomicUsize::new(0),
            tap: Tap::default(),
            n_opened: AtomicUsize::new(0),
            is_away: watch::Sender::new(false),
            rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)),
            acknowledges_first,
        }
    }

    /// Counts what is to be acknowledged and not committed.
    pub(crate) async fn check(&self, ack_ids: &[String]) {
        let claim = self.ledger.claim(ack_ids);
        self.ledger.acknowledged_early(self.oracle.count_missing(&claim).await);
    }

    /// As many messages as leave enough for the faults to come.
    pub(crate) fn largest_pull(&self) -> usize {
        let share = self.ledger.n_left() / (2 * (self.n_faults_left.load(Ordering::Relaxed) + 1));
        self.any_number().min(share.max(1))
    }

    /// A number of messages for one answer.
    pub(crate) fn any_number(&self) -> usize {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        rng.random_range(1..=LARGEST_PULL)
    }

    /// A time between two resets.
    pub(crate) fn any_pause(&self) -> Duration {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_millis(rng.random_range(1_000..=10_000))
    }
}
