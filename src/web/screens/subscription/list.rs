//! `/subscriptions/`: the Pub/Sub subscriptions of the user's project, and what can be done with them.

use askama::Template;
use axum::{
    extract::{FromRequestParts, State},
    http::StatusCode,
    response::Response,
};

use super::row::{SubscriptionRow, subscription_row};
use crate::{
    actions::{
        runs::Runner,
        subscriptions::{DeskError, SubscriptionDesk},
    },
    brokers::{Broker, BrokerError, Brokers, NewSubscription, PUBLISHED_NAMES, PUBLISHED_TOPICS},
    domain::wording::as_sentence,
    forms::{Choices, Context, Field, FormSpec, FormState, Parameters, RawForm},
    google::{
        check_project, check_resource_name,
        pubsub::{
            MAX_FILTER_BYTES, SubscriptionDetails, check_attribute_filter, javascript_function,
        },
    },
    web::{
        door::consent::connect_url,
        frame::{
            chrome::{Chrome, Section},
            context::{PageContext, redirect_with},
            error::Error,
            extract::Form,
            flash::Note,
            page_query::Query,
            parameters::Parameter,
        },
        paths,
        state::AppState,
        widgets::{
            controls::Link,
            field::FormView,
            form_view::{Drawing, form_view},
            pager::{Page, Pager},
            words::{grouped, link},
        },
    },
};

/// `/subscriptions/`
#[derive(Clone, Debug, Template)]
#[template(path = "screens/subscription/list.html")]
struct SubscriptionsPage {
    chrome: Chrome,
    /// The project that they are in, where one is set.
    project: Option<String>,
    /// The subscriptions; absent where they cannot be had.
    listed: Option<Listed>,
    /// Why they cannot be had, or what the last change ran into.
    trouble: Option<String>,
    cure: Option<Link>,
    /// The form for a new one; absent for those who look only.
    form: Option<FormView>,
    topics: Vec<TopicRow>,
    /// What one should know of costs, a paragraph each.
    costs: Vec<String>,
}

/// A page of the subscriptions.
#[derive(Clone, Debug)]
struct Listed {
    /// How many there are on all pages.
    count: String,
    rows: Vec<SubscriptionRow>,
    pager: Pager,
}

/// A published topic.
#[derive(Clone, Debug)]
struct TopicRow {
    name: String,
    survey: String,
    what: String,
    /// Why its messages are not read here; absent where they are.
    unread: Option<&'static str>,
    /// The form with it filled in; absent for those who look only, and where it is not read.
    choose_href: Option<String>,
}

static FORM: FormSpec = FormSpec {
    groups: &[&[
        Field::checked("subscription_name", "Subscription name", 255, check_resource_name)
            .required()
            .placeholder("my-ztf-loop")
            .help("A name of your own, in your project."),
        Field::checked("topic", "Topic", 255, check_resource_name)
            .required()
            .suggestions(&PUBLISHED_NAMES)
            .help("The topic that it receives; Pitt-Google's are listed below."),
        Field::checked("project", "Project of the topic", 80, check_project)
            .help("Empty: Pitt-Google's."),
        Field::checked("filter", "Attribute filter", MAX_FILTER_BYTES, check_attribute_filter)
            .placeholder("attributes.healpix9 = \"2196702\"")
            .help("Pub/Sub delivers only messages that match and drops the others. At most 256 bytes; it cannot be changed later."),
        Field::long_text("javascript", "JavaScript transform", 20_000)
            .help("A function that Google applies to each message: function keep(message, metadata) { …; return message; } Returning null drops the message. It can read attributes and JSON payloads, not Avro."),
    ]],
    rules: &[],
};

/// Rows of a page.
const PAGE_SIZE: u16 = 50;

const COSTS: [&str; 3] = [
    "Delivering messages: 10 GiB a month are free, then $40 a TiB, billed to the project of the subscription. One ZTF alert in Avro has about 67 kB: 10 GiB are about 160,000 alerts. Peeking counts as delivery.",
    "Messages that an attribute filter drops are billed as delivered, but without network egress. Messages not acknowledged within a day, and acknowledged ones that are retained, cost storage.",
    "Transforms are billed by compute. Current prices: https://cloud.google.com/pubsub/pricing",
];

/// Somebody on a page about subscriptions.
#[derive(FromRequestParts)]
#[from_request(state(AppState))]
pub(in crate::web) struct Visit {
    #[from_request(via(State))]
    pub(super) state: AppState,
    #[from_request(via(State))]
    brokers: Brokers,
    #[from_request(via(State))]
    runner: Runner,
    pub(super) context: PageContext,
}

impl Visit {
    /// The backend whose subscriptions these are.
    fn stream(&self) -> Result<&dyn Broker, Error> {
        let broker = self.brokers.all().find(|broker| broker.subscriptions().is_some());
        broker.map(AsRef::as_ref).ok_or(Error::NotFound)
    }

    /// The desk where they are served.
    pub(super) async fn desk(&self) -> Result<SubscriptionDesk<'_>, Error> {
        let by = &self.context.asker;
        let desk = SubscriptionDesk::open(&self.runner, self.stream()?, by).await?;
        desk.ok_or(Error::NotFound)
    }

    /// Where they can mend it themselves.
    fn cure(&self, error: &BrokerError) -> Option<Link> {
        let accounts = self.state.accounts()?;
        if matches!(error, BrokerError::NoProject) {
            return Some(link("Set your project", paths::PROFILE));
        }
        let scope = self.stream().ok()?.needed_right()?;
        let is_lacking = accounts.credentials.lacking(&self.context.visitor, Some(scope)).is_some();
        let is_cured =
            matches!(error, BrokerError::Google(error) if error.is_cured_by_connecting());
        (is_lacking || is_cured)
            .then(|| link("Connect to Google", connect_url(scope, paths::SUBSCRIPTIONS)))
    }
}

