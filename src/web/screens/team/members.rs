//! `/team/`: who is in, in which groups; and, for admins, who may come in, as what, and who must go.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};

use super::{
    groups::GroupForm,
    invitations::{InvitationPanel, invitation_row},
};
use crate::{
    domain::{
        group::Group,
        member::{Role, TeamMember},
    },
    storage::{MemberChange, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::{PageContext, redirect_with},
            error::Error,
            extract::{Form, Id, Pairs},
            flash::Note,
        },
        paths,
        state::{Accounts, AppState},
        widgets::{
            confirm::ConfirmPage,
            controls::{Link, TimeView},
            field::Choice,
            words::{link, moment},
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
    pub(super) fresh_link: Option<String>,
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
pub(crate) async fn get(
    State(state): State<AppState>,
    accounts: Accounts,
    context: PageContext,
) -> Result<Response, Error> {
    page(&state, &accounts, &context, Typed::default()).await
}

/// `POST /team/members/{id}/role/`
pub(crate) async fn post_role(
    State(state): State<AppState>,
    accounts: Accounts,
    context: PageContext,
    Id(id): Id,
    Form(form): Form,
) -> Result<Response, Error> {
    context.require_admin()?;
    let role = role_of(&form)?;
    match state.storage().change_role(&context.scope, id, role).await? {
        MemberChange::Done => Ok(redirect_with(Note::RoleChanged, paths::TEAM)),
        MemberChange::Absent => Err(Error::NotFound),
        MemberChange::LastAdmin => last_admin(&state, &accounts, &context).await,
    }
}

/// `GET /team/members/{id}/remove/`: asks first. Of oneself it is leaving.
pub(crate) async fn get_remove(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let leaves = id == context.scope.member_id();
    if !leaves {
        context.require_admin()?;
    }
    let members = storage.list_members(&context.scope).await?;
    let found = members.into_iter().find(|row| row.member.id == id).ok_or(Error::NotFound)?;
    let name = found.member.name;
    let (question, confirm_label) = if leaves {
        ("Leave the team?".to_owned(), "Leave")
    } else {
        (format!("Take {name} out of the team?"), "Take out")
    };
    let whose = if leaves { "Your" } else { "Their" };
    let page = ConfirmPage {
        chrome: context.chrome(Section::Elsewhere),
        question,
        consequences: vec![
            format!("{whose} sessions and API tokens end at once, and runs that go on are stopped; what has come is kept."),
            format!("{whose} connection to Google is deleted here and taken back at Google."),
            "Queries, runs and targets stay, with their author's name; what is private stays private.".to_owned(),
            "Open invitations by them are taken back. Only an invitation lets the account in again, or its address in the service's settings (--admin).".to_owned(),
        ],
        facts: Vec::new(),
        action: format!("/team/members/{id}/remove/"),
        hidden: Vec::new(),
        confirm_label: confirm_label.to_owned(),
        cancel: link("Cancel", paths::TEAM),
    };
    Ok(context.render(&page))
}

/// `POST /team/members/{id}/remove/`
pub(crate) async fn post_remove(
    State(state): State<AppState>,
    accounts: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let leaves = id == context.scope.member_id();
    if !leaves {
        context.require_admin()?;
    }
    match state.storage().remove_member(&context.scope, id).await? {
        MemberChange::Absent => return Err(Error::NotFound),
        MemberChange::LastAdmin => return last_admin(&state, &accounts, &context).await,
        MemberChange::Done => {}
    }
    accounts.sign_in.grants().disconnect(id).await?;
    if leaves {
        return Ok(Redirect::to(paths::SIGN_IN).into_response());
    }
    Ok(redirect_with(Note::MemberRemoved, paths::TEAM))
}

pub(super) fn role_of(form: &Pairs) -> Result<Role, Error> {
    form.text("role")
        .and_then(Role::from_id)
        .ok_or_else(|| Error::BadRequest("\"role\" is viewer, member or admin".to_owned()))
}

async fn last_admin(
    state: &AppState,
    accounts: &Accounts,
    context: &PageContext,
) -> Result<Response, Error> {
    let problem =
        "This is the last admin, and somebody must be one. Make somebody else admin first.";
    let typed = Typed { problem: Some(problem.to_owned()), ..Typed::default() };
    page(state, accounts, context, typed).await
}

/// The page, with what was just typed.
pub(super) async fn page(
    state: &AppState,
    accounts: &Accounts,
    context: &PageContext,
    typed: Typed,
) -> Result<Response, Error> {
    let (storage, scope) = (state.storage(), &context.scope);
    let now = state.now();
    let members = storage.list_members(scope).await?;
    let groups = storage.list_groups(scope).await?;
    let status = typed.status();
    let invitations = if scope.is_admin() {
        let rows = storage.list_invitations(scope).await?;
        Some(InvitationPanel {
            rows: rows.into_iter().map(|row| invitation_row(row, now)).collect(),
            fresh_link: typed.fresh_link,
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
        new_group: scope.may_work().then_some(typed.group),
        invitations,
        domains: accounts.sign_in.allowed_domains().to_vec(),
        problem: typed.problem,
        history: scope.is_admin().then(|| link("History", "/team/history/")),
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
    let is_this = id == context.scope.member_id();
    let remove = format!("/team/members/{id}/remove/");
    let is_admin = context.scope.is_admin();
    MemberRow {
        is_this,
        name: row.member.name,
        email: row.member.email.unwrap_or_default(),
        role: row.member.role.id().to_owned(),
        groups: row.groups.join(", "),
        last_sign_in: row.last_sign_in.map(|at| moment(at, now)),
        change_role: is_admin.then(|| format!("/team/members/{id}/role/")),
        remove: if is_this {
            Some(link("Leave…", remove))
        } else {
            is_admin.then(|| link("Take out…", remove))
        },
    }
}

fn group_row(group: &Group, context: &PageContext) -> GroupRow {
    let names: Vec<&str> =
        group.members.iter().take(NAMES_SHOWN).map(|member| member.name.as_str()).collect();
    let more = group.members.len().saturating_sub(NAMES_SHOWN);
    GroupRow {
        group: link(group.name.clone(), format!("/team/groups/{}/", group.id)),
        description: group.description.clone(),
        members: match (names.is_empty(), more) {
            (true, _) => "nobody".to_owned(),
            (false, 0) => names.join(", "),
            (false, more) => format!("{} and {more} more", names.join(", ")),
        },
        is_mine: group.has(context.scope.member_id()),
    }
}
