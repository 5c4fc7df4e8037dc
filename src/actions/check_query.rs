//! A look at a query before it is run, as whoever would run it.

use super::run_query::Runner;
use crate::{
    brokers::{Broker, BrokerError, Check},
    domain::member::Member,
    forms::Parameters,
    storage::StorageError,
};

impl Runner {
    /// What a checked form would ask and cost; `None` for a backend whose queries cost nothing.
    pub async fn check(
        &self,
        broker: &dyn Broker,
        parameters: &Parameters,
        by: &Member,
    ) -> Result<Option<Result<Check, BrokerError>>, StorageError> {
        let Some(preview) = broker.preview() else { return Ok(None) };
        let (now, access) = self.lends(by, broker.needed_scope()).await?;
        Ok(Some(preview.check(parameters, now, &access).await))
    }
}
