//! Settings: every flag and variable, read once. `--help` is the reference.

mod environment;
mod ingest;
mod limits;
mod sign_in;
mod simulate;
mod timing;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

use crate::{google::check_project, local_postgres::default_data_dir};

pub use self::{
    environment::unknown_variables,
    ingest::IngestConfig,
    limits::LimitsConfig,
    sign_in::{SecretKey, SignInConfig, parse_key},
    simulate::SimulateConfig,
    timing::TimingConfig,
};

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
    /// Listen to a saved query in the foreground, without pages, until SIGTERM or SIGINT.
    Ingest(Box<IngestConfig>),
    /// Write a night of simulated ZTF alert packets, or publish it onto a Pub/Sub topic.
    Simulate(Box<SimulateConfig>),
    /// Bring the tables of the database up to date and exit.
    Migrate {
        /// The database, `postgres://USER:PASSWORD@HOST/NAME`.
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database_url: String,
    },
    /// Say whether the settings of `serve` can be used; nothing is started, written or connected to.
    CheckSettings(Box<ServeConfig>),
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
    /// A folder of .avro or .json files (also in gzip) or .tar.gz nights; may be given several times [default: the simulated night].
    #[arg(long = "archive", env = "TOM_ALERTS_ARCHIVES", value_delimiter = ':')]
    pub archives: Vec<PathBuf>,
    /// A folder of Avro schemas for packets that bring none, beside those built in: files named by their id, `1102.avsc`, or
    /// as Rubin names them, `lsst.v11_2.avsc`.
    #[arg(long, env = "TOM_ALERTS_SCHEMAS", value_name = "FOLDER")]
    pub schemas: Option<PathBuf>,
    /// Google's services, and as whom they are used.
    #[command(flatten)]
    pub google: GoogleConfig,
    /// Who may sign in, and where.
    #[command(flatten)]
    pub sign_in: SignInConfig,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    #[arg(
        long = "trusted-proxy",
        env = "TOM_ALERTS_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "ADDRESS"
    )]
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// BigQuery, and what it may cost.
    #[command(flatten)]
    pub bigquery: BigQueryConfig,
    /// What one member may take.
    #[command(flatten)]
    pub limits: LimitsConfig,
    /// Days that alerts of no saved target are kept.
    #[arg(long, env = "TOM_ALERTS_RETENTION", default_value = "30", value_name = "DAYS", value_parser = parse_days)]
    pub retention: Duration,
    /// Seconds from the signal to stop until connections are refused: proxies see meanwhile that this replica is not ready
    /// [default: 5 where people sign in, 0 in local mode].
    #[arg(long, env = "TOM_ALERTS_STOP_DELAY", value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(..=600))]
    pub stop_delay: Option<u16>,
    /// How patient it is.
    #[command(flatten)]
    pub timing: TimingConfig,
    /// How log lines look.
    #[arg(long, env = "TOM_ALERTS_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// For who works on the pages: style sheet and script as they are in the folder at each moment; open pages follow.
    #[arg(long)]
    pub dev: bool,
}

impl ServeConfig {
    /// The data folder, chosen or default.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(default_data_dir)
    }
}

/// Google's services, and as whom they are used.
#[derive(Clone, Debug, Default, Args)]
pub struct GoogleConfig {
    /// Google Cloud project in which subscriptions are made, and which is billed.
    #[arg(long = "google-project", env = "GOOGLE_CLOUD_PROJECT", value_parser = parse_project)]
    pub project: Option<String>,
    /// Key file of a service account; without it runs act as the users themselves.
    #[arg(
        long = "google-credentials",
        env = "GOOGLE_APPLICATION_CREDENTIALS",
        value_name = "FILE"
    )]
    pub credentials: Option<PathBuf>,
    /// Pub/Sub emulator to use instead of Google's service, `HOST:PORT`.
    #[arg(long, env = "PUBSUB_EMULATOR_HOST", value_name = "HOST:PORT")]
    pub pubsub_emulator: Option<String>,
    /// Address of Pub/Sub, where it is reached by another than Google's (a private endpoint, a proxy).
    #[arg(
        long,
        env = "TOM_ALERTS_PUBSUB_ENDPOINT",
        value_name = "URL",
        conflicts_with = "pubsub_emulator"
    )]
    pub pubsub_endpoint: Option<Url>,
}

/// BigQuery, and what it may cost.
#[derive(Clone, Debug, Args)]
pub struct BigQueryConfig {
    /// BigQuery emulator to use instead of Google's service, `HOST:PORT`.
    #[arg(long, env = "BIGQUERY_EMULATOR_HOST", value_name = "HOST:PORT")]
    pub bigquery_emulator: Option<String>,
    /// What one query of BigQuery may read.
    #[arg(long, env = "TOM_ALERTS_BIGQUERY_QUERY_LIMIT", default_value = "100", value_name = "GIB", value_parser = parse_gib)]
    pub bigquery_query_limit: u64,
    /// What the queries of one member may be billed for in a day (UTC).
    #[arg(long, env = "TOM_ALERTS_BIGQUERY_USER_BUDGET", default_value = "200", value_name = "GIB", value_parser = parse_gib)]
    pub bigquery_user_budget: u64,
    /// What the queries of all members may be billed for in a day (UTC).
    #[arg(long, env = "TOM_ALERTS_BIGQUERY_TEAM_BUDGET", default_value = "500", value_name = "GIB", value_parser = parse_gib)]
    pub bigquery_team_budget: u64,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

fn parse_project(text: &str) -> Result<String, String> {
    check_project(text).map(|()| text.to_owned())
}

/// Reads a number of GiB; bytes.
fn parse_gib(text: &str) -> Result<u64, String> {
    let gib: f64 = text.trim().parse().map_err(|_| "a number of GiB".to_owned())?;
    if !(0.0..=1e6).contains(&gib) {
        return Err("a number of GiB from 0 to 1000000".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to fit")]
    Ok((gib * f64::from(1 << 30)).round() as u64)
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
    fn patience_is_divided_by_a_setting_that_is_only_for_tests() {
        use clap::CommandFactory;
        let divisor = |arguments: &[&str]| {
            let cli = Cli::try_parse_from([&["tom-alerts"], arguments].concat())?;
            Ok::<_, clap::Error>(cli.serve.timing.timing_divisor.get())
        };
        assert_eq!(divisor(&[]).unwrap(), 1);
        assert_eq!(divisor(&["--timing-divisor", "5"]).unwrap(), 5);
        for wrong in ["0", "-1", "0.5", "fast"] {
            assert!(divisor(&["--timing-divisor", wrong]).is_err(), "{wrong}");
        }
        let mut command = Cli::command();
        let helps = command.find_subcommand_mut("ingest").unwrap().render_long_help();
        let helps = format!("{helps}{}", command.render_long_help()).to_lowercase();
        assert!(helps.contains("--log-format"), "{helps}");
        assert!(!helps.contains("timing"), "{helps}");
    }

    #[test]
    fn budgets_are_read_in_gib() {
        assert_eq!(parse_gib("100"), Ok(100 << 30));
        assert_eq!(parse_gib("0.5"), Ok(1 << 29));
        for bad in ["-1", "much", "1e9", "NaN"] {
            assert!(parse_gib(bad).is_err(), "{bad}");
        }
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
