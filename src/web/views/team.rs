//! The team: members, groups, invitations; who sees a thing; what was done; keys for programs.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{Link, PostButton, TimeView};
use super::field::Choice;
use super::table::Pager;

/// `/team/`
#[derive(Clone, Debug, Template)]
#[template(path = "pages/team.html")]
pub struct TeamPage {
    /// The frame.
    pub chrome: Chrome,
    /// Everybody who is in.
    pub members: Vec<MemberRow>,
    /// What each role may do, a sentence each.
    pub roles: Vec<Choice>,
    /// The groups.
    pub groups: Vec<GroupRow>,
    /// The form for a new group; absent for those who look only.
    pub new_group: Option<GroupForm>,
    /// Who may come in; for admins.
    pub invitations: Option<InvitationPanel>,
    /// Domains whose people need no invitation.
    pub domains: Vec<String>,
    /// What the last change ran into.
    pub problem: Option<String>,
    /// What was done, for admins.
    pub history: Option<Link>,
}

/// A member.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// "admin"
    pub role: String,
    /// Groups that they are in: "SN, AGN".
    pub groups: String,
    /// When they signed in last.
    pub last_sign_in: Option<TimeView>,
    /// Whether it is the one that looks at the page.
    pub is_this: bool,
    /// Where their role is changed; for admins.
    pub change_role: Option<String>,
    /// Asks whether to take them out, or to leave.
    pub remove: Option<Link>,
}

/// A group in the list of them.
#[derive(Clone, Debug)]
pub struct GroupRow {
    /// Its name and page.
    pub group: Link,
    /// What it is for.
    pub description: String,
    /// "Ada, Bea and 3 more"
    pub members: String,
    /// Whether the one who looks is in it.
    pub is_mine: bool,
}

/// A group to be made, as typed.
#[derive(Clone, Debug, Default)]
pub struct GroupForm {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What is wrong with the name.
    pub error: Option<String>,
}

/// Who may come in, and the form that lets in more.
#[derive(Clone, Debug)]
pub struct InvitationPanel {
    /// Those who may and have not come yet.
    pub rows: Vec<InvitationRow>,
    /// A link that was made just now: it is shown once.
    pub fresh_link: Option<String>,
    /// The address, as typed.
    pub email: String,
    /// The role chosen.
    pub role: String,
    /// What is wrong with the address.
    pub error: Option<String>,
}

/// An invitation that nobody has used yet.
#[derive(Clone, Debug)]
pub struct InvitationRow {
    /// Address, or "whoever has the link".
    pub who: String,
    /// What they will be.
    pub role: String,
    /// By whom.
    pub invited_by: String,
    /// When.
    pub created: TimeView,
    /// When it ends; absent where it does not.
    pub expires: Option<TimeView>,
    /// Takes it back.
    pub take_back: PostButton,
}

/// `/team/groups/{id}/`
#[derive(Clone, Debug, Template)]
#[template(path = "pages/group.html")]
pub struct GroupPage {
    /// The frame.
    pub chrome: Chrome,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who is in it.
    pub members: Vec<GroupMemberRow>,
    /// Where others are put in; for leaders.
    pub add: Option<AddForm>,
    /// Leaves it.
    pub leave: Option<PostButton>,
    /// Asks whether to delete it.
    pub delete: Option<Link>,
}

/// A member of a group.
#[derive(Clone, Debug)]
pub struct GroupMemberRow {
    /// Name.
    pub name: String,
    /// Whether it is the one that looks at the page.
    pub is_this: bool,
    /// Whether they lead it.
    pub is_leader: bool,
    /// *Make leader*, *Take out*.
    pub buttons: Vec<PostButton>,
}

/// Puts somebody into a group.
#[derive(Clone, Debug)]
pub struct AddForm {
    /// Where the form is sent.
    pub action: String,
    /// Those who are not in it.
    pub choices: Vec<Choice>,
}

/// `…/share/`: who sees a query, a run or a target.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/share.html")]
pub struct SharePage {
    /// The frame.
    pub chrome: Chrome,
    /// The thing.
    pub object: Link,
    /// "query", "run", "target".
    pub kind: String,
    /// Whose it is.
    pub owner: String,
    /// The team and the groups, with what each may do.
    pub rows: Vec<ShareRow>,
    /// Where the form is sent; absent without the right to share.
    pub action: Option<String>,
    /// How it is shared now, for the form to say what it was drawn from.
    pub seen: String,
    /// What is wrong with what was chosen.
    pub error: Option<String>,
    /// What else there is to know, a sentence each.
    pub remarks: Vec<String>,
}

