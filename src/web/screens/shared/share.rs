//! `…/share/` of queries, runs and targets: who sees them, and what they may do.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::owned::Owned;
use crate::{
    domain::{
        group::Group,
        history::Kind,
        sharing::{Rights, Sharing, TEAM},
    },
    storage::{NotDone, Refused, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::{PageContext, redirect_with},
            error::Error,
            extract::{Form, Id, Pairs},
            flash::Note,
        },
        paths,
        state::Accounts,
        widgets::{controls::Link, words::counted},
    },
};

/// `…/share/`: who sees a query, a run or a target.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/shared/share.html")]
struct SharePage {
    chrome: Chrome,
    object: Link,
    kind: String,
    owner: String,
    /// The team and the groups, with what each may do.
    rows: Vec<ShareRow>,
    /// Where the form is sent; absent without the right to share.
    action: Option<String>,
    /// How it is shared now, for the form to say what it was drawn from.
    seen: String,
    /// What is wrong with what was chosen.
    error: Option<String>,
    /// What else there is to know, a sentence each.
    remarks: Vec<String>,
}

/// What a group may do with a thing.
#[derive(Clone, Debug)]
struct ShareRow {
    id: i64,
    /// "The whole team", or the group's name.
    name: String,
    note: String,
    sees: bool,
    changes: bool,
    shares: bool,
}

macro_rules! share_pages {
    ($get:ident, $post:ident, $kind:expr) => {
        /// `GET` of `share/` below a thing.
        pub(in crate::web) async fn $get(
            State(storage): State<Storage>,
            _: Accounts,
            context: PageContext,
            Id(id): Id,
        ) -> Result<Response, Error> {
            let owned =
                Owned::find(&storage, &context.asker, $kind, id).await?.ok_or(Error::NotFound)?;
            show(&storage, &context, &owned, &owned.sharing, None).await
        }

        /// `POST` to `share/` below a thing.
        pub(in crate::web) async fn $post(
            State(storage): State<Storage>,
            _: Accounts,
            context: PageContext,
            Id(id): Id,
            Form(form): Form,
        ) -> Result<Response, Error> {
            change(&storage, &context, $kind, id, &form).await
        }
    };
}

share_pages!(get_query, post_query, Kind::Query);
share_pages!(get_run, post_run, Kind::Run);
share_pages!(get_target, post_target, Kind::Target);

