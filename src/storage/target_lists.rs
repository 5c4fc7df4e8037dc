//! Lists of targets: by name, by place, by whose they are.

use sqlx::{Arguments, error::BoxDynError, postgres::PgArguments};

use super::{
    Storage, StorageError, from_bigint,
    targets::{TargetRow, select_targets},
};
use crate::domain::{
    sharing::{Asker, Whose},
    sky::{Cone, cone_cover},
    target::{Target, name_key},
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
    /// `limit` targets that they see, older than `before`, newest first.
    pub async fn list_targets(
        &self,
        by: &Asker,
        filter: &TargetFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<TargetPage, StorageError> {
        // One row more than asked for tells whether older ones follow.
        let wanted = i64::from(limit) + 1;
        let sql = match (&filter.cone, &filter.name) {
            (Some(_), _) => select_targets!(
                concat!(
                    in_cone!(),
                    " and c.id < $12
                      and ($10::text is null or exists (
                          select from target_name s where s.target_id = c.id and s.name_key like $10))
                      order by c.id desc limit $11"
                ),
                "order by t.id desc"
            ),
            (None, Some(_)) => select_targets!(
                "select distinct s.target_id as id from target_name s
                 join target c on c.id = s.target_id
                 where s.target_id < $7 and s.name_key like $5
                   and may_read(c.created_by, c.readers, $1, $2) and is_of($3, c.created_by, c.readers, $1, $4)
                 order by s.target_id desc limit $6",
                "order by t.id desc"
            ),
            (None, None) => plain_list_sql(filter.whose),
        };
        let arguments = arguments(by, filter).map_err(sqlx::Error::Encode)?;
        let mut rows: Vec<TargetRow> = sqlx::query_as_with(sql, arguments)
            .bind(wanted)
            .bind(before.unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let rows = rows.into_iter().map(Target::try_from).collect::<Result<_, _>>()?;
        Ok(TargetPage { rows, has_more })
    }

    /// How many targets that they see a filter shows, counted up to `at_most`.
    pub async fn count_targets(
        &self,
        by: &Asker,
        filter: &TargetFilter,
        at_most: i64,
    ) -> Result<u64, StorageError> {
        let sql = match (&filter.cone, &filter.name) {
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
            (None, None) => plain_count_sql(filter.whose),
        };
        let arguments = arguments(by, filter).map_err(sqlx::Error::Encode)?;
        let count: i64 =
            sqlx::query_scalar_with(sql, arguments).bind(at_most).fetch_one(&self.pool).await?;
        Ok(from_bigint(count))
    }
}

/// What every statement here is given first: who asks for whose targets (`$1` to `$4`), the circle and the name.
fn arguments(by: &Asker, filter: &TargetFilter) -> Result<PgArguments, BoxDynError> {
    let mut arguments = PgArguments::default();
    arguments.add(by.member_id())?;
    arguments.add(by.seen_groups())?;
    arguments.add(filter.whose.id())?;
    arguments.add(by.own_groups())?;
    if let Some(cone) = &filter.cone {
        let (lows, highs): (Vec<i64>, Vec<i64>) = cone_cover(cone).into_iter().unzip();
        arguments.add(lows)?;
        arguments.add(highs)?;
        arguments.add(cone.center.ra_deg())?;
        arguments.add(cone.center.dec_deg())?;
        arguments.add(chord_squared(cone))?;
    }
    let name = filter.name.as_deref().map(name_pattern);
    if filter.cone.is_some() || name.is_some() {
        arguments.add(name)?;
    }
    Ok(arguments)
}

/// The list without a search: one's own, or a group's, are few among many and have an index each.
fn plain_list_sql(whose: Whose) -> &'static str {
    macro_rules! list {
        ($which:literal) => {
            select_targets!(
                concat!(
                    "select c.id from target c
                     where c.id < $6 and may_read(c.created_by, c.readers, $1, $2)",
                    $which,
                    " order by c.id desc limit $5"
                ),
                "order by t.id desc"
            )
        };
    }
    match whose {
        Whose::All => list!(""),
        Whose::Mine => list!(" and c.created_by = $1"),
        Whose::MyGroups => list!(" and c.readers && $4 and c.readers <> '{0}'"),
    }
}

fn plain_count_sql(whose: Whose) -> &'static str {
    macro_rules! count {
        ($which:literal) => {
            concat!(
                "select count(*) from (
                     select from target c where may_read(c.created_by, c.readers, $1, $2)",
                $which,
                " limit $5) found"
            )
        };
    }
    match whose {
        Whose::All => count!(""),
        Whose::Mine => count!(" and c.created_by = $1"),
        Whose::MyGroups => count!(" and c.readers && $4 and c.readers <> '{0}'"),
    }
}

fn name_pattern(name: &str) -> String {
    format!("%{}%", escape_like(&name_key(name)))
}

/// `text` with the wildcards of `like` taken literally.
fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Square of the straight line between two points of the unit sphere that are as far apart as the cone's radius.
fn chord_squared(cone: &Cone) -> f64 {
    let chord = 2.0 * (cone.radius_deg.to_radians() / 2.0).sin();
    // Rounding must not lose a point that lies on the circle.
    chord * chord * (1.0 + 1e-12) + 1e-18
}
