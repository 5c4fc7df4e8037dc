//! Pages of a run's results: one index range each, however long the run is and whichever column sorts it.
//!
//! The statements stand with the table and its columns, in `run_alerts.rs`.

use std::fmt;

use super::{
    Storage, StorageError,
    found_alert_rows::FoundAlertRow,
    from_bigint,
    run_alerts::{Scan, page_sql},
    to_bigint,
};
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
