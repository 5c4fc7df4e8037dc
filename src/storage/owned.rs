//! Queries, runs and targets as things of somebody: what is asked before one is changed, shared or deleted, and what it
//! means that nothing was found.

use sqlx::PgConnection;

use super::{NotDone, Refused, Storage, Transaction, askers::SharingRow, history};
use crate::domain::{
    history::{Action, Event, Kind},
    sharing::Asker,
};

/// A table of things that have an owner, who shares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnedTable {
    SavedQuery,
    Run,
    Target,
}

/// A thing that somebody may change, locked until the transaction ends.
#[derive(sqlx::FromRow)]
pub(super) struct Changeable {
    pub(super) name: String,
    version: i64,
    /// Whether nobody else sees it.
    pub(super) is_private: bool,
}

/// A thing that somebody may share, as it is before; locked until the transaction ends.
#[derive(sqlx::FromRow)]
pub(super) struct Shareable {
    pub(super) name: String,
    pub(super) owner_id: i64,
    #[sqlx(flatten)]
    pub(super) sharing: SharingRow,
}

/// Whether `$2`, who looks for the groups `$3`, may delete a thing: its owner may, and an admin (`$4`) who sees it. It is a
/// change that nobody else can be let do.
macro_rules! may_delete {
    ($owner:literal, $readers:literal) => {
        concat!("may_change(", $owner, ", ", $readers, ", '{}', $2, $3, $4)")
    };
}

