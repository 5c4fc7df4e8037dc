//! Signing in and connecting to Google: out to the provider, and back with an answer that is checked.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::grants::Grants;
use crate::{
    clock::Clock,
    domain::{
        grant::Scope,
        member::{Identity, Member},
        visitor::Visitor,
    },
    google::{
        Token,
        cipher::Cipher,
        oauth::{Authorisation, Exchanged, OAuthError, Provider, Purpose},
    },
    storage::{Admission, Attempt, Storage, StorageError, Taken, Welcome},
};

/// Who comes in without an invitation.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Addresses of admins, in lower case.
    pub admins: Vec<String>,
    /// Domains whose people are members, in lower case.
    pub domains: Vec<String>,
}

impl Policy {
    /// How the settings welcome somebody. At Google an address of a domain may belong to a private account: there the
    /// organisation must vouch for it (`hd`).
    /// <https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload>
    fn welcome(&self, identity: &Identity) -> Welcome {
        if !identity.is_email_verified {
            return Welcome::Nobody;
        }
        if self.admins.contains(&identity.email) {
            return Welcome::Admin;
        }
        let of_address = identity
            .email
            .split_once('@')
            .map(|(_, domain)| domain.to_owned())
            .filter(|domain| !domain.contains('@'));
        let is_google = identity.issuer == "https://accounts.google.com";
        let domain = match &identity.hosted_domain {
            Some(hosted) if Some(hosted) == of_address.as_ref() => of_address,
            Some(_) => None,
            None if is_google => None,
            None => of_address,
        };
        let is_welcome = domain.is_some_and(|domain| self.domains.contains(&domain));
        if is_welcome { Welcome::Member } else { Welcome::Nobody }
    }

    /// Whether the first of all may be admin: where no admin is named, anybody; but of the domains, where there are some.
    fn may_found(&self, welcome: Welcome) -> bool {
        self.admins.is_empty() && (self.domains.is_empty() || welcome == Welcome::Member)
    }
}

/// What the browser brings back from the provider.
#[derive(Clone)]
pub struct Callback {
    /// Which way this was.
    pub state: String,
    /// The code, or the provider's word for what went wrong.
    pub outcome: Result<String, String>,
    /// Who answers (RFC 9207), where the provider says so.
    pub issuer: Option<String>,
}

/// A browser on its way.
pub struct Departure {
    /// Where to send it.
    pub url: String,
    /// What ties the way to this browser; for its cookie.
    pub browser_key: String,
}

/// A browser that is back.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// Somebody is signed in and goes on to `next`.
    SignedIn {
        /// Who.
        member: Member,
        /// A path of ours.
        next: String,
    },
    /// A grant is kept.
    Connected {
        /// What was asked for and granted.
        granted: Vec<Scope>,
        /// A path of ours.
        next: String,
    },
}

