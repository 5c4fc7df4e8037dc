//! What the button says that stops a run: its page draws it, and changes it as the run goes on.

use crate::domain::run::{Run, RunState};

/// The button's words; `None` where there is nothing to stop, or somebody has asked for it already.
pub(in crate::web) fn stop_label(run: &Run) -> Option<&'static str> {
    let can_stop = run.state.is_live() && !run.cancel_requested;
    let label = match run.state {
        RunState::Queued => "Cancel",
        _ if run.day.is_some() => "Pause listening",
        _ => "Stop, keep results",
    };
    can_stop.then_some(label)
}
