//! Lists of saved queries: by backend, by name, by whose they are.

use super::{
    Storage, StorageError, from_bigint,
    saved_queries::{QueryRow, select_queries, with_last_run},
};
use crate::domain::{
    saved_query::SavedQuery,
    sharing::{Asker, Whose},
};

/// Which saved queries a list shows.
#[derive(Clone, Debug, Default)]
pub struct QueryFilter {
    /// Those of one backend.
    pub broker: Option<String>,
    /// Those whose name contains this, in either case.
    pub name: Option<String>,
    /// Whose.
    pub whose: Whose,
}

/// The order of a list of saved queries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryOrder {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
    /// By name.
    Name,
    /// By name, backwards.
    NameBackwards,
    /// By backend, then name.
    Broker,
    /// By backend backwards, then name.
    BrokerBackwards,
    /// By owner, then name.
    Owner,
    /// By owner backwards, then name.
    OwnerBackwards,
    /// The one that ran last first.
    LastRun,
    /// The one that ran longest ago first; those that never ran are last in both.
    LastRunBackwards,
}

impl QueryOrder {
    /// Every order with the word for it in URLs.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Newest, "-created"),
        (Self::Oldest, "created"),
        (Self::Name, "name"),
        (Self::NameBackwards, "-name"),
        (Self::Broker, "broker"),
        (Self::BrokerBackwards, "-broker"),
        (Self::Owner, "owner"),
        (Self::OwnerBackwards, "-owner"),
        (Self::LastRun, "-last_run"),
        (Self::LastRunBackwards, "last_run"),
    ];

    /// The order with this word.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, word)| *word == id).map(|(order, _)| order)
    }

    /// The word for it in URLs.
    pub fn id(self) -> &'static str {
        Self::ALL.into_iter().find(|(order, _)| *order == self).map_or("-created", |(_, word)| word)
    }
}

/// Whether a query `q` passes the filter `$3` to `$6`. A name is looked for by `position`, because the planner takes `ilike` to
/// find hardly any, and would sort all queries for each page.
macro_rules! passes {
    () => {
        "($3::text is null or q.broker = $3) and position(lower($4) in lower(q.name)) > 0
           and is_of($5, q.owner_id, q.readers, $1, $6) "
    };
}

/// The statement for a page of saved queries in one order.
fn list_sql(order: QueryOrder) -> &'static str {
    macro_rules! filtered {
        ($($rest:expr),+) => {
            concat!(select_queries!(passes!()), $($rest),+)
        };
    }
    // Only the last runs of the page's own queries are looked for.
    macro_rules! ordered {
        ($order:literal) => {
            filtered!(
                "order by ",
                $order,
                " limit $7 offset $8",
                with_last_run!(),
                " order by ",
                $order
            )
        };
    }
    macro_rules! ordered_by_run {
        ($order:literal) => {
            filtered!(with_last_run!(), " order by ", $order, " limit $7 offset $8")
        };
    }
    match order {
        QueryOrder::Newest => ordered!("q.created desc, q.id desc"),
        QueryOrder::Oldest => ordered!("q.created, q.id"),
        QueryOrder::Name => ordered!("lower(q.name), q.id"),
        QueryOrder::NameBackwards => ordered!("lower(q.name) desc, q.id desc"),
        QueryOrder::Broker => ordered!("q.broker, lower(q.name), q.id"),
        QueryOrder::BrokerBackwards => ordered!("q.broker desc, lower(q.name), q.id"),
        QueryOrder::Owner => ordered!("owner_name, lower(q.name), q.id"),
        QueryOrder::OwnerBackwards => ordered!("owner_name desc, lower(q.name), q.id"),
        QueryOrder::LastRun => ordered_by_run!("r.created desc nulls last, q.id desc"),
        QueryOrder::LastRunBackwards => ordered_by_run!("r.created nulls last, q.id"),
    }
}

impl Storage {
    /// `limit` saved queries from the `offset`th on. People have tens of them, not millions: an offset serves.
    pub async fn list_queries(
        &self,
        by: &Asker,
        filter: &QueryFilter,
        order: QueryOrder,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<SavedQuery>, StorageError> {
        let rows: Vec<QueryRow> = sqlx::query_as(list_sql(order))
            .bind(by.member_id())
            .bind(by.seen_groups())
            .bind(filter.broker.as_deref())
            .bind(filter.name.as_deref().unwrap_or_default())
            .bind(filter.whose.id())
            .bind(by.own_groups())
            .bind(limit)
            .bind(offset)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(SavedQuery::from).collect())
    }

    /// How many saved queries a filter shows, counted up to `at_most`.
    pub async fn count_queries(
        &self,
        by: &Asker,
        filter: &QueryFilter,
        at_most: i64,
    ) -> Result<u64, StorageError> {
        let count: i64 = sqlx::query_scalar(concat!(
            "select count(*) from (
                 select from saved_query q where may_read(q.owner_id, q.readers, $1, $2) and ",
            passes!(),
            " limit $7) found"
        ))
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(filter.broker.as_deref())
        .bind(filter.name.as_deref().unwrap_or_default())
        .bind(filter.whose.id())
        .bind(by.own_groups())
        .bind(at_most)
        .fetch_one(&self.pool)
        .await?;
        Ok(from_bigint(count))
    }
}