/// Why a way to the provider did not lead to what was wanted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Parameters are missing, or come twice.
    #[error("The answer of the sign-in service is not complete.")]
    Malformed,
    /// This browser did not begin this way.
    #[error(
        "This answer does not belong to a sign-in that was begun in this browser. Cookies may be blocked, or the address was opened elsewhere."
    )]
    Unknown,
    /// The way was gone before.
    #[error("This answer was used already.")]
    Used,
    /// It took too long.
    #[error("This took longer than ten minutes, so it was stopped.")]
    TooOld,
    /// The answer comes from another provider.
    #[error("The answer comes from another sign-in service than the one that was asked.")]
    OtherIssuer,
    /// The person said no.
    #[error("Nothing was granted: the question was answered with no.")]
    Declined,
    /// The provider said no. Its word, cleaned.
    #[error("The sign-in service could not do it ({0}).")]
    Provider(String),
    /// Something between us and the provider.
    #[error("{}.", capital(.0))]
    OAuth(#[from] OAuthError),
    /// Nobody has invited them.
    #[error(
        "The account {email} may not enter here yet. Ask an admin of this deployment to invite that address, then sign in again."
    )]
    Stranger {
        /// The account's address.
        email: String,
    },
    /// The address is not checked, so it says nothing.
    #[error(
        "The sign-in service has not verified the address of this account, so nobody can tell whose it is. Verify it there, then sign in again."
    )]
    Unverified,
    /// The address belongs to a member with another account.
    #[error(
        "The address {email} belongs to a member who came with another account. Ask an admin to sort this out."
    )]
    AddressTaken {
        /// The account's address.
        email: String,
    },
    /// The grant was asked for by somebody who is not signed in here (any more).
    #[error("You were signed out meanwhile. Sign in, then connect again.")]
    NotTheirs,
    /// Another account granted than the one that is signed in.
    #[error(
        "You are signed in as {expected}, but {actual} was chosen at Google. Nothing was kept: connect again and choose {expected}."
    )]
    OtherAccount {
        /// Who is signed in.
        expected: String,
        /// Who granted.
        actual: String,
    },
    /// The person left out what was asked for.
    #[error(
        "The permission to {} was not ticked at Google, so this cannot run as you. Connect again and tick it.",
        .0.in_words()
    )]
    NotGranted(Scope),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

fn capital(error: &OAuthError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map(|c| c.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or(text)
}

/// A refusal, and what the way was for as far as it is known.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    /// Where it was to lead: a path of ours.
    pub next: Option<String>,
    /// What was asked for; empty for a sign-in.
    pub scopes: Vec<Scope>,
}

impl<E: Into<Refusal>> From<E> for Refused {
    fn from(why: E) -> Self {
        Self { why: why.into(), next: None, scopes: Vec::new() }
    }
}