/// What a group may do with a thing.
#[derive(Clone, Debug)]
pub struct ShareRow {
    /// Id of the group.
    pub id: i64,
    /// "The whole team", or the group's name.
    pub name: String,
    /// Who that is.
    pub note: String,
    /// Whether they see it.
    pub sees: bool,
    /// Whether they may change it.
    pub changes: bool,
    /// Whether they may share it further.
    pub shares: bool,
}

/// `/team/history/` and `…/history/`
#[derive(Clone, Debug, Template)]
#[template(path = "pages/history.html")]
pub struct HistoryPage {
    /// The frame.
    pub chrome: Chrome,
    /// The thing whose history it is; absent for that of everything.
    pub object: Option<Link>,
    /// The way back.
    pub crumb: Link,
    /// Chooses lines; absent for one thing.
    pub filter: Option<HistoryFilterForm>,
    /// The lines, newest first.
    pub rows: Vec<HistoryRow>,
    /// The way to older ones.
    pub pager: Pager,
    /// The same lines as a file.
    pub export: Option<Link>,
}

/// Chooses lines of the history.
#[derive(Clone, Debug)]
pub struct HistoryFilterForm {
    /// Members.
    pub members: Vec<Choice>,
    /// The one chosen, by id.
    pub member: String,
    /// What can be done.
    pub actions: Vec<Choice>,
    /// The one chosen.
    pub action: String,
    /// Kinds of things.
    pub kinds: Vec<Choice>,
    /// The one chosen.
    pub kind: String,
    /// First day, `2026-11-25`.
    pub since: String,
    /// Last day.
    pub until: String,
    /// What is wrong with the days.
    pub error: Option<String>,
}

impl HistoryFilterForm {
    /// Whether it leaves anything out.
    pub fn is_set(&self) -> bool {
        [&self.member, &self.action, &self.kind, &self.since, &self.until]
            .iter()
            .any(|text| !text.is_empty())
    }
}

/// A line of the history.
#[derive(Clone, Debug)]
pub struct HistoryRow {
    /// When.
    pub time: TimeView,
    /// Who.
    pub actor: String,
    /// "by token 7"; empty for the pages.
    pub via: String,
    /// What was done: "shared".
    pub action: String,
    /// CSS class of the word.
    pub class: &'static str,
    /// To what kind of thing: "query".
    pub kind: String,
    /// The thing, with its page where there is one.
    pub object: Link,
    /// More of it, as short lines.
    pub detail: Vec<String>,
}

/// `/accounts/tokens/`
#[derive(Clone, Debug, Template)]
#[template(path = "pages/tokens.html")]
pub struct TokensPage {
    /// The frame.
    pub chrome: Chrome,
    /// A token that was made just now: it is shown once.
    pub fresh: Option<FreshToken>,
    /// Those that were made.
    pub rows: Vec<TokenRow>,
    /// The form, as typed.
    pub form: TokenForm,
    /// Address of the API, for the example.
    pub api_url: String,
}

/// A token that was made just now.
#[derive(Clone, Debug)]
pub struct FreshToken {
    /// What its owner calls it.
    pub name: String,
    /// The token.
    pub token: String,
}

/// A token to be made, as typed.
#[derive(Clone, Debug)]
pub struct TokenForm {
    /// What its owner calls it.
    pub name: String,
    /// Whether it may write.
    pub may_write: bool,
    /// Whether its owner may, so that a token could.
    pub owner_writes: bool,
    /// Days until it ends.
    pub days: String,
    /// The most that can be.
    pub max_days: u16,
    /// What is wrong with the name.
    pub name_error: Option<String>,
    /// What is wrong with the days.
    pub days_error: Option<String>,
}

/// A token that was made.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// What its owner calls it.
    pub name: String,
    /// "reads", "reads and writes".
    pub rights: String,
    /// When it was made.
    pub created: TimeView,
    /// When it was used last.
    pub last_used: Option<TimeView>,
    /// When it ends.
    pub expires: TimeView,
    /// Makes it void; absent once it is.
    pub revoke: Option<PostButton>,
}

/// `/accounts/join/{token}/`
#[derive(Clone, Debug, Template)]
#[template(path = "pages/join.html")]
pub struct JoinPage {
    /// The frame.
    pub chrome: Chrome,
    /// Name of the provider.
    pub provider: String,
    /// Who invites, and as what; absent where the link has ended or was used.
    pub invitation: Option<JoinOffer>,
}

/// What an invitation offers.
#[derive(Clone, Debug)]
pub struct JoinOffer {
    /// Who invites.
    pub invited_by: String,
    /// As what.
    pub role: String,
    /// What the role may do.
    pub role_note: String,
    /// When it ends.
    pub expires: Option<TimeView>,
    /// What the link holds.
    pub token: String,
}
