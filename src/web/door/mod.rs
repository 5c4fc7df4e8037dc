//! What a request passes before it reaches a page: who asks, how much of it, and what every answer carries.

pub(super) mod admission;
pub(super) mod consent;
pub(super) mod guard;
mod kept_answers;
pub(super) mod open_requests;
pub(super) mod own_task;
pub(super) mod retirement;
pub(super) mod session;
