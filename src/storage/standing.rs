//! Whether somebody still stands where they stood when their request began.
//!
//! Who asks is read when the head of a request comes, but the body may take its time: meanwhile its author may be
//! removed, or put out of a group. So each transaction that changes something of the team's begins with the member's
//! row (`for key share`; whoever takes somebody out locks it `for update`). It refuses those who are out, have less of
//! a role, or have left a group.

use sqlx::PgConnection;

use super::{NotDone, Refused, Storage, Transaction, begin_on};
use crate::domain::{
    member::Role,
    sharing::{Asker, Via},
};

/// Refuses those who are out, have another role than they had, or have left a group for which they looked; until the
/// transaction ends nobody takes them out. (Whoever does locks the row `for update`; other changes of it go on.)
pub(super) async fn check_standing(
    connection: &mut PgConnection,
    by: &Asker,
) -> Result<(), NotDone> {
    let token = match by.via() {
        Via::Session => None,
        Via::Token(id) => Some(id),
    };
    let found: Option<(String, bool)> = sqlx::query_as(
        "select m.role,
                exists (
                    select from team_group g
                    where g.id = any($2) and not exists (
                        select from team_group_member gm where gm.group_id = g.id and gm.member_id = m.id
                    )
                )
         from member m
         where m.id = $1 and m.removed is null
           and ($3::bigint is null or exists (
               select from api_token t where t.id = $3 and t.revoked is null and t.expires > now()
           ))
         for key share of m",
    )
    .bind(by.member_id())
    .bind(by.own_groups())
    .bind(token)
    .fetch_optional(connection)
    .await?;
    let Some((role, has_left_a_group)) = found else { return Err(Refused::NotIn.into()) };
    let is_as_before = Role::from_id(&role).is_some_and(|role| role >= by.member().role);
    if is_as_before && !has_left_a_group { Ok(()) } else { Err(Refused::Forbidden.into()) }
}

impl Storage {
    /// Begins a transaction for somebody who still stands where they stood.
    pub(super) async fn begin_as(&self, by: &Asker) -> Result<Transaction, NotDone> {
        let mut tx = begin_on(&self.pool).await?;
        check_standing(&mut tx, by).await?;
        Ok(tx)
    }
}
