//! With whom the things of a list are shared, in a word or two.

use crate::{
    domain::{group::Group, sharing::Sharing},
    storage::{Storage, StorageError},
    web::frame::context::PageContext,
};

/// How each of some things is shared, in a word or two, where it is not with the whole team. Where nobody else is in
/// there is nothing to say.
pub(in crate::web) async fn sharing_labels<'s>(
    storage: &Storage,
    context: &PageContext,
    sharings: impl Iterator<Item = &'s Sharing>,
) -> Result<Vec<Option<String>>, StorageError> {
    let sharings: Vec<&Sharing> = sharings.collect();
    let is_alone = context.visitor.session_id.is_none();
    if is_alone || sharings.iter().all(|sharing| sharing.is_of_team()) {
        return Ok(vec![None; sharings.len()]);
    }
    let groups = storage.list_groups(&context.asker).await?;
    Ok(sharings.into_iter().map(|sharing| label(sharing, &groups)).collect())
}

fn label(sharing: &Sharing, groups: &[Group]) -> Option<String> {
    if sharing.is_of_team() {
        return None;
    }
    let names: Vec<&str> = groups
        .iter()
        .filter(|group| sharing.readers.contains(&group.id))
        .map(|group| group.name.as_str())
        .collect();
    Some(if names.is_empty() { "private".to_owned() } else { names.join(", ") })
}
