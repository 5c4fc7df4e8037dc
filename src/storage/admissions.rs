//! Table `member` as people come in: known by their account, or let in for the first time by the settings or an
//! invitation.

use sqlx::{FromRow, PgConnection};

use super::{Storage, StorageError, begin_on, history, members::MemberRow};
use crate::domain::{
    history::{Action, Event, Kind},
    member::{Identity, Member, Role},
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

impl Storage {
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
