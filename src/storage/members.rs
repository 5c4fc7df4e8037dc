//! Table `member`.

use super::{Storage, StorageError};
use crate::domain::member::Member;

impl Storage {
    /// The one user of local mode; made when the service first starts.
    pub async fn local_member(&self) -> Result<Member, StorageError> {
        let (id, name) = sqlx::query_as(
            "insert into member (name, is_local)
             values ('Local user', true)
             on conflict (is_local) where is_local do update set is_local = true
             returning id, name",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Member { id, name })
    }
}
