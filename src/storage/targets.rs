//! Table `target`: reading, writing and searching by name and place.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{
    Storage, StorageError, from_bigint, history,
    saved_queries::escape_like,
    scopes::SharingRow,
    sharing::with_groups_held,
    target_names::{insert_names, replace_names},
};
use crate::domain::{
    history::{Action, Event, Kind},
    sharing::{Sharing, TeamScope, Whose},
    sky::{Cone, Position, cone_cover, healpix29},
    target::{NewTarget, Target, name_key},
};

/// Which targets a list shows.
#[derive(Clone, Debug, Default)]
pub struct TargetFilter {
    /// Those with a name or alias that contains this, as names are compared.
    pub name: Option<String>,
    /// Those within a circle on the sky.
    pub cone: Option<Cone>,
    /// Whose.
    pub whose: Whose,
}

/// A page of targets, newest first.
#[derive(Clone, Debug)]
pub struct TargetPage {
    /// Its rows.
    pub rows: Vec<Target>,
    /// Whether older ones follow.
    pub has_more: bool,
}

#[derive(sqlx::FromRow)]
struct TargetRow {
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

/// Targets that they see, of those that they ask for (`$3`, for their own groups `$4`), in a circle: `$5`, `$6` cover the
/// circle with ranges of cells, `$7`, `$8` its centre and `$9` the square of its chord. The chord between unit vectors is exact enough at every distance and at the poles.
macro_rules! in_cone {
    () => {
        "select c.id
         from unnest($5::bigint[], $6::bigint[]) as cell (low, high)
         -- `offset 0`: the planner must not turn this inside out and walk all targets.
         cross join lateral (
             select t.id, t.ra, t.dec from target t
             where t.healpix between cell.low and cell.high
               and may_read(t.created_by, t.readers, $1, $2) and is_of($3, t.created_by, t.readers, $1, $4)
             offset 0
         ) c
         where power(cosd(c.dec) * cosd(c.ra) - cosd($8) * cosd($7), 2)
             + power(cosd(c.dec) * sind(c.ra) - cosd($8) * sind($7), 2)
             + power(sind(c.dec) - sind($8), 2) <= $9"
    };
}

impl Storage {
    /// Saves a target made by hand; its id, or which of its names clashes.
    pub async fn create_target(
        &self,
        scope: &TeamScope,
        target: NewTarget,
        sharing: Sharing,
    ) -> Result<i64, StorageError> {
        scope.require_work()?;
        scope.check_sharing(&sharing, None)?;
        let by = scope.clone();
        self.in_transaction(move |connection| {
            Box::pin(async move {
                let id = insert_target(connection, &by, &target, sharing).await?;
                let event = Event::new(Action::Created, Kind::Target, id, target.name);
                history::record(connection, &by, event).await?;
                Ok(id)
            })
        })
        .await
    }

    /// Changes a target that is still as it was read (`version`); false when it is not there for them.
    pub async fn update_target(
        &self,
        scope: &TeamScope,
        id: i64,
        version: i64,
        target: NewTarget,
    ) -> Result<bool, StorageError> {
        scope.require_work()?;
        let by = scope.clone();
        let is_done = self
            .in_transaction(move |connection| {
                Box::pin(async move {
                    let found: Option<i64> = sqlx::query_scalar(
                        "select version from target
                         where id = $1 and may_change(created_by, readers, writers, $2, $3, $4)
                         for update",
                    )
                    .bind(id)
                    .bind(by.member_id())
                    .bind(by.seen_groups())
                    .bind(by.is_admin())
                    .fetch_optional(&mut *connection)
                    .await?;
                    match found {
                        None => return Ok(false),
                        Some(found) if found != version => return Err(StorageError::Changed),
                        Some(_) => write_target(connection, &by, id, &target).await?,
                    }
                    let event = Event::new(Action::Changed, Kind::Target, id, &target.name);
                    history::record(connection, &by, event.with(target_json(&target))).await?;
                    Ok(true)
                })
            })
            .await?;
        self.done_or_refused(scope, is_done, Kind::Target, id).await
    }

    /// Deletes a target; false when it is not there for them. Its alerts become prunable again.
    pub async fn delete_target(&self, scope: &TeamScope, id: i64) -> Result<bool, StorageError> {
        scope.require_work()?;
        let by = scope.clone();
        let is_done = self
            .in_transaction(move |connection| {
                Box::pin(async move {
                    let name: Option<String> = sqlx::query_scalar(
                        "with gone as (
                             select t.id, n.name from target t
                             join target_name n on n.target_id = t.id and n.is_primary
                             where t.id = $1 and may_change(t.created_by, t.readers, '{}', $2, $3, $4)
                             for update of t
                         )
                         delete from target t using gone where t.id = gone.id returning gone.name",
                    )
                    .bind(id)
                    .bind(by.member_id())
                    .bind(by.seen_groups())
                    .bind(by.is_admin())
                    .fetch_optional(&mut *connection)
                    .await?;
                    let Some(name) = name else { return Ok(false) };
                    let event = Event::new(Action::Deleted, Kind::Target, id, name);
                    history::record(connection, &by, event).await?;
                    Ok(true)
                })
            })
            .await?;
        self.done_or_refused(scope, is_done, Kind::Target, id).await
    }

