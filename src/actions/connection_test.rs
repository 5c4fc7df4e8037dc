//! *Test now*: one harmless call at Google for each right that a backend needs, and what came of it as a sentence.

use super::credentials::Credentials;
use crate::{
    brokers::Brokers,
    domain::{grant::GoogleRight, visitor::Visitor},
    storage::{Storage, StorageError},
};

/// What a call has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// Which right.
    pub scope: GoogleRight,
    /// A sentence, on what works or on what does not.
    pub outcome: Result<String, String>,
}

/// Tries what a visitor may use, each right once. What was not granted is not tried.
pub async fn test_connection(
    storage: &Storage,
    credentials: &Credentials,
    brokers: &Brokers,
    visitor: &Visitor,
) -> Result<Vec<Tested>, StorageError> {
    let mut tested: Vec<Tested> = Vec::new();
    for broker in brokers.all() {
        let Some(scope) = broker.needed_right() else { continue };
        let is_tried = tested.iter().any(|test| test.scope == scope);
        let is_granted = visitor.grant.as_ref().is_none_or(|grant| grant.scopes.contains(&scope));
        if is_tried || (!is_granted && credentials.service_account().is_none()) {
            continue;
        }
        let access = credentials.of_member(storage, visitor.member(), Some(scope)).await?;
        if let Some(outcome) = broker.test_access(&access).await {
            tested.push(Tested { scope, outcome });
        }
    }
    Ok(tested)
}
