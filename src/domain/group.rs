//! A group: members who share things with each other.

/// A group with its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Id in URLs.
    pub id: i64,
    /// Its name, of which there is one in the team.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its members, by name.
    pub members: Vec<GroupMember>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Id of the member.
    pub id: i64,
    /// Their name.
    pub name: String,
    /// Whether they may put others in and take them out.
    pub is_leader: bool,
}

impl Group {
    /// Whether a member leads it.
    pub fn is_led_by(&self, member_id: i64) -> bool {
        self.members.iter().any(|member| member.id == member_id && member.is_leader)
    }

    /// Whether a member is in it.
    pub fn has(&self, member_id: i64) -> bool {
        self.members.iter().any(|member| member.id == member_id)
    }
}
