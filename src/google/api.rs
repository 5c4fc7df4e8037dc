//! A client of one of Google's services: calls with tokens, which are renewed when they are refused, and Google's own errors.

use bytes::Bytes;
use reqwest::StatusCode;

use super::{
    access::{Access, AccessError},
    error::{ErrorAnswer, GoogleError},
};
use crate::{
    domain::timing::CallTiming,
    http_api::{self, Call, GivenUp, HttpApi, Passing, Token},
};

/// Calls one of Google's services as one user, on behalf of one run.
#[derive(Debug)]
pub struct ApiClient {
    api: HttpApi,
    access: Access,
    needs_token: bool,
}

/// How a single try failed.
enum Failure {
    Final(GoogleError),
    /// 401: once more with another token.
    OtherToken,
    Passing(Passing),
}

impl From<GivenUp> for GoogleError {
    fn from(GivenUp { service, seconds, last, is_quota }: GivenUp) -> Self {
        if is_quota {
            return Self::QuotaUsedUp { service, message: last };
        }
        Self::Unreachable { service, seconds, last }
    }
}

impl ApiClient {
    /// A client that acts as somebody. Without `needs_token` (an emulator) calls go without a token.
    pub fn new(api: HttpApi, access: Access, needs_token: bool) -> Self {
        Self { api, access, needs_token }
    }

    /// Whom the service sees.
    pub fn acts_as(&self) -> String {
        match &self.access.tokens {
            Some(tokens) if self.needs_token => tokens.acts_as(),
            _ => "nobody (an emulator needs no credentials)".to_owned(),
        }
    }

    /// How patient it is.
    pub(super) fn timing(&self) -> CallTiming {
        self.api.timing()
    }

    /// Tries that failed in passing, so far.
    pub fn n_retries(&self) -> u64 {
        self.api.n_retries()
    }

    /// Of those, the ones that the service may have served although no answer came.
    pub fn n_unanswered(&self) -> u64 {
        self.api.n_unanswered()
    }

    /// Makes a call, again and again while it fails in passing.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Bytes, GoogleError> {
        let mut tries = self.api.tries(call);
        let mut refused: Option<Token> = None;
        loop {
            match self.try_once(call, &mut refused).await {
                Ok(answer) => {
                    self.api.has_recovered();
                    return Ok(answer);
                }
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::OtherToken) => {}
                Err(Failure::Passing(passing)) => tries.wait(passing).await?,
            }
        }
    }

    /// One try. A token that was refused before is not accepted twice.
    async fn try_once(
        &self,
        call: &Call<'_>,
        refused: &mut Option<Token>,
    ) -> Result<Bytes, Failure> {
        let token = match self.token(refused.as_ref()).await {
            Ok(token) => token,
            Err(GoogleError::Access(AccessError::Passing(why))) => {
                return Err(Failure::Passing(Passing::unsent(why)));
            }
            Err(error) => return Err(Failure::Final(error)),
        };
        let reply = match self.api.try_once(call, token.as_ref()).await {
            Ok(answer) => return Ok(answer),
            Err(http_api::Failure::Passing(passing)) => return Err(Failure::Passing(passing)),
            Err(http_api::Failure::TooLarge { limit_mib }) => {
                let what = call.what.to_owned();
                return Err(Failure::Final(GoogleError::TooLarge { what, limit_mib }));
            }
            Err(http_api::Failure::Refused(reply)) => reply,
        };
        let answer = ErrorAnswer::read(reply.status.as_u16(), &reply.body);
        if reply.status == StatusCode::UNAUTHORIZED && token.is_some() && refused.is_none() {
            *refused = token;
            return Err(Failure::OtherToken);
        }
        if answer.is_passing() {
            return Err(Failure::Passing(reply.passing(&answer.message)));
        }
        let service = self.api.service();
        Err(Failure::Final(answer.into_error(service, call.what, &self.acts_as())))
    }

    async fn token(&self, refused: Option<&Token>) -> Result<Option<Token>, GoogleError> {
        match &self.access.tokens {
            // An emulator asks for no credentials, and must not be sent any.
            _ if !self.needs_token => Ok(None),
            Some(tokens) => Ok(Some(tokens.token(refused).await?)),
            None => Err(GoogleError::NotConnected),
        }
    }
}
