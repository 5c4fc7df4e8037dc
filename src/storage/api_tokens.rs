//! Table `api_token`: keys for programs. Only a hash is kept; who shows the token is its owner.

use chrono::{DateTime, Utc};

use super::{
    NotDone, Storage, StorageError,
    askers::{VisitorRow, visitor_columns},
    history,
};
use crate::domain::{
    api_token::{ApiToken, NewApiToken},
    history::{Action, Event, Kind},
    sharing::Asker,
    visitor::Visitor,
};

/// Tokens of one member that may be alive at once.
const TOKENS_AT_ONCE: i64 = 50;

#[derive(sqlx::FromRow)]
struct TokenRow {
    id: i64,
    name: String,
    may_write: bool,
    created: DateTime<Utc>,
    expires: DateTime<Utc>,
    last_used: Option<DateTime<Utc>>,
    is_alive: bool,
}

#[derive(sqlx::FromRow)]
struct BearerRow {
    token_id: i64,
    may_write: bool,
    #[sqlx(flatten)]
    visitor: VisitorRow,
}

impl Storage {
    /// Keeps a token of theirs by its hash; its id, or `None` when they have too many.
    pub async fn create_token(
        &self,
        by: &Asker,
        token: &NewApiToken,
        token_hash: &[u8],
    ) -> Result<Option<i64>, NotDone> {
        if token.may_write {
            by.require_work()?;
        }
        let mut tx = self.begin_as(by).await?;
        let id: Option<i64> = sqlx::query_scalar(
            "insert into api_token (member_id, name, token_hash, may_write, expires)
             select $1, $2, $3, $4, now() + make_interval(days => $5)
             where (select count(*) from api_token
                    where member_id = $1 and revoked is null and expires > now()) < $6
             returning id",
        )
        .bind(by.member_id())
        .bind(&token.name)
        .bind(token_hash)
        .bind(token.may_write)
        .bind(i32::from(token.days))
        .bind(TOKENS_AT_ONCE)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(id) = id else { return Ok(None) };
        let detail = serde_json::json!({ "may_write": token.may_write, "days": token.days });
        let event = Event::new(Action::Created, Kind::Token, id, &token.name).with(detail);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(Some(id))
    }

    /// Their tokens, newest first; those that ended more than a month ago are left out.
    pub async fn list_tokens(&self, by: &Asker) -> Result<Vec<ApiToken>, StorageError> {
        let rows: Vec<TokenRow> = sqlx::query_as(
            "select id, name, may_write, created, expires, last_used,
                    revoked is null and expires > now() as is_alive
             from api_token
             where member_id = $1 and coalesce(revoked, expires) > now() - interval '30 days'
             order by id desc",
        )
        .bind(by.member_id())
        .fetch_all(&self.pool)
        .await?;
        let tokens = rows.into_iter().map(|row| ApiToken {
            id: row.id,
            name: row.name,
            may_write: row.may_write,
            created: row.created,
            expires: row.expires,
            last_used: row.last_used,
            is_alive: row.is_alive,
        });
        Ok(tokens.collect())
    }

    /// The name of a token of theirs that is alive.
    pub async fn name_of_token(
        &self,
        by: &Asker,
        token_hash: &[u8],
    ) -> Result<Option<String>, StorageError> {
        let name = sqlx::query_scalar(
            "select name from api_token
             where member_id = $1 and token_hash = $2 and revoked is null and expires > now()",
        )
        .bind(by.member_id())
        .bind(token_hash)
        .fetch_optional(&self.pool)
        .await?;
        Ok(name)
    }

    /// Makes a token of theirs void, at once; false when it is not theirs or was void.
    pub async fn revoke_token(&self, by: &Asker, id: i64) -> Result<bool, NotDone> {
        let mut tx = self.begin_as(by).await?;
        let name: Option<String> = sqlx::query_scalar(
            "update api_token set revoked = now()
             where id = $1 and member_id = $2 and revoked is null
             returning name",
        )
        .bind(id)
        .bind(by.member_id())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(name) = name else { return Ok(false) };
        let event = Event::new(Action::Revoked, Kind::Token, id, name);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whose a token is that is alive, as they are at this moment; that it was used is noted, to the minute.
    pub async fn bearer_of(&self, token_hash: &[u8]) -> Result<Option<Visitor>, StorageError> {
        let row: Option<BearerRow> = sqlx::query_as(concat!(
            "with used as (
                 update api_token set last_used = now()
                 where token_hash = $1 and revoked is null and expires > now()
                   and (last_used is null or last_used < now() - interval '1 minute')
             )
             select t.id as token_id, t.may_write, ",
            visitor_columns!(),
            "
             from api_token t
             join member m on m.id = t.member_id and m.removed is null
             left join google_credential c on c.member_id = m.id
             where t.token_hash = $1 and t.revoked is null and t.expires > now()"
        ))
        .bind(token_hash)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let visitor = row.visitor.into_visitor(None);
        Ok(visitor.map(|visitor| Visitor {
            asker: visitor.asker.by_token(row.token_id, row.may_write),
            ..visitor
        }))
    }
}
