//! Renewing a member's tokens: once, however many want one, by one process at a time, with pauses after a failure.
//!
//! In a process one task at a time renews for a member; among processes a lease in the row decides. The result is kept
//! only if the row's `version` is still the same. A renewal runs in a task of its own and outlives the request that
//! wanted it; while the present token lives, that request does not wait for it. When Google refuses it for good, the
//! tokens are deleted and the grant says *needs sign-in*: nothing tries a dead token again.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::OwnedMutexGuard, time::Instant};
use tracing::{info, warn};

use super::Grants;
use crate::{
    domain::{
        grant::{GoogleRight, GrantState},
        timing::GrantTiming,
    },
    google::{AccessError, Token, TokenSource, oauth::RefreshError},
    storage::{Credential, StorageError},
};

/// How long before its end a token is renewed, at most; of a short life, a fifth.
const EARLY: TimeDelta = TimeDelta::minutes(5);
/// How often somebody looks whether another process has renewed a token, before they give up.
const LOOKS: u32 = 400;

/// A renewal that failed and may succeed later: who wants a token before that is told the same.
pub(super) struct RenewalTrouble {
    /// Of the tokens that were to be renewed.
    version: i64,
    until: Instant,
    pause: Duration,
    error: AccessError,
}

impl RenewalTrouble {
    /// What is left of a renewal; the pauses between failures grow.
    fn after(
        before: Option<Self>,
        version: i64,
        renewed: &Result<Token, AccessError>,
        timing: GrantTiming,
    ) -> Option<Self> {
        let error = match renewed {
            Err(error @ (AccessError::Passing(_) | AccessError::BadClient(_))) => error.clone(),
            _ => return None,
        };
        let before = before.filter(|before| before.version == version);
        let longer = |before: Self| (before.pause * 2).min(timing.longest_pause);
        let pause = before.map_or(timing.first_pause, longer);
        Some(Self { version, until: Instant::now() + pause, pause, error })
    }

    fn lasts_for(&self, version: i64) -> bool {
        self.version == version && Instant::now() < self.until
    }
}

impl Grants {
    /// A token that lives, and is not the one that was just refused.
    async fn token(
        self: &Arc<Self>,
        member_id: i64,
        scope: GoogleRight,
        refused: Option<&Token>,
    ) -> Result<Token, AccessError> {
        for _ in 0..LOOKS {
            let found = self.found(member_id, scope).await?;
            if let Some(token) = self.usable(member_id, &found, refused, early(&found)) {
                return Ok(token);
            }
            // One that still lives does meanwhile: nobody waits for its successor.
            if let Some(token) = self.usable(member_id, &found, refused, TimeDelta::zero()) {
                self.renew_aside(member_id, scope);
                return Ok(token);
            }
            // One of this process at a time; who waited looks again at what the one before has done.
            let turn = self.turn(member_id).lock_owned().await;
            if let Some(token) = self.token_in_turn(member_id, scope, refused, turn).await? {
                return Ok(token);
            }
            tokio::time::sleep(self.timing.look).await;
        }
        Err(AccessError::Passing("the token is being renewed for too long".to_owned()))
    }

    /// Renews in the background, unless somebody of this process is at it.
    fn renew_aside(self: &Arc<Self>, member_id: i64, scope: GoogleRight) {
        let Ok(turn) = self.turn(member_id).try_lock_owned() else { return };
        let grants = self.clone();
        // What goes wrong is noted, and told to whoever has no token that lives.
        tokio::spawn(async move { grants.token_in_turn(member_id, scope, None, turn).await });
    }

    /// The token of whoever has the turn: renewed by somebody else meanwhile, or now; the present one where that has just
    /// failed. `None` while another process is at it.
    async fn token_in_turn(
        self: &Arc<Self>,
        member_id: i64,
        scope: GoogleRight,
        refused: Option<&Token>,
        turn: OwnedMutexGuard<Option<RenewalTrouble>>,
    ) -> Result<Option<Token>, AccessError> {
        let found = self.found(member_id, scope).await?;
        if let Some(token) = self.usable(member_id, &found, refused, early(&found)) {
            return Ok(Some(token));
        }
        let present = self.usable(member_id, &found, refused, TimeDelta::zero());
        if let Some(trouble) = turn.as_ref().filter(|it| it.lasts_for(found.version)) {
            return present.map(Some).ok_or_else(|| trouble.error.clone());
        }
        let is_ours = self
            .storage
            .lease_credential(member_id, found.version, &self.holder, self.timing.lease)
            .await
            .map_err(|error| passing(&error))?;
        if is_ours {
            return self.renew_detached(member_id, found, refused, turn).await.map(Some);
        }
        // Another process is at it: the present token will do while it lives.
        Ok(present)
    }

    async fn found(&self, member_id: i64, scope: GoogleRight) -> Result<Credential, AccessError> {
        let found =
            self.storage.find_credential(member_id).await.map_err(|error| passing(&error))?;
        let found = found.ok_or(AccessError::NotGranted(scope))?;
        match &found.grant.state {
            GrantState::NeedsSignIn(why) => Err(AccessError::NeedsSignIn(why.clone())),
            GrantState::Connected if !found.grant.scopes.contains(&scope) => {
                Err(AccessError::NotGranted(scope))
            }
            GrantState::Connected => Ok(found),
        }
    }

