//! Tables `team_group` and `team_group_member`: groups of members, who lead them, joining and leaving.

use sqlx::PgConnection;

use super::{NotDone, Refused, Storage, StorageError, history, sharing::taken_there};
use crate::domain::{
    group::{Group, GroupMember},
    history::{Action, Event, Kind},
    sharing::Asker,
};

#[derive(sqlx::FromRow)]
struct GroupRow {
    id: i64,
    name: String,
    description: String,
    members: Vec<(i64, String, bool)>,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        let members = row.members.into_iter();
        let members =
            members.map(|(id, name, is_leader)| GroupMember { id, name, is_leader }).collect();
        Self { id: row.id, name: row.name, description: row.description, members }
    }
}

/// Groups with their members; the macro adds which.
macro_rules! select_groups {
    ($rest:literal) => {
        concat!(
            "select g.id, g.name, g.description,
                    array(
                        select (m.id, m.name, gm.is_leader)
                        from team_group_member gm
                        join member m on m.id = gm.member_id
                        where gm.group_id = g.id and m.removed is null
                        order by lower(m.name), m.id
                    ) as members
             from team_group g ",
            $rest
        )
    };
}

impl Storage {
    /// Every group, by name. Who is in which is no secret in the team; what they share is.
    pub async fn list_groups(&self, _: &Asker) -> Result<Vec<Group>, StorageError> {
        let rows: Vec<GroupRow> = sqlx::query_as(select_groups!("order by lower(g.name), g.id"))
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Group::from).collect())
    }

    /// The group with this id.
    pub async fn find_group(&self, _: &Asker, id: i64) -> Result<Option<Group>, StorageError> {
        let row: Option<GroupRow> = sqlx::query_as(select_groups!("where g.id = $1"))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(Group::from))
    }

    /// Makes a group that its maker leads; `None` when the name is taken.
    pub async fn create_group(
        &self,
        by: &Asker,
        name: &str,
        description: &str,
    ) -> Result<Option<i64>, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let id: Option<i64> = sqlx::query_scalar(
            "insert into team_group (name, description, created_by) values ($1, $2, $3)
             on conflict do nothing
             returning id",
        )
        .bind(name)
        .bind(description)
        .bind(by.member_id())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(id) = id else { return Ok(None) };
        sqlx::query(
            "insert into team_group_member (group_id, member_id, is_leader) values ($1, $2, true)",
        )
        .bind(id)
        .bind(by.member_id())
        .execute(&mut *tx)
        .await?;
        let event = Event::new(Action::Created, Kind::Group, id, name);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(Some(id))
    }

    /// Puts a member into a group, or makes one who is in it a leader or not (`None`: as they are); false when one of them
    /// is not there.
    pub async fn add_to_group(
        &self,
        by: &Asker,
        group_id: i64,
        member_id: i64,
        is_leader: Option<bool>,
    ) -> Result<bool, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let Some(name) = lead(&mut tx, by, group_id).await? else { return Ok(false) };
        // Whoever takes them out of the team meanwhile does so before or after.
        let member: Option<String> = sqlx::query_scalar(
            "select name from member
             where id = $1 and removed is null and not is_local
             for key share",
        )
        .bind(member_id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(member) = member else { return Ok(false) };
        sqlx::query(
            "insert into team_group_member as m (group_id, member_id, is_leader)
             values ($1, $2, coalesce($3, false))
             on conflict (group_id, member_id) do update set is_leader = coalesce($3, m.is_leader)",
        )
        .bind(group_id)
        .bind(member_id)
        .bind(is_leader)
        .execute(&mut *tx)
        .await?;
        let detail = serde_json::json!({ "member": member, "id": member_id, "leader": is_leader });
        let event = Event::new(Action::Added, Kind::Group, group_id, name).with(detail);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Takes a member out of a group: a leader or an admin does, or the member by themselves; false when they are not in
    /// it.
    pub async fn remove_from_group(
        &self,
        by: &Asker,
        group_id: i64,
        member_id: i64,
    ) -> Result<bool, NotDone> {
        let mut tx = self.begin_as(by).await?;
        let leaves = member_id == by.member_id();
        let name = if leaves {
            sqlx::query_scalar("select name from team_group where id = $1")
                .bind(group_id)
                .fetch_optional(&mut *tx)
                .await?
        } else {
            by.require_work()?;
            lead(&mut tx, by, group_id).await?
        };
        let Some(name): Option<String> = name else { return Ok(false) };
        let member: Option<String> = sqlx::query_scalar(
            "delete from team_group_member where group_id = $1 and member_id = $2
             returning (select m.name from member m where m.id = member_id)",
        )
        .bind(group_id)
        .bind(member_id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(member) = member else { return Ok(false) };
        let action = if leaves { Action::Left } else { Action::Removed };
        let event = Event::new(action, Kind::Group, group_id, name)
            .with(serde_json::json!({ "member": member, "id": member_id }));
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Deletes a group; what was shared with it alone is its owners' alone then. Queries and targets of owners who have
    /// left would be nobody's: they become those of who deletes the group. False when it is not there.
    pub async fn delete_group(&self, by: &Asker, id: i64) -> Result<bool, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let Some(name) = lead(&mut tx, by, id).await? else { return Ok(false) };
        for inherit in [
            "update saved_query set owner_id = $2
             where readers = array[$1] and owner_id in (select id from member where removed is not null)",
            "update target set created_by = $2
             where readers = array[$1] and created_by in (select id from member where removed is not null)",
        ] {
            let query = sqlx::query(inherit).bind(id).bind(by.member_id());
            query.execute(&mut *tx).await.map_err(taken_there)?;
        }
        for unshare in [
            "update saved_query
             set readers = array_remove(readers, $1), writers = array_remove(writers, $1),
                 sharers = array_remove(sharers, $1)
             where readers && array[$1] or writers && array[$1] or sharers && array[$1]",
            "update run
             set readers = array_remove(readers, $1), writers = array_remove(writers, $1),
                 sharers = array_remove(sharers, $1)
             where readers && array[$1] or writers && array[$1] or sharers && array[$1]",
            "update target
             set readers = array_remove(readers, $1), writers = array_remove(writers, $1),
                 sharers = array_remove(sharers, $1)
             where readers && array[$1] or writers && array[$1] or sharers && array[$1]",
            "update member set default_readers = array_remove(default_readers, $1)
             where default_readers && array[$1]",
            "delete from team_group where id = $1",
        ] {
            sqlx::query(unshare).bind(id).execute(&mut *tx).await.map_err(taken_there)?;
        }
        let event = Event::new(Action::Deleted, Kind::Group, id, name);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The name of a group that they lead, locked; `None` when it is not there.
async fn lead(
    connection: &mut PgConnection,
    by: &Asker,
    group_id: i64,
) -> Result<Option<String>, NotDone> {
    let found: Option<(String, bool)> = sqlx::query_as(
        "select g.name, exists (
             select from team_group_member m where m.group_id = g.id and m.member_id = $2 and m.is_leader
         )
         from team_group g
         where g.id = $1
         for update of g",
    )
    .bind(group_id)
    .bind(by.member_id())
    .fetch_optional(connection)
    .await?;
    match found {
        Some((name, leads)) if leads || by.is_admin() => Ok(Some(name)),
        Some(_) => Err(Refused::Forbidden.into()),
        None => Ok(None),
    }
}
