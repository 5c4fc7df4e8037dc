//! The team: members, groups, invitations.

pub(in crate::web) mod groups;
pub(in crate::web) mod invitations;
pub(in crate::web) mod join;
pub(in crate::web) mod members;
pub(in crate::web) mod membership;
