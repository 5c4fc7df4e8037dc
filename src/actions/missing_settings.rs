//! What the deployment, or a member, has to set before queries of a backend can run at Google.

use super::runs::Runner;
use crate::{brokers::Broker, domain::member::Member, storage::StorageError};

/// What is not set. Both may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MissingSettings {
    /// The Google Cloud project: subscriptions are made in it, and it is billed.
    pub project: bool,
    /// Anybody's credentials: there is no service account, and nobody can sign in and grant theirs.
    pub credentials: bool,
}

/// What is not set that a member's queries need; `None` where all is, or a backend needs nothing of Google.
pub async fn missing_settings(
    runner: &Runner,
    broker: &dyn Broker,
    by: &Member,
) -> Result<Option<MissingSettings>, StorageError> {
    let Some(right) = broker.needed_right() else { return Ok(None) };
    let (_, access) = runner.access_for_run(by, Some(right)).await?;
    let missing =
        MissingSettings { project: access.project.is_none(), credentials: access.tokens.is_none() };
    Ok(Some(missing).filter(|missing| *missing != MissingSettings::default()))
}
