//! Table `listener`: starting, pausing and ending one by a member, and what else a member's doing means for it.

use sqlx::PgConnection;

use super::{NotDone, Refused, Storage, StorageError, from_bigint, history, owned::OwnedTable};
use crate::domain::{
    history::{Action, Event, Kind},
    sharing::Asker,
};

impl Storage {
    /// Has a saved query listened to as the member who asks, of whom at most `most` go on; what was paused goes on, and
    /// what is in trouble tries at once. False when the query is not there for them.
    pub async fn start_listening(
        &self,
        by: &Asker,
        query_id: i64,
        acts_as: Option<&str>,
        most: u32,
    ) -> Result<bool, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let Some(query) = OwnedTable::SavedQuery.find_changeable(&mut tx, by, query_id).await?
        else {
            return OwnedTable::SavedQuery.refused(tx, by, query_id).await;
        };
        if !try_at_once(&mut tx, query_id).await? {
            check_room(&mut tx, by, most).await?;
            sqlx::query(
                "insert into listener (saved_query_id, started_by) values ($1, $2)
                 on conflict (saved_query_id) do update
                 set started_by = excluded.started_by, state = 'on', since = now(), trouble = null,
                     lacks_scope = null, failures = 0, next_try = null",
            )
            .bind(query_id)
            .bind(by.member_id())
            .execute(&mut *tx)
            .await?;
            let event = Event::new(Action::StartedListening, Kind::Query, query_id, query.name);
            let event = event.with(serde_json::json!({ "as": acts_as }));
            history::record(&mut tx, by, event).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Pauses a listener; false when the query is not there for them.
    pub async fn pause_listening(&self, by: &Asker, query_id: i64) -> Result<bool, NotDone> {
        let pause = "update listener
             set state = 'paused', since = now(), trouble = null, lacks_scope = null, failures = 0, next_try = null
             where saved_query_id = $1 and state = 'on'";
        self.end_listening_by(by, query_id, pause, Action::PausedListening).await
    }

    /// Ends a listener; its runs stay. False when the query is not there for them.
    pub async fn stop_listening(&self, by: &Asker, query_id: i64) -> Result<bool, NotDone> {
        let stop = "delete from listener where saved_query_id = $1";
        self.end_listening_by(by, query_id, stop, Action::StoppedListening).await
    }

    /// Executes a statement about the listener of a query (`$1`), and tells of it where it changes something.
    async fn end_listening_by(
        &self,
        by: &Asker,
        query_id: i64,
        statement: &'static str,
        action: Action,
    ) -> Result<bool, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let Some(query) = OwnedTable::SavedQuery.find_changeable(&mut tx, by, query_id).await?
        else {
            return OwnedTable::SavedQuery.refused(tx, by, query_id).await;
        };
        let done = sqlx::query(statement).bind(query_id).execute(&mut *tx).await?;
        if done.rows_affected() > 0 {
            let event = Event::new(action, Kind::Query, query_id, query.name);
            history::record(&mut tx, by, event).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Lets a listener that is on already try at once; whether it is. It goes on as whom it is.
async fn try_at_once(connection: &mut PgConnection, query_id: i64) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "update listener set next_try = null where saved_query_id = $1 and state = 'on'",
    )
    .bind(query_id)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Makes sure that of a member fewer listeners go on than this, until the transaction ends.
async fn check_room(connection: &mut PgConnection, by: &Asker, most: u32) -> Result<(), NotDone> {
    // One after another: two requests must not both find the last place.
    sqlx::query("select from member where id = $1 for no key update")
        .bind(by.member_id())
        .execute(&mut *connection)
        .await?;
    let going_on: i64 =
        sqlx::query_scalar("select count(*) from listener where started_by = $1 and state = 'on'")
            .bind(by.member_id())
            .fetch_one(connection)
            .await?;
    if going_on >= i64::from(most) {
        return Err(Refused::TooManyListeners { going_on: from_bigint(going_on) }.into());
    }
    Ok(())
}

/// Pauses the listener of a query that this member has just changed, if it acts as somebody else; whether it did.
pub(super) async fn pause_others_listener(
    connection: &mut PgConnection,
    by: &Asker,
    query_id: i64,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "update listener set state = 'paused', since = now(), trouble = $3, lacks_scope = null, failures = 0,
                             next_try = null
         where saved_query_id = $1 and state = 'on' and started_by <> $2",
    )
    .bind(query_id)
    .bind(by.member_id())
    .bind(crate::domain::listener::changed_by(&by.member().name))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Pauses the listener of a run that somebody stops, and tells the history of it.
pub(super) async fn pause_listener_of(
    connection: &mut PgConnection,
    by: &Asker,
    listener_id: i64,
) -> Result<(), StorageError> {
    let query: Option<(i64, String)> = sqlx::query_as(
        "update listener l set state = 'paused', since = now(), trouble = null, lacks_scope = null, failures = 0,
                               next_try = null
         from saved_query q
         where l.id = $1 and l.state = 'on' and q.id = l.saved_query_id
         returning q.id, q.name",
    )
    .bind(listener_id)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some((query_id, name)) = query {
        let event = Event::new(Action::PausedListening, Kind::Query, query_id, name);
        history::record(connection, by, event).await?;
    }
    Ok(())
}

/// Lets the listeners of a member try at once that were in trouble: what they lacked may be there now.
pub(super) async fn wake_listeners(
    connection: &mut PgConnection,
    member_id: i64,
) -> Result<(), StorageError> {
    sqlx::query("update listener set next_try = null where started_by = $1 and state = 'on'")
        .bind(member_id)
        .execute(connection)
        .await?;
    Ok(())
}
