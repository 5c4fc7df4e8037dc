//! The book of the campaign: what was published, delivered and acknowledged.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::messages::Message;

/// The book. Messages go by Pub/Sub's id.
pub(crate) struct Ledger(Mutex<Book>);

#[derive(Default)]
struct Book {
    published: HashMap<String, Message>,
    /// Acknowledgement ids as they were handed out.
    message_of: HashMap<String, String>,
    delivered: HashSet<String>,
    n_deliveries: u64,
    acknowledged: HashSet<String>,
    /// When the last lease ends.
    leased_until: Option<Instant>,
    n_acknowledged_early: u64,
    n_extended: u64,
    n_given_back: u64,
    longest_extension: Duration,
}

/// Messages that an acknowledgement is for.
#[derive(Debug, Default)]
pub(crate) struct Claim {
    /// Ids of alerts.
    pub(crate) candids: Vec<i64>,
    /// Message ids of junk.
    pub(crate) junk: Vec<String>,
}

/// Figures of the book.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) redeliveries: u64,
    pub(crate) acknowledged_early: u64,
    /// Leases that the program extended, those that it gave back, and the longest extension.
    pub(crate) extended: u64,
    pub(crate) given_back: u64,
    pub(crate) longest_extension: Duration,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(crate) fn published(&self, id: String, message: Message) {
        self.book().published.insert(id, message);
    }

    /// Every message with its id.
    pub(crate) fn messages(&self) -> Vec<(String, Message)> {
        self.book().published.iter().map(|(id, message)| (id.clone(), message.clone())).collect()
    }

    /// Notes deliveries, each an acknowledgement id and a message id.
    pub(crate) fn delivered(&self, deliveries: &[(String, String)], lease: Duration) {
        if deliveries.is_empty() {
            return;
        }
        self.leased(lease);
        let mut book = self.book();
        book.n_deliveries += deliveries.len() as u64;
        for (ack_id, message_id) in deliveries {
            book.message_of.insert(ack_id.clone(), message_id.clone());
            book.delivered.insert(message_id.clone());
        }
    }

    /// Notes that messages are out for this long.
    pub(crate) fn leased(&self, lease: Duration) {
        let mut book = self.book();
        book.leased_until = book.leased_until.max(Some(Instant::now() + lease));
    }

    /// Notes that the program keeps so many messages for longer, or gives them back (no time at all).
    pub(crate) fn changed_leases(&self, n_messages: usize, lease: Duration) {
        self.leased(lease);
        let mut book = self.book();
        if lease.is_zero() {
            book.n_given_back += n_messages as u64;
        } else {
            book.n_extended += n_messages as u64;
        }
        book.longest_extension = book.longest_extension.max(lease);
    }

    /// Whether no message can be out any more.
    pub(crate) fn leases_are_over(&self) -> bool {
        self.book().leased_until.is_none_or(|until| until < Instant::now())
    }

    /// What these acknowledgement ids stand for. Ids that were never handed out count as acknowledged early.
    pub(crate) fn claim(&self, ack_ids: &[String]) -> Claim {
        let mut book = self.book();
        let mut claim = Claim::default();
        for ack_id in ack_ids {
            let Some(id) = book.message_of.get(ack_id).cloned() else {
                book.n_acknowledged_early += 1;
                continue;
            };
            match book.published.get(&id).and_then(|message| message.candid) {
                Some(candid) => claim.candids.push(candid),
                None => claim.junk.push(id),
            }
        }
        claim
    }

    pub(crate) fn acknowledged_early(&self, n: u64) {
        self.book().n_acknowledged_early += n;
    }

    /// Notes acknowledgements that Pub/Sub has confirmed.
    pub(crate) fn acknowledged(&self, ack_ids: &[String]) {
        let mut book = self.book();
        let ids: Vec<String> =
            ack_ids.iter().filter_map(|ack_id| book.message_of.get(ack_id).cloned()).collect();
        book.acknowledged.extend(ids);
    }

    /// Messages acknowledged so far: the campaign's clock.
    pub(crate) fn n_acknowledged(&self) -> usize {
        self.book().acknowledged.len()
    }

    /// Messages that are still to be acknowledged.
    pub(crate) fn n_left(&self) -> usize {
        let book = self.book();
        book.published.len() - book.acknowledged.len()
    }

    pub(crate) fn figures(&self) -> Figures {
        let book = self.book();
        Figures {
            redeliveries: book.n_deliveries - book.delivered.len() as u64,
            acknowledged_early: book.n_acknowledged_early,
            extended: book.n_extended,
            given_back: book.n_given_back,
            longest_extension: book.longest_extension,
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
