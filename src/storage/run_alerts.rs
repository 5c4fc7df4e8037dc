//! Table `run_alert`, which says what a run found, and the columns of its list: those that are shown, and those that sort.
//!
//! The table repeats the columns that sort, and has an index for each: a page is one index range, however long the run
//! is. Columns that may be absent have two indexes, so that absent values come last both ways.

use sqlx::PgConnection;

use super::{
    StorageError,
    found_alert_rows::found_alert_columns,
    known_alerts::{KeptAlert, KnownAlerts},
    storable_json,
};
use crate::domain::{
    alert::Alert,
    found_alert::{SortColumn, SortOrder},
    run::RunId,
};

/// Which way an index is read, and from where.
#[derive(Clone, Copy)]
pub(super) enum Scan {
    Start,
    After,
    Before,
}

/// The statement for one page: `$1` run, `$2` member, `$3` the groups for which they look, `$4` rows, then either `$5`
/// rows to skip or `$5` key and `$6` alert of the cursor.
macro_rules! page {
    ($key:expr, $condition:expr, $direction:literal, $shown:literal) => {
        page!($key, $condition, $direction, $shown, "")
    };
    ($key:expr, $condition:expr, $direction:literal, $shown:literal, $offset:literal) => {
        concat!(
            "with page as (
                 select ", $key, " as key, alert_id from run_alert
                 where run_id = $1
                   and (select may_read(r.started_by, r.readers, $2, $3) from run r where r.id = $1)
                   ", $condition, "
                 order by ", $key, " ", $direction, ", alert_id ", $direction, "
                 limit $4 ", $offset, "
             )
             select page.key::text as key, ", found_alert_columns!(), ",
                    exists (
                        select from run_selection s
                        where s.run_id = $1 and s.member_id = $2 and s.alert_id = page.alert_id
                        -- `offset 0`: row by row, not by a table of all that is ticked.
                        offset 0
                    ) as is_selected,
                    (select count(*) from run_selection s where s.run_id = $1 and s.member_id = $2) as n_selected
             from page
             join alert a on a.id = page.alert_id
             left join lateral (
                 select t.id as target_id, first.name as target_name
                 from target_name n
                 join target t on t.id = n.target_id
                 join target_name first on first.target_id = n.target_id and first.is_primary
                 where n.name_key = a.object_key and may_read(t.created_by, t.readers, $2, $3)
                 order by n.realm = 'team' desc, t.id
                 limit 1
             ) known on true
             order by page.key ", $shown, ", page.alert_id ", $shown
        )
    };
}

/// Which of the statements, by a column of table `run_alert`.
macro_rules! scans {
    ($scan:expr, $up:expr, $down:expr, $type:literal, $descending:expr) => {
        match ($scan, $descending) {
            (Scan::Start, false) => page!($up, "", "asc", "asc", "offset $5"),
            (Scan::Start, true) => page!($down, "", "desc", "desc", "offset $5"),
            (Scan::After, false) => {
                page!(
                    $up,
                    concat!("and (", $up, ", alert_id) > ($5::", $type, ", $6)"),
                    "asc",
                    "asc"
                )
            }
            (Scan::After, true) => {
                page!(
                    $down,
                    concat!("and (", $down, ", alert_id) < ($5::", $type, ", $6)"),
                    "desc",
                    "desc"
                )
            }
            (Scan::Before, false) => {
                page!(
                    $up,
                    concat!("and (", $up, ", alert_id) < ($5::", $type, ", $6)"),
                    "desc",
                    "asc"
                )
            }
            (Scan::Before, true) => {
                page!(
                    $down,
                    concat!("and (", $down, ", alert_id) > ($5::", $type, ", $6)"),
                    "asc",
                    "desc"
                )
            }
        }
    };
    ($scan:expr, $column:literal, $type:literal, $descending:expr) => {
        scans!($scan, $column, $column, $type, $descending)
    };
}

