//! Who sees a thing, as the API tells and reads it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::sharing::{Sharing, TEAM};

/// Who sees a thing, who of them may change it, and who may share it further. Its owner is not listed.
#[derive(Serialize, ToSchema)]
#[schema(as = Sharing, example = json!({"readers": ["team"], "writers": [3], "sharers": []}))]
pub(super) struct SharingBody {
    /// Who sees it; nobody: its owner alone.
    readers: Vec<GroupBody>,
    /// Who of them may change it.
    writers: Vec<GroupBody>,
    /// Who of them may share it further.
    sharers: Vec<GroupBody>,
}

/// `"team"` for everybody, or the number of a group.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Group, example = "team")]
pub(super) enum GroupBody {
    Team(#[schema(inline)] TeamWord),
    Id(i64),
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum TeamWord {
    Team,
}

impl SharingBody {
    /// How a thing is shared.
    pub(super) fn of(sharing: &Sharing) -> Self {
        let groups = |ids: &[i64]| ids.iter().copied().map(GroupBody::of).collect();
        Self {
            readers: groups(&sharing.readers),
            writers: groups(&sharing.writers),
            sharers: groups(&sharing.sharers),
        }
    }
}

impl GroupBody {
    fn of(id: i64) -> Self {
        if id == TEAM { Self::Team(TeamWord::Team) } else { Self::Id(id) }
    }

    fn read(sent: &Value) -> Option<i64> {
        if sent == "team" { Some(TEAM) } else { sent.as_i64() }
    }
}

/// The ids of groups that were sent; `None` where that is no list of them.
pub(super) fn group_ids(sent: &Value) -> Option<Vec<i64>> {
    sent.as_array()?.iter().map(GroupBody::read).collect()
}
