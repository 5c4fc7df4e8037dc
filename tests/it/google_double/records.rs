//! What a double tells of the requests that it got, and of the tokens that it gave.

use super::{Call, Endpoint, GoogleDouble, Params};

impl GoogleDouble {
    /// Every request in the order in which they arrived.
    pub(crate) fn journal(&self) -> Vec<Call> {
        self.shared.state().journal.clone()
    }

    /// Every request of an endpoint. Of `Endpoint::Api`, `email` is whose token came with it.
    pub(crate) fn calls(&self, endpoint: Endpoint) -> Vec<Call> {
        self.journal().into_iter().filter(|call| call.endpoint == endpoint).collect()
    }

    /// How many requests an endpoint got.
    pub(crate) fn requests(&self, endpoint: Endpoint) -> usize {
        self.calls(endpoint).len()
    }

    /// How many requests of this grant type the token endpoint got.
    pub(crate) fn token_requests(&self, grant_type: &str) -> usize {
        let calls = self.calls(Endpoint::Token);
        calls.iter().filter(|call| call.params.get("grant_type") == Some(grant_type)).count()
    }

    /// Waits until an endpoint got so many requests; they may still be without an answer.
    pub(crate) async fn called(&self, endpoint: Endpoint, times: usize) {
        loop {
            let changed = self.shared.changed.notified();
            if self.requests(endpoint) >= times {
                return;
            }
            changed.await;
        }
    }

    /// How many requests of an endpoint failed because a test said so.
    pub(crate) fn faults(&self, endpoint: Endpoint) -> usize {
        self.calls(endpoint).iter().filter(|call| call.fault.is_some()).count()
    }

    /// The query of each visit of the consent page.
    pub(crate) fn authorisations(&self) -> Vec<Params> {
        self.calls(Endpoint::Authorize).into_iter().map(|call| call.params).collect()
    }

    /// Whose tokens were refreshed, in that order; one address for each time. It counts also where
    /// the answer was lost on its way.
    pub(crate) fn refreshes(&self) -> Vec<String> {
        let calls = self.calls(Endpoint::Token).into_iter();
        calls
            .filter(|call| call.params.get("grant_type") == Some("refresh_token"))
            .filter_map(|call| call.email)
            .collect()
    }

    /// Whose grants were revoked at the revocation endpoint, in that order.
    pub(crate) fn revocations(&self) -> Vec<String> {
        self.calls(Endpoint::Revoke).into_iter().filter_map(|call| call.email).collect()
    }

    /// How many answers were `invalid_grant`, also those that a test ordered.
    pub(crate) fn invalid_grants(&self) -> usize {
        let calls = self.calls(Endpoint::Token);
        calls.iter().filter(|call| call.error.as_deref() == Some("invalid_grant")).count()
    }

    /// The access tokens of this address that the API takes now.
    pub(crate) fn live_access_tokens(&self, email: &str) -> Vec<String> {
        self.shared.state().google.live_access_tokens(email)
    }

    /// The refresh tokens of this address that are of use now.
    pub(crate) fn live_refresh_tokens(&self, email: &str) -> Vec<String> {
        self.shared.state().google.live_refresh_tokens(email)
    }

    /// Every code and token that was ever given, for a search where none may be.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.shared.state().google.secrets.clone()
    }
}
