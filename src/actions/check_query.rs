//! A look at a query before it is run, as whoever would run it.

use super::run_query::Runner;
use crate::{
    brokers::{Broker, BrokerError, Check},
    forms::Parameters,
};

impl Runner {
    /// What a checked form would ask and cost; `None` for a backend whose queries cost nothing.
    pub async fn check(
        &self,
        broker: &dyn Broker,
        parameters: &Parameters,
    ) -> Option<Result<Check, BrokerError>> {
        let preview = broker.preview()?;
        let (now, access) = self.lends();
        Some(preview.check(parameters, now, &access).await)
    }
}
