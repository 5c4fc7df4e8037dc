//! `/team/`: who is in, and, for admins, who may come in.

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    clock::Clock,
    domain::member::{Invitation, Member, Role},
    storage::Storage,
    web::{
        context::{PageContext, redirect_with},
        error::Error,
        extract::{Form, Id},
        flash::Note,
        present::{moment, post_button},
        state::Accounts,
        views::{
            account::{InvitationRow, MemberRow, TeamPage},
            chrome::Section,
            controls::ButtonLook,
        },
    },
};

/// Longest address, characters.
const MAX_EMAIL: usize = 254;

/// An invitation as typed, and what is wrong with it.
#[derive(Default)]
struct Typed {
    email: String,
    role: String,
    error: Option<String>,
}

/// `GET /team/`
pub(crate) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    accounts: Accounts,
    context: PageContext,
) -> Result<Response, Error> {
    page(&storage, &clock, &accounts, &context, Typed::default()).await
}

/// `POST /team/`: invites an address.
pub(crate) async fn post_invite(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    accounts: Accounts,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    context.require_admin()?;
    let typed = form.text("email").unwrap_or_default().to_owned();
    let role = match form.text("role") {
        Some("admin") => Role::Admin,
        _ => Role::Member,
    };
    let error = match check_email(&typed) {
        Err(message) => Some(message),
        Ok(email) if storage.invite(&email, role, &context.member).await? => None,
        Ok(_) => Some("A member has this address already.".to_owned()),
    };
    if error.is_none() {
        tracing::info!(member.id = context.member.id, "An address was invited");
        return Ok(redirect_with(Note::Invited, "/team/"));
    }
    let typed = Typed { email: typed, role: role.id().to_owned(), error };
    page(&storage, &clock, &accounts, &context, typed).await
}

/// `POST /team/invitations/{id}/delete/`
pub(crate) async fn post_take_back(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    context.require_admin()?;
    if storage.take_back_invitation(id).await? {
        Ok(redirect_with(Note::InvitationTakenBack, "/team/"))
    } else {
        Err(Error::NotFound)
    }
}

/// An address in lower case, or what is wrong with it.
fn check_email(typed: &str) -> Result<String, String> {
    let email = typed.trim().to_lowercase();
    let is_address = email.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.contains('@') && !domain.ends_with('.')
    });
    if email.is_empty() {
        return Err("This field is required.".to_owned());
    }
    let is_plain = email.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if is_address && is_plain && email.chars().count() <= MAX_EMAIL {
        Ok(email)
    } else {
        Err("Enter an e-mail address, such as ada@obs.example.".to_owned())
    }
}

async fn page(
    storage: &Storage,
    clock: &Clock,
    accounts: &Accounts,
    context: &PageContext,
    typed: Typed,
) -> Result<Response, Error> {
    let now = clock.now();
    let members = storage.list_members().await?;
    let invitations = match context.member.role {
        Role::Admin => Some(storage.list_invitations().await?),
        _ => None,
    };
    let status =
        if typed.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = TeamPage {
        chrome: context.chrome(Section::Elsewhere),
        members: members.into_iter().map(|member| member_row(member, context)).collect(),
        invitations: invitations
            .map(|rows| rows.into_iter().map(|row| invitation_row(row, now)).collect()),
        domains: accounts.sign_in.allowed_domains().to_vec(),
        email: typed.email,
        role: typed.role,
        error: typed.error,
    };
    Ok(context.render_as(status, &page))
}

fn member_row(member: Member, context: &PageContext) -> MemberRow {
    MemberRow {
        is_this: member.id == context.member.id,
        name: member.name,
        email: member.email.unwrap_or_default(),
        role: member.role.id().to_owned(),
    }
}

fn invitation_row(row: Invitation, now: chrono::DateTime<chrono::Utc>) -> InvitationRow {
    InvitationRow {
        take_back: post_button(
            "Take back",
            format!("/team/invitations/{}/delete/", row.id),
            ButtonLook::Plain,
            &format!("the invitation of {}", row.email),
            Vec::new(),
        ),
        email: row.email,
        role: row.role.id().to_owned(),
        invited_by: row.invited_by,
        created: moment(row.created, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_in_lower_case_and_nonsense_is_refused() {
        assert_eq!(check_email(" Ada@Obs.Example "), Ok("ada@obs.example".to_owned()));
        for bad in [
            "",
            "ada",
            "ada@",
            "@obs.example",
            "ada@obs",
            "a@b@c.example",
            "a b@c.example",
            "a@b.c.",
        ] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
    }
}
