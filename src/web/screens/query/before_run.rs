//! What a form of Google's says before *Run*: what is not set, and how it is set.

use askama::Template;

use crate::{
    actions::{
        missing_settings::{MissingSettings, missing_settings},
        runs::Runner,
    },
    brokers::Broker,
    domain::member::Member,
    web::{
        frame::error::Error, paths, state::Accounts, widgets::controls::Link, widgets::words::link,
    },
};

/// Why nothing can be run, and what to do.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/query/before_run.html")]
pub(super) struct NotYet {
    sentence: &'static str,
    /// What to start the service with, where whoever looks is who runs it.
    command: Option<String>,
    /// Where whoever looks sets it.
    link: Option<Link>,
}

impl askama::filters::HtmlSafe for NotYet {}

/// What is missing before a member's queries of this backend can run.
pub(super) async fn not_yet(
    runner: &Runner,
    accounts: Option<&Accounts>,
    broker: &dyn Broker,
    by: &Member,
) -> Result<Option<NotYet>, Error> {
    let missing = missing_settings(runner, broker, by).await?;
    Ok(missing.map(|missing| match accounts {
        Some(_) => NotYet {
            sentence: "No Google Cloud project is set. Subscriptions are made in it, and queries are billed to it.",
            command: None,
            link: Some(link("Set your project", paths::PROFILE)),
        },
        None => NotYet {
            sentence: sentence(missing),
            command: Some(command(missing)),
            link: None,
        },
    }))
}

fn sentence(missing: MissingSettings) -> &'static str {
    match (missing.project, missing.credentials) {
        (true, true) => {
            "It needs a Google Cloud project and a service account's key, and the service was started with neither. Stop it, and start it with:"
        }
        (true, false) => {
            "It needs a Google Cloud project, and the service was started without one. Stop it, and start it with:"
        }
        (false, _) => {
            "It needs a service account's key, and the service was started without one. Stop it, and start it with:"
        }
    }
}

fn command(missing: MissingSettings) -> String {
    let mut command = "tom-alerts serve".to_owned();
    if missing.project {
        command.push_str(" --google-project MY-PROJECT");
    }
    if missing.credentials {
        command.push_str(" --google-credentials KEY.json");
    }
    command
}
