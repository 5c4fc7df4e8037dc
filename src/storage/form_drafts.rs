//! Table `form_draft`: forms that wait while their author is at Google.

use std::time::Duration;

use serde_json::Value;
use sqlx::FromRow;

use super::{Storage, StorageError};
use crate::domain::sharing::Asker;

/// How long a form waits.
pub const DRAFT_LIFE: Duration = Duration::from_hours(24);

/// A form as it was typed.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct FormDraft {
    /// Id of the backend.
    pub broker: String,
    /// The name typed for saving; may be empty.
    pub query_name: String,
    /// The fields.
    pub parameters: Value,
}

impl Storage {
    /// Keeps a form of theirs; its id.
    pub async fn keep_draft(&self, by: &Asker, draft: &FormDraft) -> Result<i64, StorageError> {
        let id = sqlx::query_scalar(
            "insert into form_draft (member_id, broker, query_name, parameters)
             values ($1, $2, $3, $4)
             returning id",
        )
        .bind(by.member_id())
        .bind(&draft.broker)
        .bind(&draft.query_name)
        .bind(super::storable_json(&draft.parameters))
        .fetch_one(&self.pool)
        .await?;
        Ok(id)
    }

    /// A form of theirs.
    pub async fn find_draft(&self, by: &Asker, id: i64) -> Result<Option<FormDraft>, StorageError> {
        let draft = sqlx::query_as(
            "select broker, query_name, parameters from form_draft where id = $2 and member_id = $1",
        )
        .bind(by.member_id())
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(draft)
    }

    /// Forgets old forms; how many.
    pub async fn prune_drafts(&self) -> Result<u64, StorageError> {
        let done =
            sqlx::query("delete from form_draft where created < now() - make_interval(secs => $1)")
                .bind(DRAFT_LIFE.as_secs_f64())
                .execute(&self.pool)
                .await?;
        Ok(done.rows_affected())
    }
}
