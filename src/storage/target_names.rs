//! Table `target_name`: names and aliases, kept apart by one constraint over their keys.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::StorageError;
use crate::domain::target::{NameClash, name_key};

/// Writes first name and aliases of a target; which of them clashes, if one does.
pub(super) async fn insert_names(
    connection: &mut PgConnection,
    target_id: i64,
    name: &str,
    aliases: &[String],
) -> Result<(), StorageError> {
    check_own_names(name, aliases)?;
    let mut names: Vec<(&str, bool)> =
        aliases.iter().map(|alias| (alias.as_str(), false)).collect();
    names.push((name, true));
    // In the order of their keys: two who save crossing names wait for each other, not in a circle.
    names.sort_by_key(|(name, _)| name_key(name));
    for (name, is_primary) in names {
        insert_name(connection, target_id, name, is_primary).await?;
    }
    Ok(())
}

/// Brings the names of a target to what a form says.
pub(super) async fn replace_names(
    connection: &mut PgConnection,
    target_id: i64,
    name: &str,
    aliases: &[String],
) -> Result<(), StorageError> {
    let old_aliases: Vec<String> = sqlx::query_scalar(
        "select name_key from target_name where target_id = $1 and not is_primary",
    )
    .bind(target_id)
    .fetch_all(&mut *connection)
    .await?;
    let name_as_key = name_key(name);
    let stays_alias = aliases.iter().any(|alias| name_key(alias) == name_as_key);
    if stays_alias && old_aliases.contains(&name_as_key) {
        return Err(NameClash::RenamedOntoAlias.into());
    }
    sqlx::query("delete from target_name where target_id = $1")
        .bind(target_id)
        .execute(&mut *connection)
        .await?;
    insert_names(connection, target_id, name, aliases).await
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
    target_id: i64,
    name: &str,
    is_primary: bool,
) -> Result<(), StorageError> {
    let key = name_key(name);
    // `do nothing` rather than an error: the transaction stays usable, and we can ask who has the name.
    let done = sqlx::query(
        "insert into target_name (target_id, name, name_key, is_primary) values ($1, $2, $3, $4)
         on conflict on constraint target_name_key do nothing",
    )
    .bind(target_id)
    .bind(name)
    .bind(&key)
    .bind(is_primary)
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    Err(explain_clash(connection, name, &key, is_primary).await?.into())
}

/// Who has a name like this one, in the words that TOM users know.
async fn explain_clash(
    connection: &mut PgConnection,
    name: &str,
    key: &str,
    is_primary: bool,
) -> Result<NameClash, StorageError> {
    let (target_id, taken, taken_is_primary, other): (i64, String, bool, String) = sqlx::query_as(
        "select n.target_id, n.name, n.is_primary, first.name
         from target_name n
         join target_name first on first.target_id = n.target_id and first.is_primary
         where n.name_key = $1",
    )
    .bind(key)
    .fetch_optional(connection)
    .await?
    // The other target was deleted between the two statements.
    .ok_or(StorageError::Changed)?;
    let name = name.to_owned();
    let is_same = taken == name;
    Ok(match (is_primary, is_same && taken_is_primary == is_primary) {
        (true, true) => NameClash::SameName { target_id },
        (true, false) => NameClash::LikeName { name, other, target_id },
        (false, true) => NameClash::SameAlias { alias: name, target_id },
        (false, false) => NameClash::LikeAlias { alias: name, other, target_id },
    })
}
