//! What a run says of itself on its page; one that waits says for what.

use super::run_progress::{NewResults, RunProgress, progress_view};
use crate::{
    actions::run_limits::RunLimits,
    brokers::Brokers,
    domain::run::{Run, RunLog, RunState},
    storage::{RunsAhead, Storage, StorageError},
};

/// Who looks at a run, when, under which limits it waits, and where it may come from.
pub(in crate::web) struct ProgressContext {
    pub(in crate::web) member_id: i64,
    pub(in crate::web) now: chrono::DateTime<chrono::Utc>,
    pub(in crate::web) limits: RunLimits,
    pub(in crate::web) brokers: Brokers,
}

/// The view of a run's progress.
pub(in crate::web) async fn progress_of(
    storage: &Storage,
    run: &Run,
    log: &RunLog,
    news: Option<&NewResults>,
    context: &ProgressContext,
) -> Result<RunProgress, StorageError> {
    let broker = context.brokers.find(&run.broker).map(AsRef::as_ref);
    let mut progress = progress_view(run, broker, log, context.now, news);
    if run.state == RunState::Queued {
        let ahead = storage.runs_ahead(run).await?;
        let whose = (run.started_by != context.member_id).then_some(&*run.started_by_name);
        // For those who listen to the page, and for those who see it.
        progress.status = waiting_sentence(ahead, context.limits, whose);
        progress.feedback = vec![progress.status.clone()];
    }
    Ok(progress)
}

/// What a run waits for: its member's own runs, or a place on a busy service. Others are not told how many those are.
fn waiting_sentence(ahead: RunsAhead, limits: RunLimits, whose: Option<&str>) -> String {
    if ahead.going_on < u64::from(limits.at_once) {
        return "Waiting for a free slot.".to_owned();
    }
    if let Some(name) = whose {
        return format!("Waiting until {name} has fewer runs.");
    }
    let are = if ahead.going_on == 1 { "is" } else { "are" };
    let going_on = format!("Waiting: {} of your runs {are} running", ahead.going_on);
    match ahead.waiting {
        0 => format!("{going_on}; it starts when one of them ends."),
        1 => format!("{going_on}, and 1 run is ahead of this one."),
        n => format!("{going_on}, and {n} runs are ahead of this one."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(going_on: u64, waiting: u64) -> String {
        waiting_sentence(RunsAhead { going_on, waiting }, RunLimits::default(), None)
    }

    #[test]
    fn a_run_says_what_it_waits_for() {
        assert_eq!(
            sentence(4, 0),
            "Waiting: 4 of your runs are running; it starts when one of them ends."
        );
        assert_eq!(
            sentence(4, 1),
            "Waiting: 4 of your runs are running, and 1 run is ahead of this one."
        );
        assert_eq!(sentence(3, 0), "Waiting for a free slot.");
        let ahead = RunsAhead { going_on: 4, waiting: 3 };
        assert_eq!(
            waiting_sentence(ahead, RunLimits::default(), Some("Ada")),
            "Waiting until Ada has fewer runs."
        );
    }
}
