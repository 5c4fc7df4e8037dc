//! Who may see, change and share what a member has made, and the one who asks: the rule that [`Asker`] carries.
//!
//! A query, a run or a target has three lists of group ids on its own row: `readers`, `writers` and `sharers`; 0 is the
//! team. A table of permissions would have to be joined, but a list of 100,000 targets is filtered by an array overlap
//! on rows that are read anyway. The SQL functions `may_read` and `may_change` decide; the same rule here decides only
//! which buttons a page shows. A token that only reads makes its owner a viewer, so the checks of every layer hold for
//! it, also for an admin's.

use serde::{Deserialize, Serialize};

use super::member::{Member, Role};

/// The group of everybody: it stands in lists of groups, never in the table of groups.
pub const TEAM: i64 = 0;

/// With whom something is shared, by ids of groups; its owner is not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharing {
    /// Who sees it; nobody means that it is private.
    pub readers: Vec<i64>,
    /// Who of them may change it.
    pub writers: Vec<i64>,
    /// Who of them may share it further.
    pub sharers: Vec<i64>,
}

impl Sharing {
    /// Seen by these groups, changed by its owner alone.
    pub fn read_by(readers: Vec<i64>) -> Self {
        Self { readers: canonical(readers), ..Self::default() }
    }

    /// Seen and changed by these groups.
    pub fn kept_by(readers: Vec<i64>) -> Self {
        let readers = canonical(readers);
        Self { writers: readers.clone(), readers, sharers: Vec::new() }
    }

    /// The same in order, without repetition, and without rights of those who do not see it.
    #[must_use]
    pub fn checked(self) -> Self {
        let readers = canonical(self.readers);
        let seen = |groups: Vec<i64>| {
            let is_seen = |group: &i64| readers.contains(&TEAM) || readers.contains(group);
            canonical(groups.into_iter().filter(is_seen).collect())
        };
        Self { writers: seen(self.writers), sharers: seen(self.sharers), readers }
    }

    /// Whether only its owner sees it.
    pub fn is_private(&self) -> bool {
        self.readers.is_empty()
    }

    /// Whether everybody sees it.
    pub fn is_of_team(&self) -> bool {
        self.readers.contains(&TEAM)
    }
}

/// Whether everybody of the second groups is of the first ones, too.
fn covers(groups: &[i64], others: &[i64]) -> bool {
    groups.contains(&TEAM) || others.iter().all(|group| groups.contains(group))
}

/// Sorted, once each; the team stands for every group.
fn canonical(mut groups: Vec<i64>) -> Vec<i64> {
    if groups.contains(&TEAM) {
        return vec![TEAM];
    }
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// What somebody may do with a thing that they see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Change it.
    pub write: bool,
    /// Decide who else sees and changes it.
    pub share: bool,
    /// Delete it.
    pub delete: bool,
}

/// Which of the things that they see somebody wants to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// All.
    #[default]
    All,
    /// Their own.
    Mine,
    /// What is shared with a group of theirs.
    MyGroups,
}

impl Whose {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::All, Self::Mine, Self::MyGroups];

    /// The word in URLs and statements.
    pub fn id(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mine => "mine",
            Self::MyGroups => "groups",
        }
    }

    /// Words on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Mine => "Mine",
            Self::MyGroups => "My groups'",
        }
    }

    /// The choice with this word.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|whose| whose.id() == id)
    }
}

/// By what a request shows who makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A browser's session, or the one user of local mode.
    Session,
    /// An API token, by its id.
    Token(i64),
}

/// Somebody who asks the storage for something, with the groups that they stand for at this moment. Whatever a page or
/// the API reads or changes of the team's goes through one of these; only the storage makes them, from its own rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    member: Member,
    /// Groups of theirs, without the team.
    own_groups: Vec<i64>,
    /// Groups for which they may look: the team and their own; for an admin, every one.
    seen_groups: Vec<i64>,
    default_readers: Vec<i64>,
    via: Via,
}

