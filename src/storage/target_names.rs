//! Table `target_name`: names and aliases, kept apart by one constraint over their keys.
//!
//! A key is the name in lower case, without spaces, `-`, `_`, `(` and `)`. First names and aliases are rows of the same
//! table, unique by key and realm. The realm says who sees the target: the team, these groups, or its owner alone. It
//! is generated in `target` from owner and readers, and follows from there by the foreign key. So a refusal tells
//! nothing about targets that somebody else keeps private. A new name must also differ from those that its author sees
//! in other realms, because they could not tell the two apart.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::{NotDone, Refused, StorageError};
use crate::domain::{
    sharing::Asker,
    target::{NameClash, name_key},
};

/// First number of the locks under which names are written; the second is of the name.
const NAME_LOCK: i32 = 0x6e61_6d65;

/// Writes first name and aliases of a target; which of them clashes, if one does. `kept` are keys of names that it has
/// had so far: those stay its own, whatever is seen elsewhere since.
pub(super) async fn insert_names(
    connection: &mut PgConnection,
    by: &Asker,
    target_id: i64,
    (name, aliases): (&str, &[String]),
    kept: &[String],
) -> Result<(), NotDone> {
    check_own_names(name, aliases)?;
    let mut names: Vec<(&str, bool)> =
        aliases.iter().map(|alias| (alias.as_str(), false)).collect();
    names.push((name, true));
    // In the order of their keys: two who save crossing names wait for each other, not in a circle.
    names.sort_by_key(|(name, _)| name_key(name));
    for (name, is_primary) in names {
        insert_name(connection, by, target_id, (name, is_primary), kept).await?;
    }
    Ok(())
}

/// Brings the names of a target to what a form says.
pub(super) async fn replace_names(
    connection: &mut PgConnection,
    by: &Asker,
    target_id: i64,
    name: &str,
    aliases: &[String],
) -> Result<(), NotDone> {
    let old: Vec<(String, bool)> =
        sqlx::query_as("select name_key, is_primary from target_name where target_id = $1")
            .bind(target_id)
            .fetch_all(&mut *connection)
            .await?;
    let name_as_key = name_key(name);
    let stays_alias = aliases.iter().any(|alias| name_key(alias) == name_as_key);
    let was_alias = old.iter().any(|(key, is_primary)| *key == name_as_key && !is_primary);
    if stays_alias && was_alias {
        return Err(NameClash::RenamedOntoAlias.into());
    }
    sqlx::query("delete from target_name where target_id = $1")
        .bind(target_id)
        .execute(&mut *connection)
        .await?;
    let kept: Vec<String> = old.into_iter().map(|(key, _)| key).collect();
    insert_names(connection, by, target_id, (name, aliases), &kept).await
}

fn check_own_names(name: &str, aliases: &[String]) -> Result<(), NameClash> {
    let own = name_key(name);
    let mut seen = HashSet::new();
    for alias in aliases {
        let key = name_key(alias);
        if key == own {
            return Err(NameClash::OwnName { alias: alias.clone() });
        }
        if !seen.insert(key) {
            return Err(NameClash::Twice { alias: alias.clone() });
        }
    }
    Ok(())
}

async fn insert_name(
    connection: &mut PgConnection,
    by: &Asker,
    target_id: i64,
    (name, is_primary): (&str, bool),
    kept: &[String],
) -> Result<(), NotDone> {
    let key = name_key(name);
    // No constraint keeps names of different realms apart: two who see both and write one name at once take turns.
    sqlx::query("select pg_advisory_xact_lock($1, hashtext($2))")
        .bind(NAME_LOCK)
        .bind(&key)
        .execute(&mut *connection)
        .await?;
    // `do nothing` rather than an error: the transaction stays usable, and we can ask who has the name.
    let done = sqlx::query(
        "insert into target_name (target_id, realm, name, name_key, is_primary)
         select t.id, t.realm, $2, $3, $4 from target t
         where t.id = $1
           -- Nor one that they see elsewhere: of two with one name they could not tell which is which.
           and ($7 or not exists (
               select from target_name n
               join target other on other.id = n.target_id
               where n.name_key = $3 and n.target_id <> $1
                 and may_read(other.created_by, other.readers, $5, $6)
           ))
         on conflict on constraint target_name_key do nothing",
    )
    .bind(target_id)
    .bind(name)
    .bind(&key)
    .bind(is_primary)
    .bind(by.member_id())
    .bind(by.seen_groups())
    .bind(kept.contains(&key))
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    Err(explain_clash(connection, by, target_id, name, &key, is_primary).await?.into())
}

/// Who has a name like this one, in the words that TOM users know.
async fn explain_clash(
    connection: &mut PgConnection,
    by: &Asker,
    target_id: i64,
    name: &str,
    key: &str,
    is_primary: bool,
) -> Result<NameClash, NotDone> {
    let found: Option<(i64, String, bool, String)> = sqlx::query_as(
        "select n.target_id, n.name, n.is_primary, first.name
         from target_name n
         join target_name first on first.target_id = n.target_id and first.is_primary
         join target t on t.id = n.target_id
         where n.name_key = $1 and may_read(t.created_by, t.readers, $2, $3)
         order by n.target_id = $4 desc, n.realm = 'team' desc, t.id
         limit 1",
    )
    .bind(key)
    .bind(by.member_id())
    .bind(by.seen_groups())
    .bind(target_id)
    .fetch_optional(&mut *connection)
    .await?;
    let name = name.to_owned();
    let Some((target_id, taken, taken_is_primary, other)) = found else {
        return if is_taken_out_of_sight(connection, target_id, key).await? {
            Ok(NameClash::Hidden { name, is_alias: !is_primary })
        } else {
            // The other target was deleted between the two statements.
            Err(Refused::Changed.into())
        };
    };
    let is_same = taken == name;
    Ok(match (is_primary, is_same && taken_is_primary == is_primary) {
        (true, true) => NameClash::SameName { target_id },
        (true, false) => NameClash::LikeName { name, other, target_id },
        (false, true) => NameClash::SameAlias { alias: name, target_id },
        (false, false) => NameClash::LikeAlias { alias: name, other, target_id },
    })
}

/// Whether those who see a target know another one by this key: its author may have left their group since.
async fn is_taken_out_of_sight(
    connection: &mut PgConnection,
    target_id: i64,
    key: &str,
) -> Result<bool, StorageError> {
    let is_taken = sqlx::query_scalar(
        "select exists (
             select from target t
             join target_name n on n.realm = t.realm and n.target_id <> t.id
             where t.id = $1 and n.name_key = $2
         )",
    )
    .bind(target_id)
    .bind(key)
    .fetch_one(connection)
    .await?;
    Ok(is_taken)
}
