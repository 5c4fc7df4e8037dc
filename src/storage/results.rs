//! Pages of a run's results: one index range each, however long the run is and whichever column sorts it.
//!
//! Table `run_alert` repeats the columns that sort, and has an index for each. Columns that may be absent have two
//! indexes, so that absent values come last both ways.

use std::fmt;

use super::{Storage, StorageError, found_alerts::FoundAlertRow, from_bigint, to_bigint};
use crate::domain::{
    found_alert::{FoundAlert, SortColumn, SortOrder},
    run::RunId,
    sharing::Asker,
};

/// A place between two rows: what the sorting column holds there, the alert's id, and how many rows come before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Value of the sorting column, as `PostgreSQL` writes it.
    pub key: String,
    /// Id of the row's alert.
    pub alert_id: i64,
    /// Number of rows before this place, for "51–100 of 412".
    pub n_before: u64,
}

impl fmt::Display for Cursor {
    /// The text that stands in URLs; [`Cursor::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}~{}", self.n_before, self.alert_id, self.key)
    }
}

impl Cursor {
    /// Reads what [`Cursor`] writes, if the key can be one of this column.
    pub fn parse(text: &str, column: SortColumn) -> Option<Self> {
        let mut parts = text.splitn(3, '~');
        let n_before = parts.next()?.parse().ok().filter(|n: &u64| i64::try_from(*n).is_ok())?;
        let alert_id = parts.next()?.parse().ok()?;
        let key = parts.next()?;
        let fits = match column {
            SortColumn::Name => key.len() <= 200 && !key.contains('\0'),
            _ => {
                matches!(key, "Infinity" | "-Infinity")
                    || key.parse::<f64>().is_ok_and(f64::is_finite)
            }
        };
        fits.then(|| Self { key: key.to_owned(), alert_id, n_before })
    }
}

/// Which page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PageCursor {
    /// The first.
    #[default]
    Start,
    /// The rows that follow a place.
    After(Cursor),
    /// The rows that end at a place.
    Before(Cursor),
}

/// One page of results.
#[derive(Clone, Debug)]
pub struct ResultPage {
    /// Its rows.
    pub rows: Vec<FoundAlert>,
    /// Number of rows before the first of them.
    pub n_before: u64,
    /// Where the page before it ends.
    pub previous: Option<Cursor>,
    /// Where the page after it begins.
    pub next: Option<Cursor>,
    /// Rows of the whole run that the member has ticked.
    pub n_selected: u64,
}

#[derive(sqlx::FromRow)]
struct ResultRow {
    key: String,
    #[sqlx(flatten)]
    found: FoundAlertRow,
    is_selected: bool,
    n_selected: i64,
}

impl TryFrom<ResultRow> for FoundAlert {
    type Error = StorageError;

    fn try_from(row: ResultRow) -> Result<Self, StorageError> {
        row.found.into_alert(row.is_selected)
    }
}

/// Which way an index is read, and from where.
#[derive(Clone, Copy)]
enum Scan {
    Start,
    After,
    Before,
}

