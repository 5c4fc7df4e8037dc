//! Each table stands in one list.

use super::{Complaints, Lists, not_in_one_list};
use crate::{migrations::tables, tree::Tree};

/// Tables of the migrations that are not in exactly one list.
pub(super) fn unlisted(tree: &Tree, lists: &Lists) -> Complaints {
    let there = tables(&tree.migrations);
    not_in_one_list(
        "table",
        there.iter().map(String::as_str),
        lists.team_tables.iter().map(|(name, _)| *name),
        lists.service_tables.iter().map(|(name, _)| *name),
    )
}