    /// Renews in a task of its own: what the provider has answered is kept also when nobody waits for it any more.
    async fn renew_detached(
        self: &Arc<Self>,
        member_id: i64,
        found: Credential,
        refused: Option<&Token>,
        mut turn: OwnedMutexGuard<Option<RenewalTrouble>>,
    ) -> Result<Token, AccessError> {
        let grants = self.clone();
        let present = self.usable(member_id, &found, refused, TimeDelta::zero());
        let renewal = tokio::spawn(async move {
            let renewed = grants.renew(member_id, &found).await;
            *turn = RenewalTrouble::after(turn.take(), found.version, &renewed, grants.timing);
            renewed
        });
        let broke = || AccessError::Passing("the renewal of the token broke off".to_owned());
        match renewal.await.unwrap_or_else(|_| Err(broke())) {
            // Trouble that passes is none while the present token lives.
            Err(AccessError::Passing(why)) => present.ok_or(AccessError::Passing(why)),
            other => other,
        }
    }

    async fn renew(&self, member_id: i64, found: &Credential) -> Result<Token, AccessError> {
        let version = found.version;
        if found.refresh_token.as_ref().is_some_and(|sealed| !self.cipher.has_key_of(sealed)) {
            // Another replica's, which can read it: nothing of it is to be spoilt.
            return Err(AccessError::OtherKey);
        }
        let Some(refresh) = self.refresh_token(member_id, found) else {
            let why = "there is nothing to renew it with";
            return Err(self.note_end(member_id, version, why.to_owned()).await);
        };
        match self.provider.refresh(&refresh, &found.grant.scopes).await {
            Ok(tokens) => {
                let sealed = self.seal(member_id, &tokens, Some(&refresh));
                let sealed = sealed.map_err(|error| {
                    AccessError::Passing(format!("the token could not be encrypted: {error}"))
                })?;
                let is_kept = self
                    .storage
                    .renew_credential(member_id, version, &sealed)
                    .await
                    .map_err(|error| passing(&error))?;
                metrics::counter!("tom_alerts_token_refreshes_total").increment(1);
                info!(member.id = member_id, "Renewed the token of member {member_id}");
                if is_kept {
                    Ok(tokens.access)
                } else {
                    Err(AccessError::Passing("the grant was changed meanwhile".to_owned()))
                }
            }
            Err(RefreshError::GrantEnded(why)) => Err(self.note_end(member_id, version, why).await),
            Err(RefreshError::ClientRefused(why)) => {
                self.note_trouble(member_id, version, &why, false).await;
                Err(AccessError::BadClient(why))
            }
            Err(RefreshError::Passing(why)) => {
                self.note_trouble(member_id, version, &why, false).await;
                Err(AccessError::Passing(why))
            }
        }
    }

    async fn note_end(&self, member_id: i64, version: i64, why: String) -> AccessError {
        self.note_trouble(member_id, version, &why, true).await;
        AccessError::NeedsSignIn(why)
    }

    async fn note_trouble(&self, member_id: i64, version: i64, why: &str, is_final: bool) {
        warn!(member.id = member_id, why, is_final, "A token was not renewed");
        let noted = self.storage.note_failed_renewal(member_id, version, why, is_final).await;
        if let Err(error) = noted {
            warn!(%error, "The trouble with a token was not noted");
        }
    }

    /// The present access token, if it lives for longer than `early` and was not refused.
    fn usable(
        &self,
        member_id: i64,
        found: &Credential,
        refused: Option<&Token>,
        early: TimeDelta,
    ) -> Option<Token> {
        let expires = found.grant.access_expires?;
        if expires - early <= self.clock.now() {
            return None;
        }
        self.open(member_id, "access_token", found.access_token.as_ref())
            .filter(|token| Some(token) != refused)
    }
}

/// How long before its end a token is to be renewed; not everybody's at the same moment.
fn early(found: &Credential) -> TimeDelta {
    let life = life_of(found.access_obtained, found.grant.access_expires);
    let early_ms = (life / 5).min(EARLY).num_milliseconds().max(0);
    TimeDelta::milliseconds(early_ms - rand::random_range(0..=early_ms / 5))
}

fn life_of(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> TimeDelta {
    from.zip(to).map_or(TimeDelta::zero(), |(from, to)| to - from)
}

fn passing(error: &StorageError) -> AccessError {
    AccessError::Passing(error.to_string())
}

/// One member's grant, as calls to Google use it.
#[derive(Debug)]
pub(super) struct MemberGrant {
    pub(super) grants: Arc<Grants>,
    pub(super) member_id: i64,
    pub(super) account: String,
    pub(super) scope: GoogleRight,
}

#[async_trait]
impl TokenSource for MemberGrant {
    async fn token(&self, refused: Option<&Token>) -> Result<Token, AccessError> {
        self.grants.token(self.member_id, self.scope, refused).await
    }

    fn acts_as(&self) -> String {
        self.account.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_between_renewals_that_fail_grow_from_the_first_to_the_longest() {
        let renewed = Err(AccessError::Passing("not now".to_owned()));
        for (longest, expected) in [(10, [3, 6, 10, 10]), (20, [3, 6, 12, 20])] {
            let timing = GrantTiming {
                first_pause: Duration::from_secs(3),
                longest_pause: Duration::from_secs(longest),
                ..GrantTiming::default()
            };
            let mut trouble = None;
            for pause in expected.map(Duration::from_secs) {
                trouble = RenewalTrouble::after(trouble, 7, &renewed, timing);
                assert_eq!(trouble.as_ref().map(|it| it.pause), Some(pause));
            }
        }
    }
}
