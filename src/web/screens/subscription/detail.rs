//! `/subscriptions/{name}/`: one subscription: what it is, what waits in it, going to a time, deleting it.

use askama::Template;
use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};

use super::{
    list::{Visit, check, sentence},
    row::{SubscriptionRow, short_name, subscription_row},
};
use crate::{
    actions::subscriptions::{DeskError, SubscriptionDesk},
    brokers::BrokerError,
    domain::time::parse_time,
    forms::{Choices, Field, FormState},
    google::pubsub::WaitingMessage,
    web::{
        frame::{
            chrome::{Chrome, Section},
            confirm::ConfirmPage,
            context::{PageContext, redirect_with},
            error::Error,
            extract::Form,
            flash::Note,
        },
        paths,
        widgets::{
            controls::{ButtonLook, HiddenValue, Link, PostButton},
            field::FieldView,
            form_view::{Drawing, field_view},
            words::{link, post_button, size_text},
        },
    },
};

/// `/subscriptions/{name}/`
#[derive(Clone, Debug, Template)]
#[template(path = "screens/subscription/detail.html")]
struct SubscriptionPage {
    chrome: Chrome,
    name: String,
    row: SubscriptionRow,
    trouble: Option<String>,
    /// Looks at what waits; absent for those who look only.
    peek: Option<PostButton>,
    /// What waits, where it was looked at.
    messages: Option<Vec<MessageRow>>,
    /// Takes it to a moment; absent for those who look only.
    seek: Option<SeekForm>,
    delete: Option<Link>,
}

/// Takes a subscription to a moment.
#[derive(Clone, Debug)]
struct SeekForm {
    action: String,
    hidden: Vec<HiddenValue>,
    field: FieldView,
}

/// A message that waits.
#[derive(Clone, Debug)]
struct MessageRow {
    id: String,
    published: String,
    size: String,
    attributes: Vec<(String, String)>,
}

const SEEK: Field = Field::parsed("to", "Time", understand_time)
    .placeholder("2h, or 2026-11-25 03:00")
    .help("UTC, an MJD, or how long ago.");

fn understand_time(text: &str, now: DateTime<Utc>) -> Result<String, String> {
    parse_time(text, now)
        .map(|at| format!("read as {} UTC", at.format("%Y-%m-%d %H:%M:%S")))
        .map_err(|error| format!("{error}."))
}

/// `GET /subscriptions/{name}/`
pub(in crate::web) async fn get(visit: Visit, Path(name): Path<String>) -> Result<Response, Error> {
    let desk = visit.desk().await?;
    one_page(&desk, &visit.context, &name, Shown::default()).await
}

/// `POST /subscriptions/{name}/peek/`: looks at what waits.
pub(in crate::web) async fn post_peek(
    visit: Visit,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    visit.context.require_work()?;
    let desk = visit.desk().await?;
    check(&name)?;
    let shown = match desk.peek(&name).await {
        Ok(messages) => Shown { messages: Some(messages), ..Shown::default() },
        Err(error) => Shown { trouble: Some(error), ..Shown::default() },
    };
    one_page(&desk, &visit.context, &name, shown).await
}

/// `POST /subscriptions/{name}/seek/`: takes it to a moment (`to`).
pub(in crate::web) async fn post_seek(
    visit: Visit,
    Path(name): Path<String>,
    Form(form): Form,
) -> Result<Response, Error> {
    let desk = visit.desk().await?;
    require_disposal(&desk, &visit.context)?;
    check(&name)?;
    let typed = form.text("to").unwrap_or_default();
    let mut seek = FormState::default();
    seek.put("to", typed.to_owned());
    let shown = match parse_time(typed, visit.state.now()) {
        Ok(to) => match desk.seek(&name, to).await {
            Ok(()) => {
                return Ok(redirect_with(Note::SubscriptionMoved, &paths::subscription(&name)));
            }
            Err(DeskError::NotDone(error)) => {
                Shown { trouble: Some(error), seek, ..Shown::default() }
            }
            Err(DeskError::NotTold(error)) => return Err(error.into()),
        },
        Err(error) => {
            seek.add_error("to", format!("{error}."));
            Shown { seek, ..Shown::default() }
        }
    };
    one_page(&desk, &visit.context, &name, shown).await
}

