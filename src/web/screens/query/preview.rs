//! `POST /alerts/query/preview/`: the form again, with what the query would ask and cost. Nothing is read or billed.

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::Response,
};

use super::{
    draft::kept_form,
    form_page::{CodeView, ParameterView, PreviewView, page},
    sent_form::Services,
};
use crate::{
    actions::estimate_query::{ESTIMATES_A_MINUTE, Estimate, estimate_query},
    brokers::{Check, EstimatedCost, LeftToday},
    domain::wording::as_sentence,
    forms::{Context, FormState, RawForm},
    web::{
        door::consent::{connect_url, lacking},
        frame::{
            context::PageContext,
            error::Error,
            extract::{Form, Query},
        },
        screens::shared::parameters::{QUERY_NAME, check_query_name},
        widgets::words::link,
    },
};

/// `POST /alerts/query/preview/`, with `?query=ID` from the form of a saved query.
pub(in crate::web) async fn post(
    services: Services,
    context: PageContext,
    Query(query): Query,
    Form(form): Form,
) -> Result<Response, Error> {
    context.require_work()?;
    let Services { storage, brokers, clock, runner, accounts } = services;
    let broker = brokers.find(form.text("broker").unwrap_or_default()).ok_or(Error::NotFound)?;
    let broker = broker.clone();
    let saved = match query.number("query") {
        Some(id) => Some(storage.find_query(&context.asker, id).await?.ok_or(Error::NotFound)?),
        None => None,
    };
    let raw = RawForm::from_pairs(form.iter());
    let form_context = Context { now: clock.now(), choices: broker.choices().await };
    let checked = broker.form().validate(&raw, &form_context);
    let mut wait_s = None;
    let (mut state, view) = match checked {
        Err(state) => (state, None),
        Ok(parameters) => {
            let estimate =
                estimate_query(&runner, broker.as_ref(), &parameters, context.member()).await?;
            let view = match estimate.ok_or(Error::NotFound)? {
                Estimate::Estimated(check) => preview_view(*check),
                Estimate::Failed(error) => failed_view(&error.to_string()),
                Estimate::TooOften(left_s) => {
                    wait_s = Some(left_s);
                    failed_view(&too_often(left_s))
                }
            };
            let link = match lacking(accounts.as_ref(), &context.visitor, broker.as_ref()) {
                Some(scope) => {
                    let next =
                        kept_form(&storage, &context, &form, broker.as_ref(), saved.as_ref());
                    Some(link("Connect to Google", connect_url(scope, &next.await?)))
                }
                None => None,
            };
            (broker.form().filled(&raw), Some(PreviewView { link, ..view }))
        }
    };
    put_name(&mut state, form.text(QUERY_NAME.name).unwrap_or_default());
    let status = match wait_s {
        Some(_) => StatusCode::TOO_MANY_REQUESTS,
        None if state.has_errors() => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let mut page = page(&context, &brokers, broker.as_ref(), saved.as_ref(), &state).await;
    page.preview = view;
    let mut answer = context.render_as(status, &page);
    if let Some(wait_s) = wait_s {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
    }
    Ok(answer)
}

fn too_often(wait_s: u64) -> String {
    format!(
        "You have checked {ESTIMATES_A_MINUTE} queries within a minute, the maximum. Your form is unchanged: check it again in {wait_s} s"
    )
}

/// What is left of today's budgets; and the same as a reason why it cannot be run, where that is too little.
fn budget_remark(check: &Check) -> Option<(String, bool)> {
    let LeftToday { user, team } = check.left?;
    let cap = check.estimate.as_ref().ok()?.cap;
    let (whose, left) = if user <= team { ("Your", user) } else { ("The team's", team) };
    if cap > left {
        let text = format!(
            "It cannot be run today: {} may bill up to {cap} for it, and {left} of {} daily budget is left. Wait until 00:00 UTC, select less, or ask whoever runs this service",
            check.billed_by,
            whose.to_lowercase()
        );
        return Some((text, true));
    }
    Some((format!("Left today: {user} of your budget, {team} of the team's"), false))
}

/// The name of the query as it was typed; there need be none to look at what it would cost.
fn put_name(state: &mut FormState, name: &str) {
    state.put(QUERY_NAME.name, name.to_owned());
    if let Some(message) = check_query_name(name).filter(|_| !name.is_empty()) {
        state.add_error(QUERY_NAME.name, message);
    }
}

fn preview_view(check: Check) -> PreviewView {
    let budget = budget_remark(&check);
    let is_over_budget = budget.as_ref().is_some_and(|(_, is_over)| *is_over);
    let (class, headline) = match &check.estimate {
        Ok(estimated) => {
            let is_refused = estimated.cost > estimated.limit || is_over_budget;
            let class = if is_refused { "is-bad" } else { "is-info" };
            (class, headline(estimated, &check))
        }
        Err(why) => ("is-bad", as_sentence(why)),
    };
    let code =
        |title: &str, id, text, is_open| CodeView { title: title.to_owned(), id, text, is_open };
    PreviewView {
        class,
        headline,
        remarks: budget
            .iter()
            .map(|(remark, _)| remark)
            .chain(&check.remarks)
            .map(|remark| as_sentence(remark))
            .collect(),
        link: None,
        parameters: check
            .parameters
            .into_iter()
            .map(|(name, kind, value)| ParameterView { name: format!("@{name}"), kind, value })
            .collect(),
        texts: vec![
            code("Statement", "statement", check.statement, true),
            code("As Python", "python", check.python, false),
            code("As curl", "curl", check.curl, false),
        ],
    }
}

fn headline(estimated: &EstimatedCost, check: &Check) -> String {
    let Check { billed_by, project, .. } = check;
    format!(
        "Reads {}, billed to the project {project}. {billed_by} will refuse it above {}; the limit for one query is {}.",
        estimated.words(),
        estimated.cap,
        estimated.limit
    )
}

fn failed_view(why: &str) -> PreviewView {
    PreviewView {
        class: "is-bad",
        headline: as_sentence(why),
        remarks: Vec::new(),
        link: None,
        parameters: Vec::new(),
        texts: Vec::new(),
    }
}