async fn change(
    storage: &Storage,
    context: &PageContext,
    kind: Kind,
    id: i64,
    form: &Pairs,
) -> Result<Response, Error> {
    let asker = &context.asker;
    let owned = Owned::find(storage, asker, kind, id).await?.ok_or(Error::NotFound)?;
    let wanted = read_sharing(form)?;
    let seen = read_seen(form)?;
    match storage.share(asker, kind, id, seen.as_ref(), wanted.clone()).await {
        Ok(true) => {
            // Who gives it out of sight lands where they can be.
            let is_still_seen = Owned::find(storage, asker, kind, id).await?.is_some();
            let to = if is_still_seen { paths::page_of(kind, id, "share/") } else { "/".into() };
            Ok(redirect_with(Note::Shared, &to))
        }
        Ok(false) => Err(Error::NotFound),
        Err(NotDone::Refused(Refused::NameTakenThere)) => {
            let message = format!(
                "Some of those who would see it already see a target with the name {}. Rename one of them, or choose other groups.",
                owned.object.text
            );
            show(storage, context, &owned, &wanted, Some(message)).await
        }
        Err(NotDone::Refused(Refused::Changed)) => {
            let message = "Somebody else changed the sharing meanwhile. This is its present state: choose again.";
            let answer =
                show(storage, context, &owned, &owned.sharing, Some(message.to_owned())).await;
            answer.map(|mut page| {
                *page.status_mut() = StatusCode::CONFLICT;
                page
            })
        }
        Err(NotDone::Refused(Refused::NotTheirsToGive)) => {
            let message = "You can only add people. Only its owner or an admin can take rights away, or give rights that you do not have.";
            let answer = show(storage, context, &owned, &wanted, Some(message.to_owned())).await;
            answer.map(|mut page| {
                *page.status_mut() = StatusCode::FORBIDDEN;
                page
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// How it was shared when the form was drawn; `None` for a form that does not say.
fn read_seen(form: &Pairs) -> Result<Option<Sharing>, Error> {
    let Some(text) = form.text("seen") else { return Ok(None) };
    let seen = serde_json::from_str(text);
    seen.map(Some).map_err(|_| Error::BadRequest("\"seen\" cannot be read".to_owned()))
}

/// Who may change or share a thing sees it as well.
fn read_sharing(form: &Pairs) -> Result<Sharing, Error> {
    let groups = |name: &str| -> Result<Vec<i64>, Error> {
        form.all(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| Error::BadRequest(format!("\"{name}\" holds ids of groups")))
            })
            .collect()
    };
    let (writers, sharers) = (groups("writers")?, groups("sharers")?);
    let mut readers = groups("readers")?;
    readers.extend(writers.iter().chain(&sharers));
    Ok(Sharing { readers, writers, sharers }.checked())
}

async fn show(
    storage: &Storage,
    context: &PageContext,
    owned: &Owned,
    shown: &Sharing,
    error: Option<String>,
) -> Result<Response, Error> {
    let asker = &context.asker;
    let groups = storage.list_groups(asker).await?;
    let rights = owned.rights(asker);
    let can_share = rights.share;
    let is_offered = |group: &Group| {
        (can_share && asker.seen_groups().contains(&group.id))
            || owned.sharing.readers.contains(&group.id)
    };
    let team = share_row(TEAM, "The whole team", "all members".to_owned(), shown);
    let rows = groups.iter().filter(|group| is_offered(group)).map(|group| {
        let note = counted(group.members.len() as u64, "member");
        share_row(group.id, &group.name, note, shown)
    });
    let page = SharePage {
        chrome: context.chrome(Section::Elsewhere),
        object: owned.object.clone(),
        kind: owned.kind.id().to_owned(),
        owner: owned.owner.clone(),
        rows: std::iter::once(team).chain(rows).collect(),
        action: can_share.then(|| paths::page_of(owned.kind, owned.id, "share/")),
        seen: serde_json::to_string(&owned.sharing)
            .map_err(|error| Error::Internal(error.into()))?,
        remarks: remarks(owned.kind, rights),
        error: error.clone(),
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(context.render_as(status, &page))
}

fn share_row(id: i64, name: &str, note: String, sharing: &Sharing) -> ShareRow {
    ShareRow {
        id,
        name: name.to_owned(),
        note,
        // Those who may change or share it see it, also where the whole team does.
        sees: [&sharing.readers, &sharing.writers, &sharing.sharers]
            .iter()
            .any(|groups| groups.contains(&id)),
        changes: sharing.writers.contains(&id),
        shares: sharing.sharers.contains(&id),
    }
}

fn remarks(kind: Kind, rights: Rights) -> Vec<String> {
    let mut remarks = Vec::new();
    if !rights.share {
        remarks.push("Only its owner, an admin or who may share it can change this.".to_owned());
    } else if !rights.delete {
        remarks.push(
            "You can add groups, with the rights that you have yourself. Only its owner or an admin can take rights away."
                .to_owned(),
        );
    }
    remarks.push(
        "Viewers can only look, whatever is set here. Admins see and change everything that is shared; private things only their owner does.".to_owned(),
    );
    remarks.push(match kind {
        Kind::Query => "A run takes over the sharing of its query when it starts; earlier runs keep theirs.",
        Kind::Run => "Targets saved from this run have their own sharing.",
        _ => "Two targets that the same people see cannot have the same name.",
    }.to_owned());
    remarks
}