/// What a page of one subscription shows besides what it is.
#[derive(Default)]
struct Shown {
    messages: Option<Vec<WaitingMessage>>,
    trouble: Option<BrokerError>,
    seek: FormState,
}

async fn one_page(
    desk: &SubscriptionDesk<'_>,
    context: &PageContext,
    name: &str,
    shown: Shown,
) -> Result<Response, Error> {
    check(name)?;
    let found = match desk.list().await {
        Ok(all) => all.into_iter().find(|row| short_name(&row.name) == name),
        // The list says what is wrong, and how to mend it.
        Err(_) => return Ok(Redirect::to(paths::SUBSCRIPTIONS).into_response()),
    };
    let details = found.ok_or(Error::NotFound)?;
    let (may_work, may_dispose) = (context.asker.may_work(), desk.may_dispose());
    let is_wrong = shown.trouble.is_some() || shown.seek.has_errors();
    let drawing = Drawing { choices: &Choices::new(), echo_url: None };
    let page = SubscriptionPage {
        chrome: context.chrome(Section::Subscriptions),
        name: name.to_owned(),
        row: subscription_row(&details, desk, may_work),
        trouble: shown.trouble.as_ref().map(sentence),
        peek: may_work.then(|| {
            let action = paths::subscription_page(name, "peek/");
            post_button("Peek", action, ButtonLook::Plain, "", Vec::new())
        }),
        messages: shown.messages.map(|rows| rows.into_iter().map(message_row).collect()),
        seek: may_dispose.then(|| SeekForm {
            action: paths::subscription_page(name, "seek/"),
            hidden: Vec::new(),
            field: field_view(&SEEK, &shown.seek, &drawing),
        }),
        delete: may_dispose.then(|| link("Delete…", paths::subscription_page(name, "delete/"))),
    };
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(context.render_as(status, &page))
}

/// `GET /subscriptions/{name}/delete/`
pub(in crate::web) async fn get_delete(
    visit: Visit,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let desk = visit.desk().await?;
    require_disposal(&desk, &visit.context)?;
    check(&name)?;
    let page = ConfirmPage {
        chrome: visit.context.chrome(Section::Subscriptions),
        question: format!("Delete the subscription {name}?"),
        consequences: vec![
            "Its waiting messages are lost: a new subscription starts empty.".to_owned(),
            "Nobody can pull from it any more. Runs, alerts and targets are kept.".to_owned(),
        ],
        facts: Vec::new(),
        action: paths::subscription_page(&name, "delete/"),
        hidden: Vec::new(),
        confirm_label: "Delete subscription".to_owned(),
        cancel: link("Keep it", paths::subscription(&name)),
    };
    Ok(visit.context.render(&page))
}

/// `POST /subscriptions/{name}/delete/`
pub(in crate::web) async fn post_delete(
    visit: Visit,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let desk = visit.desk().await?;
    require_disposal(&desk, &visit.context)?;
    check(&name)?;
    match desk.delete(&name).await {
        Ok(()) => Ok(redirect_with(Note::SubscriptionDeleted, paths::SUBSCRIPTIONS)),
        Err(DeskError::NotDone(error)) => {
            let shown = Shown { trouble: Some(error), ..Shown::default() };
            one_page(&desk, &visit.context, &name, shown).await
        }
        Err(DeskError::NotTold(error)) => Err(error.into()),
    }
}

/// Refuses those who may not delete a subscription or move it in time.
fn require_disposal(desk: &SubscriptionDesk<'_>, context: &PageContext) -> Result<(), Error> {
    context.require_work()?;
    if desk.may_dispose() { Ok(()) } else { Err(Error::AdminsOnly) }
}

fn message_row(message: WaitingMessage) -> MessageRow {
    let published = DateTime::parse_from_rfc3339(&message.publish_time);
    MessageRow {
        published: published.map_or(message.publish_time.clone(), |at| {
            at.with_timezone(&Utc).format("%Y-%m-%d %H:%M:%S").to_string()
        }),
        id: message.id,
        size: size_text(message.n_bytes as u64),
        attributes: message.attributes,
    }
}
