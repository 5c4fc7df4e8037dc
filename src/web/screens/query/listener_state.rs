//! How a listener stands, in a chip and in words, and what one can do with it.

use crate::{
    domain::{
        listener::{Listener, ListenerState},
        saved_query::SavedQuery,
        sharing::Asker,
    },
    web::{
        paths,
        widgets::{
            controls::{ButtonLook, PostButton, StateChip},
            words::post_button,
        },
    },
};

/// How the listener of a query stands, in a list.
#[derive(Clone, Debug)]
pub(super) struct ListenerBrief {
    pub(super) state: StateChip,
    pub(super) href: String,
}

const BLURB: &str = "A listener keeps this query running, also while you are away: alerts are stored as they arrive, in one run per day, until you pause it. The stop conditions of the form do not apply.";

/// How a listener stands, as a chip.
pub(super) fn chip(listener: Option<&Listener>) -> StateChip {
    let (sign, label, class) = match listener.map(Listener::standing) {
        None => ("–", "Not listening", "is-plain"),
        Some(ListenerState::Listening) => ("●", "Listening", "is-good is-live"),
        Some(ListenerState::Starting) => ("○", "Starting", "is-info is-live"),
        Some(ListenerState::InTrouble) => ("✕", "In trouble", "is-bad"),
        Some(ListenerState::Paused) => ("‖", "Paused", "is-plain"),
        Some(ListenerState::PausedByService) => ("!", "Paused", "is-warning"),
    };
    StateChip { sign, label, class }
}

pub(super) fn sentence(listener: Option<&Listener>, can_start: bool) -> String {
    let Some(listener) = listener else {
        return if can_start { BLURB.to_owned() } else { String::new() };
    };
    match listener.standing() {
        ListenerState::Listening => "Alerts are stored as they arrive.",
        ListenerState::Starting => "Waiting for a replica to take it; that takes a second or two.",
        ListenerState::InTrouble if listener.live.is_some() => "Trying again now.",
        ListenerState::InTrouble => "It will be tried again automatically.",
        ListenerState::Paused | ListenerState::PausedByService => {
            "Nothing is stored now. New messages wait in the subscription, as long as it retains them."
        }
    }
    .to_owned()
}

/// What one who may change the query can do with its listener.
pub(super) fn buttons(
    query: &SavedQuery,
    listener: Option<&Listener>,
    can_start: bool,
    asker: &Asker,
) -> Vec<PostButton> {
    if !asker.rights_on(query.owner_id, &query.sharing).write {
        return Vec::new();
    }
    let button = |label: &str, what: &str, look| {
        let action = format!("{}{what}/", paths::listener(query.id));
        post_button(label, action, look, &query.name, Vec::new())
    };
    let start = |label| can_start.then(|| button(label, "start", ButtonLook::Primary));
    let pause = || button("Pause", "pause", ButtonLook::Plain);
    let stop = || button("Stop listening", "stop", ButtonLook::Danger);
    let of_listener = match listener.map(Listener::standing) {
        None => return start("Listen").into_iter().collect(),
        Some(ListenerState::Listening | ListenerState::Starting) => {
            vec![Some(pause()), Some(stop())]
        }
        Some(ListenerState::InTrouble) => vec![start("Try now"), Some(pause()), Some(stop())],
        Some(ListenerState::Paused | ListenerState::PausedByService) => {
            vec![start("Resume"), Some(stop())]
        }
    };
    of_listener.into_iter().flatten().collect()
}

/// What somebody should know who is about to change a query that is listened to.
pub(super) fn words_for_editors(listener: Option<&Listener>, asker: &Asker) -> Option<String> {
    let listener = listener.filter(|listener| listener.is_on)?;
    Some(if listener.started_by == asker.member_id() {
        "You listen to this query. When you save a changed form, the next run uses it.".to_owned()
    } else {
        let name = &listener.started_by_name;
        format!(
            "{name} listens to this query. Saving a changed form pauses the listener, because it acts as {name}; you can resume it as yourself."
        )
    })
}
