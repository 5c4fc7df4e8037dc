//! Table `target`: reading, writing and searching by name and place.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{
    Storage, StorageError, from_bigint,
    saved_queries::escape_like,
    target_names::{insert_names, replace_names},
};
use crate::domain::{
    member::Member,
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
    created_by_name: String,
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
            created_by_name: row.created_by_name,
            created: row.created,
            modified: row.modified,
            version: row.version,
            n_alerts: from_bigint(row.n_alerts),
        })
    }
}

/// Everything that a target shows. `$found` names the rows: `id` of some targets.
macro_rules! select_targets {
    ($found:expr, $order:literal) => {
        concat!(
            "select t.id, first.name, t.ra, t.dec, t.note, m.name as created_by_name, t.created, t.modified,
                    t.version,
                    array(
                        select name from target_name a where a.target_id = t.id and not a.is_primary order by a.id
                    ) as aliases,
                    (select count(*) from target_alert e where e.target_id = t.id) as n_alerts
             from (", $found, ") found
             join target t on t.id = found.id
             join target_name first on first.target_id = t.id and first.is_primary
             join member m on m.id = t.created_by ",
            $order
        )
    };
}

/// Targets in a circle: `$1`, `$2` cover the circle with ranges of cells, `$3`, `$4` its centre and
/// `$5` the square of its chord. The chord between unit vectors is exact enough at every distance and at the poles.
macro_rules! in_cone {
    () => {
        "select c.id
         from unnest($1::bigint[], $2::bigint[]) as cell (low, high)
         -- `offset 0`: the planner must not turn this inside out and walk all targets.
         cross join lateral (
             select t.id, t.ra, t.dec from target t where t.healpix between cell.low and cell.high offset 0
         ) c
         where power(cosd(c.dec) * cosd(c.ra) - cosd($4) * cosd($3), 2)
             + power(cosd(c.dec) * sind(c.ra) - cosd($4) * sind($3), 2)
             + power(sind(c.dec) - sind($4), 2) <= $5"
    };
}

impl Storage {
    /// Saves a target made by hand; its id, or which of its names clashes.
    pub async fn create_target(&self, target: NewTarget, by: &Member) -> Result<i64, StorageError> {
        let by = by.id;
        self.in_transaction(move |connection| {
            Box::pin(async move { insert_target(connection, &target, by).await })
        })
        .await
    }

    /// Changes a target that is still as it was read (`version`).
    pub async fn update_target(
        &self,
        id: i64,
        version: i64,
        target: NewTarget,
    ) -> Result<(), StorageError> {
        self.in_transaction(move |connection| {
            Box::pin(async move {
                let done = sqlx::query(
                    "update target set ra = $3, dec = $4, healpix = $5, note = $6, modified = now(),
                                       version = version + 1
                     where id = $1 and version = $2",
                )
                .bind(id)
                .bind(version)
                .bind(target.position.map(Position::ra_deg))
                .bind(target.position.map(Position::dec_deg))
                .bind(target.position.map(healpix29))
                .bind(&target.note)
                .execute(&mut *connection)
                .await?;
                if done.rows_affected() == 0 {
                    return Err(StorageError::Changed);
                }
                replace_names(connection, id, &target.name, &target.aliases).await
            })
        })
        .await
    }

    /// Deletes a target; whether it was there. Its alerts become prunable again.
    pub async fn delete_target(&self, id: i64) -> Result<bool, StorageError> {
        let done =
            sqlx::query("delete from target where id = $1").bind(id).execute(&self.pool).await?;
        Ok(done.rows_affected() == 1)
    }

