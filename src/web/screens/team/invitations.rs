//! Who may come in: invitations by address and by part of `/team/`.

use axum::{extract::State, response::Response};

use super::{
    join::new_link,
    members::{Typed, page},
    membership::role_of,
};
use crate::{
    domain::member::Role,
    storage::Storage,
    web::{
        frame::{
            context::{PageContext, redirect_with},
            error::Error,
            extract::{Form, Id},
            flash::Note,
            shown_once::redirect_showing,
        },
        paths,
        state::{Accounts, AppState},
    },
};

/// Longest address, characters.
const MAX_EMAIL: usize = 254;

/// `POST /team/`: invites an address, or whoever has a link (`by=link`).
pub(in crate::web) async fn post_invite(
    State(state): State<AppState>,
    accounts: Accounts,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    context.require_admin()?;
    let storage = state.storage();
    let email = form.text("email").unwrap_or_default().to_owned();
    let role = form.text("role").map_or(Ok(Role::Member), |_| role_of(&form))?;
    let mut typed = Typed { email, role: Some(role), ..Typed::default() };
    if form.text("by") == Some("link") {
        let new = new_link()?;
        storage.invite_by_link(&context.asker, &new.hash, role).await?;
        return Ok(redirect_showing(&new.secret, paths::TEAM, state.site()));
    }
    typed.email_error = match check_email(&typed.email) {
        Err(message) => Some(message),
        Ok(email) if storage.invite(&context.asker, &email, role).await? => None,
        Ok(_) => Some("A member has this address already.".to_owned()),
    };
    if typed.email_error.is_none() {
        return Ok(redirect_with(Note::Invited, paths::TEAM));
    }
    page(&state, &accounts, &context, typed).await
}

/// `POST /team/invitations/{id}/delete/`
pub(in crate::web) async fn post_take_back(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    context.require_admin()?;
    if storage.take_back_invitation(&context.asker, id).await? {
        Ok(redirect_with(Note::InvitationTakenBack, paths::TEAM))
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
