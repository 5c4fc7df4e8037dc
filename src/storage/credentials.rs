//! Table `google_credential`: encrypted tokens, renewed by one at a time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{
    NotDone, Refused, Storage, StorageError, begin_on, history, listener_changes::wake_listeners,
};
use crate::domain::{
    grant::{GoogleRight, Grant, GrantState},
    history::{Action, Event, Kind},
    sealed::Sealed,
    sharing::Asker,
};

/// A grant with its tokens, still encrypted.
#[derive(Clone, Debug)]
pub struct Credential {
    /// What pages show of it.
    pub grant: Grant,
    /// For renewal; `None` when the provider never gave one.
    pub refresh_token: Option<Sealed>,
    /// For calls.
    pub access_token: Option<Sealed>,
    /// When the access token was given.
    pub access_obtained: Option<DateTime<Utc>>,
    /// Changes with the tokens.
    pub version: i64,
}

/// Tokens to keep, encrypted.
#[derive(Clone, Debug)]
pub struct SealedTokens {
    /// `None` keeps the one that is there.
    pub refresh_token: Option<Sealed>,
    /// For calls.
    pub access_token: Sealed,
    /// How long it lives.
    pub lifetime: Duration,
    /// What was granted.
    pub scopes: Vec<GoogleRight>,
}

#[derive(FromRow)]
struct CredentialRow {
    email: String,
    key_id: String,
    refresh_token: Option<Vec<u8>>,
    access_token: Option<Vec<u8>>,
    access_obtained: Option<DateTime<Utc>>,
    access_expires: Option<DateTime<Utc>>,
    scopes: Vec<String>,
    needs_sign_in: bool,
    granted: DateTime<Utc>,
    last_refresh: Option<DateTime<Utc>>,
    last_error: Option<String>,
    last_error_at: Option<DateTime<Utc>>,
    version: i64,
}

impl From<CredentialRow> for Credential {
    fn from(row: CredentialRow) -> Self {
        let sealed = |bytes: Option<Vec<u8>>| {
            bytes.map(|bytes| Sealed { key_id: row.key_id.clone(), bytes })
        };
        let state = if row.needs_sign_in {
            GrantState::NeedsSignIn(row.last_error.clone().unwrap_or_default())
        } else {
            GrantState::Connected
        };
        Self {
            refresh_token: sealed(row.refresh_token.clone()),
            access_token: sealed(row.access_token.clone()),
            grant: Grant {
                email: row.email,
                state,
                scopes: row.scopes.iter().filter_map(|scope| GoogleRight::from_id(scope)).collect(),
                granted: row.granted,
                access_expires: row.access_expires,
                last_refresh: row.last_refresh,
                last_error: row.last_error.zip(row.last_error_at),
            },
            access_obtained: row.access_obtained,
            version: row.version,
        }
    }
}

fn words(scopes: &[GoogleRight]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.id()).collect()
}

impl Storage {
    /// Their own grant, as pages show it.
    pub async fn grant_of(&self, by: &Asker) -> Result<Option<Grant>, StorageError> {
        let found = self.find_credential(by.member_id()).await?;
        Ok(found.map(|found| found.grant))
    }

    /// A member's grant with its tokens.
    pub async fn find_credential(
        &self,
        member_id: i64,
    ) -> Result<Option<Credential>, StorageError> {
        let row: Option<CredentialRow> = sqlx::query_as(
            "select email, key_id, refresh_token, access_token, access_obtained, access_expires, scopes,
                    needs_sign_in, granted, last_refresh, last_error, last_error_at, version
             from google_credential
             where member_id = $1",
        )
        .bind(member_id)
        .fetch_optional(&self.work)
        .await?;
        Ok(row.map(Credential::from))
    }

