//! Table `session`, as the store behind tower-sessions. A session that has ended is never revived: only a sign-in makes
//! a row, always under a new id, of which the table has only the SHA-256.
//!
//! What others keep in a blob is columns here. A record that is loaded holds none of them, so nothing of it can be written
//! back, and no record but a sign-in's makes a session. Who is in a session is read anew with each request
//! ([`Storage::visitor_of_session`]).

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::{FromRow, PgPool};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

use super::{
    Storage, StorageError,
    askers::{AskerRow, VisitorRow, asker_columns, visitor_columns},
    begin_on, history,
};
use crate::domain::{
    history::{Action, Event, Kind},
    sharing::Asker,
    visitor::{SessionSummary, Visitor},
};

/// How long a session lives that is not used.
const SESSION_IDLE: Duration = Duration::from_hours(2);

/// How long a session lives at most.
pub const SESSION_LIFE: Duration = Duration::from_hours(12);

/// Key of a session's value: what a sign-in puts in, a [`NewSession`].
pub const SIGNED_IN: &str = "signed-in";

/// A sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewSession {
    /// Who.
    pub member_id: i64,
    /// "Firefox on Linux"
    pub browser: String,
}

/// The table as a store of sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    pool: PgPool,
}

#[derive(FromRow)]
struct LiveSessionRow {
    id: i64,
    #[sqlx(flatten)]
    visitor: VisitorRow,
}

#[derive(FromRow)]
struct SessionRow {
    id: i64,
    browser: String,
    created: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    expires: DateTime<Utc>,
}

/// The session that is meant, while it lives (`$2` is how long it does so unused), as `live s`; asking is using it, which
/// is noted to the minute.
macro_rules! live_session {
    ($which:literal) => {
        concat!(
            "with live as (
                 select * from session
                 where ",
            $which,
            " and expires > now() and last_seen > now() - make_interval(secs => $2)
             ), seen as (
                 update session s set last_seen = now()
                 from live l
                 where s.id = l.id and l.last_seen < now() - interval '1 minute'
             )"
        )
    };
}