impl Asker {
    /// One who asks: only for the storage, which has just read these rows.
    pub(crate) fn of_rows(
        member: Member,
        own_groups: Vec<i64>,
        all_groups: &[i64],
        default_readers: Vec<i64>,
    ) -> Self {
        let mut default_readers = default_readers;
        // They may have left a group since.
        default_readers.retain(|group| *group == TEAM || own_groups.contains(group));
        let mut seen_groups = vec![TEAM];
        seen_groups.extend(if member.role == Role::Admin { all_groups } else { &own_groups });
        Self { member, own_groups, seen_groups, default_readers, via: Via::Session }
    }

    /// The same for a token: one that may only read makes its owner a viewer.
    #[must_use]
    pub(crate) fn by_token(self, token: i64, may_write: bool) -> Self {
        let role = if may_write { self.member.role } else { Role::Viewer };
        let seen_groups = if role == Role::Admin {
            self.seen_groups
        } else {
            std::iter::once(TEAM).chain(self.own_groups.iter().copied()).collect()
        };
        let member = Member { role, ..self.member };
        Self { member, seen_groups, via: Via::Token(token), ..self }
    }

    /// Who asks, with the role that counts here.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// The same by id.
    pub fn member_id(&self) -> i64 {
        self.member.id
    }

    /// By what they show who they are.
    pub fn via(&self) -> Via {
        self.via
    }

    /// Whether everything that is shared with anybody is theirs to see and change.
    pub fn is_admin(&self) -> bool {
        self.member.role == Role::Admin
    }

    /// Whether they may make and change things at all.
    pub fn may_work(&self) -> bool {
        self.member.role >= Role::Member
    }

    /// Groups of theirs, without the team.
    pub fn own_groups(&self) -> &[i64] {
        &self.own_groups
    }

    /// Groups for which they may look, the team among them.
    pub fn seen_groups(&self) -> &[i64] {
        &self.seen_groups
    }

    /// With whom they share what they make, unless they say otherwise.
    pub fn default_readers(&self) -> &[i64] {
        &self.default_readers
    }

    /// How their queries and runs are shared, unless they say otherwise.
    pub fn default_sharing(&self) -> Sharing {
        Sharing::read_by(self.default_readers.clone())
    }

    /// How their targets are shared, unless they say otherwise: those who see them keep them together.
    pub fn default_sharing_of_targets(&self) -> Sharing {
        Sharing::kept_by(self.default_readers.clone())
    }

    /// Whether they see what somebody has made. The functions `may_read` and `may_change` of the database say the same.
    pub fn may_read(&self, owner_id: i64, sharing: &Sharing) -> bool {
        owner_id == self.member.id || self.is_one_of(&sharing.readers)
    }

    /// What they may do with it.
    pub fn rights_on(&self, owner_id: i64, sharing: &Sharing) -> Rights {
        if !self.may_work() || !self.may_read(owner_id, sharing) {
            return Rights::default();
        }
        let is_theirs = owner_id == self.member.id || self.is_admin();
        Rights {
            write: is_theirs || self.is_one_of(&sharing.writers),
            share: is_theirs || self.is_one_of(&sharing.sharers),
            delete: is_theirs,
        }
    }

    /// Whether they may bring the sharing of a thing that they may share from `before` to `after`: its owner and admins
    /// as they like; others may let more people in, take nothing from anybody, and hand on only rights that they have.
    pub fn may_reshare(&self, owner_id: i64, before: &Sharing, after: &Sharing) -> bool {
        let rights = self.rights_on(owner_id, before);
        let adds_only = covers(&after.readers, &before.readers)
            && covers(&after.writers, &before.writers)
            && covers(&after.sharers, &before.sharers);
        let keeps_writers = covers(&before.writers, &after.writers);
        rights.delete || (rights.share && adds_only && (rights.write || keeps_writers))
    }

