//! Who asks, read from the tables of people; how things are shared; and what becomes of a change that was not allowed.
//!
//! Only this module makes an [`Asker`], from the rows of this moment. Row-level security would do less: superusers
//! and owners bypass it, who are what `DATABASE_URL` and the private PostgreSQL usually name, and it needs a
//! transaction with a setting around every read. `tests/architecture/team_data` reads the SQL instead: each statement
//! on the team's data asks for a right.
//!
//! What somebody does not see is not there for them. What they see and may not change is refused. In both cases the
//! history tells of the attempt. What a role alone forbids is not told.

use sqlx::FromRow;

use super::{Refused, Storage, StorageError, history};
use crate::domain::{
    grant::GoogleRight,
    history::Event,
    member::{Member, Role},
    sharing::{Asker, Sharing},
    visitor::{GrantSummary, Visitor},
};

/// The columns by which something is shared.
#[derive(FromRow)]
pub(super) struct SharingRow {
    readers: Vec<i64>,
    writers: Vec<i64>,
    sharers: Vec<i64>,
}

impl From<SharingRow> for Sharing {
    fn from(row: SharingRow) -> Self {
        Self { readers: row.readers, writers: row.writers, sharers: row.sharers }
    }
}

/// What an [`Asker`] is made of, as `asker_columns` reads it.
#[derive(FromRow)]
pub(super) struct AskerRow {
    member_id: i64,
    name: String,
    email: Option<String>,
    role: String,
    own_groups: Vec<i64>,
    all_groups: Vec<i64>,
    default_readers: Vec<i64>,
}

/// The columns of an [`AskerRow`], of the member `m`.
macro_rules! asker_columns {
    () => {
        "m.id as member_id, m.name, m.email, m.role, m.default_readers,
         array(select g.group_id from team_group_member g where g.member_id = m.id order by 1) as own_groups,
         array(select g.id from team_group g where m.role = 'admin' order by 1) as all_groups"
    };
}
pub(super) use asker_columns;

impl AskerRow {
    /// Who asks; `None` for a role that this version does not know.
    pub(super) fn into_asker(self) -> Option<Asker> {
        let role = Role::from_id(&self.role)?;
        let member = Member { id: self.member_id, name: self.name, email: self.email, role };
        Some(Asker::of_rows(member, self.own_groups, &self.all_groups, self.default_readers))
    }
}

/// What a [`Visitor`] is made of, as `visitor_columns` reads it.
#[derive(FromRow)]
pub(super) struct VisitorRow {
    #[sqlx(flatten)]
    asker: AskerRow,
    google_project: Option<String>,
    grant_email: Option<String>,
    needs_sign_in: Option<bool>,
    scopes: Option<Vec<String>>,
}

/// The columns of a [`VisitorRow`], of the member `m` and their grant `c`.
macro_rules! visitor_columns {
    () => {
        concat!(
            "m.google_project, c.email as grant_email, c.needs_sign_in, c.scopes, ",
            $crate::storage::askers::asker_columns!()
        )
    };
}
pub(super) use visitor_columns;

impl VisitorRow {
    /// The visitor, by a session if one is given; `None` for a role that this version does not know.
    pub(super) fn into_visitor(self, session_id: Option<i64>) -> Option<Visitor> {
        let scopes = self.scopes.unwrap_or_default();
        let grant = self.grant_email.map(|email| GrantSummary {
            email,
            needs_sign_in: self.needs_sign_in.unwrap_or(false),
            scopes: scopes.iter().filter_map(|scope| GoogleRight::from_id(scope)).collect(),
        });
        let asker = self.asker.into_asker()?;
        Some(Visitor { asker, session_id, grant, project: self.google_project })
    }
}

impl Asker {
    /// Refuses those who look only.
    pub(super) fn require_work(&self) -> Result<(), Refused> {
        if self.may_work() { Ok(()) } else { Err(Refused::ViewersLookOnly) }
    }

    /// Refuses those who are no admins.
    pub(super) fn require_admin(&self) -> Result<(), Refused> {
        if self.is_admin() { Ok(()) } else { Err(Refused::Forbidden) }
    }
}

impl Storage {
    /// What a member may see and change at this moment; `None` when they are no member any more.
    pub async fn asker(&self, member_id: i64) -> Result<Option<Asker>, StorageError> {
        let row: Option<AskerRow> = sqlx::query_as(concat!(
            "select ",
            asker_columns!(),
            " from member m where m.id = $1 and m.removed is null"
        ))
        .bind(member_id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.and_then(AskerRow::into_asker))
    }

    /// Adds a line to the history that tells of nothing that is changed here.
    pub async fn record_event(&self, by: &Asker, event: Event) -> Result<(), StorageError> {
        let mut connection = self.pool.acquire().await?;
        history::record(&mut connection, by, event).await
    }
}
