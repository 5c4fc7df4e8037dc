//! Named points of a message's way, and the trap that is set at one of them.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use tokio::sync::{Notify, watch};

/// A moment on the way of a message that the relays can see from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Point {
    /// An answer with messages was handed over.
    Pulled,
    /// BEGIN has come and was not handed on: the messages are decoded.
    Decoded,
    /// BEGIN was answered.
    Begun,
    /// The INSERT of alerts was answered.
    Inserted,
    /// COMMIT has come and was not handed on.
    BeforeCommit,
    /// COMMIT was answered; nobody learns of it.
    AfterCommit,
    /// An acknowledgement has come and was not handed on.
    AckQueued,
    /// An acknowledgement was answered; nobody learns of it.
    AckSent,
}

impl Point {
    /// All, in the order of a message's way.
    pub(crate) const ALL: [Self; 8] = [
        Self::Pulled,
        Self::Decoded,
        Self::Begun,
        Self::Inserted,
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::AckQueued,
        Self::AckSent,
    ];
    /// Those at which a crash of the server matters.
    pub(crate) const IN_DATABASE: [Self; 5] =
        [Self::Decoded, Self::Begun, Self::Inserted, Self::BeforeCommit, Self::AfterCommit];
    /// Those at which a cut connection matters.
    pub(crate) const ON_WIRE: [Self; 5] =
        [Self::Pulled, Self::BeforeCommit, Self::AfterCommit, Self::AckQueued, Self::AckSent];
}

/// At most one point is armed; the first message that comes there is caught.
pub(crate) struct Trap {
    state: Mutex<State>,
    sprung: Notify,
    releases: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// The point, and whether what is caught there is cut off at once.
    armed: Option<(Point, bool)>,
    /// Programs that have been given messages in this life of theirs.
    have_pulled: HashSet<usize>,
    /// The program whose message was caught last.
    caught_from: usize,
}

/// Something was caught: whoever holds this decides when the fault begins.
pub(crate) struct Caught<'t> {
    trap: &'t Trap,
    /// Whether the connection is to be cut, and nothing else happens.
    pub(crate) is_cut: bool,
    release: watch::Receiver<u64>,
}

impl Trap {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), sprung: Notify::new(), releases: watch::Sender::new(0) }
    }

    /// Sets the trap. What it catches is cut off, or held until the release.
    pub(crate) fn arm(&self, point: Point, is_cut: bool) {
        self.state().armed = Some((point, is_cut));
    }

    /// Takes the trap away; false if it has caught something meanwhile.
    pub(crate) fn disarm(&self) -> bool {
        self.state().armed.take().is_some()
    }

    /// Waits until the trap has caught something and the fault may begin.
    pub(crate) async fn sprung(&self) {
        self.sprung.notified().await;
    }

    /// The program whose message was caught last.
    pub(crate) fn caught_from(&self) -> usize {
        self.state().caught_from
    }

    /// Lets go of what is held; its connection ends.
    pub(crate) fn release(&self) {
        self.releases.send_modify(|n| *n += 1);
    }

    /// Whether the trap is set here: then this message of a program is what it was set for.
    pub(crate) fn catch(&self, point: Point, program: usize) -> Option<Caught<'_>> {
        let mut state = self.state();
        let (_, is_cut) = state.armed.take_if(|(armed, _)| *armed == point)?;
        state.caught_from = program;
        Some(Caught { trap: self, is_cut, release: self.releases.subscribe() })
    }

    /// Notes that a program has been given messages.
    pub(crate) fn has_been_given(&self, program: usize) {
        self.state().have_pulled.insert(program);
    }

    /// Notes that a program has died.
    pub(crate) fn has_died(&self, program: usize) {
        self.state().have_pulled.remove(&program);
    }

    /// Whether a program has been given messages in this life of its.
    pub(crate) fn has_pulled(&self, program: usize) -> bool {
        self.state().have_pulled.contains(&program)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caught<'_> {
    /// Lets the fault begin and waits until it is over; the caller then ends the connection.
    pub(crate) async fn hold(mut self) {
        self.trap.sprung.notify_one();
        if !self.is_cut {
            // An error means that the campaign is over.
            let _ = self.release.changed().await;
        }
    }
}
