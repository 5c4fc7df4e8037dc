//! Table `member`: who is in, and how one comes in.

use sqlx::{FromRow, PgConnection};

use super::{NotDone, Storage, StorageError, begin_on, history, listener_changes::wake_listeners};
use crate::domain::{
    history::{Action, Event, Kind},
    member::{Identity, Member, Role, TeamMember},
    sharing::Asker,
};

/// Number of the lock under which somebody is let in for the first time: two people must not both find nobody there.
pub(super) const ADMISSION_LOCK: i64 = 0x746f_6d61_6c65_7274;

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

    /// Lets somebody in whom the provider has vouched for, or not. The first one is admin if they `may_found`; a known
    /// account is known by its key, whatever its address is now; an invitation, by address or by link, is used up.
    pub async fn admit(
        &self,
        identity: &Identity,
        welcome: Welcome,
        may_found: bool,
        link_hash: Option<&[u8]>,
    ) -> Result<Admission, StorageError> {
        let mut tx = begin_on(&self.pool).await?;
        let admission = admission_of(&mut tx, identity, welcome, may_found, link_hash).await?;
        tx.commit().await?;
        Ok(admission)
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

async fn admission_of(
    connection: &mut PgConnection,
    identity: &Identity,
    welcome: Welcome,
    may_found: bool,
    link_hash: Option<&[u8]>,
) -> Result<Admission, StorageError> {
    if let Some(member) = known_account(connection, identity, welcome).await? {
        return Ok(Admission::Admitted(member));
    }
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(ADMISSION_LOCK)
        .execute(&mut *connection)
        .await?;
    // Somebody with the same account may have been quicker.
    if let Some(member) = known_account(connection, identity, welcome).await? {
        return Ok(Admission::Admitted(member));
    }
    first_admission(connection, identity, welcome, may_found, link_hash).await
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
         where issuer = $1 and subject = $2 and removed is null
         returning id, name, email, role",
    )
    .bind(&identity.issuer)
    .bind(&identity.subject)
    .bind(&identity.name)
    .bind(identity.is_email_verified && !identity.email.is_empty())
    .bind(&identity.email)
    .bind(welcome == Welcome::Admin)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let member = Member::try_from(row)?;
    let event = Event::new(Action::SignedIn, Kind::Member, member.id, &member.name);
    history::record_as(connection, Some(member.id), &member.name, event).await?;
    Ok(Some(member))
}

/// What is known of somebody who is not in.
#[derive(FromRow)]
struct Newcomer {
    /// Nobody has signed in before.
    is_first: bool,
    /// The address is that of a member with another account.
    is_taken: bool,
    /// They left or were removed: a domain alone does not let them in again.
    was_removed: bool,
}

async fn first_admission(
    connection: &mut PgConnection,
    identity: &Identity,
    welcome: Welcome,
    may_found: bool,
    link_hash: Option<&[u8]>,
) -> Result<Admission, StorageError> {
    if !identity.is_email_verified || identity.email.is_empty() {
        return Ok(Admission::Stranger);
    }
    let newcomer: Newcomer = sqlx::query_as(
        "select not exists (select from member where not is_local) as is_first,
                exists (select from member where email = $1 and removed is null) as is_taken,
                exists (
                    select from member where issuer = $2 and subject = $3 and removed is not null
                ) as was_removed",
    )
    .bind(&identity.email)
    .bind(&identity.issuer)
    .bind(&identity.subject)
    .fetch_one(&mut *connection)
    .await?;
    if newcomer.is_taken {
        return Ok(Admission::AddressTaken);
    }
    let invited = use_invitation(connection, &identity.email, link_hash).await?;
    let (invited, host) = invited.unzip();
    let role = match (welcome, invited) {
        _ if newcomer.is_first && may_found => Role::Admin,
        (Welcome::Admin, _) => Role::Admin,
        (_, Some(role)) => role,
        (Welcome::Member, None) if !newcomer.was_removed => Role::Member,
        (_, None) => return Ok(Admission::Stranger),
    };
    let row: MemberRow = sqlx::query_as(
        "insert into member (name, email, issuer, subject, role, last_sign_in)
         values ($1, $2, $3, $4, $5, now())
         on conflict (issuer, subject) do update
         set name = excluded.name, email = excluded.email, role = excluded.role, last_sign_in = now(),
             removed = null
         returning id, name, email, role",
    )
    .bind(&identity.name)
    .bind(&identity.email)
    .bind(&identity.issuer)
    .bind(&identity.subject)
    .bind(role.id())
    .fetch_one(&mut *connection)
    .await?;
    let member = Member::try_from(row)?;
    let event = Event::new(Action::Joined, Kind::Member, member.id, &member.name);
    let event = event.with(serde_json::json!({
        "role": role.id(), "email": member.email, "invited_by": host.flatten(),
    }));
    history::record_as(connection, Some(member.id), &member.name, event).await?;
    Ok(Admission::Admitted(member))
}

/// The role that an invitation gives, by the link that they came with or by their address, and who invited them; it is
/// used up.
async fn use_invitation(
    connection: &mut PgConnection,
    email: &str,
    link_hash: Option<&[u8]>,
) -> Result<Option<(Role, Option<String>)>, StorageError> {
    let found: Vec<(String, Option<String>)> = sqlx::query_as(
        "delete from invitation
         where (email = $1 or link_hash = $2) and (expires is null or expires > now())
         returning role, (select m.name from member m where m.id = invited_by)",
    )
    .bind(email)
    .bind(link_hash)
    .fetch_all(connection)
    .await?;
    let roles = found.into_iter().filter_map(|(role, by)| Some((Role::from_id(&role)?, by)));
    Ok(roles.max_by_key(|(role, _)| *role))
}