/// What an attempt keeps secret.
#[derive(Serialize, Deserialize)]
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
    ) -> Self {
        let grants = Grants::new(storage.clone(), provider.clone(), cipher.clone(), clock.clone());
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
    ) -> Result<Departure, Refused> {
        let purpose = Purpose::SignIn { chooses_account };
        self.send_off(&purpose, next, None, Vec::new(), browser_key).await
    }

    /// Sends a member off to grant something.
    pub async fn depart_to_connect(
        &self,
        visitor: &Visitor,
        scope: Scope,
        next: &str,
        browser_key: Option<&str>,
    ) -> Result<Departure, Refused> {
        let can_refresh = self.grants.can_refresh(visitor.member.id, scope).await?;
        let purpose = Purpose::Connect {
            scopes: vec![scope],
            can_refresh,
            email: visitor.member.email.clone(),
        };
        let member_id = Some(visitor.member.id);
        self.send_off(&purpose, next, member_id, vec![scope], browser_key).await
    }

    async fn send_off(
        &self,
        purpose: &Purpose,
        next: &str,
        member_id: Option<i64>,
        scopes: Vec<Scope>,
        browser_key: Option<&str>,
    ) -> Result<Departure, Refused> {
        let with_next =
            |why: Refusal| Refused { why, next: Some(next.to_owned()), scopes: scopes.clone() };
        let Authorisation { url, state, nonce, verifier } =
            self.provider.authorise(purpose).await.map_err(|error| with_next(error.into()))?;
        let browser_key = browser_key
            .filter(|key| is_browser_key(key))
            .map_or_else(new_browser_key, |key| Some(key.to_owned()))
            .ok_or_else(|| with_next(StorageError::Abandoned.into()))?;
        let state_hash = hash(&state);
        let secrets = serde_json::to_string(&Secrets { nonce, verifier })
            .ok()
            .and_then(|text| self.cipher.seal(&text, &bound_to(&state_hash)).ok())
            .ok_or_else(|| with_next(StorageError::Abandoned.into()))?;
        let attempt = Attempt { secrets, next: next.to_owned(), member_id, scopes: scopes.clone() };
        self.storage
            .begin_attempt(&state_hash, &hash(&browser_key), &attempt)
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
        let state_hash = hash(&callback.state);
        let attempt = match self.storage.take_attempt(&state_hash, &hash(browser_key)).await? {
            Taken::Open(attempt) => attempt,
            Taken::Used => return Err(Refusal::Used.into()),
            Taken::TooOld => return Err(Refusal::TooOld.into()),
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
        let visitor = visitor.filter(|visitor| Some(visitor.member.id) == attempt.member_id);
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
        let exchanged = self.provider.exchange(code, &nonce, verifier, self.clock.now()).await?;
        match visitor {
            None => self.let_in(&exchanged.identity, attempt.next).await,
            Some(visitor) => self.keep_grant(exchanged, attempt, visitor).await,
        }
    }

    async fn let_in(&self, identity: &Identity, next: String) -> Result<Arrival, Refusal> {
        let email = identity.email.clone();
        let welcome = self.policy.welcome(identity);
        let may_found = self.policy.may_found(welcome);
        match self.storage.admit(identity, welcome, may_found).await? {
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
        let account = self.storage.member_account(visitor.member.id).await?;
        if account != Some((identity.issuer.clone(), identity.subject.clone())) {
            // It is of no use to us, and its owner did not mean to give it.
            let token: Token = tokens.refresh.unwrap_or(tokens.access);
            self.grants.revoke(token).await;
            return Err(Refusal::OtherAccount {
                expected: visitor.member.email.clone().unwrap_or_default(),
                actual: identity.email,
            });
        }
        self.grants.keep(visitor.member.id, &identity.email, &tokens).await?;
        let missing = attempt.scopes.iter().find(|scope| !tokens.scopes.contains(scope));
        match missing {
            Some(scope) => Err(Refusal::NotGranted(*scope)),
            None => Ok(Arrival::Connected { granted: attempt.scopes, next: attempt.next }),
        }
    }
}

fn bound_to(state_hash: &[u8]) -> String {
    format!("sign_in_attempt {}", URL_SAFE_NO_PAD.encode(state_hash))
}

fn hash(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

fn new_browser_key() -> Option<String> {
    let mut bytes = [0; 32];
    if rand::fill(&mut bytes).is_err() {
        warn!("The system has no randomness");
        return None;
    }
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn is_browser_key(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(issuer: &str, email: &str, hosted_domain: Option<&str>) -> Identity {
        Identity {
            issuer: issuer.to_owned(),
            subject: "1".to_owned(),
            email: email.to_owned(),
            is_email_verified: true,
            name: "Ada".to_owned(),
            hosted_domain: hosted_domain.map(str::to_owned),
        }
    }

    #[test]
    fn only_those_whom_the_settings_name_are_welcome() {
        let policy = Policy {
            admins: vec!["boss@obs.example".to_owned()],
            domains: vec!["obs.example".to_owned()],
        };
        let (google, other) = ("https://accounts.google.com", "https://login.obs.example");
        let cases = [
            (google, "boss@obs.example", None, Welcome::Admin),
            (google, "ada@obs.example", Some("obs.example"), Welcome::Member),
            // A private account may have an address of the domain.
            (google, "ada@obs.example", None, Welcome::Nobody),
            (google, "ada@obs.example", Some("evil.example"), Welcome::Nobody),
            (google, "ada@evil.example", Some("obs.example"), Welcome::Nobody),
            (other, "ada@obs.example", None, Welcome::Member),
            (other, "ada@obs.example.evil.example", None, Welcome::Nobody),
            (other, "ada@sub.obs.example", None, Welcome::Nobody),
            (other, "obs.example", None, Welcome::Nobody),
            (other, "x@evil.example@obs.example", None, Welcome::Nobody),
        ];
        for (issuer, email, hosted, expected) in cases {
            let found = policy.welcome(&identity(issuer, email, hosted));
            assert_eq!(found, expected, "{issuer} {email} {hosted:?}");
        }
        let unverified =
            Identity { is_email_verified: false, ..identity(other, "boss@obs.example", None) };
        assert_eq!(policy.welcome(&unverified), Welcome::Nobody);
    }
}