    /// The target with this id, if they see it.
    pub async fn find_target(
        &self,
        scope: &TeamScope,
        id: i64,
    ) -> Result<Option<Target>, StorageError> {
        let row: Option<TargetRow> = sqlx::query_as(select_targets!("select $3::bigint as id", ""))
            .bind(scope.member_id())
            .bind(scope.seen_groups())
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Target::try_from).transpose()
    }

    /// The target that they see and that has this name or alias, as names are compared.
    pub async fn find_target_by_name(
        &self,
        scope: &TeamScope,
        name: &str,
    ) -> Result<Option<Target>, StorageError> {
        let row: Option<TargetRow> = sqlx::query_as(select_targets!(
            "select target_id as id from target_name where name_key = $3",
            "order by t.realm = 'team' desc, t.id limit 1"
        ))
        .bind(scope.member_id())
        .bind(scope.seen_groups())
        .bind(name_key(name))
        .fetch_optional(&self.pool)
        .await?;
        row.map(Target::try_from).transpose()
    }

    /// `limit` targets that they see, older than `before`, newest first.
    pub async fn list_targets(
        &self,
        scope: &TeamScope,
        filter: &TargetFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<TargetPage, StorageError> {
        let before = before.unwrap_or(i64::MAX);
        let name = filter.name.as_deref().map(name_pattern);
        // One row more than asked for tells whether older ones follow.
        let wanted = i64::from(limit) + 1;
        let sql = match (&filter.cone, &name) {
            (Some(_), _) => select_targets!(
                concat!(
                    in_cone!(),
                    " and c.id < $10
                      and ($11::text is null or exists (
                          select from target_name s where s.target_id = c.id and s.name_key like $11))
                      order by c.id desc limit $12"
                ),
                "order by t.id desc"
            ),
            (None, Some(_)) => select_targets!(
                "select distinct s.target_id as id from target_name s
                 join target c on c.id = s.target_id
                 where s.target_id < $5 and s.name_key like $6
                   and may_read(c.created_by, c.readers, $1, $2) and is_of($3, c.created_by, c.readers, $1, $4)
                 order by s.target_id desc limit $7",
                "order by t.id desc"
            ),
            (None, None) => select_targets!(
                "select c.id from target c
                 where c.id < $5
                   and may_read(c.created_by, c.readers, $1, $2) and is_of($3, c.created_by, c.readers, $1, $4)
                 order by c.id desc limit $6",
                "order by t.id desc"
            ),
        };
        let query = sqlx::query_as(sql)
            .bind(scope.member_id())
            .bind(scope.seen_groups())
            .bind(filter.whose.id())
            .bind(scope.own_groups());
        let query = match (&filter.cone, name) {
            (Some(cone), name) => {
                let (lows, highs): (Vec<i64>, Vec<i64>) = cone_cover(cone).into_iter().unzip();
                query
                    .bind(lows)
                    .bind(highs)
                    .bind(cone.center.ra_deg())
                    .bind(cone.center.dec_deg())
                    .bind(chord_squared(cone))
                    .bind(before)
                    .bind(name)
            }
            (None, Some(name)) => query.bind(before).bind(name),
            (None, None) => query.bind(before),
        };
        let mut rows: Vec<TargetRow> = query.bind(wanted).fetch_all(&self.pool).await?;
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let rows = rows.into_iter().map(Target::try_from).collect::<Result<_, _>>()?;
        Ok(TargetPage { rows, has_more })
    }

    /// How many targets that they see a filter shows, counted up to `at_most`.
    pub async fn count_targets(
        &self,
        scope: &TeamScope,
        filter: &TargetFilter,
        at_most: i64,
    ) -> Result<u64, StorageError> {
        let name = filter.name.as_deref().map(name_pattern);
        let sql = match (&filter.cone, &name) {
            (Some(_), _) => concat!(
                "select count(*) from (",
                in_cone!(),
                " and ($10::text is null or exists (
                      select from target_name s where s.target_id = c.id and s.name_key like $10))
                  limit $11) found"
            ),
            (None, Some(_)) => {
                "select count(*) from (
                     select distinct s.target_id from target_name s
                     join target c on c.id = s.target_id
                     where s.name_key like $5
                       and may_read(c.created_by, c.readers, $1, $2) and is_of($3, c.created_by, c.readers, $1, $4)
                     limit $6) found"
            }
            (None, None) => {
                "select count(*) from (
                     select from target c
                     where may_read(c.created_by, c.readers, $1, $2) and is_of($3, c.created_by, c.readers, $1, $4)
                     limit $5) found"
            }
        };
        let query = sqlx::query_scalar(sql)
            .bind(scope.member_id())
            .bind(scope.seen_groups())
            .bind(filter.whose.id())
            .bind(scope.own_groups());
        let query = match (&filter.cone, name) {
            (Some(cone), name) => {
                let (lows, highs): (Vec<i64>, Vec<i64>) = cone_cover(cone).into_iter().unzip();
                query
                    .bind(lows)
                    .bind(highs)
                    .bind(cone.center.ra_deg())
                    .bind(cone.center.dec_deg())
                    .bind(chord_squared(cone))
                    .bind(name)
            }
            (None, Some(name)) => query.bind(name),
            (None, None) => query,
        };
        let count: i64 = query.bind(at_most).fetch_one(&self.pool).await?;
        Ok(from_bigint(count))
    }
}

/// Writes a new target with its names.
pub(super) async fn insert_target(
    connection: &mut PgConnection,
    by: &TeamScope,
    target: &NewTarget,
    sharing: Sharing,
) -> Result<i64, StorageError> {
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
    by: &TeamScope,
    id: i64,
    target: &NewTarget,
) -> Result<(), StorageError> {
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

fn name_pattern(name: &str) -> String {
    format!("%{}%", escape_like(&name_key(name)))
}

/// Square of the straight line between two points of the unit sphere that are as far apart as the cone's radius.
fn chord_squared(cone: &Cone) -> f64 {
    let chord = 2.0 * (cone.radius_deg.to_radians() / 2.0).sin();
    // Rounding must not lose a point that lies on the circle.
    chord * chord * (1.0 + 1e-12) + 1e-18
}
