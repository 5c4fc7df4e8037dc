//! Another role for a member, and leaving the team.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use super::members::{Typed, page};
use crate::{
    domain::member::Role,
    storage::{MemberChange, Storage},
    web::{
        frame::{
            chrome::Section,
            confirm::ConfirmPage,
            context::{PageContext, redirect_with},
            error::Error,
            extract::{Form, Id, Pairs},
            flash::Note,
        },
        paths,
        state::{Accounts, AppState},
        widgets::words::link,
    },
};

/// `POST /team/members/{id}/role/`
pub(in crate::web) async fn post_role(
    State(state): State<AppState>,
    accounts: Accounts,
    context: PageContext,
    Id(id): Id,
    Form(form): Form,
) -> Result<Response, Error> {
    context.require_admin()?;
    let role = role_of(&form)?;
    match state.storage().change_role(&context.asker, id, role).await? {
        MemberChange::Done => Ok(redirect_with(Note::RoleChanged, paths::TEAM)),
        MemberChange::Absent => Err(Error::NotFound),
        MemberChange::LastAdmin => last_admin(&state, &accounts, &context).await,
    }
}

/// `GET /team/members/{id}/remove/`: asks first. Of oneself it is leaving.
pub(in crate::web) async fn get_remove(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let leaves = id == context.asker.member_id();
    if !leaves {
        context.require_admin()?;
    }
    let members = storage.list_members(&context.asker).await?;
    let found = members.into_iter().find(|row| row.member.id == id).ok_or(Error::NotFound)?;
    let name = found.member.name;
    let (question, confirm_label) = if leaves {
        ("Leave the team?".to_owned(), "Leave")
    } else {
        (format!("Remove {name} from the team?"), "Remove")
    };
    let whose = if leaves { "Your" } else { "Their" };
    let page = ConfirmPage {
        chrome: context.chrome(Section::Elsewhere),
        question,
        consequences: vec![
            format!("{whose} sessions and API tokens end at once, and current runs are stopped; their results are kept."),
            format!("{whose} connection to Google is deleted here and revoked at Google."),
            "Queries, runs and targets stay, with their author's name; what is private stays private.".to_owned(),
            "Open invitations by them are withdrawn. The account can only return by a new invitation, or if the service's settings (--admin) name its address.".to_owned(),
        ],
        facts: Vec::new(),
        action: paths::member_page(id, "remove/"),
        hidden: Vec::new(),
        confirm_label: confirm_label.to_owned(),
        cancel: link("Cancel", paths::TEAM),
    };
    Ok(context.render(&page))
}

/// `POST /team/members/{id}/remove/`
pub(in crate::web) async fn post_remove(
    State(state): State<AppState>,
    accounts: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let leaves = id == context.asker.member_id();
    if !leaves {
        context.require_admin()?;
    }
    match state.storage().remove_member(&context.asker, id).await? {
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
    let problem = "This is the last admin, and the team needs one. Make somebody else admin first.";
    let typed = Typed { problem: Some(problem.to_owned()), ..Typed::default() };
    page(state, accounts, context, typed).await
}