/// The statement for one page: `$1` run, `$2` member, `$3` the groups for which they look, `$4` rows, then either `$5`
/// rows to skip or `$5` key and `$6` alert of the cursor.
macro_rules! page {
    ($key:literal, $condition:expr, $direction:literal, $shown:literal) => {
        page!($key, $condition, $direction, $shown, "")
    };
    ($key:literal, $condition:expr, $direction:literal, $shown:literal, $offset:literal) => {
        concat!(
            "with page as (
                 select ", $key, " as key, alert_id from run_alert
                 where run_id = $1
                   and (select may_read(r.started_by, r.readers, $2, $3) from run r where r.id = $1)
                   ", $condition, "
                 order by ", $key, " ", $direction, ", alert_id ", $direction, "
                 limit $4 ", $offset, "
             )
             select page.key::text as key, page.alert_id, a.survey, a.source_id, a.object_id, a.jd, a.ra, a.dec,
                    a.mag, a.mag_err, a.band, a.is_positive, a.classtar, a.rb,
                    known.target_id, known.target_name,
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

macro_rules! scans {
    ($scan:expr, $up:literal, $down:literal, $type:literal, $descending:expr) => {
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

fn page_sql(order: SortOrder, scan: Scan) -> &'static str {
    let down = order.descending;
    match order.column {
        SortColumn::Time => scans!(scan, "jd", "float8", down),
        SortColumn::Name => scans!(scan, "object_id", "text", down),
        SortColumn::Ra => scans!(scan, "ra", "float8", down),
        SortColumn::Dec => scans!(scan, "dec", "float8", down),
        SortColumn::Mag => {
            scans!(
                scan,
                "coalesce(mag, 'infinity'::float8)",
                "coalesce(mag, '-infinity'::float8)",
                "float8",
                down
            )
        }
        SortColumn::Score => scans!(
            scan,
            "coalesce(classtar, 'infinity'::float8)",
            "coalesce(classtar, '-infinity'::float8)",
            "float8",
            down
        ),
        SortColumn::Rb => {
            scans!(
                scan,
                "coalesce(rb, 'infinity'::float8)",
                "coalesce(rb, '-infinity'::float8)",
                "float8",
                down
            )
        }
    }
}

impl Storage {
    /// One page of a run's results, as a member sees it.
    pub async fn list_results(
        &self,
        by: &Asker,
        run_id: RunId,
        order: SortOrder,
        cursor: &PageCursor,
        page_size: u32,
    ) -> Result<ResultPage, StorageError> {
        let (scan, place) = match cursor {
            PageCursor::Start => (Scan::Start, None),
            PageCursor::After(place) => (Scan::After, Some(place)),
            PageCursor::Before(place) => (Scan::Before, Some(place)),
        };
        // One row more than the page shows tells whether there is a further page.
        let mut query = sqlx::query_as(page_sql(order, scan))
            .bind(run_id)
            .bind(by.member_id())
            .bind(by.seen_groups())
            .bind(i64::from(page_size) + 1);
        query = match (place, order.column) {
            (None, _) => query.bind(0_i64),
            (Some(place), SortColumn::Name) => query.bind(&place.key).bind(place.alert_id),
            (Some(place), _) => query.bind(number_of(&place.key)).bind(place.alert_id),
        };
        let rows: Vec<ResultRow> = query.fetch_all(&self.pool).await?;
        into_page(rows, scan, place, page_size as usize)
    }

    /// A run's results by number of rows skipped, for the numbered pages of the JSON API.
    pub async fn list_results_from(
        &self,
        by: &Asker,
        run_id: RunId,
        order: SortOrder,
        skipped: u64,
        page_size: u32,
    ) -> Result<Vec<FoundAlert>, StorageError> {
        let rows: Vec<ResultRow> = sqlx::query_as(page_sql(order, Scan::Start))
            .bind(run_id)
            .bind(by.member_id())
            .bind(by.seen_groups())
            .bind(i64::from(page_size))
            .bind(to_bigint(skipped))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(FoundAlert::try_from).collect()
    }
}

fn number_of(key: &str) -> f64 {
    match key {
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        key => key.parse().unwrap_or(f64::NAN),
    }
}

fn into_page(
    mut rows: Vec<ResultRow>,
    scan: Scan,
    place: Option<&Cursor>,
    page_size: usize,
) -> Result<ResultPage, StorageError> {
    let has_further = rows.len() > page_size;
    let (has_previous, has_next) = match scan {
        Scan::Start => (false, has_further),
        Scan::After => (true, has_further),
        Scan::Before => (has_further, true),
    };
    if has_further {
        // The surplus row stands at the far end of the scan.
        if matches!(scan, Scan::Before) {
            rows.remove(0)
        } else {
            rows.remove(page_size)
        };
    }
    let n_rows = rows.len() as u64;
    let n_before = match (scan, place) {
        (Scan::Before, Some(place)) => place.n_before.saturating_sub(n_rows),
        (Scan::After, Some(place)) => place.n_before,
        _ => 0,
    };
    let cursor_at = |row: &ResultRow, n_before| Cursor {
        key: row.key.clone(),
        alert_id: row.found.alert_id,
        n_before,
    };
    let previous = rows.first().filter(|_| has_previous).map(|row| cursor_at(row, n_before));
    let next = rows.last().filter(|_| has_next).map(|row| cursor_at(row, n_before + n_rows));
    let n_selected = rows.first().map_or(0, |row| from_bigint(row.n_selected));
    let rows = rows.into_iter().map(FoundAlert::try_from).collect::<Result<_, _>>()?;
    Ok(ResultPage { rows, n_before, previous, next, n_selected })
}
