//! Members' grants at Google: kept, renewed once however many want it, tried, ended.
//!
//! Tokens are rows of `google_credential`, encrypted with member and column as associated data, under a key that is not
//! in the database. Only *Disconnect* revokes a grant at Google. Signing out does not, because runs that go on and
//! tomorrow's runs need it, and revoking ends the account's grant on all devices.
//!
//! A right that is added is asked for with `prompt=consent`: a refresh token from before does not bring it reliably.

mod renewing;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::Mutex as AsyncMutex, time::Instant};
use tracing::{info, warn};

use self::renewing::{MemberGrant, RenewalTrouble};
use crate::{
    clock::Clock,
    domain::{grant::GoogleRight, sealed::Sealed, timing::GrantTiming},
    google::{
        Token, TokenSource,
        cipher::{Cipher, CipherError},
        oauth::{Provider, Tokens},
    },
    storage::{Credential, NotDone, SealedTokens, Storage, StorageError},
};

/// The grants of all members.
pub struct Grants {
    storage: Storage,
    provider: Arc<Provider>,
    cipher: Arc<Cipher>,
    clock: Clock,
    timing: GrantTiming,
    /// Name of this process among all that share the database.
    holder: String,
    renewing: Mutex<HashMap<i64, Arc<AsyncMutex<Option<RenewalTrouble>>>>>,
}

/// What became of a grant that was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disconnected {
    /// There was none.
    WasNone,
    /// It is gone here and at Google.
    Revoked,
    /// It is gone here; Google did not confirm, and is asked again in the background.
    GoogleSilent(String),
}

/// Why a grant was not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepGrantError {
    /// Its tokens could not be encrypted.
    #[error(transparent)]
    Cipher(#[from] CipherError),
    /// The database, or that its owner is no member any more.
    #[error(transparent)]
    NotDone(#[from] NotDone),
}

impl std::fmt::Debug for Grants {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grants").field("holder", &self.holder).finish_non_exhaustive()
    }
}

impl Grants {
    /// The grants that a database keeps, under this key.
    pub fn new(
        storage: Storage,
        provider: Arc<Provider>,
        cipher: Arc<Cipher>,
        clock: Clock,
        timing: GrantTiming,
    ) -> Arc<Self> {
        let holder = format!("{}-{:016x}", std::process::id(), rand::random::<u64>());
        let renewing = Mutex::default();
        Arc::new(Self { storage, provider, cipher, clock, timing, holder, renewing })
    }

    /// Tokens of one member, for one right.
    pub fn source(
        self: &Arc<Self>,
        member_id: i64,
        account: String,
        scope: GoogleRight,
    ) -> Arc<dyn TokenSource> {
        Arc::new(MemberGrant { grants: self.clone(), member_id, account, scope })
    }

    /// Keeps what a member has just granted. Without a refresh token in it the one from before goes on.
    pub async fn keep(
        &self,
        member_id: i64,
        email: &str,
        tokens: &Tokens,
    ) -> Result<(), KeepGrantError> {
        let before = self.storage.find_credential(member_id).await.map_err(NotDone::from)?;
        let before = before.and_then(|found| self.refresh_token(member_id, &found));
        let sealed = self.seal(member_id, tokens, before.as_ref())?;
        self.storage.keep_credential(member_id, email, &sealed).await?;
        info!(member.id = member_id, "Member {member_id} connected to Google");
        Ok(())
    }

    /// Whether a grant can renew itself with this right in it: then Google need not ask for consent again. A refresh
    /// token from before a right was added does not bring it.
    pub async fn can_refresh(
        &self,
        member_id: i64,
        scope: GoogleRight,
    ) -> Result<bool, StorageError> {
        let found = self.storage.find_credential(member_id).await?;
        Ok(found.is_some_and(|found| {
            found.grant.allows(scope) && self.refresh_token(member_id, &found).is_some()
        }))
    }

    /// Ends a grant: here at once, whatever Google says, and at Google.
    pub async fn disconnect(
        self: &Arc<Self>,
        member_id: i64,
    ) -> Result<Disconnected, StorageError> {
        let Some(gone) = self.storage.delete_credential(member_id).await? else {
            return Ok(Disconnected::WasNone);
        };
        info!(member.id = member_id, "Member {member_id} disconnected from Google");
        let token = self
            .refresh_token(member_id, &gone)
            .or_else(|| self.open(member_id, "access_token", gone.access_token.as_ref()));
        let Some(token) = token else { return Ok(Disconnected::Revoked) };
        Ok(self.revoke(token).await)
    }

    /// Revokes a token at Google; asked again in the background when that fails.
    pub async fn revoke(self: &Arc<Self>, token: Token) -> Disconnected {
        let Err(why) = self.provider.revoke(&token).await else { return Disconnected::Revoked };
        warn!(%why, "A grant could not be revoked at Google: trying again in the background");
        let (provider, timing) = (self.provider.clone(), self.timing);
        // The token lives in this task alone: nothing of it is kept.
        tokio::spawn(async move {
            let begun = Instant::now();
            let mut pause = timing.revoke_again;
            while begun.elapsed() + pause < timing.revoke_for {
                tokio::time::sleep(pause).await;
                pause *= 2;
                if provider.revoke(&token).await.is_ok() {
                    info!("A grant was revoked at Google at last");
                    return;
                }
            }
            warn!("A grant could not be revoked at Google; its owner can do so in their account");
        });
        Disconnected::GoogleSilent(why)
    }

    fn refresh_token(&self, member_id: i64, found: &Credential) -> Option<Token> {
        self.open(member_id, "refresh_token", found.refresh_token.as_ref())
    }

    fn open(&self, member_id: i64, column: &str, sealed: Option<&Sealed>) -> Option<Token> {
        match self.cipher.open(sealed?, &bound_to(member_id, column)) {
            Ok(secret) => Some(Token::new(secret)),
            Err(error) => {
                warn!(member.id = member_id, %error, "A token cannot be decrypted");
                None
            }
        }
    }

    /// Both tokens under the present key; the refresh token of before where no new one came.
    fn seal(
        &self,
        member_id: i64,
        tokens: &Tokens,
        refresh_before: Option<&Token>,
    ) -> Result<SealedTokens, CipherError> {
        let seal = |token: &Token, column: &str| -> Result<Sealed, CipherError> {
            self.cipher.seal(token.secret(), &bound_to(member_id, column))
        };
        let refresh = tokens.refresh.as_ref().or(refresh_before);
        let refresh_token = refresh.map(|token| seal(token, "refresh_token")).transpose()?;
        let access_token = seal(&tokens.access, "access_token")?;
        Ok(SealedTokens {
            refresh_token,
            access_token,
            lifetime: tokens.lifetime,
            scopes: tokens.scopes.clone(),
        })
    }

    fn turn(&self, member_id: i64) -> Arc<AsyncMutex<Option<RenewalTrouble>>> {
        let mut renewing = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
        renewing.entry(member_id).or_default().clone()
    }
}

/// What a token's ciphertext is bound to: it opens for this member and column only.
fn bound_to(member_id: i64, column: &str) -> String {
    format!("google_credential {member_id} {column}")
}
