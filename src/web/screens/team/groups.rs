//! `/team/groups/{id}/`: a group, and for its leaders who is in it.

use askama::Template;
use axum::{extract::State, response::Response};

use super::members::{GroupForm, Typed, page as team_page};
use crate::{
    domain::group::Group,
    forms::has_tricks,
    storage::{NotDone, Refused, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            confirm::ConfirmPage,
            context::{PageContext, redirect_with},
            error::Error,
            extract::{Form, Id},
            flash::Note,
        },
        paths,
        state::{Accounts, AppState},
        widgets::{
            controls::{ButtonLook, Link, PostButton},
            field::Choice,
            words::{hidden, link, post_button},
        },
    },
};

/// `/team/groups/{id}/`
#[derive(Clone, Debug, Template)]
#[template(path = "screens/team/groups.html")]
struct GroupPage {
    chrome: Chrome,
    name: String,
    description: String,
    members: Vec<GroupMemberRow>,
    /// Where others are put in; for leaders.
    add: Option<AddForm>,
    leave: Option<PostButton>,
    delete: Option<Link>,
}

/// A member of a group.
#[derive(Clone, Debug)]
struct GroupMemberRow {
    name: String,
    /// Whether it is the one that looks at the page.
    is_this: bool,
    is_leader: bool,
    buttons: Vec<PostButton>,
}

/// Puts somebody into a group.
#[derive(Clone, Debug)]
struct AddForm {
    action: String,
    choices: Vec<Choice>,
}

/// Longest name and description, characters.
const MAX_NAME: usize = 100;

const MAX_DESCRIPTION: usize = 300;

/// `POST /team/groups/`: makes a group.
pub(in crate::web) async fn post_create(
    State(state): State<AppState>,
    accounts: Accounts,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    let name = form.text("name").unwrap_or_default().to_owned();
    let description = form.text("description").unwrap_or_default().to_owned();
    let error = match check_group(&name, &description) {
        Some(message) => Some(message),
        None => match state.storage().create_group(&context.asker, &name, &description).await? {
            Some(id) => return Ok(redirect_with(Note::GroupMade, &paths::group(id))),
            None => Some("There is a group with this name already.".to_owned()),
        },
    };
    let typed = Typed { group: GroupForm { name, description, error }, ..Typed::default() };
    team_page(&state, &accounts, &context, typed).await
}

/// Words that pages use for whom a thing is shared with: a group by such a name would be taken for it.
const NO_NAMES: [&str; 6] =
    ["team", "the whole team", "whole team", "everybody", "private", "nobody"];

fn check_group(name: &str, description: &str) -> Option<String> {
    match (name.chars().count(), description.chars().count()) {
        (0, _) => Some("This field is required.".to_owned()),
        (n, _) if n > MAX_NAME => Some(format!("A name can have at most {MAX_NAME} characters.")),
        (_, n) if n > MAX_DESCRIPTION => {
            Some(format!("The description can have at most {MAX_DESCRIPTION} characters."))
        }
        _ if [name, description].iter().any(|text| has_tricks(text)) => {
            Some("Control and invisible characters are not allowed.".to_owned())
        }
        _ if NO_NAMES.contains(&&*name.to_lowercase()) => {
            Some("This name is reserved. Choose another one.".to_owned())
        }
        _ => None,
    }
}

/// `GET /team/groups/{id}/`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let asker = &context.asker;
    let group = storage.find_group(asker, id).await?.ok_or(Error::NotFound)?;
    let leads = leads(&context, &group);
    let others = if leads { storage.list_members(asker).await? } else { Vec::new() };
    let choices = others
        .into_iter()
        .filter(|row| !group.has(row.member.id))
        .map(|row| Choice {
            value: row.member.id.to_string(),
            label: match row.member.email {
                Some(email) => format!("{} ({email})", row.member.name),
                None => row.member.name,
            },
            help: None,
        })
        .collect();
    let page = GroupPage {
        chrome: context.chrome(Section::Elsewhere),
        name: group.name.clone(),
        description: group.description.clone(),
        members: member_rows(&group, &context, leads),
        add: leads.then(|| AddForm { action: paths::group_page(id, "add/"), choices }),
        leave: group.has(asker.member_id()).then(|| {
            let me = asker.member_id();
            member_button("Leave group", &group, "remove", me, "", false)
        }),
        delete: leads.then(|| link("Delete group…", paths::group_page(id, "delete/"))),
    };
    Ok(context.render(&page))
}