/// `GET /subscriptions/?page=`; `?topic=` begins the form for a new one.
pub(in crate::web) async fn get(query: Query, visit: Visit) -> Result<Response, Error> {
    let chosen =
        query.taking(&[Parameter::whole("page", 1, i64::MAX), Parameter::text("topic")])?;
    let desk = visit.desk().await?;
    let form = match chosen.text("topic") {
        Some(topic) => FORM.filled(&RawForm::from_pairs([("topic", topic)])),
        None => FORM.blank(),
    };
    let page = chosen.number("page").and_then(|page| page.try_into().ok()).unwrap_or(1);
    Ok(list_page(&visit, &desk, page, form, None).await)
}

/// `POST /subscriptions/`: makes one.
pub(in crate::web) async fn post(visit: Visit, Form(form): Form) -> Result<Response, Error> {
    visit.context.require_work()?;
    let desk = visit.desk().await?;
    let raw = RawForm::from_pairs(form.iter());
    let checked = FORM.validate(&raw, &Context { now: visit.state.now(), choices: Choices::new() });
    let wrong = match checked.and_then(|parameters| new_subscription(&parameters, &raw)) {
        Err(wrong) => (wrong, None),
        Ok(new) => match desk.create(&new).await {
            Ok(()) => {
                return Ok(redirect_with(Note::SubscriptionMade, &paths::subscription(&new.name)));
            }
            Err(DeskError::NotDone(error)) => (FORM.filled(&raw), Some(error)),
            Err(DeskError::NotTold(error)) => return Err(error.into()),
        },
    };
    Ok(list_page(&visit, &desk, 1, wrong.0, wrong.1).await)
}

fn new_subscription(parameters: &Parameters, raw: &RawForm) -> Result<NewSubscription, FormState> {
    let text = |name: &str| parameters.text(name).map(str::to_owned);
    let javascript = text("javascript");
    if javascript.as_deref().is_some_and(|code| javascript_function(code).is_none()) {
        let mut wrong = FORM.filled(raw);
        let message = "It needs a named function: function keep(message, metadata) { … }.";
        wrong.add_error("javascript", message.to_owned());
        return Err(wrong);
    }
    Ok(NewSubscription {
        name: text("subscription_name").unwrap_or_default(),
        topic: text("topic").unwrap_or_default(),
        project: text("project"),
        filter: text("filter"),
        javascript,
    })
}

async fn list_page(
    visit: &Visit,
    desk: &SubscriptionDesk<'_>,
    page: usize,
    form: FormState,
    refused: Option<BrokerError>,
) -> Response {
    let is_wrong = form.has_errors() || refused.is_some();
    let (found, lost) = match desk.list().await {
        Ok(found) => (Some(found), None),
        Err(error) => (None, Some(error)),
    };
    let trouble = refused.or(lost);
    let context = &visit.context;
    let may_work = context.asker.may_work();
    let drawing = Drawing { choices: &Choices::new(), echo_url: None };
    let page = SubscriptionsPage {
        chrome: context.chrome(Section::Subscriptions),
        project: desk.project().map(str::to_owned),
        listed: found.map(|found| listed(found, page, desk, may_work)),
        cure: trouble.as_ref().and_then(|error| visit.cure(error)),
        trouble: trouble.map(|error| sentence(&error)),
        form: may_work.then(|| form_view(&FORM, &form, &drawing)),
        topics: topic_rows(may_work),
        costs: COSTS.map(str::to_owned).to_vec(),
    };
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    context.render_as(status, &page)
}

fn listed(
    found: Vec<SubscriptionDetails>,
    number: usize,
    desk: &SubscriptionDesk<'_>,
    may_work: bool,
) -> Listed {
    let n_all = found.len();
    let number = number.max(1);
    let page = Page::nth(found, number, PAGE_SIZE);
    let n_before = number.saturating_sub(1).saturating_mul(PAGE_SIZE.into());
    let href = |number: usize| match number {
        1 => paths::SUBSCRIPTIONS.to_owned(),
        _ => format!("{}?page={number}", paths::SUBSCRIPTIONS),
    };
    let pager = Pager {
        summary: Pager::summary(n_before as u64, page.rows.len(), n_all as u64),
        what: "subscriptions".to_owned(),
        first: (number > 1).then(|| href(1)),
        previous: (number > 1).then(|| href(number - 1)),
        next: page.has_more.then(|| href(number + 1)),
        ..Pager::default()
    };
    Listed {
        count: grouped(n_all as u64),
        rows: page.rows.iter().map(|row| subscription_row(row, desk, may_work)).collect(),
        pager: if n_all == 0 { Pager::default() } else { pager },
    }
}

fn topic_rows(may_work: bool) -> Vec<TopicRow> {
    let rows = PUBLISHED_TOPICS.iter().map(|topic| TopicRow {
        name: topic.name.to_owned(),
        survey: topic.survey.to_owned(),
        what: topic.what.to_owned(),
        unread: topic.unread,
        choose_href: (may_work && topic.unread.is_none()).then(|| {
            format!("{}{}#new", paths::SUBSCRIPTIONS, paths::query_string(&[("topic", topic.name)]))
        }),
    });
    rows.collect()
}

/// Only what can be a name reaches Google.
pub(super) fn check(name: &str) -> Result<(), Error> {
    check_resource_name(name).map_err(|_| Error::NotFound)
}

pub(super) fn sentence(error: &BrokerError) -> String {
    as_sentence(&error.to_string())
}
