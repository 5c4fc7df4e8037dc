//! Tables `member` and `invitation`: who is in, and who may come in.

use sqlx::{FromRow, PgConnection};

use super::{Storage, StorageError};
use crate::domain::member::{Identity, Invitation, Member, Role};

/// Number of the lock under which somebody is let in for the first time: two people must not both find nobody there.
const ADMISSION_LOCK: i64 = 0x746f_6d61_6c65_7274;

/// How somebody came in, or that they did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// They are a member.
    Admitted(Member),
    /// Nobody has invited them.
    Stranger,
    /// Their address belongs to a member with another account.
    AddressTaken,
}

/// Whom the settings let in without an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcome {
    /// As an admin, by address.
    Admin,
    /// As a member, by domain.
    Member,
    /// By invitation only.
    Nobody,
}

#[derive(FromRow)]
struct MemberRow {
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
struct InvitationRow {
    id: i64,
    email: String,
    role: String,
    invited_by: Option<String>,
    created: chrono::DateTime<chrono::Utc>,
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

    /// Lets somebody in whom the provider has vouched for, or not. The first one is admin if they `may_found`; a known
    /// account is known by its key, whatever its address is now; an invitation is used up.
    pub async fn admit(
        &self,
        identity: &Identity,
        welcome: Welcome,
        may_found: bool,
    ) -> Result<Admission, StorageError> {
        let identity = identity.clone();
        self.in_transaction(move |connection| {
            Box::pin(async move {
                if let Some(member) = known_account(connection, &identity, welcome).await? {
                    return Ok(Admission::Admitted(member));
                }
                sqlx::query("select pg_advisory_xact_lock($1)")
                    .bind(ADMISSION_LOCK)
                    .execute(&mut *connection)
                    .await?;
                // Somebody with the same account may have been quicker.
                if let Some(member) = known_account(connection, &identity, welcome).await? {
                    return Ok(Admission::Admitted(member));
                }
                first_admission(connection, &identity, welcome, may_found).await
            })
        })
        .await
    }

    /// Everybody who has signed in, by name.
    pub async fn list_members(&self) -> Result<Vec<Member>, StorageError> {
        let rows: Vec<MemberRow> = sqlx::query_as(
            "select id, name, email, role from member
             where not is_local
             order by lower(name), id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Member::try_from).collect()
    }

    /// By which account of which provider a member is known: issuer and subject.
    pub async fn member_account(
        &self,
        member_id: i64,
    ) -> Result<Option<(String, String)>, StorageError> {
        let account = sqlx::query_as(
            "select issuer, subject from member where id = $1 and issuer is not null",
        )
        .bind(member_id)
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

    /// Sets or clears it.
    pub async fn set_google_project(
        &self,
        member_id: i64,
        project: Option<&str>,
    ) -> Result<(), StorageError> {
        sqlx::query("update member set google_project = $2 where id = $1")
            .bind(member_id)
            .bind(project)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Invites an address; the role of an older invitation of it is changed. False when a member has it already.
    pub async fn invite(&self, email: &str, role: Role, by: &Member) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "insert into invitation (email, role, invited_by)
             select $1, $2, $3
             where not exists (select from member where email = $1)
             on conflict (email) do update set role = excluded.role, invited_by = excluded.invited_by",
        )
        .bind(email)
        .bind(role.id())
        .bind(by.id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes an invitation back; false when it was used or taken back already.
    pub async fn take_back_invitation(&self, id: i64) -> Result<bool, StorageError> {
        let done = sqlx::query("delete from invitation where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Invitations that nobody has used yet, newest first.
    pub async fn list_invitations(&self) -> Result<Vec<Invitation>, StorageError> {
        let rows: Vec<InvitationRow> = sqlx::query_as(
            "select i.id, i.email, i.role, m.name as invited_by, i.created
             from invitation i
             left join member m on m.id = i.invited_by
             order by i.created desc, i.id desc",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let role = Role::from_id(&row.role)
                    .ok_or(StorageError::Inconsistent { table: "invitation", id: row.id })?;
                Ok(Invitation {
                    id: row.id,
                    email: row.email,
                    role,
                    invited_by: row.invited_by.unwrap_or_default(),
                    created: row.created,
                })
            })
            .collect()
    }
}

/// The member with this account, with what the provider says of it now; an admin by settings becomes one again.
async fn known_account(
    connection: &mut PgConnection,
    identity: &Identity,
    welcome: Welcome,
) -> Result<Option<Member>, StorageError> {
    let row: Option<MemberRow> = sqlx::query_as(
        "update member
         set name = $3,
             email = case when $4 then $5 else email end,
             role = case when $6 then 'admin' else role end,
             last_sign_in = now()
         where issuer = $1 and subject = $2
         returning id, name, email, role",
    )
    .bind(&identity.issuer)
    .bind(&identity.subject)
    .bind(&identity.name)
    .bind(identity.is_email_verified && !identity.email.is_empty())
    .bind(&identity.email)
    .bind(welcome == Welcome::Admin)
    .fetch_optional(connection)
    .await?;
    row.map(Member::try_from).transpose()
}

async fn first_admission(
    connection: &mut PgConnection,
    identity: &Identity,
    welcome: Welcome,
    may_found: bool,
) -> Result<Admission, StorageError> {
    if !identity.is_email_verified || identity.email.is_empty() {
        return Ok(Admission::Stranger);
    }
    let (is_first, is_taken): (bool, bool) = sqlx::query_as(
        "select not exists (select from member where not is_local),
                exists (select from member where email = $1)",
    )
    .bind(&identity.email)
    .fetch_one(&mut *connection)
    .await?;
    if is_taken {
        return Ok(Admission::AddressTaken);
    }
    let invited: Option<String> =
        sqlx::query_scalar("delete from invitation where email = $1 returning role")
            .bind(&identity.email)
            .fetch_optional(&mut *connection)
            .await?;
    let invited = invited.and_then(|role| Role::from_id(&role));
    let role = match (welcome, invited) {
        _ if is_first && may_found => Role::Admin,
        (Welcome::Admin, _) => Role::Admin,
        (Welcome::Member, invited) => invited.unwrap_or(Role::Member),
        (Welcome::Nobody, Some(role)) => role,
        (Welcome::Nobody, None) => return Ok(Admission::Stranger),
    };
    let row: MemberRow = sqlx::query_as(
        "insert into member (name, email, issuer, subject, role, last_sign_in)
         values ($1, $2, $3, $4, $5, now())
         returning id, name, email, role",
    )
    .bind(&identity.name)
    .bind(&identity.email)
    .bind(&identity.issuer)
    .bind(&identity.subject)
    .bind(role.id())
    .fetch_one(connection)
    .await?;
    Ok(Admission::Admitted(row.try_into()?))
}
