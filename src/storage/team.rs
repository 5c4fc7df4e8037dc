//! What becomes of members: roles, leaving, being removed, with whom they share by default. The last admin stays.

use sqlx::PgConnection;

use super::{
    NotDone, Storage, StorageError, admissions::ADMISSION_LOCK, begin_on, history,
    standing::check_standing,
};
use crate::domain::{
    history::{Action, Event, Kind},
    member::Role,
    sharing::Asker,
};

/// What became of a change of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// It is so.
    Done,
    /// There is no such member.
    Absent,
    /// They are the last admin: somebody must be one.
    LastAdmin,
}

impl Storage {
    /// Gives a member another role: from their next request on. Who is no admin any more has invited nobody.
    pub async fn change_role(
        &self,
        by: &Asker,
        member_id: i64,
        role: Role,
    ) -> Result<MemberChange, NotDone> {
        by.require_admin()?;
        let mut tx = begin_on(&self.pool).await?;
        let Some((name, before)) = lock_member(&mut tx, member_id).await? else {
            return Ok(MemberChange::Absent);
        };
        check_standing(&mut tx, by).await?;
        if before == role.id() {
            return Ok(MemberChange::Done);
        }
        if is_last_admin(&mut tx, member_id).await? {
            return Ok(MemberChange::LastAdmin);
        }
        sqlx::query("update member set role = $2 where id = $1")
            .bind(member_id)
            .bind(role.id())
            .execute(&mut *tx)
            .await?;
        if role != Role::Admin {
            take_back_invitations_of(&mut tx, by, member_id).await?;
        }
        let detail = serde_json::json!({ "before": before, "after": role.id() });
        let event = Event::new(Action::RoleChanged, Kind::Member, member_id, name);
        history::record(&mut tx, by, event.with(detail)).await?;
        tx.commit().await?;
        Ok(MemberChange::Done)
    }

    /// Takes a member out of the team, by an admin or by themselves: their sessions, tokens and groups end, their live
    /// runs are asked to stop, what they made stays as it is shared, and whom they have invited is not invited any more. They
    /// come back by invitation only, or by the settings that name admins.
    pub async fn remove_member(&self, by: &Asker, member_id: i64) -> Result<MemberChange, NotDone> {
        let leaves = member_id == by.member_id();
        if !leaves {
            by.require_admin()?;
        }
        let mut tx = begin_on(&self.pool).await?;
        let Some((name, _)) = lock_member(&mut tx, member_id).await? else {
            return Ok(MemberChange::Absent);
        };
        check_standing(&mut tx, by).await?;
        if is_last_admin(&mut tx, member_id).await? {
            return Ok(MemberChange::LastAdmin);
        }
        take_back_invitations_of(&mut tx, by, member_id).await?;
        for end in [
            "update member set removed = now() where id = $1",
            "delete from session where member_id = $1",
            "update api_token set revoked = now() where member_id = $1 and revoked is null",
            "delete from team_group_member where member_id = $1",
            "delete from sign_in_attempt where member_id = $1",
            "update run set cancel_requested = true
             where started_by = $1 and state in ('queued', 'running')",
        ] {
            sqlx::query(end).bind(member_id).execute(&mut *tx).await?;
        }
        let action = if leaves { Action::Left } else { Action::Removed };
        let event = Event::new(action, Kind::Member, member_id, name);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(MemberChange::Done)
    }

    /// Sets with whom they share what they make, unless they say otherwise.
    pub async fn set_default_readers(&self, by: &Asker, readers: &[i64]) -> Result<(), NotDone> {
        let readers = crate::domain::sharing::Sharing::read_by(readers.to_vec());
        by.check_sharing(&readers, None)?;
        sqlx::query("update member set default_readers = $2 where id = $1")
            .bind(by.member_id())
            .bind(&readers.readers)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Name and role of a member, while nobody else comes in, goes or changes role.
async fn lock_member(
    connection: &mut PgConnection,
    member_id: i64,
) -> Result<Option<(String, String)>, StorageError> {
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(ADMISSION_LOCK)
        .execute(&mut *connection)
        .await?;
    let found = sqlx::query_as(
        "select name, role from member where id = $1 and removed is null and not is_local for update",
    )
    .bind(member_id)
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

/// Takes back what a member has promised to others: by a link of their own they would be in again.
async fn take_back_invitations_of(
    connection: &mut PgConnection,
    by: &Asker,
    member_id: i64,
) -> Result<(), StorageError> {
    let gone: Vec<(i64, String)> = sqlx::query_as(
        "delete from invitation where invited_by = $1 returning id, coalesce(email, 'a link')",
    )
    .bind(member_id)
    .fetch_all(&mut *connection)
    .await?;
    for (id, name) in gone {
        let event = Event::new(Action::Revoked, Kind::Invitation, id, name);
        history::record(connection, by, event).await?;
    }
    Ok(())
}

async fn is_last_admin(
    connection: &mut PgConnection,
    member_id: i64,
) -> Result<bool, StorageError> {
    let is_last = sqlx::query_scalar(
        "select role = 'admin' and not exists (
             select from member other
             where other.id <> $1 and other.role = 'admin' and other.removed is null and not other.is_local
         )
         from member where id = $1",
    )
    .bind(member_id)
    .fetch_one(connection)
    .await?;
    Ok(is_last)
}
