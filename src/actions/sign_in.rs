//! Signing in and connecting to Google: out to the provider; `callback` is the way back.
//!
//! A sign-in asks only who somebody is. A right at Google is asked for when a run needs it first, and kept only if it
//! is of the account that signed in.

mod callback;
mod outcome;
mod policy;

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

pub use self::{
    outcome::{Arrival, Callback, Departure, Refusal, Refused},
    policy::Policy,
};
use super::{
    grants::Grants,
    secret::{is_secret, new_secret, secret_hash},
};
use crate::{
    clock::Clock,
    domain::{grant::GoogleRight, timing::GrantTiming, visitor::Visitor},
    google::{
        cipher::Cipher,
        oauth::{Authorisation, Provider, Purpose},
    },
    storage::{Attempt, Storage},
};

/// What an attempt keeps secret.
#[derive(Deserialize)]
struct Secrets {
    nonce: String,
    verifier: String,
}

/// Signing in, for a deployment that has a provider.
pub struct SignIn {
    storage: Storage,
    provider: Arc<Provider>,
    grants: Arc<Grants>,
    cipher: Arc<Cipher>,
    policy: Policy,
    clock: Clock,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl SignIn {
    /// Signing in at a provider.
    pub fn new(
        storage: Storage,
        provider: Arc<Provider>,
        cipher: Arc<Cipher>,
        policy: Policy,
        clock: Clock,
        timing: GrantTiming,
    ) -> Self {
        let grants =
            Grants::new(storage.clone(), provider.clone(), cipher.clone(), clock.clone(), timing);
        Self { storage, provider, grants, cipher, policy, clock }
    }

    /// The grants of those who signed in.
    pub fn grants(&self) -> &Arc<Grants> {
        &self.grants
    }

    /// Scheme, host and port of the provider.
    pub fn provider_origin(&self) -> String {
        self.provider.origin()
    }

    /// Domains whose people need no invitation.
    pub fn allowed_domains(&self) -> &[String] {
        &self.policy.domains
    }

    /// Name of the provider on buttons.
    pub fn provider_name(&self) -> String {
        if self.provider.issuer() == "https://accounts.google.com" {
            return "Google".to_owned();
        }
        let host = url::Url::parse(self.provider.issuer()).ok();
        let host = host.and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_else(|| "the sign-in service".to_owned())
    }

    /// Sends a browser off to sign in. `browser_key` is what an earlier way has put into its cookie.
    pub async fn depart(
        &self,
        next: &str,
        browser_key: Option<&str>,
        chooses_account: bool,
        invitation_hash: Option<Vec<u8>>,
    ) -> Result<Departure, Refused> {
        let purpose = Purpose::SignIn { chooses_account };
        let errand = Errand { next, member_id: None, scopes: Vec::new(), invitation_hash };
        self.send_off(&purpose, errand, browser_key).await
    }

    /// Sends a member off to grant something.
    pub async fn depart_to_connect(
        &self,
        visitor: &Visitor,
        scope: GoogleRight,
        next: &str,
        browser_key: Option<&str>,
    ) -> Result<Departure, Refused> {
        let can_refresh = self.grants.can_refresh(visitor.member().id, scope).await?;
        let purpose = Purpose::Connect {
            scopes: vec![scope],
            can_refresh,
            email: visitor.member().email.clone(),
        };
        let member_id = Some(visitor.member().id);
        let errand = Errand { next, member_id, scopes: vec![scope], invitation_hash: None };
        self.send_off(&purpose, errand, browser_key).await
    }

    async fn send_off(
        &self,
        purpose: &Purpose,
        errand: Errand<'_>,
        browser_key: Option<&str>,
    ) -> Result<Departure, Refused> {
        let Errand { next, member_id, scopes, invitation_hash } = errand;
        let with_next =
            |why: Refusal| Refused { why, next: Some(next.to_owned()), scopes: scopes.clone() };
        let Authorisation { url, state, nonce, verifier } =
            self.provider.authorise(purpose).await.map_err(|error| with_next(error.into()))?;
        let browser_key = browser_key
            .filter(|key| is_secret(key))
            .map_or_else(new_secret, |key| Ok(key.to_owned()))
            .map_err(|error| with_next(error.into()))?;
        let state_hash = secret_hash(&state);
        let secrets = serde_json::json!({ "nonce": nonce, "verifier": verifier }).to_string();
        let secrets = self
            .cipher
            .seal(&secrets, &bound_to(&state_hash))
            .map_err(|error| with_next(error.into()))?;
        let attempt = Attempt {
            secrets,
            next: next.to_owned(),
            member_id,
            scopes: scopes.clone(),
            invitation_hash,
        };
        self.storage
            .begin_attempt(&state_hash, &secret_hash(&browser_key), &attempt)
            .await
            .map_err(|error| with_next(error.into()))?;
        Ok(Departure { url: url.into(), browser_key })
    }
}

/// What a way to the provider is for.
struct Errand<'n> {
    next: &'n str,
    member_id: Option<i64>,
    scopes: Vec<GoogleRight>,
    invitation_hash: Option<Vec<u8>>,
}

/// What a sealed secret of an attempt is bound to.
fn bound_to(state_hash: &[u8]) -> String {
    format!("sign_in_attempt {}", URL_SAFE_NO_PAD.encode(state_hash))
}
