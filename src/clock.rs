//! Time as a parameter: the service asks this clock, tests set it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};

/// Tells the time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Where a test has set it; `None` follows the system.
    fixed: Option<Arc<Mutex<DateTime<Utc>>>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self { fixed: None }
    }

    /// A clock that stands still until it is advanced.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self { fixed: Some(Arc::new(Mutex::new(at))) }
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.fixed {
            Some(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that asks the system"
            )]
            None => Utc::now(),
        }
    }

    /// Moves a fixed clock; the system's clock goes its own way.
    pub fn advance(&self, by: Duration) {
        if let Some(at) = &self.fixed {
            *at.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}
