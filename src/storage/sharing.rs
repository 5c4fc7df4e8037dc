//! Who sees a query, a run or a target, and who of them may change or share it: setting it.

use serde_json::json;
use sqlx::PgConnection;

use super::{NotDone, Refused, Storage, StorageError, history, owned::OwnedTable};
use crate::domain::{
    history::{Action, Event, Kind},
    sharing::{Asker, Sharing, TEAM},
};

impl Asker {
    /// Refuses to share with groups that are not theirs, but for those that have it already.
    pub(super) fn check_sharing(
        &self,
        wanted: &Sharing,
        before: Option<&Sharing>,
    ) -> Result<(), Refused> {
        let may_name = |group: &i64| {
            *group == TEAM
                || self.seen_groups().contains(group)
                || before.is_some_and(|before| before.readers.contains(group))
        };
        let lists = [&wanted.readers, &wanted.writers, &wanted.sharers];
        if lists.into_iter().flatten().all(may_name) { Ok(()) } else { Err(Refused::Forbidden) }
    }
}

impl Storage {
    /// Changes who sees a thing, and who of them may change and share it, where it is still shared as it was read
    /// (`read`; `None`: however it is). False when it is not there for them.
    pub async fn share(
        &self,
        by: &Asker,
        kind: Kind,
        id: i64,
        read: Option<&Sharing>,
        sharing: Sharing,
    ) -> Result<bool, NotDone> {
        by.require_work()?;
        let Some(table) = OwnedTable::of(kind) else { return Ok(false) };
        let mut tx = self.begin_as(by).await?;
        let there = with_groups_held(&mut tx, sharing.clone()).await?;
        let Some(found) = table.find_shareable(&mut tx, by, id).await? else {
            return table.refused(tx, by, id).await;
        };
        let before = Sharing::from(found.sharing);
        if read.is_some_and(|read| *read != before) {
            return Err(Refused::Changed.into());
        }
        by.check_sharing(&sharing, Some(&before))?;
        if !by.may_reshare(found.owner_id, &before, &sharing) {
            return Err(Refused::NotTheirsToGive.into());
        }
        // A group that they could name a moment ago may be gone.
        let sharing = there;
        if before == sharing {
            return Ok(true);
        }
        sqlx::query(table.share())
            .bind(id)
            .bind(&sharing.readers)
            .bind(&sharing.writers)
            .bind(&sharing.sharers)
            .execute(&mut *tx)
            .await
            .map_err(taken_there)?;
        let event = Event::new(Action::Shared, kind, id, found.name);
        let event = event.with(json!({ "before": before, "after": sharing }));
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// A sharing in order, without groups that are gone meanwhile; those that are there stay until the transaction ends.
pub(super) async fn with_groups_held(
    connection: &mut PgConnection,
    sharing: Sharing,
) -> Result<Sharing, StorageError> {
    let Sharing { readers, writers, sharers } = sharing;
    let mut named = [readers.as_slice(), &writers, &sharers].concat();
    named.retain(|group| *group != TEAM);
    let mut there = vec![TEAM];
    if !named.is_empty() {
        let held: Vec<i64> = sqlx::query_scalar(
            "select id from team_group where id = any($1) order by id for key share",
        )
        .bind(named)
        .fetch_all(connection)
        .await?;
        there.extend(held);
    }
    let [readers, writers, sharers] = [readers, writers, sharers].map(|mut groups| {
        groups.retain(|group| there.contains(group));
        groups
    });
    Ok(Sharing { readers, writers, sharers }.checked())
}

/// A target whose name is another's among those who would see both.
pub(super) fn taken_there(error: sqlx::Error) -> NotDone {
    let constraint = error.as_database_error().and_then(|cause| cause.constraint());
    match constraint {
        Some("target_name_key") => Refused::NameTakenThere.into(),
        _ => error.into(),
    }
}
