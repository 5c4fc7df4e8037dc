//! Table `invitation`: who may come in, by address or by a link that is used once. A link's hash waits in
//! `sign_in_attempt` while its bearer is at the provider.

use std::time::Duration;

use sqlx::FromRow;

use super::{NotDone, Storage, StorageError, history};
use crate::domain::{
    history::{Action, Event, Kind},
    member::{Invitation, Role},
    sharing::Asker,
};

/// How long a link lets somebody in.
const LINK_LIFE: Duration = Duration::from_hours(7 * 24);

#[derive(FromRow)]
struct InvitationRow {
    id: i64,
    email: Option<String>,
    role: String,
    invited_by: Option<String>,
    created: chrono::DateTime<chrono::Utc>,
    expires: Option<chrono::DateTime<chrono::Utc>>,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = StorageError;

    fn try_from(row: InvitationRow) -> Result<Self, StorageError> {
        let role = Role::from_id(&row.role)
            .ok_or(StorageError::Inconsistent { table: "invitation", id: row.id })?;
        Ok(Self {
            id: row.id,
            email: row.email,
            role,
            invited_by: row.invited_by.unwrap_or_default(),
            created: row.created,
            expires: row.expires,
        })
    }
}

impl Storage {
    /// Invites an address; the role of an older invitation of it is changed. False when a member has it already.
    pub async fn invite(&self, by: &Asker, email: &str, role: Role) -> Result<bool, NotDone> {
        by.require_admin()?;
        let mut tx = self.begin_as(by).await?;
        let id: Option<i64> = sqlx::query_scalar(
            "insert into invitation (email, role, invited_by)
             select $1, $2, $3
             where not exists (select from member where email = $1 and removed is null)
             on conflict (email) do update set role = excluded.role, invited_by = excluded.invited_by
             returning id",
        )
        .bind(email)
        .bind(role.id())
        .bind(by.member_id())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(id) = id else { return Ok(false) };
        let event = Event::new(Action::Created, Kind::Invitation, id, email);
        let event = event.with(serde_json::json!({ "role": role.id() }));
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Invites whoever has a link, once, for a week. Only the hash of what the link holds is kept.
    pub async fn invite_by_link(
        &self,
        by: &Asker,
        link_hash: &[u8],
        role: Role,
    ) -> Result<(), NotDone> {
        by.require_admin()?;
        let mut tx = self.begin_as(by).await?;
        let id: i64 = sqlx::query_scalar(
            "insert into invitation (link_hash, role, invited_by, expires)
             values ($1, $2, $3, now() + make_interval(secs => $4))
             returning id",
        )
        .bind(link_hash)
        .bind(role.id())
        .bind(by.member_id())
        .bind(LINK_LIFE.as_secs_f64())
        .fetch_one(&mut *tx)
        .await?;
        let event = Event::new(Action::Created, Kind::Invitation, id, "a link");
        let event = event.with(serde_json::json!({ "role": role.id() }));
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The invitation that a link stands for, while it lives. Before sign-in.
    pub async fn find_invitation(
        &self,
        link_hash: &[u8],
    ) -> Result<Option<Invitation>, StorageError> {
        let row: Option<InvitationRow> = sqlx::query_as(
            "select i.id, i.email, i.role, m.name as invited_by, i.created, i.expires
             from invitation i
             left join member m on m.id = i.invited_by
             where i.link_hash = $1 and i.expires > now()",
        )
        .bind(link_hash)
        .fetch_optional(&self.pool)
        .await?;
        row.map(Invitation::try_from).transpose()
    }

    /// Takes an invitation back; false when it was used or taken back already.
    pub async fn take_back_invitation(&self, by: &Asker, id: i64) -> Result<bool, NotDone> {
        by.require_admin()?;
        let mut tx = self.begin_as(by).await?;
        let name: Option<String> = sqlx::query_scalar(
            "delete from invitation where id = $1 returning coalesce(email, 'a link')",
        )
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(name) = name else { return Ok(false) };
        let event = Event::new(Action::Revoked, Kind::Invitation, id, name);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Invitations that nobody has used yet and that live, newest first.
    pub async fn list_invitations(&self, by: &Asker) -> Result<Vec<Invitation>, NotDone> {
        by.require_admin()?;
        let rows: Vec<InvitationRow> = sqlx::query_as(
            "select i.id, i.email, i.role, m.name as invited_by, i.created, i.expires
             from invitation i
             left join member m on m.id = i.invited_by
             where i.expires is null or i.expires > now()
             order by i.created desc, i.id desc",
        )
        .fetch_all(&self.pool)
        .await?;
        let rows = rows.into_iter().map(Invitation::try_from);
        Ok(rows.collect::<Result<Vec<_>, StorageError>>()?)
    }
}