    /// The target with this id.
    pub async fn find_target(&self, id: i64) -> Result<Option<Target>, StorageError> {
        let row: Option<TargetRow> = sqlx::query_as(select_targets!("select $1::bigint as id", ""))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Target::try_from).transpose()
    }

    /// The target that has this name or alias, as names are compared.
    pub async fn find_target_by_name(&self, name: &str) -> Result<Option<Target>, StorageError> {
        let row: Option<TargetRow> = sqlx::query_as(select_targets!(
            "select target_id as id from target_name where name_key = $1",
            ""
        ))
        .bind(name_key(name))
        .fetch_optional(&self.pool)
        .await?;
        row.map(Target::try_from).transpose()
    }

    /// `limit` targets older than `before`, newest first.
    pub async fn list_targets(
        &self,
        filter: &TargetFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<TargetPage, StorageError> {
        let before = before.unwrap_or(i64::MAX);
        let name = filter.name.as_deref().map(name_pattern);
        // One row more than asked for tells whether older ones follow.
        let wanted = i64::from(limit) + 1;
        let mut rows: Vec<TargetRow> = if let Some(cone) = &filter.cone {
            let (lows, highs): (Vec<i64>, Vec<i64>) = cone_cover(cone).into_iter().unzip();
            sqlx::query_as(select_targets!(
                concat!(
                    in_cone!(),
                    " and c.id < $6
                      and ($7::text is null or exists (
                          select from target_name s where s.target_id = c.id and s.name_key like $7))
                      order by c.id desc limit $8"
                ),
                "order by t.id desc"
            ))
            .bind(lows)
            .bind(highs)
            .bind(cone.center.ra_deg())
            .bind(cone.center.dec_deg())
            .bind(chord_squared(cone))
            .bind(before)
            .bind(name)
            .bind(wanted)
            .fetch_all(&self.pool)
            .await?
        } else if name.is_some() {
            sqlx::query_as(select_targets!(
                "select distinct s.target_id as id from target_name s
                 where s.target_id < $1 and s.name_key like $2
                 order by s.target_id desc limit $3",
                "order by t.id desc"
            ))
            .bind(before)
            .bind(name)
            .bind(wanted)
            .fetch_all(&self.pool)
            .await?
        } else {
            sqlx::query_as(select_targets!(
                "select c.id from target c where c.id < $1 order by c.id desc limit $2",
                "order by t.id desc"
            ))
            .bind(before)
            .bind(wanted)
            .fetch_all(&self.pool)
            .await?
        };
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let rows = rows.into_iter().map(Target::try_from).collect::<Result<_, _>>()?;
        Ok(TargetPage { rows, has_more })
    }

    /// How many targets a filter shows, counted up to `at_most`.
    pub async fn count_targets(
        &self,
        filter: &TargetFilter,
        at_most: i64,
    ) -> Result<u64, StorageError> {
        let name = filter.name.as_deref().map(name_pattern);
        let count: i64 = if let Some(cone) = &filter.cone {
            let (lows, highs): (Vec<i64>, Vec<i64>) = cone_cover(cone).into_iter().unzip();
            sqlx::query_scalar(concat!(
                "select count(*) from (",
                in_cone!(),
                " and ($6::text is null or exists (
                      select from target_name s where s.target_id = c.id and s.name_key like $6))
                  limit $7) found"
            ))
            .bind(lows)
            .bind(highs)
            .bind(cone.center.ra_deg())
            .bind(cone.center.dec_deg())
            .bind(chord_squared(cone))
            .bind(name)
            .bind(at_most)
            .fetch_one(&self.pool)
            .await?
        } else if name.is_some() {
            sqlx::query_scalar(
                "select count(*) from (select distinct target_id from target_name where name_key like $1 limit $2) f",
            )
            .bind(name)
            .bind(at_most)
            .fetch_one(&self.pool)
            .await?
        } else {
            sqlx::query_scalar("select count(*) from (select from target limit $1) found")
                .bind(at_most)
                .fetch_one(&self.pool)
                .await?
        };
        Ok(from_bigint(count))
    }
}

/// Writes a target with its names.
pub(super) async fn insert_target(
    connection: &mut PgConnection,
    target: &NewTarget,
    by: i64,
) -> Result<i64, StorageError> {
    let id: i64 = sqlx::query_scalar(
        "insert into target (ra, dec, healpix, note, created_by) values ($1, $2, $3, $4, $5) returning id",
    )
    .bind(target.position.map(Position::ra_deg))
    .bind(target.position.map(Position::dec_deg))
    .bind(target.position.map(healpix29))
    .bind(&target.note)
    .bind(by)
    .fetch_one(&mut *connection)
    .await?;
    insert_names(connection, id, &target.name, &target.aliases).await?;
    Ok(id)
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
