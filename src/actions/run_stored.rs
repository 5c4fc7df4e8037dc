//! Running a stored form: that of a saved query, or that of an earlier run once more.

use serde_json::Value;

use super::{missing_settings::missing_settings, runs::Runner, stored_form::validate_stored};
use crate::{
    domain::{grant::GoogleRight, run::RunId, saved_query::SavedQuery, visitor::Visitor},
    forms::FormState,
    storage::{NotDone, StorageError},
};

/// A stored form that is to be run.
#[derive(Clone, Copy, Debug)]
pub struct StoredForm<'f> {
    /// Id of the backend.
    pub broker: &'f str,
    /// The form as it was typed.
    pub parameters: &'f Value,
    /// The saved query that it is from; `None` where it was not saved, or is not seen.
    pub saved: Option<&'f SavedQuery>,
    /// What the run is called; empty for a form that was not saved.
    pub name: &'f str,
}

impl<'f> From<&'f SavedQuery> for StoredForm<'f> {
    fn from(query: &'f SavedQuery) -> Self {
        let SavedQuery { broker, parameters, name, .. } = query;
        Self { broker, parameters, saved: Some(query), name }
    }
}

/// What came of running a stored form.
#[derive(Debug)]
pub enum StoredRun {
    /// There is a run.
    Started(RunId),
    /// There is none: it would act as its member, who has not granted this right at Google.
    Lacks(GoogleRight),
    /// There is none: the form has changed since, and says what no longer fits.
    Invalid(FormState),
    /// There is none: the deployment has no such backend.
    NoSuchBackend,
}

/// Runs a stored form as whoever asks, if it fits the form that its backend has now.
pub async fn run_stored(
    runner: &Runner,
    visitor: &Visitor,
    form: StoredForm<'_>,
) -> Result<StoredRun, NotDone> {
    let Some(broker) = runner.brokers().find(form.broker) else {
        return Ok(StoredRun::NoSuchBackend);
    };
    if let Some(lacking) = runner.credentials().lacking(visitor, broker.needed_right()) {
        return Ok(StoredRun::Lacks(lacking));
    }
    let parameters = match validate_stored(broker.as_ref(), form.parameters, runner.now()).await {
        Ok(parameters) => parameters,
        Err(state) => return Ok(StoredRun::Invalid(state)),
    };
    let run = runner.start(broker.id(), parameters, form.saved, form.name, &visitor.asker).await?;
    Ok(StoredRun::Started(run))
}

/// Whether no query of a backend can run as whoever asks, because the service or they have not set what it needs. The
/// form says what.
pub async fn is_not_set_up(
    runner: &Runner,
    visitor: &Visitor,
    broker: &str,
) -> Result<bool, StorageError> {
    let Some(broker) = runner.brokers().find(broker) else { return Ok(false) };
    Ok(missing_settings(runner, broker.as_ref(), visitor.member()).await?.is_some())
}
