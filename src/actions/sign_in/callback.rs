//! A browser comes back from the provider: its answer is checked, then somebody is let in or a grant is kept.

use tracing::info;

use super::{Arrival, Callback, Refusal, Refused, Secrets, SignIn, bound_to};
use crate::{
    actions::secret::secret_hash,
    domain::{
        history::{Action, Event, Kind},
        member::Identity,
        visitor::Visitor,
    },
    google::{Token, oauth::Exchanged},
    storage::{Admission, Attempt, Taken},
};

impl SignIn {
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

/// A way that is over, with what it was for.
fn over(why: Refusal, attempt: Attempt) -> Refused {
    Refused { why, next: Some(attempt.next), scopes: attempt.scopes }
}
