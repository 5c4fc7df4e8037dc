//! The page of a broker's form: what it shows of a new query or a saved one, and to whom.

use askama::Template;

use super::{
    before_run::{NotYet, not_yet},
    list::copy_button,
    services::Services,
    upload_form::{UploadView, upload_form},
};
use crate::{
    brokers::Broker,
    domain::{history, saved_query::SavedQuery},
    forms::{Choices, FormState},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
        },
        paths,
        screens::shared::{
            owned::links_about, parameters::QUERY_NAME, query_buttons::broker_buttons,
        },
        widgets::{
            controls::{BrokerButton, HiddenValue, Link, PostButton},
            field::{FieldView, FormView, error_heading},
            form_view::{Drawing, field_view, form_view},
            words::{hidden, link},
        },
    },
};

/// The pages `/alerts/query/create/?broker=` and `/alerts/query/{id}/update/`.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/query/form_page.html")]
pub(super) struct QueryFormPage {
    pub(super) chrome: Chrome,
    pub(super) broker: String,
    /// What the broker can do, in one line.
    pub(super) note: String,
    /// Name of the saved query that is changed; absent for a new one.
    pub(super) saved_name: Option<String>,
    /// Whether it can be saved as what it is: a new query, or one that they may change.
    pub(super) can_save: bool,
    /// Whose saved query it is, where they may only look at it.
    pub(super) owner: Option<String>,
    /// Makes a copy of their own, where they may only look at it.
    pub(super) copy: Option<PostButton>,
    /// What to know before changing it: somebody listens to it.
    pub(super) listening: Option<String>,
    /// Why the form is not as it was typed: it was kept too long ago.
    pub(super) draft_is_gone: Option<String>,
    pub(super) links: Vec<Link>,
    pub(super) action: String,
    /// What it sends along: the broker.
    pub(super) hidden: Vec<HiddenValue>,
    /// The name under which the query is saved; only saving needs it.
    pub(super) query_name: FieldView,
    pub(super) form: FormView,
    /// What to know about this broker before pressing Run, a paragraph each.
    pub(super) truth: Vec<String>,
    /// Upload of packets, for the brokers that take them.
    pub(super) upload: Option<UploadView>,
    pub(super) other_brokers: Vec<BrokerButton>,
    /// Where the form is sent to be looked at only, for brokers whose queries cost something.
    pub(super) check_action: Option<String>,
    pub(super) preview: Option<PreviewView>,
    /// Why nothing can be run, and what to do.
    pub(super) not_yet: Option<NotYet>,
    /// Whether Enter alone must not run it: that takes messages away, or costs something.
    pub(super) is_run_on_purpose: bool,
    /// Whether somebody pressed Enter in it, and it is well.
    pub(super) is_looked_at: bool,
}

impl QueryFormPage {
    /// Number of things that are wrong, the name included.
    fn n_errors(&self) -> usize {
        self.query_name.errors.len() + self.n_upload_errors() + self.form.n_errors()
    }

    fn n_upload_errors(&self) -> usize {
        self.upload.as_ref().map_or(0, |upload| upload.field.errors.len())
    }

    fn error_heading(&self) -> String {
        let is_name_wrong = !self.query_name.errors.is_empty();
        let n_wrong = usize::from(is_name_wrong) + self.n_upload_errors();
        error_heading(self.form.n_wrong_fields() + n_wrong)
    }
}

/// The form of a broker, blank, filled in or wrong.
pub(super) async fn page(
    context: &PageContext,
    services: &Services,
    broker: &dyn Broker,
    saved: Option<&SavedQuery>,
    state: &FormState,
) -> Result<QueryFormPage, Error> {
    let choices = broker.choices().await;
    let drawing = Drawing {
        choices: &choices,
        echo_url: Some(format!("{}?broker={}&", paths::ECHO, broker.id())),
    };
    let asker = &context.asker;
    let is_others = saved.filter(|query| !asker.rights_on(query.owner_id, &query.sharing).write);
    Ok(QueryFormPage {
        not_yet: not_yet(&services.runner, services.accounts.as_ref(), broker, context.member())
            .await?,
        is_run_on_purpose: broker.acknowledges() || broker.preview().is_some(),
        is_looked_at: false,
        chrome: context.chrome(Section::Alerts),
        can_save: asker.may_work() && is_others.is_none(),
        listening: None,
        draft_is_gone: None,
        owner: is_others.map(|query| query.owner_name.clone()),
        copy: is_others.filter(|_| asker.may_work()).map(copy_button),
        links: saved
            .map(|query| {
                let listener = link("Listener", paths::listener(query.id));
                let about = links_about(context, history::Kind::Query, query.id);
                broker.can_listen().then_some(listener).into_iter().chain(about).collect()
            })
            .unwrap_or_default(),
        broker: broker.name().to_owned(),
        note: broker.summary().to_owned(),
        saved_name: saved.map(|query| query.name.clone()),
        action: match saved {
            Some(query) => paths::query_form(query.id),
            None => paths::NEW_QUERY.to_owned(),
        },
        hidden: std::iter::once(hidden("broker", broker.id()))
            .chain(saved.map(|query| hidden("version", query.version.to_string())))
            .collect(),
        query_name: field_view(
            &QUERY_NAME,
            state,
            &Drawing { choices: &Choices::new(), echo_url: None },
        ),
        form: form_view(broker.form(), state, &drawing),
        truth: broker.notes().iter().map(|note| (*note).to_owned()).collect(),
        upload: broker.uploads().map(|_| upload_form(broker.id())),
        other_brokers: broker_buttons(&services.brokers, Some(broker)),
        check_action: broker.preview().map(|_| match saved {
            Some(query) => format!("{}?query={}#cost", paths::PREVIEW, query.id),
            None => format!("{}#cost", paths::PREVIEW),
        }),
        preview: None,
    })
}

/// What a query would ask and cost.
#[derive(Clone, Debug)]
pub(super) struct PreviewView {
    /// CSS class of the box: `is-info`, or `is-bad` where the query cannot be run.
    pub(super) class: &'static str,
    /// What it would read and cost, or why that is not known.
    pub(super) headline: String,
    /// What one should know, a sentence each.
    pub(super) remarks: Vec<String>,
    /// Where what is missing can be had.
    pub(super) link: Option<Link>,
    pub(super) parameters: Vec<ParameterView>,
    /// The statement and the same as programs.
    pub(super) texts: Vec<CodeView>,
}

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub(super) struct ParameterView {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) value: String,
}

/// A text to be copied.
#[derive(Clone, Debug)]
pub(super) struct CodeView {
    /// What it is: "Statement".
    pub(super) title: String,
    pub(super) id: &'static str,
    pub(super) text: String,
    /// Whether it is in sight at first.
    pub(super) is_open: bool,
}
