//! Settings, looked at before anything is started: what the service would refuse later is refused here.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use sqlx::postgres::PgConnectOptions;
use url::Url;

use super::{
    accounts,
    backends::{bigquery, pubsub_service},
    google_access,
    schemas::add_schemas,
};
use crate::{
    config::{ServeConfig, unknown_variables},
    domain::timing::Timing,
};

/// Refuses settings with which the service would not start, and variables that are named like settings and are none.
pub fn check_settings(config: &ServeConfig) -> anyhow::Result<()> {
    let unknown = unknown_variables();
    anyhow::ensure!(unknown.is_empty(), "there is no setting {}", unknown.join(", "));
    accounts::check_exposure(config)?;
    if config.dev {
        folder_of_developers(config)?;
    }
    add_schemas(config.schemas.as_deref())?;
    if let Some(url) = &config.database_url {
        // The error would show the password.
        anyhow::ensure!(is_database(url), "DATABASE_URL is no address of a PostgreSQL database");
    }
    let timing = Timing::default();
    pubsub_service(&config.google, &timing)?;
    bigquery(&config.bigquery, &timing)?;
    google_access(&config.google)?;
    accounts::provider(&config.sign_in, &public_url(config, config.listen)?, &timing)?;
    if let Some(key) = &config.sign_in.secret_key {
        accounts::cipher_of(key, &config.sign_in)?;
    }
    Ok(())
}

fn is_database(url: &str) -> bool {
    let is_postgres = |url: Url| ["postgres", "postgresql"].contains(&url.scheme());
    Url::parse(url).is_ok_and(is_postgres) && PgConnectOptions::from_str(url).is_ok()
}

/// Where static files are while somebody works on them: they are open to whoever reaches the service.
pub(super) fn folder_of_developers(config: &ServeConfig) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(
        config.listen.ip().is_loopback(),
        "refusing --dev on {}: it is for the computer on which somebody works on the pages",
        config.listen
    );
    let folder = Path::new("static");
    anyhow::ensure!(
        folder.join("app.css").exists(),
        "--dev takes the static files of the folder that the program is started in: start it in a checkout"
    );
    Ok(folder.to_owned())
}

/// The address that users type.
pub(super) fn public_url(config: &ServeConfig, listen: SocketAddr) -> anyhow::Result<Url> {
    match &config.public_url {
        Some(url) => Ok(url.clone()),
        None => Ok(Url::parse(&format!("http://{listen}"))?),
    }
}
