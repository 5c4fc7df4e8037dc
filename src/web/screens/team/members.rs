//! `/team/`: who is in, in which groups; and, for admins, who may come in, as what, and who must go.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::{DateTime, Utc};

use super::join::link_with;
use crate::{
    actions::secret::secret_hash,
    domain::{
        group::Group,
        member::{Invitation, Role, TeamMember},
    },
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            shown_once::{brought, take_away},
        },
        paths,
        state::{Accounts, AppState},
        widgets::{
            controls::{ButtonLook, Link, PostButton, TimeView},
            field::Choice,
            words::{link, moment, post_button},
        },
    },
};

/// `/team/`
#[derive(Clone, Debug, Template)]
#[template(path = "screens/team/members.html")]
struct TeamPage {
    chrome: Chrome,
    members: Vec<MemberRow>,
    /// What each role may do, a sentence each.
    roles: Vec<Choice>,
    groups: Vec<GroupRow>,
    /// The form for a new group; absent for those who look only.
    new_group: Option<GroupForm>,
    /// Who may come in; for admins.
    invitations: Option<InvitationPanel>,
    domains: Vec<String>,
    problem: Option<String>,
    history: Option<Link>,
}

/// A member.
#[derive(Clone, Debug)]
struct MemberRow {
    name: String,
    email: String,
    role: String,
    /// Groups that they are in: "SN, AGN".
    groups: String,
    last_sign_in: Option<TimeView>,
    /// Whether it is the one that looks at the page.
    is_this: bool,
    /// Where their role is changed; for admins.
    change_role: Option<String>,
    /// Asks whether to take them out, or to leave.
    remove: Option<Link>,
}

/// A group in the list of them.
#[derive(Clone, Debug)]
struct GroupRow {
    group: Link,
    description: String,
    members: String,
    /// Whether the one who looks is in it.
    is_mine: bool,
}

/// Names of a group that the list of groups shows.
const NAMES_SHOWN: usize = 4;

/// What was typed or made on the page, and what is wrong with it.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) email: String,
    pub(super) role: Option<Role>,
    pub(super) email_error: Option<String>,
    pub(super) fresh_links: Vec<String>,
    pub(super) group: GroupForm,
    pub(super) problem: Option<String>,
}

impl Typed {
    fn status(&self) -> StatusCode {
        let is_wrong =
            self.email_error.is_some() || self.group.error.is_some() || self.problem.is_some();
        if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

/// `GET /team/`
pub(in crate::web) async fn get(
    State(state): State<AppState>,
    accounts: Accounts,
    context: PageContext,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let secrets = if context.asker.is_admin() { brought(&headers) } else { Vec::new() };
    let mut fresh_links = Vec::new();
    for secret in &secrets {
        let found = state.storage().find_invitation(&secret_hash(secret)).await?;
        fresh_links.extend(found.map(|_| link_with(secret, state.site())));
    }
    let typed = Typed { fresh_links, ..Typed::default() };
    let mut answer = page(&state, &accounts, &context, typed).await?;
    for secret in secrets {
        take_away(&mut answer, secret, paths::TEAM, state.site());
    }
    Ok(answer)
}

/// The page, with what was just typed.
pub(super) async fn page(
    state: &AppState,
    accounts: &Accounts,
    context: &PageContext,
    typed: Typed,
) -> Result<Response, Error> {
    let (storage, asker) = (state.storage(), &context.asker);
    let now = state.now();
    let members = storage.list_members(asker).await?;
    let groups = storage.list_groups(asker).await?;
    let status = typed.status();
    let invitations = if asker.is_admin() {
        let rows = storage.list_invitations(asker).await?;
        Some(InvitationPanel {
            rows: rows.into_iter().map(|row| invitation_row(row, now)).collect(),
            fresh_links: typed.fresh_links,
            email: typed.email,
            role: typed.role.unwrap_or(Role::Member).id().to_owned(),
            error: typed.email_error,
        })
    } else {
        None
    };
    let page = TeamPage {
        chrome: context.chrome(Section::Elsewhere),
        members: members.into_iter().map(|row| member_row(row, context, now)).collect(),
        roles: role_choices(),
        groups: groups.iter().map(|group| group_row(group, context)).collect(),
        new_group: asker.may_work().then_some(typed.group),
        invitations,
        domains: accounts.sign_in.allowed_domains().to_vec(),
        problem: typed.problem,
        history: asker.is_admin().then(|| link("History", paths::HISTORY)),
    };
    Ok(context.render_as(status, &page))
}

fn role_choices() -> Vec<Choice> {
    let roles = [Role::Member, Role::Viewer, Role::Admin].into_iter();
    roles
        .map(|role| Choice {
            value: role.id().to_owned(),
            label: role.id().to_owned(),
            help: Some(role.note().to_owned()),
        })
        .collect()
}

fn member_row(row: TeamMember, context: &PageContext, now: DateTime<Utc>) -> MemberRow {
    let id = row.member.id;
    let is_this = id == context.asker.member_id();
    let remove = paths::member_page(id, "remove/");
    let is_admin = context.asker.is_admin();
    MemberRow {
        is_this,
        name: row.member.name,
        email: row.member.email.unwrap_or_default(),
        role: row.member.role.id().to_owned(),
        groups: row.groups.join(", "),
        last_sign_in: row.last_sign_in.map(|at| moment(at, now)),
        change_role: is_admin.then(|| paths::member_page(id, "role/")),
        remove: if is_this {
            Some(link("Leave…", remove))
        } else {
            is_admin.then(|| link("Remove…", remove))
        },
    }
}

fn group_row(group: &Group, context: &PageContext) -> GroupRow {
    let names: Vec<&str> =
        group.members.iter().take(NAMES_SHOWN).map(|member| member.name.as_str()).collect();
    let more = group.members.len().saturating_sub(NAMES_SHOWN);
    GroupRow {
        group: link(group.name.clone(), paths::group(group.id)),
        description: group.description.clone(),
        members: match (names.is_empty(), more) {
            (true, _) => "nobody".to_owned(),
            (false, 0) => names.join(", "),
            (false, more) => format!("{} and {more} more", names.join(", ")),
        },
        is_mine: group.has(context.asker.member_id()),
    }
}

/// Who may come in, and the form that lets in more.
#[derive(Clone, Debug)]
pub(super) struct InvitationPanel {
    /// Those who may and have not come yet.
    pub(super) rows: Vec<InvitationRow>,
    /// Links that were made just now: they are shown once.
    pub(super) fresh_links: Vec<String>,
    pub(super) email: String,
    pub(super) role: String,
    pub(super) error: Option<String>,
}

/// An invitation that nobody has used yet.
#[derive(Clone, Debug)]
pub(super) struct InvitationRow {
    pub(super) who: String,
    pub(super) role: String,
    pub(super) invited_by: String,
    pub(super) created: TimeView,
    /// When it ends; absent where it does not.
    pub(super) expires: Option<TimeView>,
    pub(super) take_back: PostButton,
}

pub(super) fn invitation_row(row: Invitation, now: DateTime<Utc>) -> InvitationRow {
    let who = row.email.unwrap_or_else(|| "whoever has the link".to_owned());
    InvitationRow {
        take_back: post_button(
            "Withdraw",
            paths::invitation_removal(row.id),
            ButtonLook::Plain,
            &format!("the invitation of {who}"),
            Vec::new(),
        ),
        who,
        role: row.role.id().to_owned(),
        invited_by: row.invited_by,
        created: moment(row.created, now),
        expires: row.expires.map(|at| moment(at, now)),
    }
}

/// A group to be made, as typed.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupForm {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) error: Option<String>,
}
