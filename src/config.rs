//! Settings: every flag and variable, read once. `--help` is the reference.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

use crate::local_postgres::default_data_dir;

/// The alerts page of a TOM for the Pitt-Google broker: query, look, save targets.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without a command: serve.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Settings of the service.
    #[command(flatten)]
    pub serve: ServeConfig,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the pages and the API (this is the default).
    Serve(Box<ServeConfig>),
    /// Write a night of simulated ZTF alert packets.
    Simulate(SimulateConfig),
    /// Bring the tables of the database up to date and exit.
    Migrate {
        /// The database, `postgres://USER:PASSWORD@HOST/NAME`.
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database_url: String,
    },
    /// Ask a running service whether it is ready; for containers.
    Healthcheck {
        /// Address on which it listens.
        #[arg(long, env = "TOM_ALERTS_LISTEN", default_value = "127.0.0.1:8000")]
        listen: SocketAddr,
    },
}

/// Settings of the service.
#[derive(Clone, Debug, Args)]
pub struct ServeConfig {
    /// Address and port to listen on.
    #[arg(long, env = "TOM_ALERTS_LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// The address that users type, if it differs from `http://LISTEN`.
    #[arg(long, env = "TOM_ALERTS_PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// Folder for the private database, uploads and the simulated night [default: the platform's data folder].
    #[arg(long, env = "TOM_ALERTS_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL to use instead of the private one, `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// A folder of .avro files or .tar.gz nights; may be given several times [default: the simulated night].
    #[arg(long = "archive", env = "TOM_ALERTS_ARCHIVES", value_delimiter = ':')]
    pub archives: Vec<PathBuf>,
    /// Days that alerts of no saved target are kept.
    #[arg(long, env = "TOM_ALERTS_RETENTION", default_value = "30", value_name = "DAYS", value_parser = parse_days)]
    pub retention: Duration,
    /// How log lines look.
    #[arg(long, env = "TOM_ALERTS_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

impl ServeConfig {
    /// The data folder, chosen or default.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(default_data_dir)
    }
}

/// Settings of the simulated survey.
#[derive(Debug, Args)]
pub struct SimulateConfig {
    /// Where to write: a folder, or a file that ends in .tar.gz.
    #[arg(long)]
    pub out: PathBuf,
    /// Number of packets.
    #[arg(long, default_value_t = 1000)]
    pub packets: usize,
    /// The same seed gives the same packets.
    #[arg(long, default_value_t = 20_260_912)]
    pub seed: u64,
    /// The night, as the UTC date of its middle.
    #[arg(long, default_value = "2026-09-12")]
    pub date: chrono::NaiveDate,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Reads a number of days, with or without a `d` behind it.
fn parse_days(text: &str) -> Result<Duration, String> {
    let days: f64 = text
        .trim()
        .trim_end_matches('d')
        .trim_end()
        .parse()
        .map_err(|_| "a number of days".to_owned())?;
    Duration::try_from_secs_f64(days * 86_400.0)
        .ok()
        .filter(|retention| !retention.is_zero())
        .ok_or_else(|| "a number of days above zero".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn retention_is_read_in_days() {
        assert_eq!(parse_days("30"), Ok(Duration::from_hours(720)));
        assert_eq!(parse_days("0.5d"), Ok(Duration::from_hours(12)));
        assert!(parse_days("0").is_err());
        assert!(parse_days("-1").is_err());
        assert!(parse_days("soon").is_err());
    }
}
