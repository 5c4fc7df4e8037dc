//! Table `kept_answer`: pages that answered what a member sent, so that they have an address. Each was drawn for the role and
//! the groups that they had then, and is not there for who has others now.

use std::time::Duration;

use sqlx::FromRow;

use super::{Storage, StorageError};
use crate::domain::sharing::Asker;

/// How long a page is kept.
const LIFE: Duration = Duration::from_hours(24);

/// Pages of one member that are kept: who sends on and on fills no disk.
const PAGES_AT_ONCE: i64 = 100;

/// A page as it was drawn.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KeptAnswer {
    /// Its HTTP status.
    #[sqlx(try_from = "i16")]
    pub status: u16,
    /// The page.
    pub html: Vec<u8>,
}

impl Storage {
    /// Keeps a page that answers what they sent, and forgets their oldest beyond a hundred; its id.
    pub async fn keep_answer(&self, by: &Asker, answer: &KeptAnswer) -> Result<i64, StorageError> {
        let id = sqlx::query_scalar(
            "with surplus as (
                 delete from kept_answer
                 where member_id = $1 and id <= (
                     select id from kept_answer where member_id = $1 order by id desc offset $2 limit 1
                 )
             )
             insert into kept_answer (member_id, status, html, role, group_ids)
             values ($1, $3, $4, $5, $6) returning id",
        )
        .bind(by.member_id())
        .bind(PAGES_AT_ONCE - 1)
        .bind(i16::try_from(answer.status).unwrap_or(200))
        .bind(&answer.html)
        .bind(by.member().role.id())
        .bind(by.own_groups())
        .fetch_one(&self.pool)
        .await?;
        Ok(id)
    }

    /// A page that answered them, as who they still are.
    pub async fn find_answer(
        &self,
        by: &Asker,
        id: i64,
    ) -> Result<Option<KeptAnswer>, StorageError> {
        let answer = sqlx::query_as(
            "select status, html from kept_answer
             where id = $2 and member_id = $1 and role = $3 and group_ids = $4",
        )
        .bind(by.member_id())
        .bind(id)
        .bind(by.member().role.id())
        .bind(by.own_groups())
        .fetch_optional(&self.pool)
        .await?;
        Ok(answer)
    }

    /// Forgets old pages; how many.
    pub async fn prune_answers(&self) -> Result<u64, StorageError> {
        let done = sqlx::query(
            "delete from kept_answer where created < now() - make_interval(secs => $1)",
        )
        .bind(LIFE.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}
