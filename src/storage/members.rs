//! Table `member`: who is in, by which account, and with which project of theirs.

use sqlx::FromRow;

use super::{NotDone, Storage, StorageError, listener_changes::wake_listeners};
use crate::domain::{
    member::{Member, Role, TeamMember},
    sharing::Asker,
};

/// What a [`Member`] is made of.
#[derive(FromRow)]
pub(super) struct MemberRow {
    id: i64,
    name: String,
    email: Option<String>,
    role: String,
}

impl TryFrom<MemberRow> for Member {
    type Error = StorageError;

    fn try_from(row: MemberRow) -> Result<Self, StorageError> {
        let role = Role::from_id(&row.role)
            .ok_or(StorageError::Inconsistent { table: "member", id: row.id })?;
        Ok(Self { id: row.id, name: row.name, email: row.email, role })
    }
}

#[derive(FromRow)]
struct TeamMemberRow {
    #[sqlx(flatten)]
    member: MemberRow,
    last_sign_in: Option<chrono::DateTime<chrono::Utc>>,
    groups: Vec<String>,
}

impl Storage {
    /// The one user of local mode; made when the service first starts.
    pub async fn local_member(&self) -> Result<Member, StorageError> {
        let row: MemberRow = sqlx::query_as(
            "insert into member (name, is_local, role)
             values ('Local user', true, 'admin')
             on conflict (is_local) where is_local do update set role = 'admin'
             returning id, name, email, role",
        )
        .fetch_one(&self.pool)
        .await?;
        row.try_into()
    }

    /// What the one user of local mode may see and change: everything that is shared, and their own.
    pub async fn local_asker(&self) -> Result<Asker, StorageError> {
        let member = self.local_member().await?;
        self.asker(member.id)
            .await?
            .ok_or(StorageError::Inconsistent { table: "member", id: member.id })
    }

    /// Everybody who is in, by name.
    pub async fn list_members(&self, _: &Asker) -> Result<Vec<TeamMember>, StorageError> {
        let rows: Vec<TeamMemberRow> = sqlx::query_as(
            "select m.id, m.name, m.email, m.role, m.last_sign_in,
                    array(
                        select g.name from team_group g
                        join team_group_member gm on gm.group_id = g.id
                        where gm.member_id = m.id
                        order by lower(g.name)
                    ) as groups
             from member m
             where not m.is_local and m.removed is null
             order by lower(m.name), m.id",
        )
        .fetch_all(&self.pool)
        .await?;
        let members = rows.into_iter().map(|row| {
            Ok(TeamMember {
                member: Member::try_from(row.member)?,
                last_sign_in: row.last_sign_in,
                groups: row.groups,
            })
        });
        members.collect()
    }

    /// By which account of which provider they are known: issuer and subject.
    pub async fn member_account(
        &self,
        by: &Asker,
    ) -> Result<Option<(String, String)>, StorageError> {
        let account = sqlx::query_as(
            "select issuer, subject from member where id = $1 and issuer is not null",
        )
        .bind(by.member_id())
        .fetch_optional(&self.pool)
        .await?;
        Ok(account)
    }

    /// Whether a member who came with this account has granted something.
    pub async fn has_grant_of(&self, issuer: &str, subject: &str) -> Result<bool, StorageError> {
        let found = sqlx::query_scalar(
            "select exists (
                 select from google_credential c
                 join member m on m.id = c.member_id
                 where m.issuer = $1 and m.subject = $2
             )",
        )
        .bind(issuer)
        .bind(subject)
        .fetch_one(&self.pool)
        .await?;
        Ok(found)
    }

    /// The member's own Google Cloud project, if they have set one.
    pub async fn google_project(&self, member_id: i64) -> Result<Option<String>, StorageError> {
        let project: Option<Option<String>> =
            sqlx::query_scalar("select google_project from member where id = $1")
                .bind(member_id)
                .fetch_optional(&self.pool)
                .await?;
        Ok(project.flatten())
    }

    /// Sets or clears theirs.
    pub async fn set_google_project(
        &self,
        by: &Asker,
        project: Option<&str>,
    ) -> Result<(), NotDone> {
        let mut tx = self.begin_as(by).await?;
        sqlx::query("update member set google_project = $2 where id = $1")
            .bind(by.member_id())
            .bind(project)
            .execute(&mut *tx)
            .await?;
        wake_listeners(&mut tx, by.member_id()).await?;
        tx.commit().await?;
        Ok(())
    }
}
