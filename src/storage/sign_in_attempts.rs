//! Table `sign_in_attempt`: somebody on the way to the provider and back.
//!
//! A row ties state, nonce and PKCE verifier to one browser by a cookie of its own, not by a session: a sign-in changes
//! the session's id, and attempts of other tabs must survive that; besides, a visitor without an account needs no
//! session. An attempt is marked used before anything else of the answer is looked at. The hash of an invitation's link
//! waits here while its bearer is at the provider.

use std::time::Duration;

use sqlx::FromRow;

use super::{Storage, StorageError};
use crate::domain::{grant::GoogleRight, sealed::Sealed};

/// How long a way to the provider and back may take.
const LIFE: Duration = Duration::from_mins(10);

/// How long a used or forgotten one is remembered.
const MEMORY: Duration = Duration::from_hours(24);

/// Ways that one browser may have open at once (several tabs); the oldest make room.
const OPEN_AT_ONCE: i64 = 5;

/// Somebody on the way to the provider.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Nonce and verifier, encrypted.
    pub secrets: Sealed,
    /// Where to go afterwards.
    pub next: String,
    /// Whose grant is asked for; `None` for a sign-in.
    pub member_id: Option<i64>,
    /// What is asked for.
    pub scopes: Vec<GoogleRight>,
    /// Hash of what the link of an invitation held, where they came by one.
    pub invitation_hash: Option<Vec<u8>>,
}

/// What became of an attempt that somebody came back with.
#[derive(Clone, Debug)]
pub enum Taken {
    /// It is theirs, and nobody's again.
    Open(Attempt),
    /// It was used before.
    Used(Attempt),
    /// It is too old.
    TooOld(Attempt),
    /// Nobody of this browser began it.
    Unknown,
}

#[derive(FromRow)]
struct OldAttemptRow {
    #[sqlx(flatten)]
    attempt: AttemptRow,
    is_used: bool,
}

#[derive(FromRow)]
struct AttemptRow {
    key_id: String,
    secrets: Vec<u8>,
    next: String,
    member_id: Option<i64>,
    scopes: Vec<String>,
    invitation_hash: Option<Vec<u8>>,
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        Self {
            secrets: Sealed { key_id: row.key_id, bytes: row.secrets },
            next: row.next,
            member_id: row.member_id,
            scopes: row.scopes.iter().filter_map(|scope| GoogleRight::from_id(scope)).collect(),
            invitation_hash: row.invitation_hash,
        }
    }
}

impl Storage {
    /// Remembers somebody who is sent to the provider.
    pub async fn begin_attempt(
        &self,
        state_hash: &[u8],
        browser_hash: &[u8],
        attempt: &Attempt,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "with crowded as (
                 delete from sign_in_attempt
                 where state_hash in (
                     select state_hash from sign_in_attempt
                     where browser_hash = $2 and used is null
                     order by created desc
                     offset $9
                 )
             )
             insert into sign_in_attempt (state_hash, browser_hash, key_id, secrets, next, member_id, scopes,
                                          invitation_hash)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(state_hash)
        .bind(browser_hash)
        .bind(&attempt.secrets.key_id)
        .bind(&attempt.secrets.bytes)
        .bind(&attempt.next)
        .bind(attempt.member_id)
        .bind(attempt.scopes.iter().map(|scope| scope.id()).collect::<Vec<_>>())
        .bind(attempt.invitation_hash.as_deref())
        .bind(OPEN_AT_ONCE - 1)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Takes out the attempt that somebody came back with. Of many who try at once, one gets it.
    pub async fn take_attempt(
        &self,
        state_hash: &[u8],
        browser_hash: &[u8],
    ) -> Result<Taken, StorageError> {
        let row: Option<AttemptRow> = sqlx::query_as(
            "update sign_in_attempt set used = now()
             where state_hash = $1 and browser_hash = $2 and used is null
               and created > now() - make_interval(secs => $3)
             returning key_id, secrets, next, member_id, scopes, invitation_hash",
        )
        .bind(state_hash)
        .bind(browser_hash)
        .bind(LIFE.as_secs_f64())
        .fetch_optional(&self.pool)
        .await?;
        if let Some(row) = row {
            return Ok(Taken::Open(row.into()));
        }
        let old: Option<OldAttemptRow> = sqlx::query_as(
            "select key_id, secrets, next, member_id, scopes, invitation_hash, used is not null as is_used
             from sign_in_attempt
             where state_hash = $1 and browser_hash = $2",
        )
        .bind(state_hash)
        .bind(browser_hash)
        .fetch_optional(&self.pool)
        .await?;
        Ok(match old {
            Some(old) if old.is_used => Taken::Used(old.attempt.into()),
            Some(old) => Taken::TooOld(old.attempt.into()),
            None => Taken::Unknown,
        })
    }

    /// Forgets old attempts; how many.
    pub async fn prune_attempts(&self) -> Result<u64, StorageError> {
        let done = sqlx::query(
            "delete from sign_in_attempt where created < now() - make_interval(secs => $1)",
        )
        .bind(MEMORY.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}
