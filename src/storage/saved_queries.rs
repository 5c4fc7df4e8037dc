//! Table `saved_query`.

use chrono::{DateTime, Utc};

use super::{Storage, StorageError, from_bigint};
use crate::domain::{
    member::Member,
    run::RunState,
    saved_query::{LastRun, NewSavedQuery, SavedQuery},
};

/// Which saved queries a list shows.
#[derive(Clone, Debug, Default)]
pub struct QueryFilter {
    /// Those of one backend.
    pub broker: Option<String>,
    /// Those whose name contains this, in either case.
    pub name: Option<String>,
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
    /// The one that ran longest ago (or never) first.
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

#[derive(sqlx::FromRow)]
struct QueryRow {
    id: i64,
    name: String,
    broker: String,
    parameters: serde_json::Value,
    owner_id: i64,
    owner_name: String,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    run_id: Option<i64>,
    run_created: Option<DateTime<Utc>>,
    run_state: Option<String>,
    run_stored: Option<i64>,
}

impl From<QueryRow> for SavedQuery {
    fn from(row: QueryRow) -> Self {
        let last_run = match (
            row.run_id,
            row.run_created,
            row.run_state.as_deref().and_then(RunState::from_id),
        ) {
            (Some(id), Some(created), Some(state)) => {
                Some(LastRun { id, created, state, stored: row.run_stored.map_or(0, from_bigint) })
            }
            _ => None,
        };
        Self {
            id: row.id,
            name: row.name,
            broker: row.broker,
            parameters: row.parameters,
            owner_id: row.owner_id,
            owner_name: row.owner_name,
            created: row.created,
            modified: row.modified,
            last_run,
        }
    }
}

/// Everything a saved query shows; the macro adds what differs between the questions.
macro_rules! select_queries {
    ($($rest:literal),+) => {
        concat!(
            "select q.id, q.name, q.broker, q.parameters, q.owner_id, m.name as owner_name, q.created, q.modified,
                    r.id as run_id, r.created as run_created, r.state as run_state, r.stored as run_stored
             from saved_query q
             join member m on m.id = q.owner_id
             left join lateral (
                 select id, created, state, stored from run where saved_query_id = q.id order by id desc limit 1
             ) r on true ",
            $($rest),+
        )
    };
}

/// The statement for a page of saved queries in one order.
fn list_sql(order: QueryOrder) -> &'static str {
    macro_rules! ordered {
        ($order:literal) => {
            select_queries!(
                "where ($1::text is null or q.broker = $1) and ($2::text is null or q.name ilike $2)
                 order by ",
                $order,
                " limit $3 offset $4"
            )
        };
    }
    match order {
        QueryOrder::Newest => ordered!("q.created desc, q.id desc"),
        QueryOrder::Oldest => ordered!("q.created, q.id"),
        QueryOrder::Name => ordered!("lower(q.name), q.id"),
        QueryOrder::NameBackwards => ordered!("lower(q.name) desc, q.id desc"),
        QueryOrder::Broker => ordered!("q.broker, lower(q.name), q.id"),
        QueryOrder::BrokerBackwards => ordered!("q.broker desc, lower(q.name), q.id"),
        QueryOrder::Owner => ordered!("m.name, lower(q.name), q.id"),
        QueryOrder::OwnerBackwards => ordered!("m.name desc, lower(q.name), q.id"),
        QueryOrder::LastRun => ordered!("r.created desc nulls last, q.id desc"),
        QueryOrder::LastRunBackwards => ordered!("r.created nulls first, q.id"),
    }
}

impl Storage {
    /// Saves a query for a member; its id.
    pub async fn save_query(
        &self,
        query: &NewSavedQuery,
        owner: &Member,
    ) -> Result<i64, StorageError> {
        let id = sqlx::query_scalar(
            "insert into saved_query (name, broker, parameters, owner_id) values ($1, $2, $3, $4) returning id",
        )
        .bind(&query.name)
        .bind(&query.broker)
        .bind(&query.parameters)
        .bind(owner.id)
        .fetch_one(&self.pool)
        .await?;
        Ok(id)
    }

    /// The saved query with this id.
    pub async fn find_query(&self, id: i64) -> Result<Option<SavedQuery>, StorageError> {
        let row: Option<QueryRow> = sqlx::query_as(select_queries!("where q.id = $1"))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(SavedQuery::from))
    }

    /// `limit` saved queries from the `offset`th on. People have tens of them, not millions: an offset serves.
    pub async fn list_queries(
        &self,
        filter: &QueryFilter,
        order: QueryOrder,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<SavedQuery>, StorageError> {
        let rows: Vec<QueryRow> = sqlx::query_as(list_sql(order))
            .bind(filter.broker.as_deref())
            .bind(filter.name.as_deref().map(|name| format!("%{}%", escape_like(name))))
            .bind(limit)
            .bind(offset)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(SavedQuery::from).collect())
    }

    /// How many saved queries a filter shows.
    pub async fn count_queries(&self, filter: &QueryFilter) -> Result<u64, StorageError> {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from saved_query q
             where ($1::text is null or q.broker = $1) and ($2::text is null or q.name ilike $2)",
        )
        .bind(filter.broker.as_deref())
        .bind(filter.name.as_deref().map(|name| format!("%{}%", escape_like(name))))
        .fetch_one(&self.pool)
        .await?;
        Ok(from_bigint(count))
    }

    /// Changes name and form of a saved query; whether it was there.
    pub async fn update_query(&self, id: i64, query: &NewSavedQuery) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "update saved_query set name = $2, parameters = $3, modified = now() where id = $1",
        )
        .bind(id)
        .bind(&query.name)
        .bind(&query.parameters)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes a saved query; whether it was there. Its runs stay.
    pub async fn delete_query(&self, id: i64) -> Result<bool, StorageError> {
        let done = sqlx::query("delete from saved_query where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// `text` with the wildcards of `like` taken literally.
pub(super) fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
