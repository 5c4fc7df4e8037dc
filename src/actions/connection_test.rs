//! *Test now*: one harmless call at Google for each right that is granted, and what came of it as a sentence.

use std::{sync::Arc, time::Duration};

use super::credentials::Credentials;
use crate::{
    brokers::stream_rest::PubSubService,
    domain::{grant::Scope, visitor::Visitor},
    storage::{Storage, StorageError},
};

/// How long a test may take: somebody waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a call has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// Which right.
    pub scope: Scope,
    /// A sentence, on what works or on what does not.
    pub outcome: Result<String, String>,
}

/// Tries what a visitor may use.
pub async fn test_connection(
    storage: &Storage,
    credentials: &Credentials,
    pubsub: &PubSubService,
    visitor: &Visitor,
) -> Result<Vec<Tested>, StorageError> {
    let scope = Scope::PubSub;
    let access = credentials.of_member(storage, &visitor.member, Some(scope)).await?;
    let Some(project) = access.project.clone() else {
        let sentence = "No Google Cloud project is set: enter yours below.".to_owned();
        return Ok(vec![Tested { scope, outcome: Err(sentence) }]);
    };
    let service = PubSubService { patience: PATIENCE, ..pubsub.clone() };
    let client = service.client(access, Arc::new(|_, _| {}));
    let outcome = match client.count_subscriptions(&project).await {
        Ok(0) => Ok(format!("Pub/Sub answers; there is no subscription in {project} yet.")),
        Ok(n) => {
            let many = if n == 1 {
                "a subscription".to_owned()
            } else {
                format!("{n} or more subscriptions")
            };
            Ok(format!("Pub/Sub answers, and shows {many} in {project}."))
        }
        Err(error) => Err(error.sentence()),
    };
    Ok(vec![Tested { scope, outcome }])
}
