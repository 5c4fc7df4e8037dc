//! How a listener stands, in a chip and in words, and what one can do with it.

use crate::{
    domain::{
        listener::{Listener, Standing},
        saved_query::SavedQuery,
        sharing::TeamScope,
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

const BLURB: &str = "Listening keeps this query running: alerts are stored as they come, a run a day, whether you are here or not, until you pause it. What the form says of stopping does not count meanwhile.";

/// How a listener stands, as a chip.
pub(super) fn chip(listener: Option<&Listener>) -> StateChip {
    let (sign, label, class) = match listener.map(Listener::standing) {
        None => ("–", "Not listening", "is-plain"),
        Some(Standing::Listening) => ("●", "Listening", "is-good is-live"),
        Some(Standing::Starting) => ("○", "Starting", "is-info is-live"),
        Some(Standing::InTrouble) => ("✕", "In trouble", "is-bad"),
        Some(Standing::Paused) => ("‖", "Paused", "is-plain"),
        Some(Standing::PausedByService) => ("!", "Paused", "is-warning"),
    };
    StateChip { sign, label, class }
}

pub(super) fn sentence(listener: Option<&Listener>, can_start: bool) -> String {
    let Some(listener) = listener else {
        return if can_start { BLURB.to_owned() } else { String::new() };
    };
    match listener.standing() {
        Standing::Listening => "Alerts are stored as they come.",
        Standing::Starting => "Waits for a replica that takes it: a second or two, if one has room.",
        Standing::InTrouble if listener.live.is_some() => "It is being tried again now.",
        Standing::InTrouble => "It is tried again by itself.",
        Standing::Paused | Standing::PausedByService => {
            "Nothing is stored now. What comes meanwhile waits in the subscription, as long as that keeps it."
        }
    }
    .to_owned()
}

/// What one who may change the query can do with its listener.
pub(super) fn buttons(
    query: &SavedQuery,
    listener: Option<&Listener>,
    can_start: bool,
    scope: &TeamScope,
) -> Vec<PostButton> {
    if !scope.rights_on(query.owner_id, &query.sharing).write {
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
        Some(Standing::Listening | Standing::Starting) => vec![Some(pause()), Some(stop())],
        Some(Standing::InTrouble) => vec![start("Try now"), Some(pause()), Some(stop())],
        Some(Standing::Paused | Standing::PausedByService) => vec![start("Go on"), Some(stop())],
    };
    of_listener.into_iter().flatten().collect()
}

/// What somebody should know who is about to change a query that is listened to.
pub(super) fn words_for_editors(listener: Option<&Listener>, scope: &TeamScope) -> Option<String> {
    let listener = listener.filter(|listener| listener.is_on)?;
    Some(if listener.started_by == scope.member_id() {
        "You listen to this query: when it is saved with another form, the next run begins with that.".to_owned()
    } else {
        let name = &listener.started_by_name;
        format!(
            "{name} listens to this query. When you save it with another form, that is paused, because it acts as {name}; you can go on with it as yourself."
        )
    })
}
