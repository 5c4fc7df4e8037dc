//! The means to acknowledge messages, which only a kept batch can set off.

use std::fmt;

use futures::future::BoxFuture;

use super::BrokerError;
use crate::domain::kept::Kept;

/// Acknowledges the messages of given positions in the batch and gives the others back; how many it acknowledged.
type Settle = Box<dyn FnOnce(Vec<usize>) -> BoxFuture<'static, Result<u64, BrokerError>> + Send>;

/// A lazy acknowledgement that travels with its batch. Dropping it means redelivery.
#[must_use = "messages whose receipt is dropped come again"]
pub struct Receipt(Option<Settle>);

impl Receipt {
    /// For backends that need no acknowledgement.
    pub fn none() -> Self {
        Self(None)
    }

    /// For backends whose messages come again until they are acknowledged.
    pub fn new(settle: Settle) -> Self {
        Self(Some(settle))
    }

    /// Acknowledges the messages at these positions of the batch, which the database has kept;
    /// how many acknowledgements the backend has, as far as it says.
    pub async fn acknowledge(
        self,
        _proof: Kept,
        positions: Vec<usize>,
    ) -> Result<u64, BrokerError> {
        match self.0 {
            Some(settle) => settle(positions).await,
            None => Ok(0),
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Receipt(open)" } else { "Receipt(none)" })
    }
}