    fn is_one_of(&self, groups: &[i64]) -> bool {
        groups.iter().any(|group| self.seen_groups.contains(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(role: Role, own: &[i64]) -> Asker {
        let member = Member { id: 7, name: "Ada".to_owned(), email: None, role };
        Asker::of_rows(member, own.to_vec(), &[1, 2, 3], vec![TEAM])
    }

    #[test]
    fn what_is_private_is_its_owners_alone() {
        let private = Sharing::default();
        assert!(asker(Role::Member, &[]).may_read(7, &private));
        assert!(!asker(Role::Member, &[1]).may_read(8, &private));
        assert!(!asker(Role::Admin, &[]).may_read(8, &private));
        assert_eq!(asker(Role::Admin, &[]).rights_on(8, &private), Rights::default());
    }

    #[test]
    fn reading_writing_and_sharing_are_apart() {
        let sharing = Sharing { readers: vec![TEAM], writers: vec![1], sharers: vec![2] }.checked();
        let rights = |own: &[i64]| asker(Role::Member, own).rights_on(8, &sharing);
        assert_eq!(rights(&[]), Rights::default());
        assert_eq!(rights(&[1]), Rights { write: true, share: false, delete: false });
        assert_eq!(rights(&[2]), Rights { write: false, share: true, delete: false });
        let all = Rights { write: true, share: true, delete: true };
        assert_eq!(asker(Role::Admin, &[]).rights_on(8, &sharing), all);
        assert_eq!(asker(Role::Member, &[]).rights_on(7, &sharing), all);
        assert_eq!(asker(Role::Viewer, &[1, 2]).rights_on(7, &sharing), Rights::default());
    }

    #[test]
    fn who_may_only_share_lets_more_people_in_and_no_more_than_that() {
        let sharing = |readers: &[i64], writers: &[i64], sharers: &[i64]| {
            let [readers, writers, sharers] = [readers, writers, sharers].map(<[i64]>::to_vec);
            Sharing { readers, writers, sharers }.checked()
        };
        let before = sharing(&[1, 2], &[1], &[2]);
        let may =
            |own: &[i64], after: &Sharing| asker(Role::Member, own).may_reshare(8, &before, after);
        for after in [
            sharing(&[1, 2, 3], &[1], &[2]),
            sharing(&[TEAM], &[1], &[2]),
            sharing(&[1, 2], &[1], &[1, 2]),
            before.clone(),
        ] {
            assert!(may(&[2], &after), "{after:?}");
            assert!(!may(&[1], &after), "who may change it may not share it: {after:?}");
        }
        for after in [
            sharing(&[1, 2], &[1, 2], &[2]),
            sharing(&[TEAM], &[TEAM], &[2]),
            sharing(&[1, 2], &[], &[2]),
            sharing(&[2], &[], &[2]),
            sharing(&[1, 2], &[1], &[]),
            Sharing::default(),
        ] {
            assert!(!may(&[2], &after), "{after:?}");
            assert!(asker(Role::Member, &[]).may_reshare(7, &before, &after), "the owner");
            assert!(asker(Role::Admin, &[]).may_reshare(8, &before, &after), "an admin");
        }
        let both = sharing(&[1, 2], &[1, 2], &[2]);
        assert!(may(&[1, 2], &both), "who has both rights hands both on");
    }

    #[test]
    fn rights_of_those_who_do_not_see_a_thing_are_dropped() {
        let sharing = Sharing { readers: vec![2, 1, 2], writers: vec![3, 1], sharers: vec![TEAM] };
        let checked = sharing.checked();
        assert_eq!(checked, Sharing { readers: vec![1, 2], writers: vec![1], sharers: vec![] });
        assert_eq!(Sharing::read_by(vec![3, TEAM]).readers, vec![TEAM]);
    }

    #[test]
    fn a_token_that_reads_makes_a_viewer_and_shows_an_admin_no_more_than_their_groups() {
        let reading = asker(Role::Admin, &[1]).by_token(4, false);
        assert_eq!(reading.seen_groups(), [TEAM, 1]);
        assert!(!reading.may_work());
        let writing = asker(Role::Admin, &[1]).by_token(4, true);
        assert!(writing.is_admin() && writing.seen_groups().contains(&3));
    }
}
