//! How a run ended: its state, a sentence for its reader, and what its owner can grant so that it ends better.

use crate::{
    brokers::{Broker, BrokerError},
    domain::{
        grant::GoogleRight,
        run::{RunId, RunState},
    },
    storage::{StopRequest, Storage},
};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) state: RunState,
    /// Why, and what can be done.
    pub(super) feedback: String,
    /// The right at Google whose lack ended it: its owner can grant it and run again.
    pub(super) lacks: Option<GoogleRight>,
}

impl Ending {
    pub(super) fn finished(feedback: String) -> Self {
        Self { state: RunState::Finished, feedback, lacks: None }
    }

    pub(super) fn failed(feedback: String) -> Self {
        Self { state: RunState::Failed, feedback, lacks: None }
    }

    pub(super) fn cancelled() -> Self {
        Self {
            state: RunState::Cancelled,
            feedback: "Stopped on request. Results so far are kept.".to_owned(),
            lacks: None,
        }
    }

    /// Ended by an error of the backend, which its user can perhaps mend by connecting to Google.
    pub(super) fn broken(feedback: String, error: &BrokerError, broker: &dyn Broker) -> Self {
        let lacks = match error {
            BrokerError::Google(error) if error.is_cured_by_connecting() => broker.needed_right(),
            _ => None,
        };
        Self { lacks, ..Self::failed(feedback) }
    }

    /// The same, or cancelled where it lacks a right and somebody asked for its stop: who takes a member out stops their
    /// runs and ends their grant, and a run may feel the second first.
    pub(super) async fn cancelled_if_asked(self, storage: &Storage, id: RunId) -> Self {
        let is_asked = self.lacks.is_some()
            && matches!(storage.stop_request(id).await, Ok(StopRequest::Asked));
        if is_asked { Self::cancelled() } else { self }
    }
}