impl OwnedTable {
    pub(super) fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Query => Some(Self::SavedQuery),
            Kind::Run => Some(Self::Run),
            Kind::Target => Some(Self::Target),
            _ => None,
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::SavedQuery => Kind::Query,
            Self::Run => Kind::Run,
            Self::Target => Kind::Target,
        }
    }

    /// Finds the name of `$1`, and whether `$2`, who looks for the groups `$3`, sees it.
    fn seen(self) -> &'static str {
        match self {
            Self::SavedQuery => {
                "select name, may_read(owner_id, readers, $2, $3) from saved_query where id = $1"
            }
            Self::Run => {
                "select query_name, may_read(started_by, readers, $2, $3) from run where id = $1"
            }
            Self::Target => {
                "select n.name, may_read(t.created_by, t.readers, $2, $3)
                 from target t
                 join target_name n on n.target_id = t.id and n.is_primary
                 where t.id = $1"
            }
        }
    }

    /// Finds and locks `$1` for a change by `$2`, who looks for the groups `$3` and may be an admin (`$4`). Nobody changes
    /// a run.
    fn changeable(self) -> Option<&'static str> {
        match self {
            Self::SavedQuery => Some(
                "select name, version, readers = '{}' as is_private from saved_query
                 where id = $1 and may_change(owner_id, readers, writers, $2, $3, $4)
                 for no key update",
            ),
            Self::Run => None,
            Self::Target => Some(
                "select n.name, t.version, t.readers = '{}' as is_private
                 from target t
                 join target_name n on n.target_id = t.id and n.is_primary
                 where t.id = $1 and may_change(t.created_by, t.readers, t.writers, $2, $3, $4)
                 for update of t",
            ),
        }
    }

    /// The same for a change of its sharing.
    fn shareable(self) -> &'static str {
        match self {
            Self::SavedQuery => {
                "select name, owner_id, readers, writers, sharers from saved_query
                 where id = $1 and may_change(owner_id, readers, sharers, $2, $3, $4)
                 for update"
            }
            Self::Run => {
                "select query_name as name, started_by as owner_id, readers, writers, sharers from run
                 where id = $1 and may_change(started_by, readers, sharers, $2, $3, $4)
                 for update"
            }
            Self::Target => {
                "select n.name, t.created_by as owner_id, t.readers, t.writers, t.sharers
                 from target t
                 join target_name n on n.target_id = t.id and n.is_primary
                 where t.id = $1 and may_change(t.created_by, t.readers, t.sharers, $2, $3, $4)
                 for update of t"
            }
        }
    }

    /// Shares `$1`, which was found and locked, with the readers `$2`, writers `$3` and sharers `$4`.
    pub(super) fn share(self) -> &'static str {
        match self {
            Self::SavedQuery => {
                "update saved_query set readers = $2, writers = $3, sharers = $4 where id = $1"
            }
            Self::Run => "update run set readers = $2, writers = $3, sharers = $4 where id = $1",
            Self::Target => {
                "update target set readers = $2, writers = $3, sharers = $4 where id = $1"
            }
        }
    }

    /// Deletes `$1` where `$2` may; its name. Nobody deletes a run.
    fn delete(self) -> Option<&'static str> {
        match self {
            Self::SavedQuery => Some(concat!(
                "delete from saved_query where id = $1 and ",
                may_delete!("owner_id", "readers"),
                " returning name"
            )),
            Self::Run => None,
            Self::Target => Some(concat!(
                "with gone as (
                     select t.id, n.name from target t
                     join target_name n on n.target_id = t.id and n.is_primary
                     where t.id = $1 and ",
                may_delete!("t.created_by", "t.readers"),
                "
                     for update of t
                 )
                 delete from target t using gone where t.id = gone.id returning gone.name"
            )),
        }
    }

    /// The thing with this id, locked, if they may change it.
    pub(super) async fn find_changeable(
        self,
        connection: &mut PgConnection,
        by: &Asker,
        id: i64,
    ) -> sqlx::Result<Option<Changeable>> {
        let Some(sql) = self.changeable() else { return Ok(None) };
        sqlx::query_as(sql)
            .bind(id)
            .bind(by.member_id())
            .bind(by.seen_groups())
            .bind(by.is_admin())
            .fetch_optional(connection)
            .await
    }

    /// The thing with this id, locked, if they may share it.
    pub(super) async fn find_shareable(
        self,
        connection: &mut PgConnection,
        by: &Asker,
        id: i64,
    ) -> sqlx::Result<Option<Shareable>> {
        sqlx::query_as(self.shareable())
            .bind(id)
            .bind(by.member_id())
            .bind(by.seen_groups())
            .bind(by.is_admin())
            .fetch_optional(connection)
            .await
    }

    /// What it means that they found nothing to change: that there is nothing for them (false), or that they see it and
    /// may not. Either way the history tells of the attempt where there was sometable.
    pub(super) async fn refused(
        self,
        mut tx: Transaction,
        by: &Asker,
        id: i64,
    ) -> Result<bool, NotDone> {
        let found: Option<(String, bool)> = sqlx::query_as(self.seen())
            .bind(id)
            .bind(by.member_id())
            .bind(by.seen_groups())
            .fetch_optional(&mut *tx)
            .await?;
        let Some((name, is_seen)) = found else { return Ok(false) };
        history::record(&mut tx, by, Event::new(Action::Refused, self.kind(), id, name)).await?;
        tx.commit().await?;
        if is_seen { Err(Refused::Forbidden.into()) } else { Ok(false) }
    }
}

impl Changeable {
    /// Refuses to overwrite what somebody else has changed since this version was read.
    pub(super) fn check_version(&self, read: i64) -> Result<(), Refused> {
        if self.version == read { Ok(()) } else { Err(Refused::Changed) }
    }
}

impl Storage {
    /// Deletes a thing of theirs; false when it is not there for them.
    pub(super) async fn delete_owned(
        &self,
        by: &Asker,
        table: OwnedTable,
        id: i64,
    ) -> Result<bool, NotDone> {
        by.require_work()?;
        let Some(sql) = table.delete() else { return Ok(false) };
        let mut tx = self.begin_as(by).await?;
        let name: Option<String> = sqlx::query_scalar(sql)
            .bind(id)
            .bind(by.member_id())
            .bind(by.seen_groups())
            .bind(by.is_admin())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(name) = name else { return table.refused(tx, by, id).await };
        let event = Event::new(Action::Deleted, table.kind(), id, name);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(true)
    }
}
