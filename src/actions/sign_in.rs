//! Signing in and connecting to Google: out to the provider, and back with an answer that is checked.
//!
//! A sign-in asks only who somebody is. A right at Google is asked for when a run needs it first, and kept only if it
//! is of the account that signed in.

mod outcome;
mod policy;

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use tracing::info;

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
    domain::{
        grant::GoogleRight,
        history::{Action, Event, Kind},
        member::Identity,
        timing::GrantTiming,
        visitor::Visitor,
    },
    google::{
        Token,
        cipher::Cipher,
        oauth::{Authorisation, Exchanged, Provider, Purpose},
    },
    storage::{Admission, Attempt, Storage, Taken},
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

    /// Takes a browser's answer. The way is used up before anything else is looked at.
    pub async fn arrive(
        &self,
        callback: Callback,
        browser_key: Option<&str>,
        visitor: Option<&Visitor>,
    ) -> Result<Arrival, Refused> {
        let browser_key = browser_key.ok_or(Refusal::Unknown)?;
        let state_hash = secret_hash(&callback.state);
        let attempt =
            match self.storage.take_attempt(&state_hash, &secret_hash(browser_key)).await? {
                Taken::Open(attempt) => attempt,
                Taken::Used(attempt) => return Err(over(Refusal::Used, attempt)),
                Taken::TooOld(attempt) => return Err(over(Refusal::TooOld, attempt)),
                Taken::Unknown => return Err(Refusal::Unknown.into()),
            };
        let (next, scopes) = (attempt.next.clone(), attempt.scopes.clone());
        self.finish(callback, attempt, &state_hash, visitor).await.map_err(|why| {
            info!(%why, "Somebody came back from the sign-in service and was refused");
            Refused { why, next: Some(next), scopes }
        })
    }

    async fn finish(
        &self,
        callback: Callback,
        attempt: Attempt,
        state_hash: &[u8],
        visitor: Option<&Visitor>,
    ) -> Result<Arrival, Refusal> {
        if callback.issuer.is_some_and(|issuer| issuer != self.provider.issuer()) {
            return Err(Refusal::OtherIssuer);
        }
        // A grant that nobody here may keep is not fetched either.
        let visitor = visitor.filter(|visitor| Some(visitor.member().id) == attempt.member_id);
        if attempt.member_id.is_some() && visitor.is_none() {
            return Err(Refusal::NotTheirs);
        }
        let code = callback.outcome.map_err(|word| match word.as_str() {
            "access_denied" => Refusal::Declined,
            other => Refusal::Provider(other.to_owned()),
        })?;
        let secrets = self
            .cipher
            .open(&attempt.secrets, &bound_to(state_hash))
            .ok()
            .and_then(|text| serde_json::from_str::<Secrets>(&text).ok())
            .ok_or(Refusal::Unknown)?;
        let Secrets { nonce, verifier } = secrets;
        let exchanged = self
            .provider
            .exchange(code, &nonce, verifier, &attempt.scopes, self.clock.now())
            .await?;
        match visitor {
            None => self.let_in(&exchanged.identity, attempt).await,
            Some(visitor) => self.keep_grant(exchanged, attempt, visitor).await,
        }
    }

    async fn let_in(&self, identity: &Identity, attempt: Attempt) -> Result<Arrival, Refusal> {
        let Attempt { next, invitation_hash, .. } = attempt;
        let email = identity.email.clone();
        let welcome = self.policy.welcome(identity);
        let may_found = self.policy.may_found(welcome);
        let admission =
            self.storage.admit(identity, welcome, may_found, invitation_hash.as_deref()).await?;
        if !matches!(admission, Admission::Admitted(_)) {
            let event = Event {
                action: Action::Refused,
                kind: Kind::Member,
                object_id: None,
                name: "sign-in".to_owned(),
                detail: serde_json::Value::Null,
            };
            self.storage.record_event_of(None, &email, event).await?;
        }
        match admission {
            Admission::Admitted(member) => {
                info!(member.id = member.id, "Member {} signed in", member.id);
                Ok(Arrival::SignedIn { member, next })
            }
            Admission::Stranger if !identity.is_email_verified || email.is_empty() => {
                Err(Refusal::Unverified)
            }
            Admission::Stranger => Err(Refusal::Stranger { email }),
            Admission::AddressTaken => Err(Refusal::AddressTaken { email }),
        }
    }

    async fn keep_grant(
        &self,
        exchanged: Exchanged,
        attempt: Attempt,
        visitor: &Visitor,
    ) -> Result<Arrival, Refusal> {
        let Exchanged { identity, tokens } = exchanged;
        let account = self.storage.member_account(&visitor.asker).await?;
        if account != Some((identity.issuer.clone(), identity.subject.clone())) {
            // It is of no use to us, and its owner did not mean to give it. But revoking ends all that the account
            // has granted: what a member uses stays.
            if !self.storage.has_grant_of(&identity.issuer, &identity.subject).await? {
                let token: Token = tokens.refresh.unwrap_or(tokens.access);
                self.grants.revoke(token).await;
            }
            return Err(Refusal::OtherAccount {
                expected: visitor.member().email.clone().unwrap_or_default(),
                actual: identity.email,
            });
        }
        self.grants.keep(visitor.member().id, &identity.email, &tokens).await?;
        let missing = attempt.scopes.iter().find(|scope| !tokens.scopes.contains(scope));
        match missing {
            Some(scope) => Err(Refusal::NotGranted(*scope)),
            None => Ok(Arrival::Connected { granted: attempt.scopes, next: attempt.next }),
        }
    }
}

/// What a way to the provider is for.
struct Errand<'n> {
    next: &'n str,
    member_id: Option<i64>,
    scopes: Vec<GoogleRight>,
    invitation_hash: Option<Vec<u8>>,
}

/// A way that is over, with what it was for.
fn over(why: Refusal, attempt: Attempt) -> Refused {
    Refused { why, next: Some(attempt.next), scopes: attempt.scopes }
}

fn bound_to(state_hash: &[u8]) -> String {
    format!("sign_in_attempt {}", URL_SAFE_NO_PAD.encode(state_hash))
}