/// `POST /team/groups/{id}/add/`: puts `member` in; `leader=yes` or `no` for one who is in.
pub(in crate::web) async fn post_add(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
    Form(form): Form,
) -> Result<Response, Error> {
    let member = member_of(&form)?;
    // Without a word about leading, whoever is in stays what they are.
    let leads = form.text("leader").map(|text| text == "yes");
    if storage.add_to_group(&context.asker, id, member, leads).await? {
        Ok(redirect_with(Note::GroupChanged, &paths::group(id)))
    } else {
        Err(Error::NotFound)
    }
}

/// `POST /team/groups/{id}/remove/`: takes `member` out, or lets them leave.
pub(in crate::web) async fn post_remove(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
    Form(form): Form,
) -> Result<Response, Error> {
    let member = member_of(&form)?;
    if storage.remove_from_group(&context.asker, id, member).await? {
        Ok(redirect_with(Note::GroupChanged, &paths::group(id)))
    } else {
        Err(Error::NotFound)
    }
}

/// `GET /team/groups/{id}/delete/`
pub(in crate::web) async fn get_delete(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    let group = storage.find_group(&context.asker, id).await?.ok_or(Error::NotFound)?;
    if !leads(&context, &group) {
        return Err(Error::Forbidden);
    }
    Ok(context.render(&confirm(&context, &group, None)))
}

/// `POST /team/groups/{id}/delete/`
pub(in crate::web) async fn post_delete(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Id(id): Id,
) -> Result<Response, Error> {
    match storage.delete_group(&context.asker, id).await {
        Ok(true) => Ok(redirect_with(Note::GroupDeleted, paths::TEAM)),
        Ok(false) => Err(Error::NotFound),
        Err(NotDone::Refused(Refused::NameTakenThere)) => {
            let group = storage.find_group(&context.asker, id).await?.ok_or(Error::NotFound)?;
            let problem = "It cannot be deleted yet: two targets with the same name are shared with it, and without it the same people would see both. One of them may be hidden from you. Ask the owners of the targets shared with this group to rename them or to share them with others.";
            let page = confirm(&context, &group, Some(problem));
            Ok(context.render_as(axum::http::StatusCode::CONFLICT, &page))
        }
        Err(error) => Err(error.into()),
    }
}

fn confirm(context: &PageContext, group: &Group, problem: Option<&str>) -> ConfirmPage {
    let consequences = problem.map(str::to_owned).into_iter().chain([
        "Things shared with this group alone become private to their owners. Queries and targets of owners who have left become yours.".to_owned(),
        "Nothing else is deleted; its members stay in the team.".to_owned(),
    ]);
    ConfirmPage {
        chrome: context.chrome(Section::Elsewhere),
        question: format!("Delete the group “{}”?", group.name),
        consequences: consequences.collect(),
        facts: Vec::new(),
        action: paths::group_page(group.id, "delete/"),
        hidden: Vec::new(),
        confirm_label: "Delete group".to_owned(),
        cancel: link("Keep it", paths::group(group.id)),
    }
}

fn leads(context: &PageContext, group: &Group) -> bool {
    let asker = &context.asker;
    asker.is_admin() || (asker.may_work() && group.is_led_by(asker.member_id()))
}

fn member_of(form: &crate::web::frame::extract::Pairs) -> Result<i64, Error> {
    form.number("member").ok_or_else(|| Error::BadRequest("\"member\" is missing".to_owned()))
}

fn member_rows(group: &Group, context: &PageContext, leads: bool) -> Vec<GroupMemberRow> {
    let rows = group.members.iter().map(|member| {
        let is_this = member.id == context.asker.member_id();
        let mut buttons = Vec::new();
        if leads {
            let label = if member.is_leader { "Make member" } else { "Make leader" };
            buttons.push(member_button(
                label,
                group,
                "add",
                member.id,
                &member.name,
                !member.is_leader,
            ));
        }
        if leads && !is_this {
            buttons.push(member_button("Remove", group, "remove", member.id, &member.name, false));
        }
        GroupMemberRow { name: member.name.clone(), is_this, is_leader: member.is_leader, buttons }
    });
    rows.collect()
}

fn member_button(
    label: &str,
    group: &Group,
    verb: &str,
    member_id: i64,
    name: &str,
    leads: bool,
) -> PostButton {
    let mut values = vec![hidden("member", member_id.to_string())];
    if verb == "add" {
        values.push(hidden("leader", if leads { "yes" } else { "no" }));
    }
    let action = paths::group_page(group.id, &format!("{verb}/"));
    post_button(label, action, ButtonLook::Plain, name, values)
}