impl Storage {
    /// What whoever is in a session may see and change at this moment; `None` when it has ended. Asking is using it.
    pub async fn asker_of_session(&self, session_id: i64) -> Result<Option<Asker>, StorageError> {
        let row: Option<AskerRow> = sqlx::query_as(concat!(
            live_session!("id = $1"),
            " select ",
            asker_columns!(),
            " from live s join member m on m.id = s.member_id and m.removed is null"
        ))
        .bind(session_id)
        .bind(SESSION_IDLE.as_secs_f64())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.and_then(AskerRow::into_asker))
    }

    /// Who is in the session of a cookie, as they are at this moment; `None` when it has ended. Asking is using it.
    pub async fn visitor_of_session(&self, id: &Id) -> Result<Option<Visitor>, StorageError> {
        let row: Option<LiveSessionRow> = sqlx::query_as(concat!(
            live_session!("token_hash = $1"),
            " select s.id, ",
            visitor_columns!(),
            "
             from live s
             join member m on m.id = s.member_id and m.removed is null
             left join google_credential c on c.member_id = m.id"
        ))
        .bind(token_hash(id))
        .bind(SESSION_IDLE.as_secs_f64())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let inconsistent = StorageError::Inconsistent { table: "session", id: row.id };
        row.visitor.into_visitor(Some(row.id)).ok_or(inconsistent).map(Some)
    }

    /// The store behind the sessions of the pages.
    pub fn sessions(&self) -> Sessions {
        Sessions { pool: self.pool.clone() }
    }

    /// Their sessions that live, the last used first.
    pub async fn list_sessions(&self, by: &Asker) -> Result<Vec<SessionSummary>, StorageError> {
        let rows: Vec<SessionRow> = sqlx::query_as(
            "select id, browser, created, last_seen, expires
             from session
             where member_id = $1 and expires > now() and last_seen > now() - make_interval(secs => $2)
             order by last_seen desc, id desc",
        )
        .bind(by.member_id())
        .bind(SESSION_IDLE.as_secs_f64())
        .fetch_all(&self.pool)
        .await?;
        let sessions = rows.into_iter().map(|row| SessionSummary {
            id: row.id,
            browser: row.browser,
            created: row.created,
            last_seen: row.last_seen,
            expires: row.expires,
        });
        Ok(sessions.collect())
    }

    /// Ends one of their sessions; false when it had ended, or is not theirs.
    pub async fn end_session(&self, by: &Asker, id: i64) -> Result<bool, StorageError> {
        let member_id = by.member_id();
        let mut tx = begin_on(&self.pool).await?;
        let done = sqlx::query("delete from session where id = $2 and member_id = $1")
            .bind(member_id)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let event = Event::new(Action::SignedOut, Kind::Member, member_id, "");
        history::record_of(&mut tx, member_id, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends all of their sessions but one; how many.
    pub async fn end_other_sessions(
        &self,
        by: &Asker,
        kept: Option<i64>,
    ) -> Result<u64, StorageError> {
        let member_id = by.member_id();
        let mut tx = begin_on(&self.pool).await?;
        let done =
            sqlx::query("delete from session where member_id = $1 and id is distinct from $2")
                .bind(member_id)
                .bind(kept)
                .execute(&mut *tx)
                .await?;
        let n_ended = done.rows_affected();
        if n_ended > 0 {
            let event = Event::new(Action::SignedOut, Kind::Member, member_id, "")
                .with(serde_json::json!({ "sessions": n_ended }));
            history::record_of(&mut tx, member_id, event).await?;
        }
        tx.commit().await?;
        Ok(n_ended)
    }

    /// Deletes what has ended; how many.
    pub async fn prune_sessions(&self) -> Result<u64, StorageError> {
        let done = sqlx::query(
            "delete from session
             where expires < now() or last_seen < now() - make_interval(secs => $1)",
        )
        .bind(SESSION_IDLE.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}

fn token_hash(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_le_bytes()).to_vec()
}

fn broken(error: &sqlx::Error) -> session_store::Error {
    tracing::warn!(%error, "Sessions cannot be read");
    session_store::Error::Backend("the database did not answer".to_owned())
}

#[async_trait]
impl SessionStore for Sessions {
    /// A sign-in. The id is always a new one: none that a browser brought along is taken.
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let unreadable = || session_store::Error::Decode(SIGNED_IN.to_owned());
        let signed_in = record.data.get(SIGNED_IN).ok_or_else(unreadable)?;
        let new = NewSession::deserialize(signed_in).map_err(|_| unreadable())?;
        record.id = Id::default();
        sqlx::query(
            "insert into session (token_hash, member_id, browser, expires)
             values ($1, $2, $3, now() + make_interval(secs => $4))",
        )
        .bind(token_hash(&record.id))
        .bind(new.member_id)
        .bind(super::storable(&new.browser))
        .bind(SESSION_LIFE.as_secs_f64())
        .execute(&self.pool)
        .await
        .map_err(|error| broken(&error))?;
        Ok(())
    }

    /// Says that it is used. A row that is gone stays gone.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        sqlx::query(
            "update session set last_seen = now() where token_hash = $1 and expires > now()",
        )
        .bind(token_hash(&record.id))
        .execute(&self.pool)
        .await
        .map_err(|error| broken(&error))?;
        Ok(())
    }

    /// That it lives, and no more: see the head of this file.
    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let expires: Option<DateTime<Utc>> = sqlx::query_scalar(
            "select expires from session
             where token_hash = $1 and expires > now() and last_seen > now() - make_interval(secs => $2)",
        )
        .bind(token_hash(id))
        .bind(SESSION_IDLE.as_secs_f64())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| broken(&error))?;
        let record = |expires: DateTime<Utc>| {
            let expiry_date = SystemTime::from(expires).into();
            Record { id: *id, data: HashMap::new(), expiry_date }
        };
        Ok(expires.map(record))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        sqlx::query("delete from session where token_hash = $1")
            .bind(token_hash(id))
            .execute(&self.pool)
            .await
            .map_err(|error| broken(&error))?;
        Ok(())
    }
}
