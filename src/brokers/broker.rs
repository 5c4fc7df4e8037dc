//! What a backend is: all that pages, the API and runs ask of it. None of them knows a backend by its name.

use std::path::PathBuf;

use async_trait::async_trait;

use super::{AlertStream, BrokerError, Preview, RunContext, Subscriptions};
use crate::{
    domain::grant::GoogleRight,
    forms::{Choices, FormSpec, Parameters},
    google::Access,
};

/// A source of alerts. What has a default is for backends of a certain kind, and can be left out by the others.
#[async_trait]
pub trait Broker: Send + Sync {
    /// The word in URLs and stored queries; never changes.
    fn id(&self) -> &'static str;

    /// The name on pages.
    fn name(&self) -> &'static str;

    /// What it is good for, in one line.
    fn summary(&self) -> &'static str;

    /// What a user should know before running a query, as paragraphs.
    fn notes(&self) -> &'static [&'static str];

    /// The form. Two of its fields mean the same to every run and its page, where there are such: `max_results`, with so
    /// many results a run ends, and `deadline`, after so many seconds.
    fn form(&self) -> &'static FormSpec;

    /// Options of the form that depend on the deployment.
    async fn choices(&self) -> Choices {
        Choices::new()
    }

    /// What somebody new can try at once, where there is something to try without preparation.
    async fn first_step(&self) -> Option<FirstStep> {
        None
    }

    /// The right at Google without which it cannot fetch as a user.
    fn needed_right(&self) -> Option<GoogleRight> {
        None
    }

    /// Tries what a member or the deployment may use: one harmless call, and a sentence on what works or does not.
    /// `None` where there is nothing to try.
    async fn test_access(&self, _: &Access) -> Option<Result<String, String>> {
        None
    }

    /// Where uploaded packets go, for a backend that takes them.
    fn uploads(&self) -> Option<Uploads> {
        None
    }

    /// What looks at a query before it is run, for a backend whose queries cost something.
    fn preview(&self) -> Option<&dyn Preview> {
        None
    }

    /// Where its subscriptions are looked after, for a backend that has some.
    fn subscriptions(&self) -> Option<&dyn Subscriptions> {
        None
    }

    /// Whether it acknowledges what is kept, so that it does not come again.
    fn acknowledges(&self) -> bool {
        false
    }

    /// The field of the form that says after how many seconds without a message a run ends, for a backend that waits for
    /// what is still to come.
    fn silence_field(&self) -> Option<&'static str> {
        None
    }

    /// Whether its queries can be kept running: what comes is new each time.
    fn can_listen(&self) -> bool {
        false
    }

    /// Why this query cannot be kept running, where others can.
    fn why_not_listen(&self, _: &Parameters) -> Option<&'static str> {
        None
    }

    /// Starts to fetch. The filter of the form is the caller's to apply.
    async fn fetch_alerts(
        &self,
        query: &Parameters,
        context: RunContext,
    ) -> Result<AlertStream, BrokerError>;
}

/// What somebody new can try at once: a query that is filled in already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstStep {
    /// What there is to be found, in a sentence or two.
    pub text: &'static str,
    /// What stands on the button that runs it.
    pub label: &'static str,
    /// The form filled in, as names of fields with values.
    pub values: Vec<(&'static str, String)>,
}

/// Where uploaded packets go, and how a query reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploads {
    /// Where they are put.
    pub folder: PathBuf,
    /// The field of the form and its value that reads what is there.
    pub choice: (&'static str, &'static str),
}