    /// Keeps what a member has just granted. Both tokens are under one key: `tokens.refresh_token` must be given
    /// anew when the key has changed.
    pub async fn keep_credential(
        &self,
        member_id: i64,
        email: &str,
        tokens: &SealedTokens,
    ) -> Result<(), NotDone> {
        let mut tx = begin_on(&self.pool).await?;
        let done = sqlx::query(
            "insert into google_credential
                 (member_id, email, key_id, refresh_token, access_token, access_obtained, access_expires, scopes)
             select id, $2, $3, $4, $5, now(), now() + make_interval(secs => $6), $7
             from member where id = $1 and removed is null
             for key share
             on conflict (member_id) do update
             set email = excluded.email,
                 key_id = excluded.key_id,
                 refresh_token = coalesce(excluded.refresh_token, google_credential.refresh_token),
                 access_token = excluded.access_token,
                 access_obtained = excluded.access_obtained,
                 access_expires = excluded.access_expires,
                 scopes = excluded.scopes,
                 needs_sign_in = false,
                 granted = now(),
                 last_error = null,
                 last_error_at = null,
                 version = google_credential.version + 1,
                 lease_holder = null,
                 lease_until = null",
        )
        .bind(member_id)
        .bind(email)
        .bind(&tokens.access_token.key_id)
        .bind(tokens.refresh_token.as_ref().map(|token| &token.bytes))
        .bind(&tokens.access_token.bytes)
        .bind(tokens.lifetime.as_secs_f64())
        .bind(words(&tokens.scopes))
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            // They were taken out while they granted it.
            return Err(Refused::NotIn.into());
        }
        let event = Event::new(Action::Connected, Kind::Grant, member_id, email)
            .with(serde_json::json!({ "rights": words(&tokens.scopes) }));
        wake_listeners(&mut tx, member_id).await?;
        history::record_of(&mut tx, member_id, event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes the right to renew the tokens of this version; false when somebody else has it, or has renewed them.
    pub async fn lease_credential(
        &self,
        member_id: i64,
        version: i64,
        holder: &str,
        lease: Duration,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update google_credential
             set lease_holder = $3, lease_until = now() + make_interval(secs => $4)
             where member_id = $1 and version = $2 and not needs_sign_in
               and (lease_until is null or lease_until < now())",
        )
        .bind(member_id)
        .bind(version)
        .bind(holder)
        .bind(lease.as_secs_f64())
        .execute(&self.work)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps renewed tokens; false when the grant was changed or ended meanwhile.
    pub async fn renew_credential(
        &self,
        member_id: i64,
        version: i64,
        tokens: &SealedTokens,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update google_credential
             set key_id = $3,
                 refresh_token = coalesce($4, refresh_token),
                 access_token = $5,
                 access_obtained = now(),
                 access_expires = now() + make_interval(secs => $6),
                 scopes = $7,
                 last_refresh = now(),
                 last_error = null,
                 last_error_at = null,
                 version = version + 1,
                 lease_holder = null,
                 lease_until = null
             where member_id = $1 and version = $2",
        )
        .bind(member_id)
        .bind(version)
        .bind(&tokens.access_token.key_id)
        .bind(tokens.refresh_token.as_ref().map(|token| &token.bytes))
        .bind(&tokens.access_token.bytes)
        .bind(tokens.lifetime.as_secs_f64())
        .bind(words(&tokens.scopes))
        .execute(&self.work)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that a renewal failed: for good, so that only the member can make the grant work again, or in passing.
    pub async fn note_failed_renewal(
        &self,
        member_id: i64,
        version: i64,
        error: &str,
        is_final: bool,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "update google_credential
             set last_error = $3,
                 last_error_at = now(),
                 needs_sign_in = needs_sign_in or $4,
                 access_token = case when $4 then null else access_token end,
                 refresh_token = case when $4 then null else refresh_token end,
                 version = case when $4 then version + 1 else version end,
                 lease_holder = null,
                 lease_until = null
             where member_id = $1 and version = $2",
        )
        .bind(member_id)
        .bind(version)
        .bind(super::storable(error))
        .bind(is_final)
        .execute(&self.work)
        .await?;
        Ok(())
    }

    /// Deletes a member's grant; what it was.
    pub async fn delete_credential(
        &self,
        member_id: i64,
    ) -> Result<Option<Credential>, StorageError> {
        let mut tx = begin_on(&self.pool).await?;
        let row: Option<CredentialRow> = sqlx::query_as(
            "delete from google_credential
             where member_id = $1
             returning email, key_id, refresh_token, access_token, access_obtained, access_expires, scopes,
                       needs_sign_in, granted, last_refresh, last_error, last_error_at, version",
        )
        .bind(member_id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let event = Event::new(Action::Disconnected, Kind::Grant, member_id, &row.email);
        history::record_of(&mut tx, member_id, event).await?;
        tx.commit().await?;
        Ok(Some(Credential::from(row)))
    }

    /// How many grants are encrypted under other keys than these.
    pub async fn count_foreign_credentials(&self, key_ids: &[&str]) -> Result<i64, StorageError> {
        let n = sqlx::query_scalar(
            "select count(*) from google_credential
             where key_id <> all ($1) and (refresh_token is not null or access_token is not null)",
        )
        .bind(key_ids)
        .fetch_one(&self.pool)
        .await?;
        Ok(n)
    }

    /// Deletes grants that are encrypted under other keys than these; how many.
    pub async fn forget_foreign_credentials(&self, key_ids: &[&str]) -> Result<u64, StorageError> {
        let done = sqlx::query("delete from google_credential where key_id <> all ($1)")
            .bind(key_ids)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}
