//! Table `target`: reading and writing one.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{
    NotDone, Storage, StorageError,
    askers::SharingRow,
    from_bigint, history,
    owned::OwnedTable,
    sharing::with_groups_held,
    target_names::{insert_names, replace_names},
};
use crate::domain::{
    history::{Action, Event, Kind},
    sharing::{Asker, Sharing},
    sky::{Position, healpix29},
    target::{NewTarget, Target, name_key},
};

#[derive(sqlx::FromRow)]
pub(super) struct TargetRow {
    id: i64,
    name: String,
    aliases: Vec<String>,
    ra: Option<f64>,
    dec: Option<f64>,
    note: String,
    created_by: i64,
    created_by_name: String,
    #[sqlx(flatten)]
    sharing: SharingRow,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    version: i64,
    n_alerts: i64,
}

impl TryFrom<TargetRow> for Target {
    type Error = StorageError;

    fn try_from(row: TargetRow) -> Result<Self, StorageError> {
        let position = row
            .ra
            .zip(row.dec)
            .map(|(ra, dec)| Position::new(ra, dec))
            .transpose()
            .map_err(|_| StorageError::Inconsistent { table: "target", id: row.id })?;
        Ok(Self {
            id: row.id,
            name: row.name,
            aliases: row.aliases,
            position,
            note: row.note,
            created_by: row.created_by,
            created_by_name: row.created_by_name,
            sharing: row.sharing.into(),
            created: row.created,
            modified: row.modified,
            version: row.version,
            n_alerts: from_bigint(row.n_alerts),
        })
    }
}

/// Everything that a target shows to `$1`, who looks for the groups `$2`. `$found` names the rows: `id` of some targets
/// that they see.
macro_rules! select_targets {
    ($found:expr, $order:literal) => {
        concat!(
            "select t.id, first.name, t.ra, t.dec, t.note, t.created_by, m.name as created_by_name,
                    t.readers, t.writers, t.sharers, t.created, t.modified, t.version,
                    array(
                        select name from target_name a where a.target_id = t.id and not a.is_primary order by a.id
                    ) as aliases,
                    (select count(*) from target_alert e where e.target_id = t.id) as n_alerts
             from (", $found, ") found
             join target t on t.id = found.id and may_read(t.created_by, t.readers, $1, $2)
             join target_name first on first.target_id = t.id and first.is_primary
             join member m on m.id = t.created_by ",
            $order
        )
    };
}
pub(super) use select_targets;

impl Storage {
    /// Saves a target made by hand; its id, or which of its names clashes.
    pub async fn create_target(
        &self,
        by: &Asker,
        target: NewTarget,
        sharing: Sharing,
    ) -> Result<i64, NotDone> {
        by.require_work()?;
        by.check_sharing(&sharing, None)?;
        let mut tx = self.begin_as(by).await?;
        let id = insert_target(&mut tx, by, &target, sharing).await?;
        let event = Event::new(Action::Created, Kind::Target, id, target.name);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes a target that is still as it was read (`version`); false when it is not there for them.
    pub async fn update_target(
        &self,
        by: &Asker,
        id: i64,
        version: i64,
        target: NewTarget,
    ) -> Result<bool, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let Some(found) = OwnedTable::Target.find_changeable(&mut tx, by, id).await? else {
            return OwnedTable::Target.refused(tx, by, id).await;
        };
        found.check_version(version)?;
        write_target(&mut tx, by, id, &target).await?;
        let event = Event::new(Action::Changed, Kind::Target, id, &target.name);
        let event = event.with(target_json(&target)).without_detail_if(found.is_private);
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Deletes a target; false when it is not there for them. Its alerts become prunable again.
    pub async fn delete_target(&self, by: &Asker, id: i64) -> Result<bool, NotDone> {
        self.delete_owned(by, OwnedTable::Target, id).await
    }

    /// The target with this id, if they see it.
    pub async fn find_target(&self, by: &Asker, id: i64) -> Result<Option<Target>, StorageError> {
        let row: Option<TargetRow> = sqlx::query_as(select_targets!("select $3::bigint as id", ""))
            .bind(by.member_id())
            .bind(by.seen_groups())
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Target::try_from).transpose()
    }

    /// The target that they see and that has this name or alias, as names are compared.
    pub async fn find_target_by_name(
        &self,
        by: &Asker,
        name: &str,
    ) -> Result<Option<Target>, StorageError> {
        let row: Option<TargetRow> = sqlx::query_as(select_targets!(
            "select target_id as id from target_name where name_key = $3",
            "order by t.realm = 'team' desc, t.id limit 1"
        ))
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(name_key(name))
        .fetch_optional(&self.pool)
        .await?;
        row.map(Target::try_from).transpose()
    }
}

/// Writes a new target with its names.
pub(super) async fn insert_target(
    connection: &mut PgConnection,
    by: &Asker,
    target: &NewTarget,
    sharing: Sharing,
) -> Result<i64, NotDone> {
    let sharing = with_groups_held(connection, sharing).await?;
    let id: i64 = sqlx::query_scalar(
        "insert into target (ra, dec, healpix, note, created_by, readers, writers, sharers)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         returning id",
    )
    .bind(target.position.map(Position::ra_deg))
    .bind(target.position.map(Position::dec_deg))
    .bind(target.position.map(healpix29))
    .bind(&target.note)
    .bind(by.member_id())
    .bind(&sharing.readers)
    .bind(&sharing.writers)
    .bind(&sharing.sharers)
    .fetch_one(&mut *connection)
    .await?;
    insert_names(connection, by, id, (&target.name, &target.aliases), &[]).await?;
    Ok(id)
}

/// Brings a target that is locked to what a form says.
async fn write_target(
    connection: &mut PgConnection,
    by: &Asker,
    id: i64,
    target: &NewTarget,
) -> Result<(), NotDone> {
    sqlx::query(
        "update target set ra = $2, dec = $3, healpix = $4, note = $5, modified = now(), version = version + 1
         where id = $1",
    )
    .bind(id)
    .bind(target.position.map(Position::ra_deg))
    .bind(target.position.map(Position::dec_deg))
    .bind(target.position.map(healpix29))
    .bind(&target.note)
    .execute(&mut *connection)
    .await?;
    replace_names(connection, by, id, &target.name, &target.aliases).await
}

/// A target as the history tells it.
fn target_json(target: &NewTarget) -> serde_json::Value {
    serde_json::json!({
        "name": target.name,
        "aliases": target.aliases,
        "ra": target.position.map(Position::ra_deg),
        "dec": target.position.map(Position::dec_deg),
        "note": target.note,
    })
}
