//! Lists of runs: by state, by saved query, by whose they are.

use sqlx::{Postgres, postgres::PgArguments, query::QueryAs};

use super::{
    ListPosition, Storage, StorageError,
    runs::{RunRow, select_runs},
};
use crate::domain::{
    run::{Run, RunId, RunState},
    sharing::{Asker, Whose},
};

/// Which runs a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunFilter {
    /// Those in one state.
    pub state: Option<RunState>,
    /// Those of one saved query.
    pub saved_query_id: Option<i64>,
    /// Those before this one.
    pub before: Option<RunId>,
    /// Whose.
    pub whose: Whose,
    /// Those of listeners alone.
    pub of_listeners: bool,
}

/// Whether a run `r` passes the filter `$3` to `$7`.
macro_rules! passes {
    () => {
        "($3::text is null or r.state = $3)
           and ($4::bigint is null or r.saved_query_id = $4)
           and is_of($5, r.started_by, r.readers, $1, $6)
           and ($7 is false or r.day is not null)"
    };
}

/// `$1` to `$9` of a statement that asks by [`passes`]: who asks, the filter, and how many rows at most.
fn bind_filter<'q, O>(
    query: QueryAs<'q, Postgres, O, PgArguments>,
    by: &'q Asker,
    filter: RunFilter,
    limit: i64,
) -> QueryAs<'q, Postgres, O, PgArguments> {
    query
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(filter.state.map(RunState::id))
        .bind(filter.saved_query_id)
        .bind(filter.whose.id())
        .bind(by.own_groups())
        .bind(filter.of_listeners)
        .bind(filter.before)
        .bind(limit)
}

impl Storage {
    /// The newest `limit` runs that a filter shows.
    pub async fn list_runs(
        &self,
        by: &Asker,
        filter: RunFilter,
        limit: i64,
    ) -> Result<Vec<Run>, StorageError> {
        let query = sqlx::query_as(select_runs!(concat!(
            passes!(),
            " and r.id < coalesce($8, 9223372036854775807)
             order by r.id desc
             limit $9"
        )));
        let rows: Vec<RunRow> = bind_filter(query, by, filter, limit).fetch_all(&self.pool).await?;
        rows.into_iter().map(Run::try_from).collect()
    }

    /// How many runs a filter shows on all pages, and how many on the pages before the one that it asks for, counted up to
    /// `at_most`.
    pub async fn count_runs(
        &self,
        by: &Asker,
        filter: RunFilter,
        at_most: i64,
    ) -> Result<ListPosition, StorageError> {
        let query = sqlx::query_as(concat!(
            "select count(*), count(*) filter (where id >= $8)
             from (
                 select r.id from run r
                 where may_read(r.started_by, r.readers, $1, $2) and ",
            passes!(),
            " order by r.id desc
                 limit $9
             ) newest"
        ));
        let (n_all, n_before) =
            bind_filter(query, by, filter, at_most).fetch_one(&self.pool).await?;
        Ok(ListPosition::of(n_all, n_before))
    }
}