/// The same by a number that may be absent, which comes last both ways.
macro_rules! scans_of_some {
    ($scan:expr, $column:literal, $descending:expr) => {
        scans!(
            $scan,
            concat!("coalesce(", $column, ", 'infinity'::float8)"),
            concat!("coalesce(", $column, ", '-infinity'::float8)"),
            "float8",
            $descending
        )
    };
}

/// The statement for one page in an order.
pub(super) fn page_sql(order: SortOrder, scan: Scan) -> &'static str {
    let down = order.descending;
    match order.column {
        SortColumn::Time => scans!(scan, "jd", "float8", down),
        SortColumn::Name => scans!(scan, "object_id", "text", down),
        SortColumn::Ra => scans!(scan, "ra", "float8", down),
        SortColumn::Dec => scans!(scan, "dec", "float8", down),
        SortColumn::Mag => scans_of_some!(scan, "mag", down),
        SortColumn::Score => scans_of_some!(scan, "classtar", down),
        SortColumn::Rb => scans_of_some!(scan, "rb", down),
        SortColumn::Snr => scans_of_some!(scan, "snr", down),
        SortColumn::Reliability => scans_of_some!(scan, "reliability", down),
        SortColumn::Age => scans_of_some!(scan, "age", down),
        SortColumn::Probability => scans_of_some!(scan, "probability", down),
    }
}

/// Links alerts to a run; how many were new to it. What a message brought to an earlier run of the same listener is not
/// new when the message comes again.
pub(super) async fn link_to_run(
    connection: &mut PgConnection,
    run_id: RunId,
    listened: Option<i64>,
    alerts: &[&KeptAlert],
    known: &KnownAlerts,
) -> Result<u64, StorageError> {
    let linked: Vec<(i64, &KeptAlert)> = alerts
        .iter()
        .filter_map(|kept| known.of(&kept.alert).map(|known| (known.id, *kept)))
        .collect();
    let column = |of: fn(&Alert) -> Option<f64>| {
        linked.iter().map(|(_, kept)| of(&kept.alert)).collect::<Vec<_>>()
    };
    let done = sqlx::query(
        "insert into run_alert (run_id, alert_id, object_id, jd, ra, dec, mag, classtar, rb, snr, reliability, age,
                                probability, attributes)
         select $1, t.*
         from unnest($2::bigint[], $3::text[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::float8[],
                     $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::jsonb[])
              as t (alert_id, object_id, jd, ra, dec, mag, classtar, rb, snr, reliability, age, probability, attributes)
         where $15::bigint is null or not exists (
             select from run_alert o
             join run e on e.id = o.run_id
             where o.alert_id = t.alert_id and o.run_id <> $1 and e.saved_query_id = $15 and e.day is not null
               and o.attributes->>'message_id' = t.attributes->>'message_id'
         )
         on conflict do nothing",
    )
    .bind(run_id)
    .bind(linked.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(linked.iter().map(|(_, kept)| kept.alert.object_id.as_str()).collect::<Vec<_>>())
    .bind(column(|alert| Some(alert.jd)))
    .bind(column(|alert| Some(alert.ra)))
    .bind(column(|alert| Some(alert.dec)))
    .bind(column(|alert| alert.mag))
    .bind(column(|alert| alert.classtar))
    .bind(column(|alert| alert.rb))
    .bind(column(|alert| alert.snr))
    .bind(column(|alert| alert.reliability))
    .bind(column(|alert| Some(alert.age_d()).filter(|age| age.is_finite())))
    .bind(column(best_probability))
    .bind(linked.iter().map(|(_, kept)| kept.attributes.as_ref().map(storable_json)).collect::<Vec<_>>())
    .bind(listened)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// The highest that a classifier gives.
fn best_probability(alert: &Alert) -> Option<f64> {
    let probabilities = alert.classifications.iter().filter_map(|it| it.probability);
    probabilities.filter(|it| (0.0..=1.0).contains(it)).max_by(f64::total_cmp)
}
